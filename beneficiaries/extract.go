package beneficiaries

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// The other door to the register: where no line to it exists, a spreadsheet
// goes to the commune police and comes back with what they found.

// ExtractID names a list that went out to be checked. Example: 12.
type ExtractID int64

// Extracting says whom a list for the police is about.
type Extracting struct {
	Office   string    // "" all
	Stale    time.Time // people checked before this; zero: only those never checked
	FileName string    // as it is kept on record
	SentTo   string    // who checks. Example: Công an xã Hồng Dân
	By       string
	Now      time.Time
}

// WriteExtract writes the people who are due to be checked as a spreadsheet for the
// police, with full numbers, which is recorded: who, when, how many and the file's hash.
// It returns how many people it holds; a list of nobody leaves no record.
func WriteExtract(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, out io.Writer, in Extracting) (id ExtractID, n int, err error) {
	defer pg.Wrap(&err, "beneficiaries: write extract")
	if err := pool.QueryRow(ctx, `select nextval('register_extract_id_seq')`).Scan(&id); err != nil {
		return 0, 0, err
	}
	head := registry.Extract{Office: "UBND " + communeName(in.Office), SentOn: in.Now,
		Title: fmt.Sprintf("Danh sách số %d đề nghị đối chiếu với Cơ sở dữ liệu quốc gia về dân cư", id)}
	if in.Office == "" {
		head.Office = "Tỉnh Cà Mau"
	}
	sum := sha256.New()
	counted := &counter{w: io.MultiWriter(out, sum)}
	s := &syncing{pool: pool, box: box, stale: in.Stale, office: in.Office}
	var readErr error
	err = registry.WriteExtract(counted, head, func(yield func(registry.Check) bool) {
		for last := PersonID(0); ; {
			people, err := s.page(ctx, last)
			if err != nil {
				readErr = err
				return
			}
			if len(people) == 0 {
				return
			}
			for _, a := range people {
				last = a.id
				n++
				if !yield(registry.Check{ID: extractKey(box, id, a.id), Number: first(a.number, a.old), Name: a.name, Birth: a.birth, Sex: a.sex,
					Address: first(a.address, a.hamlet)}) {
					return
				}
			}
		}
	})
	if err := errors.Join(readErr, err); err != nil || n == 0 {
		return 0, 0, err
	}
	return id, n, pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			insert into register_extract (id, office, file_name, sha256, size, people, sent_to, made_by, made_at)
			values (@id, nullif(@office, ''), @name, @sum, @size, @people, @to, @by, @now)`,
			pgx.StrictNamedArgs{"id": int64(id), "office": in.Office, "name": in.FileName, "sum": sum.Sum(nil), "size": counted.n, "people": n,
				"to": in.SentTo, "by": in.By, "now": in.Now})
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: in.By, Kind: "extract.written", Subject: "office:" + first(in.Office, "*"),
			Payload: map[string]any{"extract": id, "people": n, "sha256": fmt.Sprintf("%x", sum.Sum(nil)), "sent_to": in.SentTo}})
	})
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// extractKey is a row's key: the list, the person, and four signs that only this system
// can make, so that a row of another province's file, or a digit that slipped, is seen.
func extractKey(box *secret.Box, id ExtractID, person PersonID) string {
	plain := fmt.Sprintf("%d-%d", id, person)
	return plain + "-" + keySigns(box, plain)
}

func keySigns(box *secret.Box, plain string) string {
	return base32.StdEncoding.EncodeToString(box.Index("register-extract", plain))[:4]
}

// readExtractKey is the list and the person of a row's key.
func readExtractKey(box *secret.Box, key string) (ExtractID, PersonID, bool) {
	plain, signs, _ := cutLast(strings.TrimSpace(key), "-")
	list, person, ok := strings.Cut(plain, "-")
	id, err1 := strconv.ParseInt(list, 10, 64)
	who, err2 := strconv.ParseInt(person, 10, 64)
	if !ok || err1 != nil || err2 != nil || !strings.EqualFold(signs, keySigns(box, plain)) {
		return 0, 0, false
	}
	return ExtractID(id), PersonID(who), true
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// SentExtract is a list that went out, with what came back.
type SentExtract struct {
	ID         ExtractID
	Office     string // "" the province
	OfficeName string
	FileName   string
	SHA256     []byte
	People     int
	SentTo     string
	By         string
	At         time.Time
	Returns    []ReturnedExtract `db:"-"`
}

// ReturnedExtract is a checked list that came back.
type ReturnedExtract struct {
	ID         int64
	Extract    ExtractID
	FileName   string
	SHA256     []byte
	CheckedBy  string
	TrueOn     time.Time
	Answered   int
	Unanswered int
	By         string
	At         time.Time
	Outcomes   map[Outcome]int
}

// Extracts are the lists that went out, newest first, with their returns; office ""
// means all.
func Extracts(ctx context.Context, q pg.Queryer, office string, limit int) (_ []SentExtract, err error) {
	defer pg.Wrap(&err, "beneficiaries: extracts")
	rows, err := q.Query(ctx, `
		select e.id, coalesce(e.office, ''), coalesce(o.name, ''), e.file_name, e.sha256, e.people, e.sent_to, e.made_by, e.made_at
		  from register_extract e left join office o on o.code = e.office
		 where $1 = '' or e.office = $1 order by e.id desc limit $2`, office, limitOr(limit, 50))
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SentExtract])
	if err != nil || len(out) == 0 {
		return nil, err
	}
	at, ids := map[ExtractID]int{}, make([]int64, len(out))
	for i, e := range out {
		at[e.ID], ids[i] = i, int64(e.ID)
	}
	if rows, err = q.Query(ctx, `
		select r.id, r.extract_id, r.file_name, r.sha256, r.checked_by, r.true_on, r.answered, r.unanswered, r.imported_by, r.imported_at, s.outcomes
		  from register_return r join sync s on s.id = r.sync_id where r.extract_id = any($1) order by r.id`, ids); err != nil {
		return nil, err
	}
	returns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ReturnedExtract])
	for _, r := range returns {
		e := &out[at[r.Extract]]
		e.Returns = append(e.Returns, r)
	}
	return out, err
}
