package registry

import (
	"io"
	"mime"
	"net/http"
	"regexp"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What the standard's schema bounds.
const (
	maxID   = 99  // transaction_id, correlation_id, reference_id, subscription codes
	maxSaid = 999 // status_reason_message, error messages
)

// requestBody reads a message, sent as JSON or as the file of a form (the
// standard's multipart variant: action, fileName, fileFormat).
func requestBody(r *http.Request, action string) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var from io.Reader = r.Body
	switch {
	case err == nil && kind == "application/json":
	case err == nil && kind == "multipart/form-data":
		r.Body = http.MaxBytesReader(nil, r.Body, maxMessage+1<<16)
		if err := r.ParseMultipartForm(maxMessage); err != nil {
			return nil, badRequest("the form cannot be read: " + err.Error())
		}
		defer r.MultipartForm.RemoveAll()
		if got := r.FormValue("action"); got != action {
			return nil, badRequest("the form's action must be " + action)
		}
		if format := r.FormValue("fileFormat"); format != "" && format != "json" {
			return nil, &refusal{http.StatusUnsupportedMediaType, errBadRequest, "the only fileFormat taken is json"}
		}
		file, _, err := r.FormFile("fileName")
		if err != nil {
			return nil, badRequest("the form has no file fileName")
		}
		defer file.Close()
		from = file
	default:
		return nil, &refusal{http.StatusUnsupportedMediaType, errBadRequest, "Content-Type must be application/json"}
	}
	body, err := readBody(from)
	if err != nil {
		return nil, badRequest(err.Error())
	}
	return body, nil
}

// missing names the first member that an object lacks, "" for none.
func missing(object jsontext.Value, names ...string) string {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(object, &members); err != nil {
		return "readable members"
	}
	for _, name := range names {
		if v, ok := members[name]; !ok || v.Kind() == 'n' {
			return name
		}
	}
	return ""
}

// idOK reports whether an id has the length that the schema allows.
func idOK(id string) bool { return id != "" && len([]rune(id)) <= maxID }

var languageCode = regexp.MustCompile(`^[a-z]{3}$`)

// malformed returns the reason why the form of one request in a message breaks the
// schema, whatever it asks for; "" when it does not.
func malformed(reference, stamp, language string) (reason, said string) {
	if !idOK(reference) {
		return ReferenceInvalid, "reference_id must have 1 to 99 characters"
	}
	if _, err := time.Parse(time.RFC3339, stamp); err != nil {
		return TimestampInvalid, "timestamp is not RFC 3339 with a time zone"
	}
	if language != "" && !languageCode.MatchString(language) {
		return CriteriaInvalid, "locale is not a code of ISO 639-3"
	}
	return "", ""
}
