package beneficiaries

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/identity"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// List is one version of a scheme's list of an office, or a file that mends or
// adds to one.
type List struct {
	ID          ListID         `json:"id"`
	Kind        string         `json:"kind"` // list, correction, accounts
	Office      *string        `json:"office"`
	OfficeName  *string        `json:"office_name"`
	Scheme      *string        `json:"scheme"`
	Version     int            `json:"version"`
	Previous    *ListID        `json:"previous"`
	FileName    string         `json:"file_name"`
	SHA256      []byte         `json:"sha256"`
	Sheet       string         `json:"sheet"`
	Title       string         `json:"title"`
	Sender      string         `json:"sender"`  // who gave us the file
	Waits       bool           `json:"waits"`   // what it brings is held until a second person accepts it
	Verdict     *Verdict       `json:"verdict"` // nil: nobody has decided yet
	ImportedBy  string         `json:"imported_by"`
	ImportedAt  time.Time      `json:"imported_at"`
	Received    int            `json:"received"` // rows; always imported + quarantined
	Imported    int            `json:"imported"`
	Quarantined int            `json:"quarantined"`
	Open        int            `json:"open"` // of those, not corrected since
	Duplicates  int            `json:"duplicates"`
	Remarks     int            `json:"remarks"` // rows that name nobody: totals, group headings, signatures
	Repairs     map[string]int `json:"repairs"`
	Changes     map[string]int `json:"changes"` // added, gone, changed against the version before
}

// ListFilter narrows Lists; zero fields do not.
type ListFilter struct {
	Office string
	Scheme string
	Before ListID // lists older than this one: the cursor of the next page
	Limit  int    // 0: 100
}

// Lists returns what came, newest first.
func Lists(ctx context.Context, q pg.Queryer, f ListFilter) (_ []List, err error) {
	defer pg.Wrap(&err, "beneficiaries: lists")
	rows, err := q.Query(ctx, listColumns+`
		 where (@office = '' or l.office = @office) and (@scheme = '' or l.scheme = @scheme)
		   and (@before = 0 or l.id < @before)
		 order by l.id desc limit @limit`,
		pgx.StrictNamedArgs{"office": f.Office, "scheme": f.Scheme, "before": f.Before, "limit": limitOr(f.Limit, 100)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[List])
}

// ListByID returns one list.
func ListByID(ctx context.Context, q pg.Queryer, id ListID) (_ List, err error) {
	defer pg.Wrap(&err, "beneficiaries: list %d", id)
	rows, err := q.Query(ctx, listColumns+` where l.id = $1`, id)
	if err != nil {
		return List{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[List])
}

const listColumns = `
	select l.id, l.kind, l.office, o.name as office_name, l.scheme, l.version, l.previous, l.file_name, l.sha256,
	       l.sheet, l.title, l.sender, l.waits,
	       (select jsonb_build_object('accepted', v.accepted, 'by', v.decided_by, 'at', v.decided_at, 'note', v.note)
	          from list_verdict v where v.list_id = l.id) as verdict, l.imported_by, l.imported_at, l.received, l.imported, l.quarantined,
	       (select count(*) from list_row r where r.list_id = l.id and r.state = 'quarantined' and r.corrected_by is null)::int as open,
	       l.duplicates, l.remarks, l.repairs, l.changes
	  from list l left join office o on o.code = l.office`

// QuarantinedRow is a row that was not taken, with every cell as received; text
// of legacy encodings is written in Unicode.
type QuarantinedRow struct {
	ID     RowID
	List   ListID
	Sheet  string
	Row    int    // as the spreadsheet counts
	Cell   string // the cell at fault. Example: D17
	Reason string // plain Vietnamese
	Cells  []string
}

// Quarantine returns the rows of a list that still wait to be corrected, in the
// order of the file.
func Quarantine(ctx context.Context, q pg.Queryer, box *secret.Box, list ListID) (_ []QuarantinedRow, err error) {
	defer pg.Wrap(&err, "beneficiaries: quarantine of list %d", list)
	var layouts map[string]layout
	if err := q.QueryRow(ctx, `select layout from list where id = $1`, list).Scan(&layouts); errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNoList
	} else if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `
		select id, list_id, sheet, row_no, coalesce(cell, ''), reason, cells
		  from list_row where list_id = $1 and state = 'quarantined' and corrected_by is null
		 order by id`, list)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r QuarantinedRow, err error) {
		var sealed []byte
		if err := row.Scan(&r.ID, &r.List, &r.Sheet, &r.Row, &r.Cell, &r.Reason, &sealed); err != nil {
			return r, err
		}
		if r.Cells, err = openCells(box, sealed); err == nil {
			layouts[r.Sheet].decode(r.Cells)
		}
		return r, err
	})
}

// decode writes the text columns of a row in Unicode.
func (l layout) decode(cells []string) {
	for key, name := range l.Encodings {
		at, ok := l.Columns[key]
		if !ok || at >= len(cells) {
			continue
		}
		for _, e := range []identity.Encoding{identity.TCVN3, identity.VNI, identity.VISCII, identity.Windows1258, identity.Mojibake} {
			if e.String() == name {
				cells[at] = e.Decode(cells[at])
			}
		}
	}
}

// Change is what a version did to one person's place on a list.
type Change struct {
	Person   PersonID             `json:"person"`
	Name     string               `json:"name"`
	Category string               `json:"category"`
	Change   string               `json:"change"` // added, gone, changed
	Fields   map[string][2]string `json:"fields"` // before and after; numbers masked
}

// Changes returns what a list changed against the version before, by name.
func Changes(ctx context.Context, q pg.Queryer, list ListID) (_ []Change, err error) {
	defer pg.Wrap(&err, "beneficiaries: changes of list %d", list)
	rows, err := q.Query(ctx, `
		select c.person_id as person, p.name, c.category, c.change, c.fields
		  from list_change c join person p on p.id = c.person_id
		 where c.list_id = $1
		 order by c.change, p.name collate "vi-x-icu", c.person_id, c.category`, list)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Change])
}

func sealCells(box *secret.Box, cells []string) []byte {
	text, err := json.Marshal(cells)
	if err != nil {
		panic(err) // strings always marshal
	}
	return box.Seal(secret.ListCells, string(text))
}

func openCells(box *secret.Box, sealed []byte) (cells []string, err error) {
	text, err := box.Open(secret.ListCells, sealed)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(text), &cells); err != nil {
		return nil, fmt.Errorf("cells of a list row: %w", err)
	}
	return cells, nil
}

func limitOr(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return min(n, 10_000)
}
