package payout

import (
	"strings"

	"ansinh.vn/money"
)

// readBook reads the three files and gathers what belongs to each person.
func readBook(c *Calc, in CalculateInput) (*book, error) {
	b := &book{byKey: map[string]int32{}, names: map[string]string{}}
	if err := b.readPeople(c, in.People); err != nil {
		return nil, err
	}
	if err := b.readEntitlements(c, in.Entitlements); err != nil {
		return nil, err
	}
	if err := b.readPaid(c, in.Paid, in.Month); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *book) readPeople(c *Calc, f Named) error {
	t, err := openCSV(f.Name, f, "person_number", "date_of_birth", "date_of_death", "sex")
	if err != nil {
		return err
	}
	for {
		if more, err := t.next(); err != nil || !more {
			return err
		}
		number, err := t.needed(0)
		if err != nil {
			return err
		}
		if _, twice := b.byKey[number]; twice {
			return t.bad(0, "%s is there twice", number)
		}
		birth, ok := ParseBirth(t.text(1))
		if !ok {
			return t.bad(1, "%q is not a birth date; write it like 1950, 1950-03 or 1950-03-14", t.text(1))
		}
		died, err := t.day(2, false)
		if err != nil {
			return err
		}
		number = strings.Clone(number)
		b.byKey[number] = int32(len(b.people))
		b.people = append(b.people, bookPerson{number: number, born: birth.counts(c.rules), last: c.lastMonth(Person{Died: died})})
	}
}

// owner finds the person of a row.
func (b *book) owner(t *csvTable, i int, people string) (int32, error) {
	p, ok := b.byKey[t.text(i)]
	if !ok {
		return 0, t.bad(i, "%q is nobody in %s", t.text(i), people)
	}
	return p, nil
}

// name keeps one copy of each category.
func (b *book) name(s string) string {
	kept, ok := b.names[s]
	if !ok {
		kept = strings.Clone(s)
		b.names[kept] = kept
	}
	return kept
}

func (b *book) readEntitlements(c *Calc, f Named) error {
	t, err := openCSV(f.Name, f, "entitlement_id", "person_number", "scheme", "category", "first_month", "last_month",
		"children", "injury_percent", "seniority_units", "decision_on")
	if err != nil {
		return err
	}
	var ents []entitled
	var owners []int32
	seen := map[string]struct{}{} // an id again for the same person is a row pasted twice
	for {
		more, err := t.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		owner, err := b.owner(t, 1, "the people's file")
		if err != nil {
			return err
		}
		if id := t.text(0); id != "" {
			key := id + " " + b.people[owner].number
			if _, again := seen[key]; again {
				return t.bad(0, "%s is there twice for %s", id, b.people[owner].number)
			}
			seen[key] = struct{}{}
		}
		e, known, err := b.entitlement(c, t)
		if err != nil {
			return err
		}
		if known {
			ents, owners = append(ents, e), append(owners, owner)
			b.people[owner].entsLeft++
		}
	}
	b.ents = make([]entitled, len(ents))
	at := int32(0)
	for i := range b.people {
		p := &b.people[i]
		p.entFrom, p.entTo = at, at
		at += p.entsLeft
	}
	for i, owner := range owners {
		p := &b.people[owner]
		b.ents[p.entTo] = ents[i]
		p.entTo++
	}
	return nil
}

// entitlement reads one row; false when it is decided after the day of knowledge.
func (b *book) entitlement(c *Calc, t *csvTable) (e entitled, known bool, err error) {
	raw := Entitlement{Scheme: Scheme(t.text(2)), Category: b.name(t.text(3))}
	if raw.FirstMonth, err = t.month(4, true); err != nil {
		return e, false, err
	}
	if raw.LastMonth, err = t.month(5, false); err != nil {
		return e, false, err
	}
	for i, to := range [...]*int{&raw.Children, &raw.InjuryPercent, &raw.SeniorityUnits} {
		if *to, err = t.number(6+i, 100); err != nil {
			return e, false, err
		}
	}
	if raw.DecisionOn, err = t.day(9, true); err != nil {
		return e, false, err
	}
	cat, err := c.category(raw.Scheme, raw.Category)
	if err != nil {
		if !isScheme(raw.Scheme) {
			return e, false, t.bad(2, "%v", err)
		}
		return e, false, t.bad(3, "%v", err)
	}
	e, known, err = c.compile(raw)
	if err == nil && e.n < 0 {
		switch {
		case cat.scheme == btxhScheme:
			err = t.bad(6, "is empty: %s is paid per child", raw.Category)
		case c.injury[cat.at]:
			err = t.bad(7, "is empty: %s is paid by the percentage of injury", raw.Category)
		default:
			err = t.bad(8, "is empty: %s is paid per unit of seniority", raw.Category)
		}
	}
	return e, known, err
}

func isScheme(s Scheme) bool { return s == BTXH || s == HTXH || s == NCC }

func (b *book) readPaid(c *Calc, f Named, upTo money.Month) error {
	t, err := openCSV(f.Name, f, "person_number", "scheme", "category", "month", "amount")
	if err != nil {
		return err
	}
	var paid []settledMonth
	var owners []int32
	for {
		more, err := t.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		owner, err := b.owner(t, 0, "the people's file")
		if err != nil {
			return err
		}
		x := settledMonth{name: b.name(t.text(2))}
		if x.category, err = c.category(Scheme(t.text(1)), x.name); err != nil {
			if !isScheme(Scheme(t.text(1))) {
				return t.bad(1, "%v", err)
			}
			return t.bad(2, "%v", err)
		}
		if x.month, err = t.month(3, true); err != nil {
			return err
		}
		if x.amount, err = t.amount(4); err != nil {
			return err
		}
		if x.month > upTo {
			continue
		}
		paid, owners = append(paid, x), append(owners, owner)
		b.people[owner].paidsLeft++
	}
	b.paid = make([]settledMonth, len(paid))
	at := int32(0)
	for i := range b.people {
		p := &b.people[i]
		p.paidFrom, p.paidTo = at, at
		at += p.paidsLeft
	}
	for i, owner := range owners {
		p := &b.people[owner]
		b.paid[p.paidTo] = paid[i]
		p.paidTo++
	}
	return nil
}
