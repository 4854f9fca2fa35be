package verify

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// recovered is what was done about overpayments besides setting them off: what was given
// back or written off, and the instalments that were decided.
type recovered struct {
	back        map[int64][]givenBack
	instalments map[int64][]instalment
}

type givenBack struct {
	at     time.Time
	amount money.VND
}

type instalment struct {
	from   time.Time
	to     *time.Time // nil: still in force
	amount money.VND
}

// recoveries reads them by person.
func (d *derivation) recoveries(ctx context.Context) error {
	d.recovered = recovered{back: map[int64][]givenBack{}, instalments: map[int64][]instalment{}}
	type row struct {
		person, amount int64
		kind           string
		at             time.Time
		ended          *time.Time
	}
	return each(ctx, d.look(), func(rows pgx.Rows, x *row) error { return rows.Scan(&x.person, &x.kind, &x.amount, &x.at, &x.ended) }, func(x *row) error {
		if x.kind == "instalments" {
			d.instalments[x.person] = append(d.instalments[x.person], instalment{x.at, x.ended, money.VND(x.amount)})
		} else {
			d.back[x.person] = append(d.back[x.person], givenBack{x.at, money.VND(x.amount)})
		}
		return nil
	}, `
		select coalesce(p.merged_into, p.id), x.kind, x.amount, x.at, x.ended
		from (select person_id, 'receipt' kind, amount, recorded_at at, null::timestamptz ended from recovery_receipt
			union all
			select person_id, kind, amount, confirmed_at, ended_at from recovery where confirmed_at is not null) x
		join person p on p.id = x.person_id order by x.at, x.amount`)
}

// before is what of a person's overpayment was settled otherwise when a run was prepared.
func (r recovered) before(person int64, at time.Time) (sum money.VND) {
	for _, x := range r.back[person] {
		if !x.at.After(at) {
			sum += x.amount
		}
	}
	return sum
}

// limit is the instalment in force when a run was prepared.
func (r recovered) limit(person int64, at time.Time) (money.VND, bool) {
	for _, x := range r.instalments[person] {
		if !x.from.After(at) && (x.to == nil || x.to.After(at)) {
			return x.amount, true
		}
	}
	return 0, false
}

// recoveryChecks each select what differs: table, id, what, expected, found.
var recoveryChecks = []string{
	// what came back was booked for its amount against the person, and went back to its fund
	`select 'recovery_receipt', c.id::text, 'its entry', c.amount || ' from 1388.p' || c.person_id || ' and to 366.' || c.office || '.' || c.scheme,
		coalesce((select string_agg(t.amount || ' ' || d.code || '/' || k.code, ', ' order by t.n) from entry_key e
			join transfer t on t.entry_id = e.entry_id and t.on_day = e.on_day join account d on d.id = t.debit join account k on k.id = t.credit
			where e.key = 'recovery:receipt:' || c.id), 'none')
	from recovery_receipt c
	where (select array_agg(t.amount || ' ' || d.code || '/' || k.code order by t.n) from entry_key e
		join transfer t on t.entry_id = e.entry_id and t.on_day = e.on_day join account d on d.id = t.debit join account k on k.id = t.credit
		where e.key = 'recovery:receipt:' || c.id)
		is distinct from array[
			c.amount || ' ' || case c.way when 'cash' then '1111.' else '3381.' end || c.office || '/1388.p' || c.person_id,
			c.amount || ' 511.' || c.office || '.' || c.scheme || '/366.' || c.office || '.' || c.scheme]`,
	`select 'recovery', w.id::text, 'its entry', w.amount || ' 611.' || w.office || '.' || w.scheme || '/1388.p' || w.person_id, 'otherwise'
	from recovery w where w.kind = 'write_off' and w.confirmed_at is not null
	and (select array_agg(t.amount || ' ' || d.code || '/' || k.code order by t.n) from entry_key e
		join transfer t on t.entry_id = e.entry_id and t.on_day = e.on_day join account d on d.id = t.debit join account k on k.id = t.credit
		where e.key = 'recovery:' || w.id || ':written_off')
		is distinct from array[w.amount || ' 611.' || w.office || '.' || w.scheme || '/1388.p' || w.person_id]`,

	// what a person still owes is what stands on their account
	`with owes as (
		select person_id, sum(amount) amount from (
			select p.person_id, p.clawback - p.set_off amount from payment p join run r on r.id = p.run_id
			where r.state in ('approved', 'instructed', 'closed') and p.state not in ('held', 'cancelled')
			union all select person_id, -amount from recovery_receipt
			union all select person_id, -amount from recovery where kind = 'write_off' and confirmed_at is not null) x group by 1),
	books as (
		select substr(a.code, 7)::bigint person_id, b.debits - b.credits amount
		from account a join balance b on b.account_id = a.id where a.code ~ '^1388\.p[0-9]+$')
	select 'balance', '1388.p' || person_id, 'overpaid, less set off, given back and written off', coalesce(o.amount, 0)::text, coalesce(k.amount, 0)::text
	from owes o full join books k using (person_id) where coalesce(o.amount, 0) <> coalesce(k.amount, 0)`,

	// the fee is the percentage of the province of what was paid out, rounded once
	`select 'payout_fee', f.run_id || '/' || f.rail_account_id, 'fee',
		round(f.base * q.percent / 100) || ' of ' || f.base || ', posted', f.amount || ', ' || coalesce((
			select string_agg(t.amount || ' ' || d.code || '/' || k.code, ', ') from entry_key e
			join transfer t on t.entry_id = e.entry_id and t.on_day = e.on_day join account d on d.id = t.debit join account k on k.id = t.credit
			where e.key = 'run:' || f.run_id || ':fee:r' || f.rail_account_id), 'not posted')
	from payout_fee f join payout_fee_rate q on q.id = f.rate_id join run r on r.id = f.run_id
	where f.amount <> round(f.base * q.percent / 100)
	or (select array_agg(t.amount || ' ' || d.code || '/' || k.code) from entry_key e
		join transfer t on t.entry_id = e.entry_id and t.on_day = e.on_day join account d on d.id = t.debit join account k on k.id = t.credit
		where e.key = 'run:' || f.run_id || ':fee:r' || f.rail_account_id)
		is distinct from array[f.amount || ' 6119.' || r.office || '/331.r' || f.rail_account_id]`,
}

// recoveryBooks holds what was recovered, written off and charged against the books.
func (c *checker) recoveryBooks(ctx context.Context) error {
	for _, sql := range recoveryChecks {
		if err := each(ctx, c.look(), func(rows pgx.Rows, d *Difference) error {
			return rows.Scan(&d.Table, &d.ID, &d.What, &d.Expected, &d.Found)
		}, func(d *Difference) error {
			c.differs(d.Table, d.ID, d.What, d.Expected, d.Found)
			return nil
		}, sql+" order by 1, 2"); err != nil {
			return err
		}
	}
	return nil
}
