package sheet

import (
	"iter"
	"slices"
	"strings"
)

// searched is how many rows from the top may hold titles before the heading.
const searched = 60

// plan is how the rows of one sheet become Rows.
type plan struct {
	columns Columns
	at      [][]int // columns of the file, by column of the vocabulary
	heading int     // the last heading row
	top     []string
	heads   []string   // as understood, a group before its part
	needed  []int      // vocabulary columns one of which names somebody
	parts   [][]string // second lines over the columns of at, where they divide one thing
	decode  []func(string) string
}

// findHeading looks for the row, or the two rows, that name the most columns.
func findHeading(rows iter.Seq2[rawRow, error], merges []merge, opt Options) (Table, plan, error) {
	var top []rawRow
	empty := true
	for row, err := range rows {
		if err != nil {
			return Table{}, plan{}, err
		}
		blank := isBlank(row.cells)
		empty = empty && blank
		if !blank {
			top = append(top, rawRow{number: row.number, cells: slices.Clone(row.own())})
		}
		if len(top) >= searched {
			break
		}
	}
	t := Table{Skipped: true, Empty: empty, Found: map[string]string{}}
	var best plan
	bestScore := 0
	voc := newVocabulary(opt)
	for i, row := range top {
		h := headingOf(opt, voc, row.cells, nil, near(merges, row.number, row.number))
		if h.score > bestScore && h.score >= 2*min(2, len(opt.Columns)) || h.score > bestScore && len(opt.Map) > 0 {
			bestScore = h.score
			best, t.Found, t.Ignored = h.plan(opt, row), h.found, h.ignored
			t.Heading = row.number
		}
		if i+1 < len(top) && top[i+1].number == row.number+1 {
			two := headingOf(opt, voc, top[i+1].cells, row.cells, near(merges, row.number, row.number+1))
			// A second row only counts when it adds columns and holds no data.
			if two.score > bestScore && two.score > h.score && two.fromSecond && len(two.found) >= len(h.found) {
				bestScore = two.score
				best, t.Found, t.Ignored = two.plan(opt, top[i+1]), two.found, two.ignored
				t.Heading = top[i+1].number
			}
		}
	}
	if bestScore > 0 {
		t.Skipped = false
		t.Heads, t.At = best.heads, best.columnsAt()
		t.Title = titles(top, t.Heading)
		for _, c := range opt.Columns {
			if _, ok := t.Found[c.Key]; c.Required && !ok {
				t.Skipped = true
			}
		}
	}
	return t, best, nil
}

// columnsAt is where the columns of the vocabulary are in the file.
func (p plan) columnsAt() map[string]int {
	at := map[string]int{}
	for i, c := range p.columns {
		if len(p.at[i]) > 0 {
			at[c.Key] = p.at[i][0]
		}
	}
	return at
}

// titles are the texts of the rows above a heading.
func titles(top []rawRow, heading int) (out []string) {
	for _, row := range top {
		if row.number >= heading {
			break
		}
		var parts []string
		for _, c := range row.cells {
			if c = strings.TrimSpace(c); c != "" {
				parts = append(parts, c)
			}
		}
		out = append(out, strings.Join(parts, " | "))
	}
	return out
}

// heading is one reading of a row as a heading.
type heading struct {
	score      int
	texts      []string // by column of the file
	at         [][]int
	parts      [][]string
	found      map[string]string
	ignored    []string
	fromSecond bool
}

func (h heading) plan(opt Options, row rawRow) plan {
	p := plan{columns: opt.Columns, at: h.at, parts: h.parts, heading: row.number, top: row.cells, heads: h.texts, decode: opt.Decoders}
	for i, c := range opt.Columns {
		if c.Required {
			p.needed = append(p.needed, i)
		}
	}
	return p
}

