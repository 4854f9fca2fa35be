package sandbox

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/money"
	"ansinh.vn/qr"
)

// refusal is an order that the bank does not carry out.
type refusal struct {
	status int
	msg    string
}

func (e *refusal) Error() string { return e.msg }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// orders are what changes the bank, each a function of its record alone, so that the
// journal can do them again. They are called under the lock.
var orders = map[string]func(b *Bank, rec record) (any, error){
	"account": func(b *Bank, rec record) (any, error) { return decode(rec, b.openAccount) },
	"credit":  func(b *Bank, rec record) (any, error) { return decode(rec, b.outside) },
	"qr-pay":  func(b *Bank, rec record) (any, error) { return decode(rec, b.qrPay) },
	"clock":   func(b *Bank, rec record) (any, error) { return decode(rec, b.moveClock) },
	"faults":  func(b *Bank, rec record) (any, error) { return decode(rec, b.setFaults) },
	"notify":  func(b *Bank, rec record) (any, error) { return decode(rec, b.setNotify) },
	"payment": func(b *Bank, rec record) (any, error) {
		answer, lost, err := b.submit(rec.XML)
		if err != nil {
			return nil, refuse(400, "%v", err)
		}
		return submitted{answer, lost}, nil
	},
	"cancel": func(b *Bank, rec record) (any, error) {
		m := b.messages[rec.ID]
		if m == nil {
			return nil, refuse(404, "message %s was never received", rec.ID)
		}
		b.cancel(m)
		return submitted{b.report(m), false}, nil
	},
}

type submitted struct {
	answer []byte
	lost   bool
}

func decode[T any](rec record, do func(T) (any, error)) (any, error) {
	var v T
	if err := json.Unmarshal(rec.JSON, &v); err != nil {
		return nil, refuse(400, "the body is not understood: %v", err)
	}
	return do(v)
}

type accountOrder struct {
	Bank    string `json:"bank"`
	Account string `json:"account"`
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Notify  bool   `json:"notify"`
}

