package payout

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/money"
)

// WriteDocument writes a document as a spreadsheet: a first sheet with what it is and
// comes to, in figures and words, and who signs; then a sheet for each table. Rows are
// read page by page, from one state of the database.
func WriteDocument(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, run RunID, kind DocumentKind, out io.Writer) (d Document, err error) {
	defer pg.Wrap(&err, "payout: write %s of run %d", kind, run)
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, pool, options, func(tx pgx.Tx) error {
		doc, k, err := beginDocument(ctx, tx, box, run, kind)
		if err != nil {
			return err
		}
		w, err := sheet.NewWriter(out)
		if err != nil {
			return err
		}
		if err := doc.cover(w); err != nil {
			return err
		}
		for i := range doc.Tables {
			var page func(context.Context, *documenting, documentPage) error
			if i == 0 {
				page = k.page
			}
			if err := doc.table(ctx, w, i, page); err != nil {
				return err
			}
		}
		d = doc.Document
		return w.Close()
	})
	return d, err
}

// cover is the first sheet.
func (d *documenting) cover(w *sheet.Writer) error {
	if err := w.Sheet("Trang đầu", []string{d.Title, ""}, 34, 90); err != nil {
		return err
	}
	rows := [][]any{{"ỦY BAN NHÂN DÂN", d.Office}}
	for _, f := range d.Facts {
		rows = append(rows, []any{f.Label, f.Value})
	}
	rows = append(rows, []any{"Tổng số tiền", d.Total}, []any{"Bằng chữ", d.Total.Words()}, []any{"", ""})
	for _, signer := range d.Signers {
		rows = append(rows, []any{signer + " (ký, họ tên)", ""})
	}
	for _, row := range rows {
		if err := w.Row(row...); err != nil {
			return err
		}
	}
	return nil
}

// table is one sheet, its rows read page by page.
func (d *documenting) table(ctx context.Context, w *sheet.Writer, i int, page func(context.Context, *documenting, documentPage) error) error {
	t := &d.Tables[i]
	headings, widths := make([]string, len(t.Columns)), make([]float64, len(t.Columns))
	for j, c := range t.Columns {
		headings[j], widths[j] = c.Name, c.Width
	}
	if err := w.Sheet(t.Title, headings, widths...); err != nil {
		return err
	}
	for more := true; more; {
		if page != nil {
			after := t.Next
			t.Next, t.Rows = "", t.Rows[:0]
			if err := page(ctx, d, documentPage{after, 5000}); err != nil {
				return err
			}
		}
		for _, row := range t.Rows {
			if err := w.Row(row...); err != nil {
				return err
			}
		}
		more = page != nil && t.Next != ""
	}
	if t.Sum == nil {
		return nil
	}
	if err := w.Row(t.Sum...); err != nil {
		return err
	}
	words := make([]any, len(t.Columns))
	words[0], words[1] = "", "Bằng chữ: "+t.sum().Words()
	return w.Row(words...)
}

// sum is the last amount of the last row: what the table comes to.
func (t *DocumentTable) sum() money.VND {
	for i := len(t.Sum) - 1; i >= 0; i-- {
		if v, ok := t.Sum[i].(money.VND); ok {
			return v
		}
	}
	return 0
}

// DocumentID names a document that was handed out. Example: 12.
type DocumentID int64

// KeptDocument is a document as it was handed out, with what came back signed.
type KeptDocument struct {
	ID       DocumentID    `json:"id"`
	Run      RunID         `json:"run"`
	Kind     DocumentKind  `json:"kind"`
	FileName string        `json:"file_name"`
	SHA256   []byte        `json:"sha256"`
	Size     int           `json:"size"`
	Total    money.VND     `json:"total"`
	MadeBy   string        `json:"made_by"`
	MadeAt   time.Time     `json:"made_at"`
	Signed   []KeptSigning `json:"signed"`
}

// KeptSigning is a signed file kept beside its document.
type KeptSigning struct {
	ID       int64     `json:"id"`
	FileName string    `json:"file_name"`
	SHA256   []byte    `json:"sha256"`
	Size     int       `json:"size"`
	Note     string    `json:"note"`
	KeptBy   string    `json:"kept_by"`
	KeptAt   time.Time `json:"kept_at"`
}

// mostDocument is the largest file that is kept.
const mostDocument = 32 << 20