// headingOf reads cells as a heading, under the row above where there is one:
// "Năm sinh" over "Nam" and "Nữ" reads "Năm sinh Nam", "Năm sinh Nữ".
func headingOf(opt Options, voc *vocabulary, cells, above []string, merges []merge) heading {
	h := heading{at: make([][]int, len(opt.Columns)), parts: make([][]string, len(opt.Columns)), found: map[string]string{}}
	type claim struct{ score, column int }
	claims := make([]claim, len(opt.Columns))
	for i := range claims {
		claims[i] = claim{-1, -1}
	}
	texts := make([]string, max(len(cells), len(above)))
	parent := ""
	for i := range texts {
		own, up := cell(cells, i), cell(above, i)
		if up != "" {
			parent = up
		} else if own == "" {
			parent = ""
		}
		texts[i] = own
		if above != nil {
			texts[i] = strings.TrimSpace(parent + " " + own)
			if up == "" && own == "" {
				texts[i] = ""
			}
		}
	}
	h.texts = texts
	joined, inner := map[int]join{}, map[int]bool{}
	for _, j := range voc.joins(cells, above, merges) {
		joined[j.at[0]] = j
		for _, at := range j.at[1:] {
			inner[at] = true
		}
	}
	for i, text := range texts {
		if text == "" || inner[i] {
			continue
		}
		column, score := voc.meaning(text)
		if above != nil && cell(cells, i) != "" { // the lower row alone may say it better
			if c, s := voc.meaning(cells[i]); s > score {
				column, score = c, s
			}
		}
		if j, ok := joined[i]; ok {
			column, score = j.column, max(score, j.score)
		}
		if column < 0 {
			h.ignored = append(h.ignored, text)
			continue
		}
		if score > claims[column].score {
			if old := claims[column].column; old >= 0 {
				h.ignored = append(h.ignored, texts[old])
			}
			claims[column] = claim{score, i}
		} else {
			h.ignored = append(h.ignored, text)
		}
	}
	for i, c := range claims {
		if c.column >= 0 {
			h.at[i] = []int{c.column}
			if j, ok := joined[c.column]; ok {
				if h.at[i], h.parts[i] = j.at, j.parts; j.parts != nil {
					h.score++ // the second line says more than the first alone
				}
			}
			h.found[opt.Columns[i].Key] = texts[c.column]
			h.score += 2
			if c.score >= exactly {
				h.score++
			}
			h.fromSecond = h.fromSecond || (above != nil && cell(cells, c.column) != "")
		}
	}
	h.applyMap(opt, texts)
	return h
}

// applyMap gives columns the headings that the caller named.
func (h *heading) applyMap(opt Options, texts []string) {
	for i, c := range opt.Columns {
		wanted, ok := opt.Map[c.Key]
		if !ok {
			continue
		}
		var at []int
		for _, w := range strings.Split(wanted, "+") {
			for j, text := range texts {
				if strings.EqualFold(strings.TrimSpace(w), strings.TrimSpace(text)) {
					at = append(at, j)
					break
				}
			}
		}
		if len(at) == 0 {
			continue
		}
		h.at[i], h.parts[i] = at, nil
		h.found[c.Key] = wanted
		h.score += 4
		for j := range opt.Columns { // a heading that is named serves nothing else
			if _, named := opt.Map[opt.Columns[j].Key]; !named && len(h.at[j]) == 1 && slices.Contains(at, h.at[j][0]) {
				h.at[j], h.parts[j] = nil, nil
				delete(h.found, opt.Columns[j].Key)
			}
		}
	}
}

// vocabulary is Columns ready for comparing: names folded once, and what was
// compared before remembered, because data rows repeat themselves.
type vocabulary struct {
	names    [][]string
	decoders []func(string) string
	said     map[string]saying
}

type saying struct{ column, score int }

func newVocabulary(opt Options) *vocabulary {
	v := &vocabulary{decoders: opt.Decoders, said: map[string]saying{}}
	for _, c := range opt.Columns {
		names := []string{fold(c.Key)}
		for _, name := range c.Names {
			names = append(names, fold(name))
		}
		v.names = append(v.names, names)
	}
	return v
}

// exactly is the score of a heading that is a known name to the letter.
const exactly = 1000

// relations in a heading mean that it speaks of somebody else.
var relations = map[string]bool{"cha": true, "me": true, "vo": true, "chong": true, "con": true, "bo": true, "nhan": true,
	"nuoi": true, "giam": true, "quan": true, "lap": true, "uy": true, "thay": true}

