package qr

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"ansinh.vn/money"
)

// Amount reads an amount for a payload: plain digits above zero. Anything else is
// refused, never guessed: 50.000 is fifty thousand to one reader and fifty to another.
func Amount(text string) (money.VND, error) {
	var t Transfer
	err := t.setAmount(text)
	return t.Amount, err
}

func (t *Transfer) setAmount(text string) error {
	if !isDigits(text) || len(strings.TrimLeft(text, "0")) > 13 || strings.Trim(text, "0") == "" {
		return &RefusedError{"amount", fmt.Sprintf("%q is not whole đồng above zero in at most 13 digits, without separators", text)}
	}
	t.Amount = 0
	for i := range len(text) {
		t.Amount = t.Amount*10 + money.VND(text[i]-'0')
	}
	return nil
}

// ASCII writes Vietnamese without its marks, "Chợ Bạc Liêu" as "Cho Bac Lieu", and
// leaves out what ASCII has nothing for. It tells whether anything was left out.
func ASCII(text string) (folded string, lost bool) {
	if isPrintable(text) {
		return text, false
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(text) {
		switch {
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r == 'đ':
			b.WriteByte('d')
		case r == 'Đ':
			b.WriteByte('D')
		case r == '–' || r == '—' || r == '−':
			b.WriteByte('-')
		case r == '‘' || r == '’':
			b.WriteByte('\'')
		case r == '“' || r == '”':
			b.WriteByte('"')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.Is(unicode.Mn, r): // the mark of the letter before it
		default:
			lost = true
		}
	}
	return b.String(), lost
}

// Fit folds the texts of t to ASCII and cuts them to their fields, and says in words
// what it did. Bank, account, amount and Local are left alone. When field 62 is too
// long in all, its last entries give way first: the purpose, then the terminal, and so
// on, so that the bill number stays whole longest.
func (t Transfer) Fit() (fitted Transfer, notes []string) {
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	fit := func(name string, field *string, max int) {
		folded, lost := ASCII(*field)
		folded = strings.TrimSpace(folded)
		if lost {
			note("%s: characters without an ASCII form are left out of %q", name, *field)
		} else if folded != *field {
			note("%s: %q is written %q", name, *field, folded)
		}
		if len(folded) > max {
			cut := strings.TrimSpace(folded[:max])
			note("%s: %q is cut to %d characters: %q", name, folded, max, cut)
			folded = cut
		}
		*field = folded
	}
	fit("name", &t.Name, 25)
	fit("city", &t.City, 15)
	fit("postal", &t.Postal, 10)
	total := 0
	for i, field := range t.additional() {
		fit(additionalNames[i], field, 25)
		if *field != "" {
			total += 4 + len(*field)
		}
	}
	for i := len(additionalNames) - 1; i >= 0 && total > maxAdditional; i-- {
		field := t.additional()[i]
		if *field == "" {
			continue
		}
		before := *field
		room := len(before) - (total - maxAdditional)
		total -= 4 + len(before)
		if room <= 0 {
			*field = ""
			note("%s: %q is left out, because field 62 takes %d characters in all", additionalNames[i], before, maxAdditional)
			continue
		}
		*field = strings.TrimSpace(before[:room])
		total += 4 + len(*field)
		note("%s: %q is cut to %q, because field 62 takes %d characters in all", additionalNames[i], before, *field, maxAdditional)
	}
	return t, notes
}
