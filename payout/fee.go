package payout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// FeeRate is what the province pays who pays out, of what was paid (TT 76/2021 Điều 3.7).
type FeeRate struct {
	Kind       string          `json:"kind"` // of the rail: bank or post
	From       money.Month     `json:"valid_from"`
	Percent    decimal.Decimal `json:"percent"`
	DecisionNo string          `json:"decision_no"`
	SetBy      string          `json:"set_by"`
	SetAt      time.Time       `json:"set_at"`
}

// SetFeeRate sets the percentage from a month on; only the province does. What was
// charged before stays.
func SetFeeRate(ctx context.Context, pool *pgxpool.Pool, r FeeRate, by StaffID, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: set the fee")
	if r.Kind != "bank" && r.Kind != "post" {
		return refuse("%q is no kind of rail: use bank or post", r.Kind)
	}
	if r.From.IsZero() || strings.TrimSpace(r.DecisionNo) == "" || r.Percent.IsNegative() || r.Percent.GreaterThan(decimal.NewFromInt(10)) || r.Percent.Exponent() < -4 {
		return refuse("a fee needs its month, its decision and a percentage from 0 to 10 with at most four decimals")
	}
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into payout_fee_rate (kind, valid_from, percent, decision_no, set_by, set_at) values ($1, $2, $3::text::numeric, $4, $5, $6)`,
			r.Kind, r.From, r.Percent.String(), r.DecisionNo, by, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "fee.set", Subject: "fee:" + r.Kind,
			Payload: map[string]any{"from": r.From, "percent": r.Percent.String(), "decision": r.DecisionNo}})
	})
	if pg.Constraint(err) == "payout_fee_of_province" {
		return refuse("only the province's accountant or chairman sets the fee")
	}
	return err
}

// FeeRates lists the percentages, the newest first.
func FeeRates(ctx context.Context, q pg.Queryer) (_ []FeeRate, err error) {
	defer pg.Wrap(&err, "payout: fees")
	rows, err := q.Query(ctx, `
		select f.kind, f.valid_from, f.percent::text, f.decision_no, s.login, f.set_at from payout_fee_rate f join staff s on s.id = f.set_by
		order by f.kind, f.valid_from desc, f.id desc`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r FeeRate, err error) {
		var percent string
		if err = row.Scan(&r.Kind, &r.From, &percent, &r.DecisionNo, &r.SetBy, &r.SetAt); err == nil {
			r.Percent, err = decimal.NewFromString(percent)
		}
		return r, err
	})
}

// Fee is what one run costs on one rail account.
type Fee struct {
	Run     RunID              `json:"run"`
	Account bank.RailAccountID `json:"rail_account"`
	Base    money.VND          `json:"base"` // what was paid out
	Percent string             `json:"percent"`
	Amount  money.VND          `json:"amount"`
}

// Fees lists what an office's runs of a month cost; a zero month is every month.
func Fees(ctx context.Context, q pg.Queryer, office string, month money.Month) (_ []Fee, err error) {
	defer pg.Wrap(&err, "payout: fees of %s", office)
	rows, err := q.Query(ctx, `
		select f.run_id, f.rail_account_id, f.base, q.percent::text, f.amount
		from payout_fee f join payout_fee_rate q on q.id = f.rate_id join run r on r.id = f.run_id
		where ($1 = '' or r.office = $1) and ($2::date is null or r.month = $2) order by f.run_id, f.rail_account_id`, office, month)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Fee])
}

func feeCost(office string) ledger.Account {
	return ledger.Account{Code: "6119." + office, Name: "Phí tổ chức chi trả " + office, Type: "expense", Office: office}
}

// FeePayable is where the fee of a payment organisation stands until the statement shows
// that it was paid.
func FeePayable(account bank.RailAccountID, office string) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("331.r%d", account), Name: "Phải trả phí chi trả", Type: "liability", NoOverdraft: true, Office: office}
}

// chargeFees posts what a run costs that is being closed: by rail account the percentage
// of what was paid out, rounded once, (611 fees / 331).
func chargeFees(ctx context.Context, tx pgx.Tx, r Run, by string, now time.Time) error {
	rows, err := tx.Query(ctx, `
		select a.id, f.id, f.percent::text, sum(i.amount)::bigint
		from instruction i join rail_account a on a.id = i.rail_account_id
		join lateral (select id, percent from payout_fee_rate where kind = a.kind and valid_from <= $2 order by valid_from desc, id desc limit 1) f on true
		where i.run_id = $1 and i.state = case a.kind when 'post' then 'collected' else 'debited' end
		group by 1, 2, 3 order by 1`, r.ID, r.Month)
	if err != nil {
		return err
	}
	type due struct {
		Account bank.RailAccountID
		Rate    int64
		Percent string
		Base    money.VND
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[due])
	if err != nil {
		return err
	}
	for _, d := range list {
		percent, err := decimal.NewFromString(d.Percent)
		if err != nil {
			return err
		}
		amount, err := money.Round(d.Base.Decimal().Mul(percent).Shift(-2))
		if err != nil || amount == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into payout_fee (run_id, rail_account_id, rate_id, base, amount, charged_at) values ($1, $2, $3, $4, $5, $6)`,
			r.ID, d.Account, d.Rate, d.Base, amount, now); err != nil {
			return err
		}
		cost, owed := feeCost(r.Office), FeePayable(d.Account, r.Office)
		ids, err := ledger.Ensure(ctx, tx, []ledger.Account{cost, owed})
		if err != nil {
			return err
		}
		_, err = ledger.Post(ctx, tx, ledger.Entry{Key: fmt.Sprintf("run:%d:fee:r%d", r.ID, d.Account), On: bookDay(now), Kind: "run.fee",
			Memo: fmt.Sprintf("Phí chi trả %s %% của %s", percent, d.Base.Format()), Ref: r.ID.subject(), By: by, At: now,
			Transfers: []ledger.Transfer{{Debit: ids[cost.Code], Credit: ids[owed.Code], Amount: amount}}})
		if err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "run.fee", Subject: r.ID.subject(),
			Payload: map[string]any{"rail_account": d.Account, "base": d.Base, "percent": percent.String(), "amount": amount}}); err != nil {
			return err
		}
	}
	return nil
}
