package sheet

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Words that label figures outside of the table, folded.
var (
	openingWords = []string{"so du dau", "du dau", "opening balance", "beginning balance", "so du dau ky", "begin balance"}
	closingWords = []string{"so du cuoi", "du cuoi", "closing balance", "ending balance", "so du cuoi ky", "end balance"}
	accountWords = []string{"so tai khoan", "tai khoan so", "account no", "account number", "so tk", "account"}
	ownerWords   = []string{"ten tai khoan", "chu tai khoan", "account name", "ten khach hang", "customer name", "ten chu tai khoan", "ten tk"}
	totalWords   = []string{"tong", "tong cong", "total", "cong", "cong phat sinh", "tong so"}
)

func hasAny(folded string, phrases []string) bool {
	for _, p := range phrases {
		if hasPhrase(folded, p) {
			return true
		}
	}
	return false
}

func isLabel(folded string) bool {
	return hasAny(folded, openingWords) || hasAny(folded, closingWords) || hasAny(folded, totalWords)
}

// header takes what it can from a row above the heading.
func (r *reader) header(cells []string, joined string) {
	folded := fold(joined)
	r.titles = append(r.titles, folded)
	r.labels(cells, folded)
}

// labels reads the account, its owner, its currency and its balances from a row where
// they are named.
func (r *reader) labels(cells []string, folded string) {
	st := r.st
	for i, cell := range cells {
		f := fold(cell)
		if f == "" {
			continue
		}
		after := strings.Join(cells[i+1:], " ")
		switch {
		case hasAny(f, openingWords):
			setBalance(&st.Opening, cell, cells[i+1:])
		case hasAny(f, closingWords):
			setBalance(&st.Closing, cell, cells[i+1:])
		case hasAny(f, ownerWords):
			if st.Owner == "" {
				st.Owner = strings.TrimSpace(valueOf(cell, after))
			}
		case hasAny(f, accountWords) && st.Account == "" && !hasPhrase(f, "old") && !hasPhrase(f, "cu"):
			if st.Account = accountIn(cell); st.Account == "" {
				st.Account = accountIn(after)
			}
		}
	}
	for _, c := range []string{"usd", "eur", "jpy", "gbp", "aud", "khr"} {
		if (hasPhrase(folded, "loai tien") || hasPhrase(folded, "currency")) && hasPhrase(folded, c) {
			st.Currency = strings.ToUpper(c)
		}
	}
}

// setBalance takes the number in the label's own cell behind its words, else the last
// one in the cells after it.
func setBalance(to *decimal.NullDecimal, cell string, after []string) {
	if to.Valid {
		return
	}
	if _, rest, ok := strings.Cut(cell, ":"); ok {
		if v, ok := number(rest); ok {
			*to = decimal.NewNullDecimal(v)
			return
		}
	}
	for i := len(after) - 1; i >= 0; i-- {
		if v, ok := number(after[i]); ok {
			*to = decimal.NewNullDecimal(v)
			return
		}
	}
}

func valueOf(cell, after string) string {
	if _, rest, ok := strings.Cut(cell, ":"); ok && strings.TrimSpace(rest) != "" {
		return rest
	}
	return strings.Trim(after, " :")
}

// between reads a row under the heading that is no line: a balance, a total, the rest
// of a wrapped text, or the start of the next account.
func (r *reader) between(cells []string, joined string) error {
	folded := fold(joined)
	if startsAccount(folded, joined) && len(r.st.Lines)+len(r.st.Account) > 0 {
		if account := accountIn(joined); account != "" && account == r.st.Account {
			return nil // the same account on the next page
		}
		if err := r.flush(); err != nil {
			return err
		}
		r.begin()
		r.header(cells, joined)
		return nil
	}
	r.labels(cells, folded)
	return nil
}

// startsAccount recognises the title of a statement, or a row that names an account.
func startsAccount(folded, joined string) bool {
	for _, title := range []string{"sao ke tai khoan", "statement of account", "sao ke chi tiet tai khoan", "lich su giao dich", "bao cao chi tiet so du tai khoan", "transaction enquiry"} {
		if strings.HasPrefix(folded, title) {
			return true
		}
	}
	return (hasPhrase(folded, "so tai khoan") || hasPhrase(folded, "account no") || hasPhrase(folded, "account number")) && accountIn(joined) != ""
}

// prove checks the reading by the running balance, in the order of the file or, where
// a bank lists the newest first, in the other.
func (r *reader) prove(st *Statement) error {
	lines := st.Lines
	running := len(lines) > 0
	for i := range lines {
		running = running && lines[i].Balance.Valid
	}
	if r.signed { // debits were negative, so fees are too
		for i := range lines {
			lines[i].Fee, lines[i].Tax = lines[i].Fee.Neg(), lines[i].Tax.Neg()
		}
	}
	if !running {
		return nil
	}
	broken := breaks(lines)
	if broken >= 0 {
		turned := make([]Line, len(lines))
		for i := range lines {
			turned[len(lines)-1-i] = lines[i]
		}
		if breaks(turned) >= 0 {
			l := lines[broken]
			return &Error{r.name, l.Row, "số dư " + l.Balance.Decimal.String() + " không khớp với dòng trước cộng ghi có trừ ghi nợ; có thể cột bị hiểu sai hoặc tệp đã bị sửa, không nhập sao kê này"}
		}
		st.Lines, lines = turned, turned
	}
	st.Proven = true
	opening := lines[0].Balance.Decimal.Sub(lines[0].change())
	closing := lines[len(lines)-1].Balance.Decimal
	if st.Opening.Valid && !st.Opening.Decimal.Equal(opening) {
		return &Error{r.name, lines[0].Row, "số dư đầu kỳ " + st.Opening.Decimal.String() + " không dẫn tới số dư của dòng đầu tiên"}
	}
	if st.Closing.Valid && !st.Closing.Decimal.Equal(closing) {
		return &Error{r.name, lines[len(lines)-1].Row, "số dư cuối kỳ " + st.Closing.Decimal.String() + " khác số dư của dòng cuối cùng"}
	}
	st.Opening, st.Closing = decimal.NewNullDecimal(opening), decimal.NewNullDecimal(closing)
	return nil
}

// breaks returns the index of the first line that the one before it does not lead to,
// −1 when all hold.
func breaks(lines []Line) int {
	for i := 1; i < len(lines); i++ {
		if !lines[i-1].Balance.Decimal.Add(lines[i].change()).Equal(lines[i].Balance.Decimal) {
			return i
		}
	}
	return -1
}
