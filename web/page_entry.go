package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

type entryPage struct {
	ID        int64
	On        time.Time
	Kind      string
	Memo      string
	Ref       string
	By        string
	Reverses  int64
	N         int
	Total     money.VND
	PostedAt  time.Time
	Root      []byte
	Transfers []transferRow
	Proof     *audit.Receipt
	Fits      bool // the proof was checked here and now
	NoProof   string
}

type transferRow struct {
	N             int
	Debit, Credit string // account codes: surrogate ids, never personal numbers
	Amount        money.VND
	Ref           string
}

// transferAsked is the N of ?transfer=N, or the whole entry.
func (v *visit) transferAsked() (int, error) {
	asked := v.r.FormValue("transfer")
	if asked == "" {
		return ledger.Whole, nil
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n < 0 {
		return 0, errNoPage
	}
	return n, nil
}

// entry shows one entry of the ledger with its proof. ?transfer=N proves one transfer,
// ?format=json gives the receipt to keep and to check offline.
func (s *Server) entry(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if err := s.entryInOffice(v, id); err != nil {
		return err
	}
	n, err := v.transferAsked()
	if err != nil {
		return err
	}
	receipt, why, err := s.receipt(v, ledger.EntryID(id), n)
	if err != nil {
		return err
	}
	if v.r.FormValue("format") == "json" {
		if receipt == nil {
			return &problem{Status: 409, VI: why, EN: "No receipt yet", Next: "Đợi một giây rồi thử lại."}
		}
		v.w.Header().Set("Content-Type", "application/json")
		v.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="ansinh-entry-%d.json"`, id))
		e := json.NewEncoder(v.w)
		e.SetIndent("", "  ")
		return e.Encode(receipt)
	}
	d := entryPage{ID: id, Proof: receipt, NoProof: why}
	if receipt != nil {
		d.Fits = receipt.Verify(s.cfg.LogKeys.Verifiers()) == nil
	}
	if err := s.cfg.Pool.QueryRow(v.ctx, `
		select e.on_day, e.kind, e.memo, e.ref, e.by_who, coalesce(e.reverses, 0), e.n, e.total, e.posted_at, e.root
		from entry_key k join entry e on e.id = k.entry_id and e.on_day = k.on_day where k.entry_id = $1`, id).
		Scan(&d.On, &d.Kind, &d.Memo, &d.Ref, &d.By, &d.Reverses, &d.N, &d.Total, &d.PostedAt, &d.Root); err != nil {
		return err
	}
	rows, err := s.cfg.Pool.Query(v.ctx, `
		select t.n, d.code, c.code, t.amount, t.ref from transfer t join account d on d.id = t.debit join account c on c.id = t.credit
		where t.entry_id = $1 and t.on_day = $2 order by t.n limit 200`, id, d.On)
	if err != nil {
		return err
	}
	if d.Transfers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[transferRow]); err != nil {
		return err
	}
	return v.page("entry", view{Title: fmt.Sprintf("Bút toán %d", id), Data: d})
}

// entryInOffice hides entries that touch another office's accounts.
func (s *Server) entryInOffice(v *visit, id int64) error {
	var exists, foreign bool
	err := s.cfg.Pool.QueryRow(v.ctx, `
		select exists (select from entry_key where entry_id = $1),
		       $2 <> '' and exists (select from entry_key k join transfer t on t.entry_id = k.entry_id and t.on_day = k.on_day
		           join account a on a.id in (t.debit, t.credit)
		           where k.entry_id = $1 and a.office not in ('', $2))`, id, v.office()).Scan(&exists, &foreign)
	if err == nil && (!exists || foreign) {
		return errNoPage
	}
	return err
}

// receipt proves an entry under a fresh checkpoint, or says why it cannot yet.
func (s *Server) receipt(v *visit, id ledger.EntryID, n int) (*audit.Receipt, string, error) {
	if s.cfg.LogKeys == nil {
		return nil, "Máy chủ này không giữ khoá của sổ chứng cứ; dùng lệnh ansinh proof entry.", nil
	}
	checkpoint, err := audit.Checkpoint(v.ctx, s.cfg.Pool, s.cfg.LogKeys, v.now())
	if err == nil {
		var r *audit.Receipt
		if r, err = ledger.Receipt(v.ctx, s.cfg.Pool, id, n, checkpoint, s.cfg.LogKeys); err == nil {
			return r, "", nil
		}
	}
	if errors.Is(err, audit.ErrNotSealed) || errors.Is(err, audit.ErrEmpty) {
		return nil, "Bút toán chưa được niêm phong vào sổ chứng cứ; chờ một giây rồi tải lại.", nil
	}
	return nil, "", err
}
