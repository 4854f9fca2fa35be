package beneficiaries

import (
	"context"
	"errors"
	"io"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/sheet"
)

// ErrNoList: there is no such list.
var ErrNoList = errors.New("no such list")

// WriteQuarantine writes the rows of the lists that wait to be corrected as a
// spreadsheet: a sheet a list, every cell as received, the cell at fault marked,
// the reason beside it, and "Mã dòng", by which the corrected sheet is imported
// again. It returns how many rows there are; with none it writes nothing.
func WriteQuarantine(ctx context.Context, q pg.Queryer, box *secret.Box, out io.Writer, lists ...ListID) (rows int, err error) {
	defer pg.Wrap(&err, "beneficiaries: write quarantine")
	var w *sheet.Writer
	for _, id := range lists {
		waiting, err := Quarantine(ctx, q, box, id)
		if err != nil {
			return 0, err
		}
		if len(waiting) == 0 {
			continue
		}
		if w == nil {
			if w, err = sheet.NewWriter(out); err != nil {
				return 0, err
			}
		}
		if err := writeQuarantined(ctx, q, w, id, waiting); err != nil {
			return 0, err
		}
		rows += len(waiting)
	}
	if w == nil {
		return 0, nil
	}
	return rows, w.Close()
}

func writeQuarantined(ctx context.Context, q pg.Queryer, w *sheet.Writer, id ListID, rows []QuarantinedRow) error {
	var layouts map[string]layout
	var name string
	err := q.QueryRow(ctx, `select layout, coalesce(office || ' ' || scheme, kind) || ' ' || id from list where id = $1`, id).Scan(&layouts, &name)
	if err != nil {
		return err
	}
	for start := 0; start < len(rows); {
		end := start
		for end < len(rows) && rows[end].Sheet == rows[start].Sheet {
			end++
		}
		title := name
		if len(layouts) > 1 {
			title += " " + rows[start].Sheet
		}
		if err := writeQuarantineSheet(w, title, layouts[rows[start].Sheet], rows[start:end]); err != nil {
			return err
		}
		start = end
	}
	return nil
}

// writeQuarantineSheet writes rows of one layout. Our own columns stand first; of
// a corrected sheet that is quarantined again they are left out.
func writeQuarantineSheet(w *sheet.Writer, title string, l layout, rows []QuarantinedRow) error {
	heads := []string{rowRefHeading, reasonHeading, cellHeading}
	var columns []int
	width := len(l.Heads)
	for _, r := range rows {
		width = max(width, len(r.Cells))
	}
	for i := range width {
		head := ""
		if i < len(l.Heads) {
			head = l.Heads[i]
		}
		if head == rowRefHeading || head == reasonHeading || head == cellHeading {
			continue
		}
		columns, heads = append(columns, i), append(heads, head)
	}
	if err := w.Sheet(title, heads, 10, 46, 10); err != nil {
		return err
	}
	for _, r := range rows {
		cells := []any{rowRef(r.ID), r.Reason, r.Cell}
		for _, i := range columns {
			text := ""
			if i < len(r.Cells) {
				text = r.Cells[i]
			}
			cells = append(cells, sheet.Cell{Value: text, Mark: sheet.Ref(i, r.Row) == r.Cell})
		}
		if err := w.Row(cells...); err != nil {
			return err
		}
	}
	return nil
}

// The columns that a quarantine spreadsheet has beside those of the list.
const (
	rowRefHeading = "Mã dòng"
	reasonHeading = "Lý do"
	cellHeading   = "Ô sai"
)
