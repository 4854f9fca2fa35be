package beneficiaries

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/identity"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/units"
)

// ListFile is a file to import.
type ListFile struct {
	Path   string
	Name   string // what people call the file; "": its path
	Office string // commune code; "": as the title, the sheet or the file name says
	Only   string // commune code: lists of any other commune are refused; "": of all
	Scheme string // btxh, htxh, ncc; "": the same
	Sender string // who gave us the file. Example: Phòng Văn hoá – Xã hội xã Hồng Dân
	// Waits holds what the lists of the file bring until a second person accepts
	// them (DecideList). Otherwise who imports accepts.
	Waits bool
	By    string // who imports. Example: staff:lan
	Now   time.Time
}

func (f ListFile) called() string { return first(f.Name, f.Path) }

// Imported is what became of one list of a file.
type Imported struct {
	List        ListID         `json:"list"`
	File        string         `json:"file"`
	Sheet       string         `json:"sheet"`
	Kind        string         `json:"kind"` // list, correction, accounts
	Office      string         `json:"office"`
	Scheme      string         `json:"scheme"`
	Version     int            `json:"version"`
	Already     bool           `json:"already"`  // the same bytes were imported before: nothing changed
	Received    int            `json:"received"` // always imported + quarantined
	Imported    int            `json:"imported"`
	Quarantined int            `json:"quarantined"`
	Duplicates  int            `json:"duplicates"`
	Warnings    int            `json:"warnings"` // rows taken with a warning
	Repairs     map[string]int `json:"repairs"`
	Changes     map[string]int `json:"changes"`
	Skipped     []string       `json:"skipped"` // sheets without a heading, not read
}

// mostRows is more than a province lists for one scheme: a longer file is something else.
const mostRows = 600_000

// ImportList reads a scheme's list and writes all of it or, with an error,
// nothing. Every row is either imported or quarantined with its cell and its
// reason. The same bytes again change nothing and say so. A file whose rows
// carry "Mã dòng" mends the quarantine of earlier lists.
func ImportList(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in ListFile) (out []Imported, err error) {
	sum, size, err := fileSum(in.Path)
	if err != nil {
		return nil, err
	}
	decoders := []func(string) string{identity.TCVN3.Decode, identity.VNI.Decode, identity.VISCII.Decode, identity.Windows1258.Decode}
	reader, err := sheet.Open(in.Path, sheet.Options{Columns: listColumnNames, Decoders: decoders, Limits: sheet.Limits{Rows: mostRows}, Name: in.called()})
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	defer pg.Wrap(&err, "import %s", filepath.Base(in.called()))

	// Reading needs no lock: files are read side by side and written in turn.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := &fileImport{ListFile: in, sum: sum, size: size, box: box, reader: reader, pool: pool}
	chunks := make(chan chunk, 1)
	reading := make(chan error, 1)
	go func() {
		defer close(chunks)
		reading <- f.read(ctx, chunks)
	}()
	next, more := <-chunks // the first is whole before anything is locked
	err = pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		f.tx = tx
		if err := prepareImport(ctx, tx, box); err != nil {
			return err
		}
		var err error
		if out, err = alreadyImported(ctx, tx, in.called(), sum); err != nil || len(out) > 0 {
			return err
		}
		for ; more; next, more = <-chunks {
			if err := next.list.take(ctx, next.lines); err != nil {
				return err
			}
		}
		if err := <-reading; err != nil {
			return err
		}
		out, err = f.finish(ctx)
		return err
	})
	cancel()
	for range chunks { // let the reader end before its file is closed
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// prepareImport lets one import write at a time, so that two files at once
// cannot make one person twice, and refuses keys that this database was not
// filled under.
func prepareImport(ctx context.Context, tx pgx.Tx, box *secret.Box) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtext('beneficiaries.import'))`); err != nil {
		return err
	}
	if err := planBySet(ctx, tx); err != nil {
		return err
	}
	var keys string
	err := tx.QueryRow(ctx, `
		insert into setting (key, value) values ('secret_keys', to_jsonb($1::text))
		on conflict (key) do update set value = setting.value returning value #>> '{}'`, box.Fingerprint()).Scan(&keys)
	if err != nil {
		return err
	}
	if keys != box.Fingerprint() {
		return &RefusedError{File: "keys", What: "dữ liệu này được niêm phong bằng bộ khóa khác",
			Do: "khôi phục thư mục keys đã sao lưu cùng dữ liệu rồi chạy lại"}
	}
	return nil
}

