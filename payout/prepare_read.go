package payout

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/money"
)

// candidate is a person of the office with everything a payment is made of.
type candidate struct {
	id          int64
	payee       *int64
	payeeName   string
	payeeKind   string
	way         string
	bin         *string
	accountEnc  []byte
	accountIdx  []byte
	holder      string
	since       *time.Time
	holds       []string
	attention   []string
	who         person
	decided     time.Time // the latest decision
	nth         int       // payments there were
	receivable  money.VND // overpaid and not yet taken back
	instalment  money.VND // at most this is taken this month; noInstalment: what the share allows
	lastAccount []byte    // of the last payment to a bank
	carried     []carry
	deathTold   bool      // the bank told of a death, and nobody has closed the case
	badAccount  bool      // this account sent money back
	missing     bool      // a detail the amount depends on
	voucher     PaymentID // the newest payment that left as a voucher; 0 when there is none
	suspicion
	lastMonthSum money.VND
	steps        []decidedStep // what decisions changed
	suspended    bool
	uncollected  int          // months in a row
	granted      *grantedItem // of a programme
}

// carry is an earlier payment that was not received.
type carry struct {
	from   PaymentID
	amount money.VND
}

// What belongs to a chunk is fetched person by person through an index, in one statement
// ("offset 0" keeps the planner to it): with old statistics it would rather scan the
// history of everybody for each chunk.

