package web

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/qr"
)

// receiptPage is a receipt on one sheet of paper: what it proves in words, and the proof
// in a symbol. It shows one transfer, or the sums of an entry, and nothing of anybody
// else: all of it but Name and the accounts' codes is what the log proves.
type receiptPage struct {
	Name          string // of the person that it is handed to, where a page knows it
	Entry         int64
	N             int64 // the transfer's place in the entry; −1 is the entry as a whole
	Kind          string
	On            time.Time
	Amount        money.VND
	About         string // "payment:77"
	Debit, Credit string
	Memo          string // of an entry as a whole
	Holds         bool
	Origin        string
	Leaf, Size    int64
	SignedBy      []string
	Fingerprint   string
	QR            template.HTML
	JSON          string // where the receipt as a file is; "" on a page that is a file itself
	Printable     bool   // with a button that prints
}

// newReceiptPage reads what a receipt says out of its own bytes.
func newReceiptPage(ctx context.Context, q pg.Queryer, r *audit.Receipt, verifiers []string) (d receiptPage, err error) {
	defer pg.Wrap(&err, "web: receipt")
	var event struct {
		Payload struct {
			Entry         int64
			On, Kind, Ref string
			Memo          string
			Total         money.VND
		}
	}
	if err := json.Unmarshal([]byte(r.Event), &event); err != nil {
		return d, err
	}
	e := event.Payload
	d = receiptPage{Entry: e.Entry, N: -1, Kind: e.Kind, Amount: e.Total, About: e.Ref, Memo: e.Memo, Leaf: r.Leaf,
		Holds: r.Verify(verifiers) == nil}
	if d.On, err = money.ParseDay(e.On); err != nil {
		return d, err
	}
	leaf := tlog.RecordHash([]byte(r.Event))
	if r.Part != nil {
		var t struct {
			Debit, Credit int64
			Amount        money.VND
			Ref           string
		}
		if err := json.Unmarshal([]byte(r.Part.Record), &t); err != nil {
			return d, err
		}
		d.N, d.Amount, d.About, d.Memo = r.Part.N, t.Amount, t.Ref, ""
		leaf = tlog.RecordHash([]byte(r.Part.Record))
		if err := q.QueryRow(ctx, `select d.code, c.code from account d, account c where d.id = $1 and c.id = $2`, t.Debit, t.Credit).
			Scan(&d.Debit, &d.Credit); err != nil {
			return d, err
		}
	}
	d.Fingerprint = fmt.Sprintf("%X %X %X %X", leaf[0:2], leaf[2:4], leaf[4:6], leaf[6:8])
	origin, head, by, err := audit.OpenCheckpoint([]byte(r.Checkpoint), verifiers)
	if err != nil {
		return d, err
	}
	d.Origin, d.Size, d.SignedBy = origin, head.Size, by
	d.QR, err = receiptQR(r)
	return d, err
}

// receiptQR draws the whole receipt as one symbol, so that a check needs neither a
// network nor this office.
func receiptQR(r *audit.Receipt) (template.HTML, error) {
	text, err := r.Compact()
	if err != nil {
		return "", err
	}
	p, err := qr.Draw(text, qr.LevelL)
	if err != nil {
		return "", nil // too much for the largest symbol: the file remains
	}
	return template.HTML(p.SVG(0)), nil
}

//go:embed static/app.css
var styleSheet string

// ReceiptFile is a receipt as one HTML file that needs nothing beside it.
func ReceiptFile(ctx context.Context, q pg.Queryer, r *audit.Receipt, verifiers []string) ([]byte, error) {
	d, err := newReceiptPage(ctx, q, r, verifiers)
	if err != nil {
		return nil, err
	}
	return loadPages().renderAs("receipt", "alone", view{Title: "Biên nhận có chứng cứ", Bare: true, Data: d})
}

// entryReceipt is the receipt of an entry, or with ?transfer=N of one transfer of it.
func (s *Server) entryReceipt(v *visit) error {
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
	if n != ledger.Whole {
		var known int
		err := s.cfg.Pool.QueryRow(v.ctx, `
			select e.n from entry_key k join entry e on e.id = k.entry_id and e.on_day = k.on_day where k.entry_id = $1`, id).Scan(&known)
		if err != nil {
			return err
		}
		if n >= known {
			return errNoPage
		}
	}
	return s.receiptSheet(v, ledger.EntryID(id), n, "")
}

// paymentReceipt is what a person takes home: that their payment was sent, or as long as
// it was not, that it was approved.
func (s *Server) paymentReceipt(v *visit) error {
	d, err := s.paymentOf(v)
	if err != nil {
		return err
	}
	var entry ledger.EntryID
	var n int
	err = s.cfg.Pool.QueryRow(v.ctx, `
		select entry_id, n from (
			select k.entry_id, t.n, i.attempt as nth from instruction i join bank_message m on m.id = i.bank_message_id
			join entry_key k on k.key = 'message:' || m.message_id || ':sent'
			join transfer t on t.entry_id = k.entry_id and t.on_day = k.on_day
			where i.payment_id = $1 and t.ref = 'payment:' || $1
			union all
			select k.entry_id, t.n, 0 from payment p join entry_key k on k.key = 'run:' || p.run_id || ':approved'
			join transfer t on t.entry_id = k.entry_id and t.on_day = k.on_day
			join account a on a.id = t.credit and a.code = '3388.p' || p.person_id
			where p.id = $1 and t.ref = 'payment:' || $1) x
		order by nth desc, n limit 1`, d.Row.ID).Scan(&entry, &n)
	if errors.Is(err, pgx.ErrNoRows) {
		return &problem{Status: 409, VI: "Khoản chi này chưa được ghi sổ nên chưa có biên nhận.", EN: "This payment is not in the books yet.",
			Next: "Biên nhận có sau khi đợt chi được duyệt."}
	}
	if err != nil {
		return err
	}
	return s.receiptSheet(v, entry, n, d.Row.Name)
}

func (s *Server) receiptSheet(v *visit, entry ledger.EntryID, n int, name string) error {
	r, why, err := s.receipt(v, entry, n)
	if err != nil {
		return err
	}
	if r == nil {
		return &problem{Status: 409, VI: why, EN: "No receipt yet", Next: "Đợi một giây rồi tải lại trang."}
	}
	d, err := newReceiptPage(v.ctx, s.cfg.Pool, r, s.cfg.LogKeys.Verifiers())
	if err != nil {
		return err
	}
	d.Name, d.Printable = name, true
	d.JSON = fmt.Sprintf("/entries/%d?format=json", entry)
	if n != ledger.Whole {
		d.JSON += fmt.Sprintf("&transfer=%d", n)
	}
	return v.page("receipt", view{Title: "Biên nhận có chứng cứ", Bare: true, Scripts: []string{"print.js"}, Data: d})
}
