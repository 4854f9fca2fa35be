package web

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// delta is one line of "this month against last".
type delta struct {
	Kind   string // added, gone, up, down, same
	N      int
	Amount money.VND // what it changes the sum by
}

// comparison is a run's own month against the month before: Before + the sum of the
// deltas = Now, to the đồng. Arrears and other one-off money stand outside it.
type comparison struct {
	Before, Now   money.VND
	BeforeN, NowN int
	Deltas        []delta
	Accounts      int // people whose account changed
	FromLists     bool
}

var deltaKinds = []string{"added", "gone", "up", "down", "same"}

// lastMonth is what each person was paid for the month before: by an earlier run, or,
// before the system took over, as the first lists say.
const lastMonth = `
	this as (
	    select p.person_id, sum(p.regular)::bigint amount, min(p.id) payment_id, (array_agg(p.account_idx))[1] account_idx
	    from payment p where p.run_id = @run and p.state <> 'cancelled' and (p.regular <> 0 or p.owed = 0)
	    group by p.person_id
	), paid as (
	    select p.person_id, p.regular amount, p.account_idx from payment p join run r on r.id = p.run_id
	    where r.office = @office and r.month = @prev and r.schemes && @schemes and r.state not in ('draft', 'rejected', 'void') and p.live and p.regular <> 0
	    union all
	    select b.person_id, b.amount, null from paid_before b
	    where @prev between b.first_month and b.last_month and b.scheme = any (@schemes) and b.amount <> 0
	      and b.person_id in (select person_id from entitlement where office = @office)
	), before as (
	    select person_id, sum(amount)::bigint amount, (array_agg(account_idx) filter (where account_idx is not null))[1] account_idx from paid group by person_id
	), change as (
	    select coalesce(t.person_id, b.person_id) person_id, t.payment_id, coalesce(b.amount, 0) before, coalesce(t.amount, 0) amount,
	           case when b.person_id is null then 'added' when t.person_id is null then 'gone'
	                when t.amount > b.amount then 'up' when t.amount < b.amount then 'down' else 'same' end kind,
	           b.account_idx is not null and t.account_idx is not null and b.account_idx <> t.account_idx account
	    from this t full join before b using (person_id)
	)`

func compareArgs(run payout.Run) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"run": run.ID, "office": run.Office, "prev": run.Month.Add(-1), "schemes": run.Schemes}
}

func (s *Server) compare(ctx context.Context, run payout.Run) (c comparison, err error) {
	rows, err := s.cfg.Pool.Query(ctx, `with `+lastMonth+`
		select kind, count(*), sum(amount - before)::bigint, sum(before)::bigint, sum(amount)::bigint,
		       count(*) filter (where kind <> 'added'), count(*) filter (where kind <> 'gone'), count(*) filter (where account)
		from change group by kind`, compareArgs(run))
	if err != nil {
		return c, err
	}
	found := map[string]delta{}
	var d delta
	var before, now money.VND
	var beforeN, nowN, accounts int
	if _, err = pgx.ForEachRow(rows, []any{&d.Kind, &d.N, &d.Amount, &before, &now, &beforeN, &nowN, &accounts}, func() error {
		found[d.Kind] = d
		c.Before += before
		c.Now += now
		c.BeforeN += beforeN
		c.NowN += nowN
		c.Accounts += accounts
		return nil
	}); err != nil {
		return c, err
	}
	for _, kind := range deltaKinds {
		d := found[kind]
		d.Kind = kind
		c.Deltas = append(c.Deltas, d)
	}
	return c, nil
}

// sumRow is one scheme's money by kind of line.
type sumRow struct {
	Scheme                              string
	Regular, Arrears, Clawback, Funeral money.VND
	Total                               money.VND
}

// sums of the payments that are not held, by scheme and kind. Total is what is owed;
// Deducted and Carried lead from it to what is paid.
type sums struct {
	Rows                         []sumRow
	All                          sumRow
	SetOff, Carried              money.VND
	ToPay                        money.VND
	BankN, CashN, VoucherN       int
	BankSum, CashSum, VoucherSum money.VND
	Receivable                   money.VND // clawback that this run does not recover
}

func (s *Server) runSums(ctx context.Context, run payout.RunID) (t sums, err error) {
	rows, err := s.cfg.Pool.Query(ctx, `
		select i.scheme, coalesce(sum(i.amount) filter (where i.kind = 'regular'), 0)::bigint, coalesce(sum(i.amount) filter (where i.kind = 'arrears'), 0)::bigint,
		       coalesce(sum(i.amount) filter (where i.kind = 'clawback'), 0)::bigint, coalesce(sum(i.amount) filter (where i.kind = 'funeral'), 0)::bigint,
		       sum(i.amount)::bigint
		from payment p join payment_item i on i.payment_id = p.id
		where p.run_id = $1 and p.state not in ('held', 'cancelled') group by i.scheme order by i.scheme`, run)
	if err != nil {
		return t, err
	}
	if t.Rows, err = pgx.CollectRows(rows, pgx.RowToStructByPos[sumRow]); err != nil {
		return t, err
	}
	for _, r := range t.Rows {
		t.All.Regular += r.Regular
		t.All.Arrears += r.Arrears
		t.All.Clawback += r.Clawback
		t.All.Funeral += r.Funeral
		t.All.Total += r.Total
	}
	var clawback money.VND
	err = s.cfg.Pool.QueryRow(ctx, `
		select coalesce(sum(set_off), 0)::bigint, coalesce(sum(carried), 0)::bigint, coalesce(sum(amount), 0)::bigint, coalesce(sum(clawback), 0)::bigint,
		       count(*) filter (where rail = 'bank'), count(*) filter (where rail = 'cash'), count(*) filter (where rail = 'voucher'),
		       coalesce(sum(amount) filter (where rail = 'bank'), 0)::bigint, coalesce(sum(amount) filter (where rail = 'cash'), 0)::bigint,
		       coalesce(sum(amount) filter (where rail = 'voucher'), 0)::bigint
		from payment where run_id = $1 and state not in ('held', 'cancelled')`, run).
		Scan(&t.SetOff, &t.Carried, &t.ToPay, &clawback, &t.BankN, &t.CashN, &t.VoucherN, &t.BankSum, &t.CashSum, &t.VoucherSum)
	t.Receivable = clawback - t.SetOff
	return t, err
}