// readChunk reads the next people of the office, in the order of their numbers. What
// the number of earlier payments is comes first: a run that commits after that is
// noticed by payment_one_at_a_time.
func (p *preparation) readChunk(ctx context.Context, tx pgx.Tx, after int64) ([]candidate, error) {
	args := pgx.StrictNamedArgs{"known": p.in.KnownOn, "after": after, "size": chunkSize}
	rows, err := tx.Query(ctx, `
		select y.person_id, p.birth, p.died_on, y.payee_id, coalesce(y.payee_name, ''), coalesce(y.payee_kind, 'self'),
		       coalesce(y.way, 'cash'), y.bank_bin, y.account_enc, y.account_idx, coalesce(y.holder_name, ''), y.payee_since,
		       y.hold_reasons
		from payable_on(@known) y join person p on p.id = y.person_id
		where `+p.whom(args)+` and y.person_id > @after
		order by y.person_id limit @size`, args)
	if err != nil {
		return nil, err
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c candidate, err error) {
		var birth *string
		var died *time.Time
		err = row.Scan(&c.id, &birth, &died, &c.payee, &c.payeeName, &c.payeeKind, &c.way, &c.bin, &c.accountEnc, &c.accountIdx,
			&c.holder, &c.since, &c.holds)
		if err != nil {
			return c, err
		}
		var who Person
		if birth != nil {
			ok := false
			if who.Birth, ok = ParseBirth(*birth); !ok {
				return c, fmt.Errorf("person %d: birth %q", c.id, *birth)
			}
		}
		if died != nil {
			who.Died = *died
		}
		c.who.born, c.who.last = who.Birth.counts(p.calc.rules), p.calc.lastMonth(who)
		return c, nil
	})
	if err != nil || len(people) == 0 {
		return nil, err
	}
	all := newBatch(people)
	if p.grant != nil {
		if err := p.readGranted(ctx, tx, all); err != nil {
			return nil, err
		}
		return people, p.readSuspicion(ctx, tx, all)
	}
	for _, read := range []func(context.Context, pgx.Tx, *batch) error{
		p.readPast, p.readVoucherRests, p.readRecovered, p.readMerged, p.readEntitlements, p.readPaid, p.readCases, p.readUncollected, p.readSuspicion,
	} {
		if err := read(ctx, tx, all); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// batch finds the people of a chunk by their numbers, also by those merged into them.
type batch struct {
	ids []int64
	by  map[int64]*candidate
}

func newBatch(people []candidate) *batch {
	g := &batch{by: make(map[int64]*candidate, len(people))}
	for i := range people {
		g.ids = append(g.ids, people[i].id)
		g.by[people[i].id] = &people[i]
	}
	return g
}

func (p *preparation) readPast(ctx context.Context, tx pgx.Tx, g *batch) error {
	rows, err := tx.Query(ctx, `
		select person_id, max(nth), coalesce(sum(clawback - set_off) filter (where live), 0)::bigint,
		       (array_agg(account_idx order by nth desc) filter (where live and rail = 'bank' and account_idx is not null))[1],
		       array_agg(id order by id) filter (where state in ('returned', 'uncollected')),
		       array_agg(amount order by id) filter (where state in ('returned', 'uncollected')),
		       coalesce(max(id) filter (where rail = 'voucher' and state = 'settled'), 0)
		from unnest($1::bigint[]) c(of) cross join lateral (select * from payment where person_id = c.of offset 0) p group by person_id`, g.ids)
	if err != nil {
		return err
	}
	var id int64
	var nth int
	var receivable money.VND
	var account []byte
	var back []PaymentID
	var amounts []money.VND
	var voucher PaymentID
	var all []PaymentID
	_, err = pgx.ForEachRow(rows, []any{&id, &nth, &receivable, &account, &back, &amounts, &voucher}, func() error {
		c := g.by[id]
		c.voucher = voucher
		c.nth, c.receivable, c.lastAccount = nth, receivable, append([]byte(nil), account...)
		for i := range back {
			c.carried = append(c.carried, carry{back[i], amounts[i]})
			all = append(all, back[i])
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return err
	}
	return dropTaken(ctx, tx, g, all)
}

// dropTaken leaves out earlier payments that a standing run has taken over.
func dropTaken(ctx context.Context, tx pgx.Tx, g *batch, all []PaymentID) error {
	rows, err := tx.Query(ctx, `
		select p.person_id, p.id from unnest($1::bigint[]) c(id) join payment_carry k on k.from_payment = c.id and k.live
		join payment p on p.id = c.id`, all)
	if err != nil {
		return err
	}
	var person int64
	var id PaymentID
	_, err = pgx.ForEachRow(rows, []any{&person, &id}, func() error {
		c := g.by[person]
		c.carried = slices.DeleteFunc(c.carried, func(x carry) bool { return x.from == id })
		return nil
	})
	return err
}

// readMerged adds the numbers of people who turned out to be somebody of the chunk:
// what they were entitled to and paid counts for the one who remains.
func (p *preparation) readMerged(ctx context.Context, tx pgx.Tx, g *batch) error {
	rows, err := tx.Query(ctx, `
		select p.id, p.merged_into from unnest($1::bigint[]) c(id) join person p on p.merged_into = c.id`, g.ids)
	if err != nil {
		return err
	}
	var gone, into int64
	_, err = pgx.ForEachRow(rows, []any{&gone, &into}, func() error {
		g.ids = append(g.ids, gone)
		g.by[gone] = g.by[into]
		return nil
	})
	return err
}

func (p *preparation) readEntitlements(ctx context.Context, tx pgx.Tx, g *batch) error {
	rows, err := tx.Query(ctx, `
		select id, decided, person_id, scheme, category, first_month, last_month, children, injury_percent, seniority_units, decision_on
		from unnest($1::bigint[]) c(of) cross join lateral (select * from entitlement where person_id = c.of offset 0) e`, g.ids)
	if err != nil {
		return err
	}
	var id int64
	var e Entitlement
	var children, percent, units *int
	var decided *time.Time
	var entitlement int64
	var byDecision bool
	var cutting []toCut
	_, err = pgx.ForEachRow(rows, []any{&entitlement, &byDecision, &id, &e.Scheme, &e.Category, &e.FirstMonth, &e.LastMonth, &children, &percent, &units, &decided}, func() error {
		e.Children, e.InjuryPercent, e.SeniorityUnits, e.DecisionOn = value(children), value(percent), value(units), time.Time{}
		if decided != nil {
			e.DecisionOn = *decided
		}
		c := g.by[id]
		x, known, err := p.calc.compile(e)
		if err != nil {
			return fmt.Errorf("person %d: %w; correct the entitlement", id, err)
		}
		if !known {
			return nil
		}
		if x.n < 0 { // computed as if it were one, and held
			x.n, c.missing = 1, true
		}
		if e.DecisionOn.After(c.decided) {
			c.decided = e.DecisionOn
		}
		if byDecision {
			cutting = append(cutting, toCut{entitlement, c, x})
		} else {
			c.who.ents = append(c.who.ents, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.cutDecided(ctx, tx, cutting)
}

func value(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

func (p *preparation) readPaid(ctx context.Context, tx pgx.Tx, g *batch) error {
	rows, err := tx.Query(ctx, `
		select person_id, scheme, category, first_month, last_month, amount
		from unnest($1::bigint[]) c(of) cross join lateral (select * from paid_before where person_id = c.of offset 0) b where last_month >= $2
		union all
		select p.person_id, i.scheme, i.category, i.month, i.month, i.amount
		from unnest($1::bigint[]) c(of)
		cross join lateral (select id, person_id from payment where person_id = c.of and live offset 0) p
		cross join lateral (select * from payment_item where payment_id = p.id offset 0) i
		where i.scheme in ('btxh', 'htxh', 'ncc')`, g.ids, p.settings.Opening)
	if err != nil {
		return err
	}
	var id int64
	var scheme Scheme
	var x settledMonth
	var first, last money.Month
	_, err = pgx.ForEachRow(rows, []any{&id, &scheme, &x.name, &first, &last, &x.amount}, func() error {
		var err error
		if x.category, err = p.calc.category(scheme, x.name); err != nil {
			return fmt.Errorf("person %d, paid: %w", id, err)
		}
		c := g.by[id]
		for x.month = max(first, p.settings.Opening); x.month <= min(last, p.in.lastMonth()); x.month++ {
			c.who.paid = append(c.who.paid, x)
			if x.month == p.in.Month-1 {
				c.lastMonthSum += x.amount
			}
		}
		return nil
	})
	return err
}

func (p *preparation) readCases(ctx context.Context, tx pgx.Tx, g *batch) error {
	rows, err := tx.Query(ctx, `
		select person_id, kind, account_idx from unnest($1::bigint[]) c(person_id) join payment_case using (person_id)
		where closed_at is null and kind in ('death', 'account')`, g.ids)
	if err != nil {
		return err
	}
	var id int64
	var kind string
	var account []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &kind, &account}, func() error {
		c := g.by[id]
		if kind == "death" {
			c.deathTold = true
		} else if c.way == "bank" && string(account) == string(c.accountIdx) {
			c.badAccount = true
		}
		return nil
	})
	return err
}
