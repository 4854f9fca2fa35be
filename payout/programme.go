package payout

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// What programmes refuse.
var (
	ErrNoProgramme  = &Refusal{"there is no such programme"}
	ErrOwnProgramme = &Refusal{"who drafted a programme cannot confirm it: ask another person"}
)

// The kinds of a programme.
const (
	Gift      = "gift"      // a present: Tết, 2 September
	Emergency = "emergency" // paid first by the hamlet's list and checked afterwards (NĐ 20/2021 Đ17.2)
)

// Programme is a one-off payment by a decision: a fund of its own, a month, a list.
type Programme struct {
	Code        string               `json:"code"` // also the scheme in runs and in the books. Example: tet2027
	Name        string               `json:"name"`
	Kind        string               `json:"kind"`
	DecisionNo  string               `json:"decision_no"`
	DecidedOn   time.Time            `json:"decided_on"`
	SignedBy    string               `json:"signed_by"`
	Month       money.Month          `json:"month"`
	ListedOn    time.Time            `json:"listed_on"` // the day as of which the list is closed
	Office      string               `json:"office"`    // "" is the province
	Amounts     map[string]money.VND `json:"amounts"`   // by scheme or scheme.category: {"ncc": 600000}
	DraftedBy   string               `json:"drafted_by"`
	DraftedAt   time.Time            `json:"drafted_at"`
	ConfirmedBy string               `json:"confirmed_by"`
	ConfirmedAt *time.Time           `json:"confirmed_at"`
	N           int                  `json:"n"`
	Total       money.VND            `json:"total"`
	PaidN       int                  `json:"paid_n"`
	Paid        money.VND            `json:"paid"`
	Wrong       int                  `json:"wrong"` // found wrong afterwards
}

// DefineProgramme drafts a programme; its list follows, and another person confirms it.
func DefineProgramme(ctx context.Context, pool *pgxpool.Pool, p Programme, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: define programme %s", p.Code)
	for key, amount := range p.Amounts {
		scheme, _, _ := strings.Cut(key, ".")
		if !isScheme(Scheme(scheme)) || amount <= 0 {
			return refuse("%s=%d: an amount belongs to a scheme or a category, such as ncc=600000 or btxh.KT_N=300000", key, amount)
		}
	}
	amounts, err := json.Marshal(p.Amounts)
	if err != nil {
		return err
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into programme (code, name, kind, decision_no, decided_on, signed_by, month, listed_on, office, amounts, drafted_by, drafted_at)
			values (@code, @name, @kind, @no, @on, @signed, @month, @listed, nullif(@office, ''), @amounts, @by, @now)`,
			pgx.StrictNamedArgs{"code": p.Code, "name": p.Name, "kind": p.Kind, "no": p.DecisionNo, "on": p.DecidedOn, "signed": p.SignedBy,
				"month": p.Month, "listed": p.ListedOn, "office": p.Office, "amounts": string(amounts), "by": by, "now": now})
		switch pg.Constraint(err) {
		case "":
		case "programme_pkey":
			return refuse("programme %s exists", p.Code)
		case "programme_code":
			return refuse("%q is no code of a programme: 2 to 16 small letters and digits, beginning with a letter, not a scheme's name", p.Code)
		case "programme_office_fkey":
			return refuse("there is no office %q", p.Office)
		default:
			return refuse("a programme needs a name, a kind (gift or emergency), the decision's number, day and signer, and a month")
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "programme.drafted", Subject: "programme:" + p.Code,
			Payload: map[string]any{"name": p.Name, "decision": p.DecisionNo, "month": p.Month, "amounts": p.Amounts}})
	})
}

const programmeColumns = `
	select p.code, p.name, p.kind, p.decision_no, p.decided_on, p.signed_by, p.month, p.listed_on, coalesce(p.office, '') office, p.amounts,
	       p.drafted_by, p.drafted_at, coalesce(p.confirmed_by, '') confirmed_by, p.confirmed_at,
	       i.n, i.total, d.n paid_n, d.total paid,
	       (select count(*)::int from programme_check k join programme_item x using (programme, person_id)
	         where k.programme = p.code and k.right_amount <> x.amount) wrong
	from programme p,
	lateral (select count(*)::int n, coalesce(sum(amount), 0)::bigint total from programme_item where programme = p.code) i,
	lateral (select count(distinct y.person_id)::int n, coalesce(sum(x.amount), 0)::bigint total
	         from run r join payment y on y.run_id = r.id join payment_item x on x.payment_id = y.id
	         where r.schemes = array[p.code] and y.live and y.state <> 'held' and r.state in ('approved', 'instructed', 'closed')) d `

// Programmes lists them, newest first: those of the province and of an office, "" all.
func Programmes(ctx context.Context, q pg.Queryer, office string) (_ []Programme, err error) {
	defer pg.Wrap(&err, "payout: programmes")
	rows, err := q.Query(ctx, programmeColumns+`where $1 = '' or p.office is null or p.office = $1 order by p.month desc, p.code`, office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Programme])
}

// ProgrammeByCode reads one, or ErrNoProgramme.
func ProgrammeByCode(ctx context.Context, q pg.Queryer, code string) (_ Programme, err error) {
	defer pg.Wrap(&err, "payout: programme %s", code)
	rows, err := q.Query(ctx, programmeColumns+`where p.code = $1`, code)
	if err != nil {
		return Programme{}, err
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Programme])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNoProgramme
	}
	return p, err
}

// openProgramme reads one whose list is open, and keeps it open until the transaction ends.
func openProgramme(ctx context.Context, tx pgx.Tx, code string) (p Programme, err error) {
	if _, err := tx.Exec(ctx, `select from programme where code = $1 for share`, code); err != nil {
		return p, err
	}
	if p, err = ProgrammeByCode(ctx, tx, code); err == nil && p.ConfirmedAt != nil {
		err = refuse("programme %s is confirmed: its list is closed", code)
	}
	return p, err
}

// ConfirmProgramme lets a drafted programme be paid: by a chairman who did not draft it.
func ConfirmProgramme(ctx context.Context, pool *pgxpool.Pool, code, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: confirm programme %s", code)
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update programme set confirmed_by = $2, confirmed_at = $3 where code = $1`, code, by, now)
		switch pg.Constraint(err) {
		case "programme_four_eyes":
			return ErrOwnProgramme
		case "programme_role":
			return refuse("only an active chairman of the programme's office, or of the province, confirms it")
		case "programme_empty":
			return refuse("nobody stands on the programme's list")
		case "programme_immutable":
			return refuse("the programme is confirmed")
		}
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNoProgramme
		}
		p, err := ProgrammeByCode(ctx, tx, code)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "programme.confirmed", Subject: "programme:" + code,
			Payload: map[string]any{"n": p.N, "total": p.Total}})
	})
}