// KeepDocument makes a document and keeps its bytes, to be signed outside. The same
// bytes again are the same document.
func KeepDocument(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, run RunID, kind DocumentKind, by StaffID, now time.Time) (id DocumentID, err error) {
	defer pg.Wrap(&err, "payout: keep %s of run %d", kind, run)
	var b limited
	d, err := WriteDocument(ctx, pool, box, run, kind, &b)
	if errors.Is(err, errTooLong) {
		return 0, refuse("the document is larger than %d MB: sign the list of a smaller run", mostDocument>>20)
	}
	if err != nil {
		return 0, err
	}
	name := fmt.Sprintf("%s-%s-%s-%d.xlsx", kind, d.Run.Office, d.Run.Month, run)
	sum := sha256.Sum256(b.body)
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			insert into document (run_id, kind, file_name, sha256, content, total, made_by, made_at)
			values (@run, @kind, @name, @sum, @content, @total, @by, @now)
			on conflict on constraint document_once do nothing returning id`,
			pgx.StrictNamedArgs{"run": run, "kind": kind, "name": name, "sum": sum[:], "content": b.body, "total": d.Total, "by": by, "now": now}).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return tx.QueryRow(ctx, `select id from document where run_id = $1 and kind = $2 and sha256 = $3`, run, kind, sum[:]).Scan(&id)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "document.made", Subject: run.subject(),
			Payload: map[string]any{"document": id, "kind": kind, "sha256": fmt.Sprintf("%x", sum), "total": d.Total}})
	})
	return id, err
}

// limited gathers at most mostDocument bytes.
type limited struct{ body []byte }

var errTooLong = errors.New("payout: document too long")

func (l *limited) Write(b []byte) (int, error) {
	if len(l.body)+len(b) > mostDocument {
		return 0, errTooLong
	}
	l.body = append(l.body, b...)
	return len(b), nil
}

// KeepSigned keeps a file that came back signed beside its document. What a signature is
// worth is for the one who checks it with the state's tools: the program keeps the bytes
// and says who brought them.
func KeepSigned(ctx context.Context, pool *pgxpool.Pool, document DocumentID, fileName string, content []byte, note string, by StaffID, now time.Time) (err error) {
	defer pg.Wrap(&err, "payout: keep what was signed of document %d", document)
	fileName = filepath.Base(strings.ReplaceAll(fileName, `\`, "/"))
	if len(content) == 0 || len(content) > mostDocument {
		return refuse("the signed file must have from 1 byte to %d MB; it has %d bytes", mostDocument>>20, len(content))
	}
	sum := sha256.Sum256(content)
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		var run RunID
		var made []byte
		err = tx.QueryRow(ctx, `select run_id, sha256 from document where id = $1`, document).Scan(&run, &made)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if string(made) == string(sum[:]) {
			return refuse("%s is the document itself, not signed", fileName)
		}
		tag, err := tx.Exec(ctx, `
			insert into document_signed (document_id, file_name, sha256, content, note, kept_by, kept_at)
			values (@document, @name, @sum, @content, @note, @by, @now) on conflict do nothing`,
			pgx.StrictNamedArgs{"document": document, "name": fileName, "sum": sum[:], "content": content, "note": strings.TrimSpace(note), "by": by, "now": now})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "document.signed", Subject: run.subject(),
			Payload: map[string]any{"document": document, "file": fileName, "sha256": fmt.Sprintf("%x", sum)}})
	})
}

// KeptDocuments lists what was handed out of a run, newest first.
func KeptDocuments(ctx context.Context, q pg.Queryer, run RunID) (list []KeptDocument, err error) {
	defer pg.Wrap(&err, "payout: documents of run %d", run)
	rows, err := q.Query(ctx, `
		select d.id, d.run_id, d.kind, d.file_name, d.sha256, octet_length(d.content), d.total, s.name, d.made_at
		from document d join staff s on s.id = d.made_by where d.run_id = $1 order by d.id desc`, run)
	if err != nil {
		return nil, err
	}
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d KeptDocument, err error) {
		err = row.Scan(&d.ID, &d.Run, &d.Kind, &d.FileName, &d.SHA256, &d.Size, &d.Total, &d.MadeBy, &d.MadeAt)
		return d, err
	})
	if err != nil {
		return nil, err
	}
	at := map[DocumentID]int{}
	for i := range list {
		list[i].Signed, at[list[i].ID] = []KeptSigning{}, i
	}
	rows, err = q.Query(ctx, `
		select g.document_id, g.id, g.file_name, g.sha256, octet_length(g.content), g.note, s.name, g.kept_at
		from document_signed g join document d on d.id = g.document_id join staff s on s.id = g.kept_by where d.run_id = $1 order by g.id`, run)
	if err != nil {
		return nil, err
	}
	var of DocumentID
	var g KeptSigning
	_, err = pgx.ForEachRow(rows, []any{&of, &g.ID, &g.FileName, &g.SHA256, &g.Size, &g.Note, &g.KeptBy, &g.KeptAt}, func() error {
		d := &list[at[of]]
		d.Signed = append(d.Signed, g)
		g.SHA256 = nil
		return nil
	})
	return list, err
}

// DocumentFile gives back the bytes of a document, or with signed not 0 those of a
// signed file of it, and the run they are about.
func DocumentFile(ctx context.Context, q pg.Queryer, document DocumentID, signed int64) (run RunID, name string, content []byte, err error) {
	defer pg.Wrap(&err, "payout: file of document %d", document)
	if signed == 0 {
		err = q.QueryRow(ctx, `select run_id, file_name, content from document where id = $1`, document).Scan(&run, &name, &content)
	} else {
		err = q.QueryRow(ctx, `
			select d.run_id, g.file_name, g.content from document_signed g join document d on d.id = g.document_id
			where d.id = $1 and g.id = $2`, document, signed).Scan(&run, &name, &content)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	return run, name, content, err
}
