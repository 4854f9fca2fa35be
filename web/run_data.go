package web

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// sums of the payments that are not held, by scheme and kind; Receivable and Carried
// lead from what is owed to what is paid.
type sums struct {
	Rows       []payout.KindSums
	All        payout.KindSums
	Receivable money.VND // overpaid before, and not recovered by this run
	Carried    money.VND
	ToPay      money.VND
}

func runSums(p payout.RunPage) sums {
	t := sums{Rows: p.Schemes, Receivable: p.Receivable, Carried: p.Carried, ToPay: p.ToPay}
	for _, r := range t.Rows {
		t.All.Regular += r.Regular
		t.All.Arrears += r.Arrears
		t.All.Clawback += r.Clawback
		t.All.Funeral += r.Funeral
		t.All.Total += r.Total
	}
	return t
}

// moment is one step in a run's life.
type moment struct {
	Title, EN string
	By        string
	At        time.Time
	Done      bool
	Note      string
}

func (s *Server) runMoments(ctx context.Context, run payout.Run, sent []payout.MessageView) (list []moment, err error) {
	var preparer, submitter, ender string
	var endedAt *time.Time
	var instructed *time.Time
	for i := range sent {
		if at := &sent[i].MadeAt; instructed == nil || at.Before(*instructed) {
			instructed = at
		}
	}
	err = s.cfg.Pool.QueryRow(ctx, `
		select p.name, coalesce(b.name, ''), coalesce(e.name, ''), r.ended_at
		from run r join staff p on p.id = r.prepared_by left join staff b on b.id = r.submitted_by left join staff e on e.id = r.ended_by
		where r.id = $1`, run.ID).Scan(&preparer, &submitter, &ender, &endedAt)
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
func fundShort(funds []payout.FundNeed) string {
	for _, f := range funds {
		if f.Short > 0 {
			return fmt.Sprintf("Kinh phí %s còn %s, thiếu %s. Ghi nhận kinh phí về rồi duyệt.",
				strings.ToLower(text.Lookup("scheme", string(f.Scheme)).VI), text.VND(f.Balance), text.VND(f.Short))
		}
	}
	return ""
}