// reasonCount says how many payments a reason holds, or marks for attention.
type reasonCount struct {
	Reason string
	N      int
	Amount money.VND
}

func (s *Server) runReasons(ctx context.Context, run payout.RunID) (held, attention []reasonCount, err error) {
	read := func(sql string) ([]reasonCount, error) {
		rows, err := s.cfg.Pool.Query(ctx, sql, run)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowToStructByPos[reasonCount])
	}
	if held, err = read(`
		select reason, count(*), sum(amount)::bigint from payment, unnest(hold_reasons) reason
		where run_id = $1 and state = 'held' group by reason order by count(*) desc, reason`); err != nil {
		return nil, nil, err
	}
	attention, err = read(`
		select reason, count(*), sum(amount)::bigint from payment, unnest(attention) reason
		where run_id = $1 and state <> 'cancelled' group by reason order by count(*) desc, reason`)
	return held, attention, err
}

// moment is one step in a run's life.
type moment struct {
	Title, EN string
	By        string
	At        time.Time
	Done      bool
	Note      string
}

func (s *Server) runMoments(ctx context.Context, run payout.Run) (list []moment, err error) {
	var preparer, submitter, ender string
	var endedAt *time.Time
	var instructed *time.Time
	err = s.cfg.Pool.QueryRow(ctx, `
		select p.name, coalesce(b.name, ''), coalesce(e.name, ''), r.ended_at,
		       (select min(m.made_at) from instruction i join bank_message m on m.id = i.bank_message_id where i.run_id = r.id)
		from run r join staff p on p.id = r.prepared_by left join staff b on b.id = r.submitted_by left join staff e on e.id = r.ended_by
		where r.id = $1`, run.ID).Scan(&preparer, &submitter, &ender, &endedAt, &instructed)
	if err != nil {
		return nil, err
	}
	list = append(list, moment{Title: "Lập đợt", EN: "Prepared", By: preparer, At: run.PreparedAt, Done: true})
	list = append(list, step("Trình duyệt", "Submitted", submitter, run.SubmittedAt))
	rows, err := s.cfg.Pool.Query(ctx, `
		select s.name, a.approved_at, a.statement, a.signature, k.public_key from approval a join staff s on s.id = a.staff_id join staff_key k on k.id = a.key_id
		where a.run_id = $1 order by a.approved_at`, run.ID)
	if err != nil {
		return nil, err
	}
	var name string
	var at time.Time
	var statement, signature, public []byte
	if _, err := pgx.ForEachRow(rows, []any{&name, &at, &statement, &signature, &public}, func() error {
		list = append(list, moment{Title: "Ký duyệt", EN: "Approved and signed", By: name, At: at, Done: true, Note: signatureNote(statement, signature, public)})
		return nil
	}); err != nil {
		return nil, err
	}
	if run.State == payout.RunRejected || run.State == payout.RunVoid {
		m := moment{Title: "Trả lại", EN: "Rejected", By: ender, Done: true, Note: run.Reason}
		if run.State == payout.RunVoid {
			m.Title, m.EN = "Huỷ đợt", "Voided"
		}
		if endedAt != nil {
			m.At = *endedAt
		}
		return append(list, m), nil
	}
	list = append(list, step("Đủ chữ ký, ghi sổ", "Posted to the ledger", "", run.ApprovedAt))
	list = append(list, step("Gửi ngân hàng, bưu điện", "Sent to bank and post office", "", instructed))
	return append(list, step("Xong", "Closed", ender, endedAt)), nil
}

func step(title, en, by string, at *time.Time) moment {
	m := moment{Title: title, EN: en, By: by, Done: at != nil}
	if at != nil {
		m.At = *at
	}
	return m
}

// fundShort says which fund cannot cover a run, and by how much; "" when all can. The
// ledger itself refuses in the end; this is so that nobody signs for nothing.
func (s *Server) fundShort(ctx context.Context, run payout.Run) (string, error) {
	rows, err := s.cfg.Pool.Query(ctx, `
		select i.scheme, (coalesce(sum(i.amount) filter (where i.amount > 0), 0) - sum(i.set_off))::bigint
		from payment p join payment_item i on i.payment_id = p.id
		where p.run_id = $1 and p.state = 'ready' group by i.scheme order by i.scheme`, run.ID)
	if err != nil {
		return "", err
	}
	type need struct {
		Scheme string
		Amount money.VND
	}
	needs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[need])
	if err != nil {
		return "", err
	}
	for _, n := range needs {
		has, err := ledger.Balance(ctx, s.cfg.Pool, "366."+run.Office+"."+n.Scheme)
		if err != nil && !errors.Is(err, ledger.ErrNoAccount) {
			return "", err
		}
		if has < n.Amount {
			return fmt.Sprintf("Kinh phí %s còn %s, thiếu %s. Ghi nhận kinh phí về rồi duyệt.",
				strings.ToLower(text.Lookup("scheme", n.Scheme).VI), text.VND(has), text.VND(n.Amount-has)), nil
		}
	}
	return "", nil
}
