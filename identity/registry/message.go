package registry

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Vocabulary of the messages. The standard leaves the names of registers and of
// record types to each country.
const (
	regType    = "ns:vn:RegistryType:Population"
	recordType = "spdci-extensions-dci:Person"
	locale     = "vie"
)

// Query types of the standard.
const (
	byIdentifier = "idtype-value"
	byExpression = "expression"
	byPredicate  = "predicate"
)

// searchRequest is the message of /registry/search and /registry/sync/search.
type searchRequest struct {
	Requests    []searchItem `json:"search_request"`
	Transaction string       `json:"transaction_id"`
}

type searchItem struct {
	Locale     string         `json:"locale,omitempty"`
	Pagination jsontext.Value `json:"pagination,omitempty"` // where some put what belongs into the criteria
	Reference  string         `json:"reference_id"`
	Criteria   criteria       `json:"search_criteria"`
	Time       string         `json:"timestamp"`
}

// criteria keep what has a reason code of its own raw, so that a page_size of "many"
// rejects one search and not the message.
type criteria struct {
	Pagination jsontext.Value `json:"pagination,omitempty"`
	Query      jsontext.Value `json:"query"`
	Type       string         `json:"query_type"`
	EventType  string         `json:"reg_event_type,omitempty"`
	RegType    string         `json:"reg_type,omitempty"`
	Sort       jsontext.Value `json:"sort,omitempty"`
	Version    string         `json:"version,omitempty"`
}

type sortBy struct {
	Attribute string `json:"attribute_name"`
	Order     string `json:"sort_order,omitempty"` // asc or desc
}

// pageAsked is what is asked for, pagination what is given.
type pageAsked struct {
	Page *int `json:"page_number,omitempty"`
	Size int  `json:"page_size"`
}

type pagination struct {
	Page  int `json:"page_number"`
	Size  int `json:"page_size"`
	Total int `json:"total_count"`
}

// identifierQuery is the query of idtype-value.
type identifierQuery struct {
	Type  string         `json:"type"`
	Value jsontext.Value `json:"value"`
}

// condition is one element of the query of predicate: the elements are tried in
// order of their number and all must hold.
type condition struct {
	Condition string     `json:"condition,omitempty"` // and, or, not
	One       predicate  `json:"expression1"`
	Two       *predicate `json:"expression2,omitempty"`
	Number    float64    `json:"seq_num,omitzero"`
}

type predicate struct {
	Attribute string         `json:"attribute_name"`
	Value     jsontext.Value `json:"attribute_value"`
	Operator  string         `json:"operator"` // gt, lt, eq, ge, le, in
}

// Attributes that the predicates may name.
const (
	attrName      = "name"
	attrGiven     = "given_name"
	attrSurname   = "surname"
	attrBirth     = "birth_date"
	attrSex       = "sex"
	attrCommune   = "commune"
	attrHousehold = "household_id"
	attrDeath     = "death_date"
)

// searchResponse is the answer to a search.
type searchResponse struct {
	Correlation string       `json:"correlation_id"`
	Responses   []searchDone `json:"search_response"`
	Transaction string       `json:"transaction_id"`
}

type searchDone struct {
	Data       *searchData `json:"data,omitempty"`
	Locale     string      `json:"locale,omitempty"`
	Pagination *pagination `json:"pagination,omitempty"`
	Reference  string      `json:"reference_id"`
	Status     string      `json:"status"`
	Reason     string      `json:"status_reason_code,omitempty"`
	Said       string      `json:"status_reason_message,omitempty"`
	Time       string      `json:"timestamp"`
}

type searchData struct {
	Type    string  `json:"reg_record_type"`
	Records records `json:"reg_records"`
	RegType string  `json:"reg_type,omitempty"`
	Version string  `json:"version,omitempty"`
}

// records is a list of persons; the standard's text has a list and its schema a
// single object, so both are read.
type records []wirePerson

func (r *records) UnmarshalJSON(b []byte) error {
	v := jsontext.Value(b)
	switch v.Kind() {
	case '[':
		return json.Unmarshal(v, (*[]wirePerson)(r))
	case '{':
		var one wirePerson
		if err := json.Unmarshal(v, &one); err != nil {
			return err
		}
		*r = records{one}
		return nil
	case 'n':
		*r = nil
		return nil
	}
	return errors.New("reg_records is neither a list nor a record")
}

// acknowledgement is what asynchronous endpoints answer at once.
type acknowledgement struct {
	Message ackMessage `json:"message"`
}

type ackMessage struct {
	Ack         string    `json:"ack_status"` // ACK, NACK, ERR
	Correlation string    `json:"correlation_id"`
	Error       *ackError `json:"error,omitempty"`
	Time        string    `json:"timestamp"`
}

type ackError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Codes of errors of the transport and of a message's integrity.
const (
	errBadRequest       = "err.request.bad"
	errUnauthorized     = "err.request.unauthorized"
	errSenderInvalid    = "err.sender_id.invalid"
	errReceiverInvalid  = "err.receiver_id.invalid"
	errSenderURI        = "err.sender_uri.invalid"
	errSignatureMissing = "err.signature.missing"
	errSignatureInvalid = "err.signature.invalid"
	errEncryption       = "err.encryption.invalid"
	errUnavailable      = "err.service.unavailable"
)

// httpErrors is the body of answers other than 200.
type httpErrors struct {
	Errors  []ackError `json:"errors"`
	Message ackMessage `json:"message"`
}
