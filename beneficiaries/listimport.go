package beneficiaries

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
)

// chunkSize bounds the rows that are in memory at once.
const chunkSize = 4000

// listImport writes one list, chunk by chunk, in the file's transaction.
type listImport struct {
	*fileImport
	kind, office, scheme string
	id, previous         ListID
	version              int
	opening              money.Month // months before it are nobody's business here
	sheets               []sheet.Table
	layout               map[string]layout // by sheet

	chunk []line
	// what earlier rows of this list hold
	taken   map[place]RowID
	paidTo  map[PersonID]RowID // the row that gave the payee
	mended  map[RowID]RowID    // quarantined row → row that corrects it
	remarks int
	result  Imported
}

// layout is how a sheet was read, kept so that its rows can be shown again.
type layout struct {
	Heads     []string          `json:"heads"`     // by column of the file
	Columns   map[string]int    `json:"columns"`   // column key to column of the file
	Encodings map[string]string `json:"encodings"` // of the text columns that are not Unicode
}

// place is one person's place on a list.
type place struct {
	person   PersonID
	category string
}

func newListImport(f *fileImport, kind, office, scheme string) *listImport {
	return &listImport{fileImport: f, kind: kind, office: office, scheme: scheme,
		layout: map[string]layout{}, taken: map[place]RowID{}, paidTo: map[PersonID]RowID{}, mended: map[RowID]RowID{},
		result: Imported{File: f.called(), Kind: kind, Office: office, Scheme: scheme, Repairs: map[string]int{}, Changes: map[string]int{}}}
}

// begin writes the head of the list; its counts come last.
func (l *listImport) begin(ctx context.Context) error {
	c, _ := units.ByCode(l.office)
	_, err := l.tx.Exec(ctx, `insert into office (code, name, kind) values ($1, $2, $3) on conflict do nothing`, c.Code, "UBND "+c.Name, c.Kind)
	if err != nil {
		return err
	}
	var opening string
	if err := l.tx.QueryRow(ctx, `select value #>> '{}' from setting where key = 'opening_month'`).Scan(&opening); err != nil {
		return fmt.Errorf("setting opening_month: %w", err)
	}
	if l.opening, err = money.ParseMonth(opening); err != nil {
		return fmt.Errorf("setting opening_month: %w", err)
	}
	l.version = 1
	if l.kind == "list" {
		err := l.tx.QueryRow(ctx, `
			select id, version + 1 from list where kind = 'list' and office = $1 and scheme = $2 order by version desc limit 1`,
			l.office, l.scheme).Scan(&l.previous, &l.version)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
	}
	var previous *ListID
	if l.previous != 0 {
		previous = &l.previous
	}
	title := ""
	for i, t := range l.sheets {
		if i == 0 {
			l.result.Sheet = t.Sheet
			if len(t.Title) > 0 {
				title = longest(t.Title)
			}
		} else {
			l.result.Sheet += ", " + t.Sheet
		}
	}
	return l.tx.QueryRow(ctx, `
		insert into list (kind, office, scheme, version, previous, file_name, sha256, size, sheet, title, layout, sender, imported_by, imported_at, waits)
		values (@kind, @office, @scheme, @version, @previous, @file, @sum, @size, @sheet, @title, @layout, @sender, @by, @now, @waits)
		returning id`,
		pgx.StrictNamedArgs{"kind": l.kind, "office": l.office, "scheme": l.scheme, "version": l.version, "previous": previous,
			"sender": l.Sender, "waits": l.Waits, "file": baseName(l.called()), "sum": l.sum[:], "size": l.size, "sheet": l.result.Sheet, "title": title,
			"layout": l.layout, "by": l.By, "now": l.Now}).Scan(&l.id)
}

// take resolves and writes some rows.
func (l *listImport) take(ctx context.Context, lines []line) error {
	if l.id == 0 {
		if err := l.begin(ctx); err != nil {
			return err
		}
	}
	l.chunk = lines
	if err := l.followCorrections(ctx); err != nil {
		return err
	}
	found, err := l.lookUp(ctx)
	if err != nil {
		return err
	}
	w := &chunkWriter{listImport: l, known: found}
	if err := w.resolve(ctx); err != nil {
		return err
	}
	if err := w.write(ctx); err != nil {
		return err
	}
	for _, r := range l.chunk {
		l.result.Received++
		if r.reason != "" {
			l.result.Quarantined++
		} else {
			l.result.Imported++
		}
		if len(r.warnings) > 0 && r.reason == "" {
			l.result.Warnings++
		}
		for _, p := range r.repairs {
			l.result.Repairs[p.Kind]++
		}
	}
	l.chunk = nil
	return nil
}