// TakeEntitled fills a programme's list with everybody who is entitled, in its month, to a
// scheme or category that it has an amount for: the highest where several fit. It returns
// how many were added.
func TakeEntitled(ctx context.Context, pool *pgxpool.Pool, code, by string, now time.Time) (n int, err error) {
	defer pg.Wrap(&err, "payout: take the entitled into programme %s", code)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		p, err := openProgramme(ctx, tx, code)
		if err != nil {
			return err
		}
		if len(p.Amounts) == 0 {
			return refuse("programme %s has no amount by scheme or category: take a list instead", code)
		}
		keys := slices.Sorted(maps.Keys(p.Amounts))
		amounts := make([]int64, len(keys))
		for i, k := range keys {
			amounts[i] = int64(p.Amounts[k])
		}
		tag, err := tx.Exec(ctx, `
			insert into programme_item (programme, person_id, office, ground, amount, source, added_by, added_at)
			select distinct on (q.id) @code, q.id, q.office, a.key, a.amount, 'entitlements', @by, @now
			from unnest(@keys::text[], @amounts::bigint[]) a(key, amount)
			join entitlement e on a.key in (e.scheme, e.scheme || '.' || e.category)
			join person p on p.id = e.person_id join person q on q.id = coalesce(p.merged_into, p.id)
			where e.dropped_by is null and coalesce(e.decision_on, '-infinity') <= @listed and entitlement_in_force(e, @month)
			  and (q.died_on is null or q.died_on > @listed) and q.register_outcome <> 'deceased' and (@office = '' or q.office = @office)
			order by q.id, a.amount desc, a.key
			on conflict do nothing`,
			pgx.StrictNamedArgs{"code": code, "by": by, "now": now, "keys": keys, "amounts": amounts, "listed": p.ListedOn, "month": p.Month, "office": p.Office})
		if err != nil {
			return err
		}
		n = int(tag.RowsAffected())
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "programme.listed", Subject: "programme:" + code,
			Payload: map[string]any{"source": "entitlements", "n": n}})
	})
	return n, err
}