type accountView struct {
	Bank    string    `json:"bank"`
	Account string    `json:"account"`
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`
	Balance money.VND `json:"balance"`
	Entries int       `json:"entries"`
}

func (a *account) view() accountView {
	return accountView{a.bin, a.no, a.name, a.kind, a.balance, len(a.entries)}
}

var binForm = regexp.MustCompile(`^[0-9]{6}$`)

func (b *Bank) openAccount(o accountOrder) (any, error) {
	if o.Bank == "" {
		o.Bank = b.cfg.BIN
	}
	if o.Kind == "" {
		o.Kind = "agency"
	}
	switch {
	case !binForm.MatchString(o.Bank):
		return nil, refuse(400, "bank %q is not a BIN of six digits", o.Bank)
	case !plausible(o.Account):
		return nil, refuse(400, "the account number must have 4 to 34 letters and digits")
	case o.Name == "":
		return nil, refuse(400, "the account needs a name")
	case o.Kind != "agency" && o.Kind != "vendor":
		return nil, refuse(400, "kind is agency or vendor")
	}
	key := number{o.Bank, o.Account}
	a := b.accounts[key]
	if a == nil {
		a = &account{number: key}
		b.accounts[key] = a
	}
	a.name, a.kind, a.notify = o.Name, o.Kind, o.Notify || o.Kind == "vendor"
	return a.view(), nil
}

type creditOrder struct {
	Bank      string    `json:"bank"`
	Account   string    `json:"account"`
	Amount    money.VND `json:"amount"`
	Memo      string    `json:"memo"`
	Name      string    `json:"name"`
	Reference string    `json:"reference"` // end-to-end id; the same one again is not booked twice
}

type creditView struct {
	Reference string    `json:"reference"`
	Balance   money.VND `json:"balance"`
	Event     int64     `json:"event,omitempty"`
}

func (b *Bank) outside(o creditOrder) (any, error) {
	a := b.find(o.Bank, o.Account)
	switch {
	case a == nil:
		return nil, refuse(404, "there is no such account here")
	case o.Amount <= 0:
		return nil, refuse(400, "the amount must be positive")
	}
	if o.Reference != "" {
		for i := range a.entries {
			if e := &a.entries[i]; e.credit && e.e2e == o.Reference {
				if e.amount != o.Amount {
					return nil, refuse(409, "reference %s stands for another amount", o.Reference)
				}
				return creditView{Reference: e.ref, Balance: a.balance}, nil
			}
		}
	}
	if o.Name == "" {
		o.Name = "KHO BAC NHA NUOC"
	}
	ref, event := b.credit(a, o.Amount, o.Memo, party{o.Name, "", ""}, o.Reference, "")
	return creditView{ref, a.balance, event}, nil
}

type qrOrder struct {
	Payload      string     `json:"payload"`
	Bank         string     `json:"bank"`
	Account      string     `json:"account"`
	Amount       *money.VND `json:"amount"` // over what the code asks for
	Memo         *string    `json:"memo"`   // over the code's purpose
	PayerName    string     `json:"payer_name"`
	PayerAccount string     `json:"payer_account"`
	PayerBank    string     `json:"payer_bank"`
	At           *time.Time `json:"at"`
	Fault        string     `json:"fault"`
	Key          string     `json:"key"` // the same one again pays nothing; its notice is told once more
}

// keyed is a payment that was ordered under a key.
type keyed struct {
	view  creditView
	payee *account
	entry int // in payee.entries
}

// qrPay is a shopper's bank app: it reads the code, sends the money, and the bank of
// the payee tells whoever listens.
func (b *Bank) qrPay(o qrOrder) (any, error) {
	amount, memo := money.VND(0), ""
	if o.Payload != "" {
		c := qr.Decode(o.Payload)
		if !c.Valid() {
			return nil, refuse(422, "the code is not a valid VietQR code: %v", c.Problems)
		}
		o.Bank, o.Account, memo = c.Bank, c.Account, c.Purpose
		if c.Amount != "" {
			n, err := strconv.ParseInt(c.Amount, 10, 64)
			if err != nil {
				return nil, refuse(422, "the code's amount %s is not whole đồng", c.Amount)
			}
			amount = money.VND(n)
		}
	}
	if o.Amount != nil {
		amount = *o.Amount
	}
	if o.Memo != nil {
		memo = *o.Memo
	}
	a := b.find(o.Bank, o.Account)
	switch {
	case a == nil:
		return nil, refuse(404, "there is no such account")
	case amount <= 0:
		return nil, refuse(400, "the amount must be positive")
	case o.Fault != "" && o.Fault != "sent" && o.Fault != "lost" && o.Fault != "doubled" && o.Fault != "late":
		return nil, refuse(400, "fault is sent, lost, doubled or late")
	}
	if done, ok := b.paid[o.Key]; ok && o.Key != "" {
		line := &done.payee.entries[done.entry]
		if done.payee != a || line.amount != amount {
			return nil, refuse(409, "key %q stands for another payment", o.Key)
		}
		b.retell(line.told)
		return done.view, nil
	}
	if o.At != nil {
		if midnight(*o.At).Before(b.day) {
			return nil, refuse(400, "at lies before the bank's day")
		}
		if err := b.advance(*o.At); err != nil {
			return nil, refuse(400, "%v", err)
		}
	}
	if o.PayerName == "" {
		o.PayerName = "KHACH HANG"
	}
	if o.PayerBank == "" {
		o.PayerBank = "970422"
	}
	if o.PayerAccount == "" {
		o.PayerAccount = fmt.Sprintf("%010d", b.dice.number("payer", a.no+strconv.Itoa(len(a.entries)))%1e10)
	}
	ref, event := b.credit(a, amount, iso20022.Fold(memo), party{o.PayerName, o.PayerBank, o.PayerAccount}, "", o.Fault)
	view := creditView{ref, a.balance, event}
	if o.Key != "" {
		b.paid[o.Key] = keyed{view, a, len(a.entries) - 1}
	}
	return view, nil
}

type clockOrder struct {
	Day string     `json:"day"`
	At  *time.Time `json:"at"`
}

type clockView struct {
	Day string    `json:"day"`
	At  time.Time `json:"at"`
}

func (b *Bank) moveClock(o clockOrder) (any, error) {
	var at time.Time
	switch {
	case o.At != nil:
		at = *o.At
	case o.Day != "":
		day, err := time.Parse(time.DateOnly, o.Day)
		if err != nil {
			return nil, refuse(400, "day is not YYYY-MM-DD")
		}
		at = dayTime(day)
	default:
		return nil, refuse(400, "say a day or a time")
	}
	if midnight(at).Before(b.day) {
		return b.clock(), nil // someone lives an interrupted month again
	}
	if err := b.advance(at); err != nil {
		return nil, refuse(400, "%v", err)
	}
	return b.clock(), nil
}

func (b *Bank) clock() clockView {
	return clockView{b.day.Format(time.DateOnly), b.now().In(vietnam).Truncate(time.Second)}
}

type faultsOrder struct {
	Faults
	Returns map[string]string `json:"returns"`
}

// setFaults starts from the present shares, so that an order names only what
// changes.
func (b *Bank) setFaults(raw json.RawMessage) (any, error) {
	o := faultsOrder{Faults: b.faults}
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, refuse(400, "the body is not understood: %v", err)
	}
	b.faults = o.Faults
	for no, code := range o.Returns {
		b.forced[no] = code
	}
	return b.faultsView(), nil
}

func (b *Bank) faultsView() any { return faultsOrder{b.faults, b.forced} }

func (b *Bank) setNotify(n Notify) (any, error) {
	if n.Profile == "" {
		n.Profile = "sepay"
	}
	if n.Profile != "sepay" && n.Profile != "hmac" {
		return nil, refuse(400, "profile is sepay or hmac")
	}
	if n.URL != "" && n.Secret == "" {
		return nil, refuse(400, "notices are never sent unsigned: give a secret")
	}
	b.notify = n
	return struct {
		URL     string `json:"url"`
		Profile string `json:"profile"`
	}{n.URL, n.Profile}, nil
}
