package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// rate is one row of any rate table.
type rate struct {
	name        string          // level, family or code
	valid       time.Time       // from the month of this day on
	known       time.Time       // once this day is reached
	until       money.Month     // 0 is open
	provisional string          // the set's id and hash, "" when the text is confirmed
	amount      money.VND       // of levels and merit
	coefficient decimal.Decimal // of social assistance
	group       string
	from, to    int // ages, −1 is no bound
	percent     int // of injury, 0 where it does not matter
	perUnit     bool
}

// edition is one edition of the rate files, as a run names it.
type edition struct {
	levels map[string][]rate
	family map[string][]rate
	code   map[string][]rate
}

// readEdition reads the four files as the database keeps them.
func readEdition(files map[string]string) (*edition, error) {
	e := &edition{levels: map[string][]rate{}, family: map[string][]rate{}, code: map[string][]rate{}}
	sets := map[string]*bytes.Buffer{} // set → its rows, for the hash that a confirmation names
	keep := func(table map[string][]rate, r rate, set string, tentative bool, record []string) {
		if sets[set] == nil {
			sets[set] = &bytes.Buffer{}
		}
		fmt.Fprintf(sets[set], "%q\n", record)
		if tentative {
			r.provisional = set
		}
		table[r.name] = append(table[r.name], r)
	}
	for _, f := range []struct {
		name string
		row  func(get func(string) string, record []string) error
	}{
		{"levels.csv", func(get func(string) string, record []string) (err error) {
			r := rate{name: get("rate")}
			if r.amount, err = wholeVND(get("amount")); err == nil {
				err = r.dates(get)
			}
			keep(e.levels, r, get("rate")+":"+get("valid_from")+":"+get("known_from"), get("status") == "provisional", record)
			return err
		}},
		{"btxh.csv", func(get func(string) string, record []string) (err error) {
			r := rate{name: get("family"), group: get("group"), from: bound(get("age_from")), to: bound(get("age_to"))}
			if r.coefficient, err = decimal.NewFromString(get("coefficient")); err == nil {
				err = r.dates(get)
			}
			keep(e.family, r, "btxh:"+get("valid_from")+":"+get("known_from"), false, record)
			return err
		}},
		{"ncc.csv", func(get func(string) string, record []string) (err error) {
			r := rate{name: get("code"), perUnit: get("per") == "seniority_unit"}
			if r.amount, err = wholeVND(get("amount")); err == nil {
				err = r.dates(get)
			}
			keep(e.code, r, "ncc:"+get("valid_from")+":"+get("known_from"), get("status") == "provisional", record)
			return err
		}},
		{"ncc_injury.csv", func(get func(string) string, record []string) (err error) {
			r := rate{name: get("code")}
			if r.percent, err = strconv.Atoi(get("injury_percent")); err != nil {
				return err
			}
			if r.amount, err = wholeVND(get("amount")); err == nil {
				err = r.dates(get)
			}
			keep(e.code, r, "ncc_injury:"+get("valid_from")+":"+get("known_from"), get("status") == "provisional", record)
			return err
		}},
	} {
		if err := readCSV(files[f.name], f.row); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, table := range []map[string][]rate{e.levels, e.family, e.code} {
		for _, rates := range table {
			for i := range rates {
				if set := rates[i].provisional; set != "" {
					sum := sha256.Sum256(sets[set].Bytes())
					rates[i].provisional = set + " " + hex.EncodeToString(sum[:])
				}
			}
		}
	}
	return e, nil
}

func readCSV(text string, row func(get func(string) string, record []string) error) error {
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	header, err := in.Read()
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, h := range header {
		at[strings.TrimSpace(h)] = i
	}
	for {
		record, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := row(func(column string) string { return record[at[column]] }, record); err != nil {
			return fmt.Errorf("%q: %w", record, err)
		}
	}
}

func (r *rate) dates(get func(string) string) (err error) {
	if r.valid, err = money.ParseDay(get("valid_from")); err != nil {
		return err
	}
	if r.known, err = money.ParseDay(get("known_from")); err != nil {
		return err
	}
	if r.group != "" && get("valid_to") != "" {
		last, err := money.ParseDay(get("valid_to"))
		r.until = money.MonthOf(last)
		return err
	}
	return nil
}

func wholeVND(s string) (money.VND, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return money.VND(n), err
}

func bound(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
