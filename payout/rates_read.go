package payout

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// csvReader is one rate file on its way into an edition.
type csvReader struct {
	name  string
	body  []byte
	rates *Rates
	sums  map[int][]byte
	*csvTable
}

func (c *csvReader) open(want ...string) (err error) {
	c.csvTable, err = openCSV(c.name, bytes.NewReader(c.body), want...)
	return err
}

// dates reads valid_from and known_from and files the row under its set.
func (c *csvReader) dates(table string, validFrom, knownFrom int, status, instrument string) (d dated, err error) {
	if d.validFrom, err = c.day(validFrom, true); err != nil {
		return d, err
	}
	if d.knownFrom, err = c.day(knownFrom, true); err != nil {
		return d, err
	}
	if status != "confirmed" && status != "provisional" {
		return d, fmt.Errorf("%s: status %q is neither confirmed nor provisional", c.name, status)
	}
	d.from, d.instrument = money.MonthOf(d.validFrom), instrument
	id := table + ":" + d.validFrom.Format(time.DateOnly) + ":" + d.knownFrom.Format(time.DateOnly)
	d.set = slices.IndexFunc(c.rates.Sets, func(s RateSet) bool { return s.ID == id })
	if d.set < 0 {
		d.set = len(c.rates.Sets)
		c.rates.Sets = append(c.rates.Sets, RateSet{ID: id, Table: table, ValidFrom: d.validFrom, KnownFrom: d.knownFrom,
			Instrument: instrument, Provisional: status == "provisional"})
	}
	set := &c.rates.Sets[d.set]
	if set.Provisional != (status == "provisional") {
		return d, fmt.Errorf("%s: set %s is both confirmed and provisional", c.name, id)
	}
	set.Rows++
	c.sums[d.set] = fmt.Appendf(c.sums[d.set], "%q\n", c.rec)
	return d, nil
}

func (r *Rates) readLevels(c *csvReader) error {
	if err := c.open("rate", "valid_from", "known_from", "amount", "status", "instrument"); err != nil {
		return err
	}
	for {
		if more, err := c.next(); err != nil || !more {
			return err
		}
		d, err := c.dates(c.text(0), 1, 2, c.text(4), c.text(5))
		if err != nil {
			return err
		}
		amount, err := c.amount(3)
		if err != nil {
			return err
		}
		switch row := (levelRow{dated: d, amount: amount}); c.text(0) {
		case "btxh_level":
			r.levels = append(r.levels, row)
		case "htxh_amount":
			r.pension = append(r.pension, row)
		default:
			return c.bad(0, "%q is not a level this program knows", c.text(0))
		}
	}
}

func (r *Rates) readBTXH(c *csvReader) error {
	err := c.open("family", "code", "label", "age_from", "age_to", "coefficient", "per", "group",
		"valid_from", "valid_to", "known_from", "article")
	if err != nil {
		return err
	}
	for {
		if more, err := c.next(); err != nil || !more {
			return err
		}
		row := btxhRow{code: c.text(1), label: c.text(2)}
		if row.dated, err = c.dates("btxh", 8, 10, "confirmed", c.text(11)); err != nil {
			return err
		}
		if row.ageFrom, err = c.number(3, 200); err != nil {
			return err
		}
		if row.ageTo, err = c.number(4, 200); err != nil {
			return err
		}
		if row.coefficient, err = decimal.NewFromString(c.text(5)); err != nil || row.coefficient.IsNegative() {
			return c.bad(5, "%q is not a coefficient", c.text(5))
		}
		scaled := row.coefficient.Mul(decimal.NewFromInt(coefficientScale))
		if !scaled.IsInteger() {
			return c.bad(5, "%q has more than four decimals", c.text(5))
		}
		row.scaled = scaled.IntPart()
		g := slices.Index(groupNames[:], c.text(7))
		if g < 0 {
			return c.bad(7, "%q is not a group", c.text(7))
		}
		row.group = group(g)
		if (c.text(6) == "child") != (row.group == singleParent) {
			return c.bad(6, "only the group single_parent is paid per child")
		}
		to, err := c.day(9, false)
		if err != nil {
			return err
		}
		if !to.IsZero() {
			row.to = money.MonthOf(to)
		}
		row.family = number(r.families, &r.names, c.text(0))
		r.btxh = append(r.btxh, row)
	}
}

func (r *Rates) readMerit(c *csvReader) error {
	if err := c.open("code", "label", "per", "valid_from", "known_from", "amount", "status", "instrument"); err != nil {
		return err
	}
	for {
		if more, err := c.next(); err != nil || !more {
			return err
		}
		d, err := c.dates("ncc", 3, 4, c.text(6), c.text(7))
		if err != nil {
			return err
		}
		row := meritRow{dated: d, code: number(r.codes, &r.meritIDs, c.text(0)), perUnit: c.text(2) == "seniority_unit"}
		if c.text(2) != "" && !row.perUnit {
			return c.bad(2, "%q is not a unit this program knows", c.text(2))
		}
		if row.amount, err = c.amount(5); err != nil {
			return err
		}
		r.merit = append(r.merit, row)
	}
}

func (r *Rates) readInjury(c *csvReader) error {
	if err := c.open("code", "injury_percent", "valid_from", "known_from", "amount", "status", "instrument"); err != nil {
		return err
	}
	for {
		if more, err := c.next(); err != nil || !more {
			return err
		}
		d, err := c.dates("ncc_injury", 2, 3, c.text(5), c.text(6))
		if err != nil {
			return err
		}
		row := meritRow{dated: d, code: number(r.codes, &r.meritIDs, c.text(0))}
		if row.percent, err = c.number(1, 100); err != nil {
			return err
		}
		if row.percent < 1 {
			return c.bad(1, "an injury percentage is needed")
		}
		if row.amount, err = c.amount(4); err != nil {
			return err
		}
		r.merit = append(r.merit, row)
	}
}

// number gives name its number in the order of first appearance.
func number(numbers map[string]int16, names *[]string, name string) int16 {
	n, ok := numbers[name]
	if !ok {
		n = int16(len(*names))
		numbers[name] = n
		*names = append(*names, name)
	}
	return n
}
