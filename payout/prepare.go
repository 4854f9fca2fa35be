package payout

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Prepare computes a run of an office in one transaction: what everybody is owed as
// known on a day, minus what was paid and what stands in other runs, with what must be
// held and why. ErrOverlap means that another run took the same people's months
// meanwhile, ErrNothing that there is nothing to pay.
func Prepare(ctx context.Context, pool *pgxpool.Pool, in PrepareInput) (_ Run, err error) {
	defer pg.Wrap(&err, "payout: prepare %s of office %s", in.Month, in.Office)
	if in.Month.IsZero() || in.KnownOn.IsZero() {
		return Run{}, refuse("a run needs a month and the day of knowledge")
	}
	if len(in.Schemes) == 0 {
		in.Schemes = Schemes
	}
	var grant *grant
	if len(in.Schemes) == 1 && !isScheme(in.Schemes[0]) {
		if grant, err = readGrant(ctx, pool, in.Schemes[0]); err != nil {
			return Run{}, err
		}
	} else {
		for _, s := range in.Schemes {
			if !isScheme(s) {
				return Run{}, refuse("%q is not a scheme; use btxh, htxh or ncc, or one programme alone", s)
			}
		}
		in.Schemes = slices.DeleteFunc(slices.Clone(Schemes), func(s Scheme) bool { return !slices.Contains(in.Schemes, s) })
	}
	if in.Months == 0 {
		in.Months = 1
	}
	if in.Months > 2 || in.Months < 1 || (in.Months == 2 && (strings.TrimSpace(in.MonthsBy) == "" || grant != nil)) {
		return Run{}, refuse("a run pays its month, or two together with the paper that allows it; a programme is paid once")
	}
	settings, err := LoadSettings(ctx, pool)
	if err != nil {
		return Run{}, err
	}
	if in.Month < settings.Opening {
		return Run{}, refuse("months before %s were settled outside the system", settings.Opening)
	}
	rates, err := currentRates(ctx, pool, in.Now)
	if err != nil {
		return Run{}, err
	}
	p := &preparation{in: in, settings: settings, pool: pool, rates: rates,
		calc:    NewCalc(rates, settings.rules(), in.KnownOn, in.WithProvisional, in.lastMonth()),
		reasons: map[string]int64{}, sets: map[int]bool{}, grant: grant}
	var run Run
	err = bulkTx(ctx, pool, func(tx pgx.Tx) error {
		if err := p.run(ctx, tx); err != nil {
			return err
		}
		run, err = Get(ctx, tx, p.id)
		return err
	})
	if err == nil {
		// so that the first look at it need not wait; who cannot have it now makes it then
		_, _ = keepRunPage(ctx, pool, run.ID, &p.lines, in.Now)
	}
	switch pg.Constraint(err) {
	case "payment_one_at_a_time", "payment_carry_once", "payment_carry_of_returned":
		err = ErrOverlap
	case "run_office_fkey":
		err = refuse("there is no office %q", in.Office)
	case "run_schemes":
		err = refuse("programme %s is not confirmed, or is for another month or office", in.Schemes[0])
	}
	return run, err
}

// preparation is one run being computed.
type preparation struct {
	in       PrepareInput
	settings Settings
	pool     *pgxpool.Pool
	aside    *pgxpool.Conn // for the sentences, while a big run is computed
	rates    *Rates
	calc     *Calc
	id       RunID
	reasons  map[string]int64 // article and sentence → line_reason.id
	sets     map[int]bool     // provisional sets used
	n, heldN int
	total    money.VND
	held     money.VND
	lines    lineSums             // of payments that are not held
	grant    *grant               // of a programme's run
	moves    map[int64]*residence // of who was ever transferred to or from this office
	left     []int64              // of them, who was transferred from it

	guarded    guarded
	staffNames map[string]bool
}

func (p *preparation) run(ctx context.Context, tx pgx.Tx) error {
	who, err := actor(ctx, tx, p.in.By)
	if err != nil {
		return err
	}
	if p.guarded, err = readGuarded(ctx, tx, p.in.Box); err != nil {
		return err
	}
	if err := p.readStaffNames(ctx, tx); err != nil {
		return err
	}
	digest := p.rates.Digest()
	err = tx.QueryRow(ctx, `
		insert into run (office, month, schemes, prepared_by, prepared_at, known_on, with_provisional, rates, months, months_by)
		values (@office, @month, @schemes, @by, @now, @known, @provisional, @rates, @months, @months_by) returning id`,
		pgx.StrictNamedArgs{"office": p.in.Office, "month": p.in.Month, "schemes": p.in.Schemes, "by": p.in.By,
			"now": p.in.Now, "known": p.in.KnownOn, "provisional": p.in.WithProvisional, "rates": digest[:],
			"months": p.in.Months, "months_by": p.in.MonthsBy}).Scan(&p.id)
	if err != nil {
		return err
	}
	if err := p.readMoves(ctx, tx); err != nil {
		return err
	}
	if err := p.everybody(ctx, tx); err != nil {
		return err
	}
	if p.n+p.heldN == 0 {
		return ErrNothing
	}
	sets := []string{}
	for i, set := range p.rates.Sets {
		if p.sets[i] {
			sets = append(sets, set.ID)
		}
	}
	_, err = tx.Exec(ctx, `
		update run set state = 'computed', provisional_sets = @sets, n = @n, total = @total, held_n = @held_n, held_total = @held
		where id = @run`,
		pgx.StrictNamedArgs{"sets": sets, "n": p.n, "total": p.total, "held_n": p.heldN, "held": p.held, "run": p.id})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: p.in.Now, Actor: who, Kind: "run.prepared", Subject: p.id.subject(),
		Payload: map[string]any{"office": p.in.Office, "month": p.in.Month, "months": p.in.Months, "schemes": p.in.Schemes,
			"known_on": p.in.KnownOn.Format(time.DateOnly), "n": p.n, "total": p.total, "held_n": p.heldN, "held_total": p.held,
			"provisional": sets}})
}

func (id RunID) subject() string { return fmt.Sprintf("run:%d", id) }

func (id PaymentID) subject() string { return fmt.Sprintf("payment:%d", id) }

// currentRates are the program's rates with the confirmations of this installation; the
// edition is kept, so that a checker can read it later.
func currentRates(ctx context.Context, q pg.Queryer, now time.Time) (*Rates, error) {
	r := EmbeddedRates()
	texts := map[string]string{}
	for i, name := range rateNames {
		texts[name] = string(r.files[i])
	}
	b, err := json.Marshal(texts)
	if err != nil {
		return nil, err
	}
	_, err = q.Exec(ctx, `
		insert into rate_edition (digest, files, stored_at)
		select $1, $2, $3 where not exists (select from rate_edition where digest = $1) on conflict do nothing`, r.digest[:], string(b), now)
	if err != nil {
		return nil, err
	}
	confirmed, err := confirmations(ctx, q)
	if err != nil {
		return nil, err
	}
	return r.Confirmed(confirmed), nil
}

// confirmations maps a set to the hash of its confirmed rows.
func confirmations(ctx context.Context, q pg.Queryer) (map[string][]byte, error) {
	rows, err := q.Query(ctx, `select set_id, sha256 from rate_confirmation order by confirmed_at`)
	if err != nil {
		return nil, err
	}
	sets := map[string][]byte{}
	var id string
	var sum []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &sum}, func() error {
		sets[id] = slices.Clone(sum)
		return nil
	})
	return sets, err
}
