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

// sumRow is one scheme's money by kind of line.
type sumRow struct {
	Scheme                              string
	Regular, Arrears, Clawback, Funeral money.VND
	Total                               money.VND
}

// sums of the payments that are not held, by scheme and kind; Receivable and Carried
// lead from what is owed to what is paid.
type sums struct {
	Rows       []sumRow
	All        sumRow
	Receivable money.VND // overpaid before, and not recovered by this run
	Carried    money.VND
	ToPay      money.VND
}

func (s *Server) runSums(ctx context.Context, run payout.RunID) (t sums, err error) {
	rows, err := s.cfg.Pool.Query(ctx, `
		select i.scheme, coalesce(sum(i.amount) filter (where i.kind = 'regular'), 0)::bigint, coalesce(sum(i.amount) filter (where i.kind = 'arrears'), 0)::bigint,
		       coalesce(sum(i.amount) filter (where i.kind = 'clawback'), 0)::bigint, coalesce(sum(i.amount) filter (where i.kind = 'funeral'), 0)::bigint,
		       sum(i.amount)::bigint
		from payment p join payment_item i on i.payment_id = p.id
		where p.run_id = $1 and p.state not in ('held', 'cancelled')
		  and i.payment_id between (select min(id) from payment where run_id = $1) and (select max(id) from payment where run_id = $1)
		group by i.scheme order by i.scheme`, run)
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
	err = s.cfg.Pool.QueryRow(ctx, `
		select coalesce(sum(clawback - set_off), 0)::bigint, coalesce(sum(carried), 0)::bigint, coalesce(sum(amount), 0)::bigint
		from payment where run_id = $1 and state not in ('held', 'cancelled')`, run).Scan(&t.Receivable, &t.Carried, &t.ToPay)
	return t, err
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
