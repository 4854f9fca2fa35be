package ledger

import (
	"bufio"
	"fmt"
	"strings"
	"time"
)

// hledger writes the journal format of hledger 1.25 (hledger_journal(5)). Accounts keep
// their codes, with ":" for "." so that sub-accounts sum up.
type hledger struct{ w *bufio.Writer }

func (h hledger) begin() error {
	_, err := h.w.WriteString("; An Sinh, sổ nhật ký / journal\n\ncommodity VND\n  format VND 1000.\n\n")
	return err
}

func (h hledger) account(a Account) error {
	kind := map[string]string{"asset": "A", "liability": "L", "equity": "E", "revenue": "R", "expense": "X"}[a.Type]
	_, err := fmt.Fprintf(h.w, "account %s  ; type:%s\n", hledgerName(a.Code), kind)
	return err
}

func (h hledger) entry(r journalRow) error {
	_, err := fmt.Fprintf(h.w, "\n%s * %s\n    ; entry:%d, key:%s\n", r.on.Format(time.DateOnly),
		strings.NewReplacer(";", ",", "|", "/", "(", "[", ")", "]").Replace(r.title()), r.entry, hledgerTag(r.key))
	return err
}

func (h hledger) transfer(r journalRow) error {
	tag := ""
	if r.transferRef != "" {
		tag = "  ; ref:" + hledgerTag(r.transferRef)
	}
	_, err := fmt.Fprintf(h.w, "    %s  VND %s%s\n    %s  VND -%s\n",
		hledgerName(r.debit), r.amount, tag, hledgerName(r.credit), r.amount)
	return err
}

func (h hledger) end() error { return nil }

func hledgerName(code string) string { return strings.ReplaceAll(code, ".", ":") }

// hledgerTag keeps a value within its tag, which a comma would end.
func hledgerTag(s string) string { return strings.ReplaceAll(oneLine(s), ",", "_") }

// beancount writes the syntax of beancount 2. Names begin with the account's type and
// each part with a capital letter or a digit, as beancount wants it.
type beancount struct{ w *bufio.Writer }

func (b beancount) begin() error {
	_, err := b.w.WriteString("; An Sinh, sổ nhật ký / journal\noption \"title\" \"An Sinh\"\noption \"operating_currency\" \"VND\"\n\n")
	return err
}

func (b beancount) account(a Account) error {
	_, err := fmt.Fprintf(b.w, "1900-01-01 open %s VND\n", beancountName(a.Type, a.Code))
	return err
}

func (b beancount) entry(r journalRow) error {
	_, err := fmt.Fprintf(b.w, "\n%s * %s\n  entry: %d\n  key: %s\n", r.on.Format(time.DateOnly),
		beancountText(r.title()), r.entry, beancountText(oneLine(r.key)))
	return err
}

func (b beancount) transfer(r journalRow) error {
	_, err := fmt.Fprintf(b.w, "  %s  %s VND\n", beancountName(r.debitType, r.debit), r.amount)
	if err == nil && r.transferRef != "" {
		_, err = fmt.Fprintf(b.w, "    ref: %s\n", beancountText(oneLine(r.transferRef)))
	}
	if err == nil {
		_, err = fmt.Fprintf(b.w, "  %s  -%s VND\n", beancountName(r.creditType, r.credit), r.amount)
	}
	return err
}

func (b beancount) end() error { return nil }

var beancountRoots = map[string]string{
	"asset": "Assets", "liability": "Liabilities", "equity": "Equity", "revenue": "Income", "expense": "Expenses",
}

// beancountName turns "3388.p12" into "Liabilities:3388:P12"; codes are in lower case,
// so no two become one.
func beancountName(kind, code string) string {
	parts := strings.Split(code, ".")
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	return beancountRoots[kind] + ":" + strings.Join(parts, ":")
}

func beancountText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