// planBySet keeps the planner, for the rest of the transaction, to plans that
// are never much worse than the best: rows by index, sets joined by hashing. It
// may know nothing true about tables that were empty when it last looked, and
// would then read all of one table for every row of another.
func planBySet(ctx context.Context, tx pgx.Tx) error {
	for _, sql := range []string{
		`set local plan_cache_mode = force_custom_plan`, `set local enable_nestloop = off`, `set local enable_mergejoin = off`,
		`set local enable_seqscan = off`, `set local enable_bitmapscan = off`,
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

func fileSum(path string) (sum [32]byte, size int64, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return sum, 0, &RefusedError{File: path, What: "không mở được tệp", Do: "kiểm tra đường dẫn và quyền đọc", Err: errors.Unwrap(err)}
	}
	if err != nil {
		return sum, 0, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return sum, 0, &RefusedError{File: path, What: "là thư mục, không phải tệp", Do: "chỉ rõ tệp cần nhập"}
	}
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return sum, 0, fmt.Errorf("read %s: %w", path, err)
	}
	return [32]byte(h.Sum(nil)), size, nil
}

// alreadyImported returns what the same bytes became before.
func alreadyImported(ctx context.Context, tx pgx.Tx, path string, sum [32]byte) ([]Imported, error) {
	rows, err := tx.Query(ctx, `
		select id, sheet, kind, coalesce(office, ''), coalesce(scheme, ''), version, received, imported, quarantined, duplicates, repairs, changes
		  from list where sha256 = $1 order by id`, sum[:])
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Imported, err error) {
		i.File, i.Already = path, true
		return i, row.Scan(&i.List, &i.Sheet, &i.Kind, &i.Office, &i.Scheme, &i.Version, &i.Received, &i.Imported, &i.Quarantined,
			&i.Duplicates, &i.Repairs, &i.Changes)
	})
}

// fileImport reads one file into its lists.
type fileImport struct {
	ListFile
	sum    [32]byte
	size   int64
	tx     pgx.Tx
	box    *secret.Box
	reader *sheet.Reader
	pool   *pgxpool.Pool

	lists   []*listImport // in the order of the sheets; several sheets of one office and scheme are one
	skipped []string
}

// chunk is some cleaned rows of one list.
type chunk struct {
	list  *listImport
	lines []line
}

// read cleans the rows of all sheets. The first rows of a sheet are held back
// until its columns are judged by them.
func (f *fileImport) read(ctx context.Context, out chan<- chunk) error {
	tables := map[string]sheet.Table{}
	for _, t := range f.reader.Tables() {
		if !t.Skipped {
			tables[t.Sheet] = t
		} else if !t.Empty {
			f.skipped = append(f.skipped, t.Sheet)
		}
	}
	var (
		sheetName      string
		sample         []sheet.Row
		l              *listImport
		c              *cleaner
		lines          []line
		office, scheme string // of the sheet before: a second sheet may leave its title out
	)
	send := func() error {
		if len(lines) == 0 {
			return nil
		}
		straighten(lines)
		select {
		case out <- chunk{l, lines}:
		case <-ctx.Done():
			return ctx.Err()
		}
		lines = nil
		return nil
	}
	take := func(row sheet.Row) error {
		if isGroup(row) {
			c.enter(row.Group)
			l.remarks++
			return nil
		}
		if row.Remark && row.Value(fNumber) == "" && row.Value(fBirth) == "" && row.Value(fCategory) == "" {
			l.remarks++
			return nil
		}
		if lines = append(lines, c.clean(row)); len(lines) == chunkSize {
			return send()
		}
		return nil
	}
	judge := func() (err error) {
		if c != nil || len(sample) == 0 {
			return nil
		}
		if l, c, err = f.judge(ctx, tables[sheetName], sample, &office, &scheme); err != nil {
			return err
		}
		for _, row := range sample {
			if err := take(row); err != nil {
				return err
			}
		}
		sample = nil
		return nil
	}
	for row, err := range f.reader.Rows() {
		if err != nil {
			return err
		}
		if row.Sheet != sheetName {
			if err := errors.Join(judge(), send()); err != nil {
				return err
			}
			sheetName, c = row.Sheet, nil
		}
		switch {
		case c != nil:
			err = take(row)
		default:
			if sample = append(sample, row); len(sample) == sampleSize {
				err = judge()
			}
		}
		if err != nil {
			return err
		}
	}
	if err := judge(); err != nil {
		return err
	}
	if len(f.lists) == 0 {
		return &RefusedError{File: f.called(), What: "có tiêu đề nhưng không có dòng nào bên dưới", Do: "kiểm tra lại tệp"}
	}
	return send()
}

