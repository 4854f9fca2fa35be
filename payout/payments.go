package payout

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// PaymentView is a payment as a page shows it; account numbers stay sealed.
type PaymentView struct {
	ID          PaymentID    `json:"id" db:"id"`
	Run         RunID        `json:"run" db:"run_id"`
	Person      PersonID     `json:"person" db:"person_id"`
	Name        string       `json:"name" db:"name"`
	Hamlet      string       `json:"hamlet" db:"hamlet"`
	PayeeName   string       `json:"payee_name" db:"payee_name"`
	PayeeKind   string       `json:"payee_kind" db:"payee_kind"`
	Rail        string       `json:"rail" db:"rail"`
	BIN         string       `json:"bank_bin" db:"bank_bin"`
	AccountEnc  []byte       `json:"-" db:"account_enc"`
	Regular     money.VND    `json:"regular" db:"regular"`
	Owed        money.VND    `json:"owed" db:"owed"`
	Clawback    money.VND    `json:"clawback" db:"clawback"`
	SetOff      money.VND    `json:"set_off" db:"set_off"`
	Carried     money.VND    `json:"carried" db:"carried"`
	Amount      money.VND    `json:"amount" db:"amount"`
	State       PaymentState `json:"state" db:"state"`
	HoldReasons []string     `json:"hold_reasons" db:"hold_reasons"`
	Attention   []string     `json:"attention" db:"attention"`
	Note        string       `json:"note" db:"note"`
	ReasonCode  string       `json:"reason_code" db:"reason_code"`
	ReasonInfo  string       `json:"reason_info" db:"reason_info"`
}

// LineView is one line of a payment.
type LineView struct {
	Scheme      string      `json:"scheme"`
	Category    string      `json:"category"`
	Month       money.Month `json:"month"`
	Amount      money.VND   `json:"amount"`
	SetOff      money.VND   `json:"set_off"`
	Kind        Kind        `json:"kind"`
	Article     string      `json:"article"`
	Explanation string      `json:"explanation"`
}

// PaymentDetail is a payment with its lines and its orders.
type PaymentDetail struct {
	PaymentView
	Lines        []LineView        `json:"lines"`
	Instructions []InstructionView `json:"instructions"`
}

// InstructionView is one order and what became of it.
type InstructionView struct {
	EndToEndID string    `json:"end_to_end_id"`
	Message    string    `json:"message"`
	Amount     money.VND `json:"amount"`
	State      string    `json:"state"`
	Reason     string    `json:"reason"`
}

// PaymentFilter chooses payments of a run.
type PaymentFilter struct {
	Run       RunID
	State     PaymentState // "" is any
	Reason    string       // a hold reason, "" is any
	Attention string
	Person    PersonID
	After     PaymentID // the last of the page before
	Limit     int       // 0 means 100
}

const paymentColumns = `
	select p.id, p.run_id, p.person_id, q.name, q.hamlet, p.payee_name, p.payee_kind, p.rail, coalesce(p.bank_bin, '') bank_bin, p.account_enc,
	       p.regular, p.owed, p.clawback, p.set_off, p.carried, p.amount, p.state, p.hold_reasons, p.attention, p.note, p.reason_code, p.reason_info
	from payment p join person q on q.id = p.person_id `

// Payments lists payments by their numbers; Run 0 with a Person lists one person's
// payments of every run.
func Payments(ctx context.Context, q pg.Queryer, f PaymentFilter) (_ []PaymentView, err error) {
	defer pg.Wrap(&err, "payout: payments of run %d", f.Run)
	if f.Limit <= 0 {
		f.Limit = 100
	}
	where := `where p.run_id = @run and (@person = 0 or p.person_id = @person)`
	if f.Run == 0 {
		where = `where p.person_id = @person and @run = 0`
	}
	from, flags := paymentColumns, []string{}
	for _, flag := range []string{f.Reason, f.Attention} {
		if flag != "" {
			flags = append(flags, flag)
		}
	}
	if f.State == Held && len(flags) == 0 {
		flags = append(flags, "*")
	}
	if f.Run != 0 && len(flags) > 0 { // what stands out is few: by its flags
		from += `join payment_flag g on g.payment_id = p.id `
		where = `where g.run_id = @run and g.reason = @flag and g.payment_id > @after and p.run_id = @run and (@person = 0 or p.person_id = @person)`
	} else {
		flags = []string{""}
		where += ` and @flag = ''`
	}
	rows, err := q.Query(ctx, from+where+`
		  and p.id > @after and (@state = '' or p.state = @state) and (@reason = '' or @reason = any(p.hold_reasons))
		  and (@attention = '' or @attention = any(p.attention))
		order by p.id limit @limit`,
		pgx.StrictNamedArgs{"run": int64(f.Run), "person": int64(f.Person), "after": int64(f.After), "state": string(f.State),
			"flag": flags[0], "reason": f.Reason, "attention": f.Attention, "limit": f.Limit})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[PaymentView])
}

// GetPayment reads one payment with its lines and orders, or ErrNotFound.
func GetPayment(ctx context.Context, q pg.Queryer, id PaymentID) (d PaymentDetail, err error) {
	defer pg.Wrap(&err, "payout: payment %d", id)
	rows, err := q.Query(ctx, paymentColumns+`where p.id = $1`, id)
	if err != nil {
		return d, err
	}
	d.PaymentView, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[PaymentView])
	if errors.Is(err, pgx.ErrNoRows) {
		return d, ErrNotFound
	}
	if err != nil {
		return d, err
	}
	rows, err = q.Query(ctx, `
		select scheme, category, month, amount, set_off, kind, article, explanation from payment_line
		where payment_id = $1 order by month, scheme, category`, id)
	if err != nil {
		return d, err
	}
	if d.Lines, err = pgx.CollectRows(rows, pgx.RowToStructByPos[LineView]); err != nil {
		return d, err
	}
	rows, err = q.Query(ctx, `
		select i.end_to_end_id, m.message_id, i.amount, i.state, i.reason_code from instruction i join bank_message m on m.id = i.bank_message_id
		where i.payment_id = $1 order by i.attempt`, id)
	if err != nil {
		return d, err
	}
	d.Instructions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[InstructionView])
	return d, err
}