// meaning finds the column that a heading names, -1 when none. A name counts
// when all of it stands in the heading as whole words; the longest wins.
func (v *vocabulary) meaning(text string) (column, score int) {
	if known, ok := v.said[text]; ok {
		return known.column, known.score
	}
	column = -1
	try := func(text string) {
		key := fold(text)
		if strings.Trim(key, "0123456789 ") == "" { // numbers and dates name no column
			return
		}
		for i, names := range v.names {
			for _, name := range names {
				if s := likeness(key, name); s > score {
					column, score = i, s
				}
			}
		}
	}
	try(text)
	if column < 0 && !isASCII(text) {
		for _, decode := range v.decoders {
			try(decode(text))
		}
	}
	v.said[text] = saying{column, score}
	return column, score
}

func likeness(heading, name string) int {
	if name == "" {
		return 0
	}
	if heading == name {
		return exactly + len(name)
	}
	if len(name) < 4 || len(heading) > 12*len(name) || len(heading) > 120 {
		return 0
	}
	if !strings.Contains(heading, name) { // before the padding below, which allocates
		return 0
	}
	i := strings.Index(" "+heading+" ", " "+name+" ")
	if i < 0 {
		return 0
	}
	rest := (" " + heading + " ")[:i] + " " + (" " + heading + " ")[i+len(name)+1:]
	for _, w := range strings.Fields(strings.ReplaceAll(rest, " ca nhan", " ")) {
		if relations[w] {
			return 0
		}
	}
	score := 10 * len(name)
	if i == 0 {
		score += 5
	}
	return score - len(heading)/4
}

func cell(cells []string, i int) string {
	if i >= 0 && i < len(cells) {
		return strings.TrimSpace(cells[i])
	}
	return ""
}

func isBlank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// row makes a Row of a raw row; false for rows that are no part of the list.
func (p plan) row(raw rawRow) (Row, bool) {
	if raw.number <= p.heading || isBlank(raw.cells) || p.isColumnNumbers(raw.cells) || p.isHeadingAgain(raw.cells) {
		return Row{}, false
	}
	r := Row{Number: raw.number, columns: p.columns, at: p.at, parts: p.parts, raw: raw.cells, fonts: raw.fonts, values: make([]string, len(p.columns))}
	for i, at := range p.at {
		switch len(at) {
		case 0:
		case 1:
			r.values[i] = cell(raw.cells, at[0])
			if p.columns[i].Sum && slices.Contains(raw.filled, at[0]) {
				r.values[i] = ""
			}
		default:
			var parts []string
			for _, j := range at {
				if v := cell(raw.cells, j); v != "" {
					parts = append(parts, v)
				}
			}
			r.values[i] = strings.Join(parts, " ")
		}
	}
	var filled []string
	for _, c := range raw.own() {
		if c = strings.TrimSpace(c); c != "" {
			filled = append(filled, c)
		}
	}
	missing := 0
	for _, i := range p.needed {
		if r.values[i] == "" {
			missing++
		}
	}
	r.Group = groupOf(filled, p.decode)
	r.Remark = isRemark(filled) || r.Group != "" || len(p.needed) > 0 && missing == len(p.needed) && len(filled) == 1 && len(raw.cells) > 1
	return r, true
}

// isColumnNumbers recognises the row (1) (2) (3) … under a heading.
func (p plan) isColumnNumbers(cells []string) bool {
	n, last := 0, 0
	for _, c := range cells {
		c = strings.Trim(strings.TrimSpace(c), "()[].")
		if c == "" {
			continue
		}
		v := 0
		for _, r := range c {
			if r < '0' || r > '9' {
				return false
			}
			v = v*10 + int(r-'0')
			if v > maxColumns {
				return false
			}
		}
		if v != last+1 {
			return false
		}
		n, last = n+1, v
	}
	return n >= 4
}

func (p plan) isHeadingAgain(cells []string) bool {
	same, n := 0, 0
	for i, h := range p.top {
		if h = strings.TrimSpace(h); h == "" {
			continue
		}
		n++
		if strings.EqualFold(h, cell(cells, i)) {
			same++
		}
	}
	return n >= 2 && same == n
}
