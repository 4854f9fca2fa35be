package sheet

import (
	"fmt"
	"strconv"
	"strings"
)

// Row is one row of a list.
type Row struct {
	Sheet  string // name of the sheet, "" for .csv
	Number int    // row number in the sheet, counted from 1 with titles and headings
	// Remark is set for rows that say something about the list and name nobody:
	// totals, signatures, headings of groups.
	Remark bool
	// Group is what a row that heads a group of people calls it: "Ấp 3", "Người
	// cao tuổi"; such a row is a Remark. "" for every other row.
	Group string

	columns Columns
	values  []string
	at      [][]int // columns of the file, by column of the vocabulary
	parts   [][]string
	raw     []string
	fonts   []Font
}

// Get is the text of a column, trimmed; "" when the sheet does not have it. It
// panics on a key that is not in the vocabulary, which is a mistake in the code.
func (r Row) Get(key string) string {
	i := r.columns.index(key)
	if i < 0 {
		panic("sheet: no column " + key + " in the vocabulary")
	}
	return r.values[i]
}

// Value is the text of column i of the vocabulary.
func (r Row) Value(i int) string { return r.values[i] }

// Part says over which of its two columns the value of column i stands, where the
// heading divides it: "Nữ" for a year under "Năm sinh, Nữ". "" otherwise.
func (r Row) Part(i int) string {
	if i >= len(r.parts) || len(r.parts[i]) != 2 {
		return ""
	}
	for n, at := range r.at[i] {
		if cell(r.raw, at) != "" {
			return r.parts[i][n]
		}
	}
	return ""
}

// Shifted is the row with every column read so many columns to the right, or to the
// left: cells that somebody pushed aside.
func (r Row) Shifted(by int) Row {
	s := r
	s.at, s.values = make([][]int, len(r.at)), make([]string, len(r.values))
	for i, at := range r.at {
		var parts []string
		for _, j := range at {
			s.at[i] = append(s.at[i], max(j+by, 0))
			if v := cell(r.raw, j+by); j+by >= 0 && v != "" {
				parts = append(parts, v)
			}
		}
		s.values[i] = strings.Join(parts, " ")
	}
	return s
}

// Font is the font of column i's cell.
func (r Row) Font(i int) Font {
	if len(r.at[i]) == 0 || r.at[i][0] >= len(r.fonts) {
		return FontUnicode
	}
	return r.fonts[r.at[i][0]]
}

// Cells is the whole row as it stands in the file, to be shown or kept.
func (r Row) Cells() []string { return r.raw }

// Ref is the reference of a column's cell, such as C17; the row's number as
// text when the sheet does not have the column.
func (r Row) Ref(key string) string {
	i := r.columns.index(key)
	if i < 0 || len(r.at[i]) == 0 {
		return strconv.Itoa(r.Number)
	}
	return Ref(r.at[i][0], r.Number)
}

// Where says in Vietnamese where a column's cell stands: Sheet 'Hưu trí', ô C17.
// With an unknown column or an empty key it says the row: Sheet 'Hưu trí', dòng 17.
func (r Row) Where(key string) string {
	place := fmt.Sprintf("dòng %d", r.Number)
	if i := r.columns.index(key); i >= 0 && len(r.at[i]) > 0 {
		place = "ô " + Ref(r.at[i][0], r.Number)
	}
	if r.Sheet == "" {
		return place
	}
	return fmt.Sprintf("Sheet '%s', %s", r.Sheet, place)
}

// Ref is the reference of a cell: column counts from 0, row from 1.
func Ref(column, row int) string { return letters(column) + strconv.Itoa(row) }

// letters names a column: 0 is A, 26 is AA.
func letters(column int) string {
	s := ""
	for column++; column > 0; column = (column - 1) / 26 {
		s = string(rune('A'+(column-1)%26)) + s
	}
	return s
}

// columnOf reads the letters of a reference such as C17; -1 when there are none.
func columnOf(ref string) int {
	n := 0
	for i := 0; i < len(ref); i++ {
		c := ref[i]
		if c < 'A' || c > 'Z' {
			break
		}
		n = n*26 + int(c-'A') + 1
		if n > maxColumns {
			return maxColumns
		}
	}
	return n - 1
}

// maxColumns bounds what is kept of a row; a list has some twenty columns.
const maxColumns = 1024

// remarks begin rows of totals and signatures.
var remarks = []string{"tong", "cong", "tong cong", "nguoi lap", "lap bang", "lap bieu", "ke toan", "thu truong", "chu tich", "tm ", "kt ", "xac nhan", "ghi chu", "bang chu", "so tien bang chu", "danh sach nay", "ngay ", "nguoi phe duyet", "phe duyet"}

// isRemark reports whether the filled cells of a row read like a total or a
// signature.
func isRemark(filled []string) bool {
	if len(filled) == 0 || len(filled) > 4 {
		return false
	}
	first := fold(filled[0])
	for _, r := range remarks {
		if first == strings.TrimSpace(r) || strings.HasPrefix(first, strings.TrimSpace(r)+" ") {
			return true
		}
	}
	return false
}