// judge decides whose list a sheet is and how its columns are written.
func (f *fileImport) judge(ctx context.Context, t sheet.Table, sample []sheet.Row, office, scheme *string) (l *listImport, c *cleaner, err error) {
	o, s := belongs(f.called(), t.Sheet, t.Title)
	*office, *scheme = first(o, *office), first(s, *scheme)
	mends := RowID(0)
	for _, row := range sample {
		if mends = parseRowRef(row.Value(fRowRef)); mends != 0 {
			break
		}
	}
	if mends != 0 {
		l, err = f.correctionOf(ctx, mends)
	} else {
		l, err = f.listOf(t, *office, *scheme)
	}
	if err != nil {
		return nil, nil, err
	}
	l.sheets = append(l.sheets, t)
	c = newCleaner(l.office, l.scheme, sample, f.Now)
	if _, has := t.Found[listColumnNames[fCategory].Key]; !has {
		only := Categories(l.scheme)
		decode := c.encodings[fName][sheet.FontUnicode].Decode
		switch {
		case len(only) == 1:
			c.oneGroup = only[0].Code
		case !namesCategories(l.scheme, sample, decode):
			return nil, nil, &RefusedError{File: f.called(), Where: t.Sheet, What: "không có cột nhóm đối tượng",
				Do: "thêm cột “Nhóm đối tượng”, hoặc ghi nhóm ở dòng tiêu đề của từng nhóm, rồi nhập lại"}
		}
	}
	l.layout[t.Sheet] = layout{Heads: t.Heads, Columns: t.At, Encodings: c.legacy()}
	return l, c, nil
}

// listOf is the list of an office and scheme, as flags and the file say.
func (f *fileImport) listOf(t sheet.Table, office, scheme string) (*listImport, error) {
	titled, _ := belongs("", "", t.Title)
	if f.Office != "" && titled != "" && titled != f.Office {
		return nil, &RefusedError{File: f.called(), Where: t.Sheet,
			What: fmt.Sprintf("tiêu đề ghi %s nhưng lệnh ghi --office %s (%s)", communeName(titled), f.Office, communeName(f.Office)),
			Do:   "kiểm tra lại tệp hoặc --office"}
	}
	office, scheme = first(f.Office, office), first(f.Scheme, scheme)
	if _, ok := units.ByCode(office); !ok {
		what := "không rõ danh sách của xã, phường nào"
		if office != "" {
			what = fmt.Sprintf("không có xã, phường mang mã %s", office)
		}
		return nil, &RefusedError{File: f.called(), Where: t.Sheet, What: what, Do: "ghi tên xã ở tiêu đề hoặc thêm --office MÃ"}
	}
	if err := f.mayTake(office, t.Sheet); err != nil {
		return nil, err
	}
	if len(Categories(scheme)) == 0 {
		return nil, &RefusedError{File: f.called(), Where: t.Sheet, What: "không rõ danh sách của chính sách nào",
			Do: "ghi tên chính sách ở tiêu đề hoặc thêm --scheme btxh, htxh hoặc ncc"}
	}
	for _, l := range f.lists {
		if l.kind == "list" && l.office == office && l.scheme == scheme {
			return l, nil
		}
	}
	l := newListImport(f, "list", office, scheme)
	f.lists = append(f.lists, l)
	return l, nil
}

// mayTake refuses another commune's list from who works for one.
func (f *fileImport) mayTake(office, sheetName string) error {
	if f.Only == "" || f.Only == office {
		return nil
	}
	return &RefusedError{File: f.called(), Where: sheetName, What: fmt.Sprintf("là danh sách của %s, không phải của %s", communeName(office), communeName(f.Only)),
		Do: "gửi tệp cho đơn vị đó, hoặc kiểm tra lại tiêu đề"}
}

// correctionOf is the correction of the list that the quarantined row is of.
func (f *fileImport) correctionOf(ctx context.Context, id RowID) (*listImport, error) {
	var of ListID
	var office, scheme string
	err := f.pool.QueryRow(ctx, `
		select coalesce(case when l.kind = 'correction' then l.previous end, l.id), l.office, l.scheme
		  from list_row r join list l on l.id = r.list_id
		 where r.id = $1 and r.state = 'quarantined' and l.kind <> 'accounts'`, id).Scan(&of, &office, &scheme)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, &RefusedError{File: f.called(), What: fmt.Sprintf("mã dòng %s không phải là dòng đang chờ sửa", rowRef(id)),
			Do: "tải lại bảng các dòng cần sửa rồi sửa trên bảng đó"}
	}
	if err != nil {
		return nil, err
	}
	if err := f.mayTake(office, ""); err != nil {
		return nil, err
	}
	for _, l := range f.lists {
		if l.kind == "correction" && l.previous == of {
			return l, nil
		}
	}
	l := newListImport(f, "correction", office, scheme)
	l.previous = of
	f.lists = append(f.lists, l)
	return l, nil
}

func (f *fileImport) finish(ctx context.Context) (out []Imported, err error) {
	for _, l := range f.lists {
		if err := l.finish(ctx); err != nil {
			return nil, err
		}
		done := l.result
		done.Skipped = f.skipped
		out = append(out, done)
	}
	return out, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func communeName(code string) string {
	if c, ok := units.ByCode(code); ok {
		return c.Name
	}
	return strings.TrimSpace("mã " + code)
}
