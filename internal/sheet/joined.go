package sheet

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// join is one column of the vocabulary that stands in several of the file:
// "Năm sinh" over "Nam" and "Nữ", a day in three columns, a name whose last word
// has a column of its own.
type join struct {
	column int      // of the vocabulary
	at     []int    // columns of the file
	parts  []string // what stands over each, "" without a second line
	score  int
}

// parted are the second lines that divide one thing among columns.
var parted = [][][]string{
	{{"nam"}, {"nu"}},
	{{"ngay"}, {"thang"}, {"nam"}},
	{{"ho", "ho dem", "ho lot", "ho va dem", "ho va lot", "ho va chu dem", "ho chu dem", "ho va ten dem", "ho ten dem"}, {"ten"}},
}

// joins finds them in a heading of cells under above (nil for one line); merges
// are those that touch these lines.
func (v *vocabulary) joins(cells, above []string, merges []merge) (out []join) {
	for i := 0; i < len(above); i++ {
		parent := cell(above, i)
		if parent == "" {
			continue
		}
		at, parts := []int{i}, []string{cell(cells, i)}
		for j := i + 1; j < len(cells) && cell(above, j) == "" && cell(cells, j) != ""; j++ {
			at, parts = append(at, j), append(parts, cell(cells, j))
		}
		if !isParted(v, parts) {
			continue
		}
		if column, score := v.meaning(parent); column >= 0 {
			out = append(out, join{column, at, parts, score})
		}
	}
	for _, m := range merges {
		text := first(cell(above, m.left), cell(cells, m.left))
		if m.right == m.left || m.right-m.left > 3 || text == "" || above != nil && cell(above, m.left) != "" && cell(cells, m.left) != "" {
			continue
		}
		at := []int{m.left}
		for j := m.left + 1; j <= m.right && cell(above, j) == "" && cell(cells, j) == ""; j++ {
			at = append(at, j)
		}
		if column, score := v.meaning(text); column >= 0 && len(at) == m.right-m.left+1 {
			out = append(out, join{column, at, nil, score})
		}
	}
	return out
}

func isParted(v *vocabulary, parts []string) bool {
	for _, pattern := range parted {
		if len(pattern) != len(parts) {
			continue
		}
		fits := true
		for i, words := range pattern {
			key := fold(parts[i])
			fits = fits && (slices.Contains(words, key) || slices.ContainsFunc(v.decoders, func(decode func(string) string) bool {
				return slices.Contains(words, fold(decode(parts[i])))
			}))
		}
		if fits {
			return true
		}
	}
	return false
}

// near are the merges that touch the rows of a heading.
func near(merges []merge, top, bottom int) (out []merge) {
	for _, m := range merges {
		if m.top <= bottom && m.bottom >= top {
			out = append(out, m)
		}
	}
	return out
}

// groupWords begin rows that head a group of people; what follows is its name. With
// their marks, because Xà and Áp begin people's names.
var groupWords = []string{"ấp", "khóm", "thôn", "tổ dân phố", "khu phố", "khu vực", "xã", "phường", "thị trấn", "đối tượng", "nhóm"}

// ordinals are how groups are numbered: I, II, … and A, B, … with a second number
// or without.
func isOrdinal(text string) bool {
	text = strings.TrimRight(strings.TrimSpace(text), ".)/:- ")
	head, tail, _ := strings.Cut(text, ".")
	if strings.Trim(tail, "0123456789.") != "" || head == "" || len(head) > 5 {
		return false
	}
	return strings.Trim(head, "IVX") == "" || len(head) == 1 && head[0] >= 'A' && head[0] <= 'H'
}

// groupOf is the name of the group that a row heads, "" when it heads none. Such
// a row has little more than the name: an ordinal before it, a number of people
// behind it.
func groupOf(filled []string, decoders []func(string) string) string {
	if len(filled) == 0 || len(filled) > 3 {
		return ""
	}
	at, numbered := 0, isOrdinal(filled[0])
	if numbered || strings.Trim(filled[0], "0123456789.-*+ ") == "" {
		at = 1
	}
	if at >= len(filled) {
		return ""
	}
	for _, rest := range filled[at+1:] { // "12", "12 người"
		if len(rest) > 20 || rest[0] < '0' || rest[0] > '9' || len(rest) > 4 && !strings.Contains(fold(rest), "nguoi") {
			return ""
		}
	}
	text := strings.TrimLeft(strings.TrimSpace(filled[at]), "*-+• ")
	if head, rest, ok := strings.Cut(text, " "); ok && (isOrdinal(head) || strings.Trim(head, "0123456789.)") == "") && strings.HasSuffix(head, ".") {
		numbered, text = numbered || isOrdinal(head), strings.TrimSpace(rest)
	}
	if numbered {
		return text
	}
	if isASCII(text) { // typed without marks: only "Ap 3" is sure
		key := fold(text)
		if rest, ok := strings.CutPrefix(key, "ap "); ok && isNumber(rest) {
			return text
		}
		if rest, ok := strings.CutPrefix(key, "khom "); ok && isNumber(rest) {
			return text
		}
		return ""
	}
	readings := []string{text}
	for _, decode := range decoders {
		readings = append(readings, decode(text))
	}
	for _, r := range readings {
		lower := strings.ToLower(norm.NFC.String(r))
		for _, w := range groupWords {
			if rest, ok := strings.CutPrefix(lower, w+" "); ok && len(rest) < 90 {
				return text
			}
		}
	}
	return ""
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
