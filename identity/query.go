package identity

import (
	"strings"
	"sync"
)

// column is what the cells of one column of one sheet have in common.
type column struct {
	name, commune, address Encoding
	dates                  Dates
}

// sheets groups rows by list and sheet, in the order of their first rows.
type sheets struct {
	of      []int32 // by row
	rows    [][]int32
	lists   []int32 // by sheet: the list it belongs to
	columns []column
}

func groupRows(rows []Row) *sheets {
	s := &sheets{of: make([]int32, len(rows))}
	known := map[[2]string]int32{}
	lists := map[string]int32{}
	for i := range rows {
		key := [2]string{rows[i].List, rows[i].Sheet}
		g, ok := known[key]
		if !ok {
			g = int32(len(s.rows))
			known[key] = g
			s.rows = append(s.rows, nil)
			l, ok := lists[rows[i].List]
			if !ok {
				l = int32(len(lists))
				lists[rows[i].List] = l
			}
			s.lists = append(s.lists, l)
		}
		s.of[i] = g
		s.rows[g] = append(s.rows[g], int32(i))
	}
	return s
}

// judge decides for every sheet how its columns are written.
func (s *sheets) judge(rows []Row, opt Options) {
	s.columns = make([]column, len(s.rows))
	parallel(opt.workers(), len(s.rows), func(g int) {
		at := s.rows[g]
		sample := func(get func(*Row) string) []string {
			step := max(1, len(at)/1000)
			out := make([]string, 0, min(len(at), 2000))
			for i := 0; i < len(at); i += step {
				out = append(out, get(&rows[at[i]]))
			}
			return out
		}
		s.columns[g] = column{
			name:    DetectEncoding(sample(func(r *Row) string { return r.Name })),
			commune: DetectEncoding(sample(func(r *Row) string { return r.Commune })),
			address: DetectEncoding(sample(func(r *Row) string { return r.Address })),
			dates:   datesOf(sample(func(r *Row) string { return r.Birth }), opt.Today),
		}
	})
}

// datesOf judges how a column writes dates.
func datesOf(samples []string, today int) Dates {
	d := Dates{Order: dateOrder(samples), Today: today}
	days, written := 0, 0
	for _, s := range samples {
		switch n, fraction, ok := dayNumber(strings.TrimSpace(s)); {
		case ok && !fraction && n > 9999 && n < 100_000:
			days++
		case strings.ContainsAny(s, "/-"):
			written++
		}
	}
	d.YearSlips = 4*days < written
	return d
}

// dateOrder reads from the dates that allow one order only which one a column
// uses. A few odd ones do not turn a column around.
func dateOrder(samples []string) DateOrder {
	day, month := 0, 0
	for _, s := range samples {
		f := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '-' || r == '.' || r == ' ' })
		if len(f) != 3 || len(f[0]) > 2 || len(f[1]) > 2 || !allDigits(f[0]) || !allDigits(f[1]) {
			continue
		}
		a, b := atoi(f[0]), atoi(f[1])
		switch {
		case a > 12 && a <= 31 && b <= 12:
			day++
		case b > 12 && b <= 31 && a <= 12:
			month++
		}
	}
	if month > 3 && month > 4*day {
		return MonthFirst
	}
	return DayFirst
}

// memo remembers what cleaning made of a cell; lists repeat names and places.
type memo struct {
	names  map[string]cleaned
	places map[[2]string]Place
}

type cleaned struct {
	form    *form
	repairs []Repair
}

const memoLimit = 200_000

// prepared are the rows of a list, ready to be matched.
type prepared struct {
	queries []query
	repairs [][]Repair
}

// prepareRows cleans all rows.
func (ix *Index) prepareRows(rows []Row, s *sheets) prepared {
	out := prepared{make([]query, len(rows)), make([][]Repair, len(rows))}
	memos := sync.Pool{New: func() any { return &memo{map[string]cleaned{}, map[[2]string]Place{}} }}
	parallel(ix.opt.workers(), (len(rows)+batch-1)/batch, func(k int) {
		m := memos.Get().(*memo)
		if len(m.names) > memoLimit || len(m.places) > memoLimit {
			m = &memo{map[string]cleaned{}, map[[2]string]Place{}}
		}
		for i := k * batch; i < min((k+1)*batch, len(rows)); i++ {
			q := &out.queries[i]
			out.repairs[i] = ix.prepareRow(q, &rows[i], &s.columns[s.of[i]], m)
			q.group = s.of[i]
		}
		memos.Put(m)
	})
	return out
}

