package sheet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// field is what a column means.
type field int

const (
	none field = iota
	dateRef
	bookDate
	valueDate
	reference
	debit
	credit
	amount // one column for both directions, signed
	balance
	memo
	fee
	tax
	partyName
	partyAccount
	partyBank
	lastField
)

// meanings are tried in this order: narrow ones before those whose words they contain.
// A phrase counts when it stands in the folded heading as whole words.
var meanings = []struct {
	field   field
	phrases []string
}{
	{none, []string{"stt", "requesting date", "ngay yeu cau", "loai tien", "currency", "gio giao dich", "chi nhanh", "teller", "ma giao dich vien"}},
	{fee, []string{"phi lai", "fee interest", "phi giao dich", "transaction fee"}},
	{tax, []string{"thue", "vat"}},
	{partyAccount, []string{"tk doi ung", "tai khoan doi ung", "so tai khoan doi ung", "offset account", "corresponsive account", "remitter account number", "beneficiary account", "tai khoan thu huong"}},
	{partyBank, []string{"nh doi tac", "ngan hang doi tac", "ngan hang doi ung", "remitter bank", "beneficiary bank", "correspondent bank"}},
	{partyName, []string{"ten doi ung", "ten tai khoan doi ung", "ten tk doi ung", "offset name", "remitter name", "nguoi huong chuyen", "nguoi thu huong", "don vi thu huong", "nguoi huong", "doi tac"}},
	{balance, []string{"so du", "balance", "du cuoi"}},
	{debit, []string{"ghi no", "phat sinh no", "no debit", "debit", "so tien no", "tien ra", "rut ra", "so tien rut"}},
	{credit, []string{"ghi co", "phat sinh co", "co credit", "credit", "so tien co", "tien vao", "gui vao", "so tien gui"}},
	{reference, []string{"so but toan", "but toan", "so tham chieu", "tham chieu", "so giao dich", "ma giao dich", "transaction number", "transaction no", "reference", "reference number", "reference no", "ref no", "so chung tu", "so ct", "doc no"}},
	{memo, []string{"dien giai", "noi dung", "noi dung chi tiet", "mo ta", "mo ta giao dich", "description", "descriptions", "remark", "remarks", "details", "transaction details", "dien giai giao dich"}},
	{bookDate, []string{"ngay hach toan", "posting date", "accounting date", "ngay giao dich", "transaction date", "tnx date", "ngay phat sinh", "ngay hieu luc", "effective date", "ngay gia tri", "value date", "ngay", "date", "ngay gd", "ngay hl"}},
	{amount, []string{"so tien", "amount"}},
}

// dateRank orders the kinds of date that may stand side by side: the day the bank
// booked it first.
func dateRank(folded string) int {
	for rank, words := range [][]string{
		{"hach toan", "posting", "accounting"},
		{"giao dich", "transaction", "tnx", "gd"},
		{"phat sinh"},
		{"hieu luc", "effective", "gia tri", "value", "hl"},
	} {
		for _, w := range words {
			if hasPhrase(folded, w) {
				return 10 - rank
			}
		}
	}
	return 1
}

func meaningOf(heading string) (field, string) {
	f := fold(heading)
	if f == "" || len(f) > 120 {
		return none, f
	}
	switch f {
	case "no":
		return debit, f
	case "co":
		return credit, f
	}
	date := hasPhrase(f, "ngay") || hasPhrase(f, "date")
	if date && (hasPhrase(f, "so ct") || hasPhrase(f, "doc no") || hasPhrase(f, "so chung tu")) {
		return dateRef, f
	}
	for _, m := range meanings {
		for _, p := range m.phrases {
			if hasPhrase(f, p) {
				return m.field, f
			}
		}
	}
	return none, f
}

func hasPhrase(folded, phrase string) bool {
	return strings.Contains(" "+folded+" ", " "+phrase+" ")
}

// columns says in which column of the sheet each field stands, −1 for nowhere.
type columns [lastField]int

// readHeading reads a row as a heading; ok is false when it is none.
func readHeading(cells []string) (c columns, ok bool) {
	for i := range c {
		c[i] = -1
	}
	if len(cells) > 200 {
		cells = cells[:200]
	}
	ranks := map[int]int{}
	for i, cell := range cells {
		f, folded := meaningOf(cell)
		if f == bookDate {
			ranks[i] = dateRank(folded)
			continue
		}
		if f != none && c[f] < 0 {
			c[f] = i
		}
	}
	for i := range cells { // in column order, so that equals keep the first
		rank, isDate := ranks[i]
		switch {
		case !isDate:
		case c[bookDate] < 0:
			c[bookDate] = i
		case rank > ranks[c[bookDate]]:
			c[valueDate] = c[bookDate]
			c[bookDate] = i
		case c[valueDate] < 0:
			c[valueDate] = i
		}
	}
	money := c[debit] >= 0 && c[credit] >= 0 || c[amount] >= 0
	dated := c[bookDate] >= 0 || c[dateRef] >= 0
	return c, money && dated && (c[memo] >= 0 || c[balance] >= 0 || c[reference] >= 0)
}

// fold keeps letters without accents and digits, in lower case, one blank between
// words.
func fold(s string) string {
	var b strings.Builder
	space := true
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case r == 'đ' || r == 'Đ':
			r = 'd'
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
			space = false
		} else if !space {
			b.WriteByte(' ')
			space = true
		}
	}
	return strings.TrimSpace(b.String())
}
