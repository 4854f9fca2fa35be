package verify

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// read loads the settings, the runs and the rates that each of them knew.
func (d *derivation) read(ctx context.Context) error {
	d.share, d.yearBirth = decimal.NewFromInt(1), 1
	var opening string
	var own []byte
	err := d.look().QueryRow(ctx, `
		select coalesce((select value #>> '{}' from setting where key = 'opening_month'), ''),
			coalesce((select jsonb_object_agg(substr(key, 8), value) from setting where key like 'payout.%'), '{}')`).Scan(&opening, &own)
	if err != nil {
		return err
	}
	if opening != "" {
		if d.opening, err = money.ParseMonth(opening); err != nil {
			return err
		}
	}
	settings := struct {
		Share *decimal.Decimal `json:"set_off_share"`
		Year  *int             `json:"year_birth"`
		Month *int             `json:"month_birth"`
		Merit *bool            `json:"merit_competes"`
	}{&d.share, &d.yearBirth, &d.monthBirth, &d.merit}
	if err := json.Unmarshal(own, &settings); err != nil {
		return err
	}
	if err := each(ctx, d.look(), func(rows pgx.Rows, x *confirmation) error { return rows.Scan(&x.set, &x.at) },
		func(x *confirmation) error { d.confirms = append(d.confirms, *x); return nil },
		`select set_id || ' ' || encode(sha256, 'hex'), confirmed_at from rate_confirmation order by confirmed_at, set_id`); err != nil {
		return err
	}
	type file struct {
		digest string
		files  map[string]string
	}
	if err := each(ctx, d.look(), func(rows pgx.Rows, f *file) error { return rows.Scan(&f.digest, &f.files) }, func(f *file) (err error) {
		d.editions[f.digest], err = readEdition(f.files)
		return err
	}, `select encode(digest, 'hex'), files from rate_edition`); err != nil {
		return err
	}
	err = each(ctx, d.look(), func(rows pgx.Rows, r *preparedRun) error {
		return rows.Scan(&r.id, &r.office, &r.month, &r.last, &r.schemes, &r.known, &r.at, &r.tentative, &r.edition)
	}, func(r *preparedRun) error {
		run := *r
		if d.editions[run.edition] == nil {
			d.differs("run", run.id, "edition of its rates", "a row", "none")
			return nil
		}
		run.rates = d.knowledge(&run)
		d.runs[run.id] = &run
		d.order = append(d.order, &run)
		return nil
	}, `
		select id, office, month, (month + make_interval(months => months - 1))::date, schemes, known_on, prepared_at, with_provisional, encode(rates, 'hex')
		from run where state <> 'draft' and schemes <@ array['btxh', 'htxh', 'ncc'] order by id`)
	return err
}

// knowledge finds or makes the rates as a run knew them; runs of one day share them.
func (d *derivation) knowledge(run *preparedRun) *knowledge {
	confirmed := map[string]bool{}
	name := fmt.Sprint(run.edition, run.known, run.tentative)
	for _, x := range d.confirms {
		if !x.at.After(run.at) {
			confirmed[x.set] = true
			name += " " + x.set
		}
	}
	if d.known[name] == nil {
		d.known[name] = &knowledge{edition: d.editions[run.edition], day: run.known, tentative: run.tentative,
			confirmed: confirmed, merit: d.merit, found: map[asked]*rate{}}
	}
	return d.known[name]
}
