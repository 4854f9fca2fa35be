package payout

import (
	"slices"

	"ansinh.vn/money"
)

// book is the input of Calculate, each kind of row together and by person.
type book struct {
	people []bookPerson
	byKey  map[string]int32
	ents   []entitled
	paid   []bookPaid
	cats   categories
}

// bookPerson is somebody of the people's file; the entitlements and the paid rows of
// the i-th begin where those of the one before end.
type bookPerson struct {
	number     string
	born, last money.Month
	ents, paid int32 // where they end
}

// bookPaid is settledMonth in sixteen bytes: there are a dozen of them a person.
type bookPaid struct {
	amount money.VND
	month  money.Month
	cat    int32 // in book.cats
}

// categories gives each category as written its number.
type categories struct {
	all []named
	by  map[named]int32
}

type named struct {
	category
	name string
}

func (c *categories) number(x named) int32 {
	n, ok := c.by[x]
	if !ok {
		n = int32(len(c.all))
		c.all = append(c.all, x)
		if c.by == nil {
			c.by = map[named]int32{}
		}
		c.by[x] = n
	}
	return n
}

// owned is what a row of the other files belongs to.
type owned[T any] struct {
	owner int32
	row   T
}

// readBook reads the three files and gathers what belongs to each person.
func readBook(c *Calc, in CalculateInput) (*book, error) {
	b := &book{}
	if err := b.readPeople(c, in.People); err != nil {
		return nil, err
	}
	if err := b.readEntitlements(c, in.Entitlements); err != nil {
		return nil, err
	}
	return b, b.readPaid(c, in.Paid, in.Month)
}

func (b *book) readPeople(c *Calc, f Named) error {
	t, err := openCSV(f.Name, f, "person_number", "date_of_birth", "date_of_death", "sex?")
	if err != nil {
		return err
	}
	type place struct {
		bookPerson
		line int
	}
	var all [][]place
	n := 0
	err = eachBlock(t, func(r *csvRows) (block []place, err error) {
		for {
			more, err := r.next()
			if err != nil || !more {
				return block, err
			}
			p := place{line: r.row}
			if p.number, err = r.needed(0); err != nil {
				return nil, err
			}
			birth, ok := ParseBirth(r.text(1))
			if !ok {
				return nil, r.bad(1, "%q is not a birth date; write it like 1950, 1950-03 or 1950-03-14", r.text(1))
			}
			died, err := r.day(2, false)
			if err != nil {
				return nil, err
			}
			p.born, p.last = birth.counts(c.rules), c.lastMonth(Person{Died: died})
			block = append(block, p)
		}
	}, func(block []place) { all, n = append(all, block), n+len(block) })
	if err != nil {
		return err
	}
	b.people, b.byKey = make([]bookPerson, 0, n), make(map[string]int32, n)
	for _, block := range all {
		for _, p := range block {
			if _, twice := b.byKey[p.number]; twice {
				return refuse("%s, line %d, column person_number: %s is there twice", f.Name, p.line, p.number)
			}
			b.byKey[p.number] = int32(len(b.people))
			b.people = append(b.people, p.bookPerson)
		}
	}
	return nil
}

// owners finds the person of row after row: mostly the same again, or the next.
type owners struct {
	*book
	last int32
}

func (o *owners) of(r *csvRows, i int) (int32, error) {
	number := r.text(i)
	for at := o.last; at <= o.last+1 && int(at) < len(o.people); at++ {
		if o.people[at].number == number {
			o.last = at
			return at, nil
		}
	}
	at, ok := o.byKey[number]
	if !ok {
		return 0, r.bad(i, "%q is nobody in the people's file", number)
	}
	o.last = at
	return at, nil
}

// known resolves the categories of a block, each once.
type known struct {
	*Calc
	categories
	last named
	seen map[[2]string]named
}

func (k *known) of(r *csvRows, scheme, name int) (named, error) {
	s, n := r.text(scheme), r.text(name)
	if n == k.last.name && n != "" && string(Schemes[k.last.scheme]) == s {
		return k.last, nil
	}
	x, ok := k.seen[[2]string{s, n}]
	if !ok {
		cat, err := k.category(Scheme(s), n)
		switch {
		case err != nil && !isScheme(Scheme(s)):
			return x, r.bad(scheme, "%v", err)
		case err != nil:
			return x, r.bad(name, "%v", err)
		}
		x = named{cat, n}
		if k.seen == nil {
			k.seen = map[[2]string]named{}
		}
		k.seen[[2]string{s, n}] = x
	}
	k.last = x
	return x, nil
}

func isScheme(s Scheme) bool { return s == BTXH || s == HTXH || s == NCC }