// followCorrections leads "Mã dòng" to the row that waits now: what was
// corrected once and quarantined again is another row.
func (l *listImport) followCorrections(ctx context.Context) error {
	if l.kind != "correction" {
		return nil
	}
	refs := make([]int64, 0, len(l.chunk))
	for _, r := range l.chunk {
		if r.mends == 0 {
			return &RefusedError{File: l.called(), Where: fmt.Sprintf("dòng %d", r.number), What: "thiếu mã dòng",
				Do: "chỉ sửa các dòng có mã; người mới thì nhập bằng danh sách"}
		}
		refs = append(refs, int64(r.mends))
	}
	rows, err := l.tx.Query(ctx, `
		with recursive chain as (
		    select r.id as start, r.id, r.corrected_by, r.state
		      from list_row r join list l on l.id = r.list_id
		     where r.id = any($1) and (l.id = $2 or l.previous = $2 and l.kind = 'correction')
		    union all
		    select c.start, n.id, n.corrected_by, n.state from chain c join list_row n on n.id = c.corrected_by
		)
		select start, id, state from chain where corrected_by is null`, refs, l.previous)
	if err != nil {
		return err
	}
	type end struct {
		id    RowID
		state string
	}
	ends := map[RowID]end{}
	var start RowID
	var e end
	if _, err := pgx.ForEachRow(rows, []any{&start, &e.id, &e.state}, func() error { ends[start] = e; return nil }); err != nil {
		return err
	}
	for i := range l.chunk {
		r := &l.chunk[i]
		end, ok := ends[r.mends]
		if !ok {
			return &RefusedError{File: l.called(), Where: fmt.Sprintf("dòng %d", r.number), What: fmt.Sprintf("mã dòng %s không thuộc danh sách này", rowRef(r.mends)),
				Do: "mỗi bảng chỉ sửa các dòng của một danh sách"}
		}
		r.mends = end.id
		if end.state == "imported" { // mended before: only a second writing of the same
			r.mends = 0
		}
	}
	return nil
}

// finish writes what is gone, and the counts.
func (l *listImport) finish(ctx context.Context) error {
	if l.result.Received == 0 { // titles and totals only
		return &RefusedError{File: l.called(), Where: l.result.Sheet, What: "không có dòng nào của người hưởng", Do: "kiểm tra lại tệp"}
	}
	if l.version > 1 && l.kind == "list" {
		if err := l.markGone(ctx); err != nil {
			return err
		}
		if err := l.inheritChanges(ctx); err != nil {
			return err
		}
	}
	repairs, err := json.Marshal(l.result.Repairs)
	if err != nil {
		return err
	}
	_, err = l.tx.Exec(ctx, `
		update list set received = @received, imported = @imported, quarantined = @quarantined, duplicates = @duplicates,
		       remarks = @remarks, repairs = @repairs, changes = @changes, done = true
		 where id = @id`,
		pgx.StrictNamedArgs{"id": l.id, "received": l.result.Received, "imported": l.result.Imported, "quarantined": l.result.Quarantined,
			"duplicates": l.result.Duplicates, "remarks": l.remarks, "repairs": string(repairs), "changes": l.result.Changes})
	if err != nil {
		return err
	}
	l.result.List, l.result.Version = l.id, l.version
	if !l.Waits {
		if err := acceptOwn(ctx, l.tx, l.id, l.By, l.Now); err != nil {
			return err
		}
	}
	return audit.Record(ctx, l.tx, audit.Event{At: l.Now, Actor: l.By, Kind: "list.imported", Subject: fmt.Sprintf("list:%d", l.id),
		Payload: map[string]any{"kind": l.kind, "office": l.office, "scheme": l.scheme, "version": l.version, "file": baseName(l.called()), "sender": l.Sender, "waits": l.Waits,
			"sha256": fmt.Sprintf("%x", l.sum), "received": l.result.Received, "imported": l.result.Imported, "quarantined": l.result.Quarantined}})
}

// markGone finds who stood on the version before and no longer does. They are
// held until a stop decision or a new list says why.
func (l *listImport) markGone(ctx context.Context) error {
	tag, err := l.tx.Exec(ctx, `
		with gone as (
		    update entitlement set dropped_by = $1
		     where office = $2 and scheme = $3 and list_id <> $1 and dropped_by is null and last_month is null
		 returning person_id, category
		)
		insert into list_change (list_id, person_id, category, change)
		select distinct $1::bigint, person_id, category, 'gone' from gone on conflict do nothing`, l.id, l.office, l.scheme)
	if n := tag.RowsAffected(); n > 0 {
		l.result.Changes["gone"] = int(n)
	}
	return err
}

func longest(texts []string) string {
	best := ""
	for _, t := range texts {
		if len(t) > len(best) {
			best = t
		}
	}
	return best
}

func baseName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}

func (l *listImport) numberIndex(number string) [secret.IndexSize]byte {
	return [secret.IndexSize]byte(l.box.Index(secret.PersonNumber, number))
}