// prepareRow cleans one row. Cells that cannot be read are as good as empty here;
// saying so to the clerk is the task of whoever imports the list.
func (ix *Index) prepareRow(q *query, r *Row, c *column, m *memo) []Repair {
	var repairs []Repair
	q.slid = -1

	key := string(rune('0'+c.name)) + r.Name
	name, known := m.names[key]
	if !known {
		name.form, name.repairs = ix.cleanName(r.Name, c.name)
		m.names[key] = name
	}
	q.form = name.form
	repairs = append(repairs, name.repairs...)

	doc, _ := ParseDocument(r.Document)
	repairs = append(repairs, doc.Repairs...)
	if doc.Number != "" {
		q.number, q.digits = digitsKey(string(doc.Number)), string(doc.Number)
	} else if len(doc.Digits) >= 10 && len(doc.Digits) <= 14 {
		q.digits = doc.Digits
	}
	q.old, q.nine, q.prefix = oldKey(string(doc.Old)), string(doc.Old), doc.Prefix
	if q.number == 0 && q.old == 0 && q.digits == "" && q.prefix == "" {
		if s := strings.TrimSpace(r.Document); s != "" { // keys of other registers
			q.number, _ = numberKey(PersonNumber(s))
			q.old = oldKey(s)
			if allDigits(s) && len(s) >= 5 && len(s) < 9 {
				q.nine = s
			}
		}
	} else if q.number == 0 && doc.Old == "" && len(doc.Digits) < 9 {
		q.old, q.nine = oldKey(doc.Digits), doc.Digits
	}

	if s := strings.TrimSpace(r.Document); ix.short && len(s) >= 5 && len(s) <= 9 && allDigits(s) { // nothing of it is lost
		q.old, q.nine = oldKey(s), s
	}

	birth, fixed, err := c.dates.Parse(r.Birth)
	if err == nil {
		q.birth, q.century = packBirth(birth), birth.Century
		q.firstDay = birth.Day == 1 && birth.Month == 1
		q.iso = len(r.Birth) >= 10 && r.Birth[4] == '-' || len(fixed) > 0 && fixed[0].Kind == RepairSerial
		repairs = append(repairs, fixed...)
	}
	if err != nil || len(fixed) > 0 && fixed[0].Kind == RepairImpossible {
		q.garbled = onlyDigits(r.Birth)
	}
	sex, _ := ParseSex(r.Sex)
	q.sex = sexKey(sex)
	q.ethnic = ethnicKey(r.Ethnic)
	ix.preparePlace(q, r, c, m, &repairs)
	return repairs
}

// onlyDigits keeps the digits of a date, "" when they are not about as many as a
// date or a year has.
func onlyDigits(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	if n := len(digits); n < 7 && n != 3 && n != 5 || n > 9 {
		return ""
	}
	return digits
}

func (ix *Index) preparePlace(q *query, r *Row, c *column, m *memo, repairs *[]Repair) {
	if r.Commune == "" && r.Address == "" {
		return
	}
	key := [2]string{string(rune('0'+c.commune)) + string(rune('0'+c.address)) + r.Commune, r.Address}
	place, known := m.places[key]
	if !known {
		place = ix.gazetteer.Resolve(decodeCell(r.Commune, c.commune), decodeCell(r.Address, c.address))
		if k := communeKey("~" + place.Hamlet); place.Key == "" && place.Hamlet != "" && ix.counts.commune[uint64(k)] > 0 {
			place.Key, place.Hamlet = place.Hamlet, "" // what stood alone is a commune that only the register knows
		}
		if near := ix.hamlets.find(place.Hamlet); near != "" {
			place.Hamlet = near
		}
		if near := ix.units.find(place.Key); near != "" && len(place.Codes) == 0 {
			place.Key = near
		}
		m.places[key] = place
	}
	q.hamlet = hamletKey(place.Hamlet)
	for i, code := range place.Codes {
		if i == len(q.communes) {
			break
		}
		q.communes[i] = communeKey(code)
	}
	q.sure = place.Sure
	if len(place.Codes) == 0 && place.Key != "" {
		if k := communeKey("~" + place.Key); ix.counts.commune[uint64(k)] > 0 {
			q.communes[0], q.sure = k, true
		}
	}
	if place.Old && len(place.Codes) > 0 {
		*repairs = append(*repairs, Repair{FieldCommune, RepairOldCommune, r.Commune, place.Codes[0]})
	}
	if place.Reused {
		*repairs = append(*repairs, Repair{FieldCommune, RepairReusedCode, r.Commune, place.Codes[0]})
	}
}

func decodeCell(s string, column Encoding) string { return detectCell(s, column).Decode(s) }

// cleanName decodes and cleans a name.
func (ix *Index) cleanName(raw string, column Encoding) (*form, []Repair) {
	text, e := raw, detectCell(raw, column)
	var repairs []Repair
	if e != Unicode {
		text = e.Decode(raw)
		repairs = append(repairs, Repair{FieldName, RepairEncoding, raw, text})
	}
	name, more := CleanName(text)
	return ix.forms.of(name), append(repairs, more...)
}