func (b *book) readEntitlements(c *Calc, f Named) error {
	t, err := openCSV(f.Name, f, "entitlement_id?", "person_number", "scheme", "category", "first_month", "last_month",
		"children?", "injury_percent?", "seniority_units?", "decision_on")
	if err != nil {
		return err
	}
	type place struct {
		entitled
		known bool // decided by the day of knowledge
		id    string
		line  int
	}
	var all [][]owned[place]
	err = eachBlock(t, func(r *csvRows) (block []owned[place], err error) {
		who, cats := owners{book: b}, known{Calc: c}
		for {
			more, err := r.next()
			if err != nil || !more {
				return block, err
			}
			x := owned[place]{row: place{id: r.text(0), line: r.row}}
			if x.owner, err = who.of(r, 1); err != nil {
				return nil, err
			}
			if x.row.entitled, x.row.known, err = entitlement(&cats, r); err != nil {
				return nil, err
			}
			block = append(block, x)
		}
	}, func(block []owned[place]) { all = append(all, block) })
	if err != nil {
		return err
	}
	rows := byOwner(b, all, func(p *bookPerson) *int32 { return &p.ents })
	b.ents = make([]entitled, 0, len(rows))
	from := int32(0)
	var twice *place // the first in the file of rows pasted twice
	whose := ""
	for i := range b.people {
		p := &b.people[i]
		mine := rows[from:p.ents]
		from = p.ents
		for j := range mine {
			x := &mine[j]
			if x.id != "" && slices.ContainsFunc(mine[:j], func(y place) bool { return y.id == x.id }) && (twice == nil || x.line < twice.line) {
				twice, whose = x, p.number
			}
			if x.known {
				b.ents = append(b.ents, x.entitled)
			}
		}
		p.ents = int32(len(b.ents))
	}
	if twice != nil {
		return refuse("%s, line %d, column entitlement_id: %s is there twice for %s", f.Name, twice.line, twice.id, whose)
	}
	return nil
}

// entitlement reads one row; false when it is decided after the day of knowledge.
func entitlement(c *known, r *csvRows) (e entitled, decided bool, err error) {
	x, err := c.of(r, 2, 3)
	if err != nil {
		return e, false, err
	}
	raw := Entitlement{Scheme: Schemes[x.scheme], Category: x.name}
	if raw.FirstMonth, err = r.month(4, true); err != nil {
		return e, false, err
	}
	if raw.LastMonth, err = r.month(5, false); err != nil {
		return e, false, err
	}
	for i, to := range [...]*int{&raw.Children, &raw.InjuryPercent, &raw.SeniorityUnits} {
		if *to, err = r.number(6+i, 100); err != nil {
			return e, false, err
		}
	}
	if raw.DecisionOn, err = r.day(9, true); err != nil {
		return e, false, err
	}
	e, decided = c.ready(x.category, raw)
	if e.n < 0 {
		switch {
		case x.scheme == btxhScheme:
			err = r.bad(6, "is empty: %s is paid per child", x.name)
		case c.injury[x.at]:
			err = r.bad(7, "is empty: %s is paid by the percentage of injury", x.name)
		default:
			err = r.bad(8, "is empty: %s is paid per unit of seniority", x.name)
		}
	}
	return e, decided, err
}

func (b *book) readPaid(c *Calc, f Named, upTo money.Month) error {
	t, err := openCSV(f.Name, f, "person_number", "scheme", "category", "month", "amount")
	if err != nil {
		return err
	}
	type part struct {
		rows []owned[bookPaid]
		cats []named // by the numbers of the part
	}
	var all [][]owned[bookPaid]
	err = eachBlock(t, func(r *csvRows) (p part, err error) {
		who, cats := owners{book: b}, known{Calc: c}
		for {
			more, err := r.next()
			if err != nil || !more {
				p.cats = cats.all
				return p, err
			}
			var x owned[bookPaid]
			if x.owner, err = who.of(r, 0); err != nil {
				return p, err
			}
			cat, err := cats.of(r, 1, 2)
			if err != nil {
				return p, err
			}
			x.row.cat = cats.number(cat)
			if x.row.month, err = r.month(3, true); err != nil {
				return p, err
			}
			if x.row.amount, err = r.amount(4); err != nil {
				return p, err
			}
			if x.row.month <= upTo {
				p.rows = append(p.rows, x)
			}
		}
	}, func(p part) {
		for i := range p.rows {
			x := &p.rows[i].row
			x.cat = b.cats.number(p.cats[x.cat])
		}
		all = append(all, p.rows)
	})
	b.paid = byOwner(b, all, func(p *bookPerson) *int32 { return &p.paid })
	return err
}

// byOwner puts the rows of each person together, in the order of the file, and notes
// where each person's end.
func byOwner[T any](b *book, all [][]owned[T], end func(*bookPerson) *int32) []T {
	n := 0
	for _, block := range all {
		n += len(block)
		for i := range block {
			*end(&b.people[block[i].owner])++
		}
	}
	at := int32(0)
	for i := range b.people {
		e := end(&b.people[i])
		at, *e = at+*e, at // where they begin, for now
	}
	rows := make([]T, n)
	for k, block := range all {
		for i := range block {
			e := end(&b.people[block[i].owner])
			rows[*e] = block[i].row
			*e++
		}
		all[k] = nil
	}
	return rows
}
