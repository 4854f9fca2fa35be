package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// The other door to the register: where no line to it exists, a spreadsheet
// goes to the commune police and comes back with what they found.

// WriteExtract writes the people of an office ("" all) who are due to be checked
// as a spreadsheet for the police, with full numbers, which is recorded. It
// returns how many people it holds.
func WriteExtract(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, out io.Writer, office string, stale time.Time, by string, now time.Time) (n int, err error) {
	defer pg.Wrap(&err, "beneficiaries: write extract")
	head := registry.Extract{Office: "UBND " + communeName(office), Title: "Danh sách đề nghị đối chiếu với Cơ sở dữ liệu quốc gia về dân cư", SentOn: now}
	if office == "" {
		head.Office = "Tỉnh Cà Mau"
	}
	s := &syncing{pool: pool, box: box, stale: stale, office: office}
	var readErr error
	err = registry.WriteExtract(out, head, func(yield func(registry.Check) bool) {
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
				if !yield(registry.Check{ID: strconv.FormatInt(int64(a.id), 10), Number: first(a.number, a.old), Name: a.name, Birth: a.birth, Sex: a.sex,
					Address: first(a.address, a.hamlet)}) {
					return
				}
			}
		}
	})
	if err := errors.Join(readErr, err); err != nil {
		return 0, err
	}
	return n, pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "extract.written", Subject: "office:" + first(office, "*"),
			Payload: map[string]any{"people": n}})
	})
}

// CheckedFile is an extract that came back.
type CheckedFile struct {
	Path string
	On   time.Time // the day the status was true; zero: the day of Now
	By   string
	Now  time.Time
}

// ImportChecked reads a checked list and judges every row as if the register
// had answered it. A row that was not looked at changes nothing. The same bytes
// again change nothing: Asked is 0 and Resumed true.
func ImportChecked(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in CheckedFile) (_ SyncResult, err error) {
	sum, _, err := fileSum(in.Path)
	if err != nil {
		return SyncResult{}, err
	}
	body, err := os.ReadFile(in.Path)
	if err != nil {
		return SyncResult{}, err
	}
	rows, err := registry.ReadChecked(body)
	if err != nil {
		return SyncResult{}, fmt.Errorf("%s: %w", in.Path, err)
	}
	defer pg.Wrap(&err, "beneficiaries: import checked list")
	if in.On.IsZero() {
		in.On = in.Now
	}
	name := fmt.Sprintf("extract:%x", sum[:8])
	return writeOnce(ctx, pool, box, Sync{Name: name, By: in.By, Now: in.Now, Options: identity.Options{Today: in.Now.Year()}}, func(s *syncing) ([]verdict, error) {
		return s.judgeChecked(ctx, rows, in.On)
	})
}

// HearNotice takes in what the register tells of its own accord: deaths and
// moves of people known here by number and name. The same message again changes
// nothing, and neither does an event of a day before the person's status that is known:
// a message that comes late says nothing new. A death that the register takes back makes
// the person agree with it again and leaves the death for people to take back.
func HearNotice(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, n registry.Callback, register, by string, now time.Time) (_ SyncResult, err error) {
	defer pg.Wrap(&err, "beneficiaries: hear notice %s", n.Message)
	sync := Sync{Name: "notice:" + register + ":" + n.Message, By: by, Now: now, Options: identity.Options{Today: now.Year()}}
	return writeOnce(ctx, pool, box, sync, func(s *syncing) ([]verdict, error) {
		latest := map[index]registry.Event{} // a person's last event in the message
		var numbers [][]byte
		for _, e := range n.Events {
			idx := box.Index(secret.PersonNumber, e.Record.Number)
			latest[index(idx)] = e
			numbers = append(numbers, idx)
		}
		people, err := s.collect(ctx, `select `+askedColumns+` from person p where p.number_idx = any($1) and p.merged_into is null order by p.id`, numbers)
		if err != nil {
			return nil, err
		}
		known, err := s.statusDays(ctx, people)
		if err != nil {
			return nil, err
		}
		var out []verdict
		for _, a := range people {
			if day := latest[index(box.Index(secret.PersonNumber, a.number))].At; dayText(day) < known[a.id] {
				continue
			}
			e := latest[index(box.Index(secret.PersonNumber, a.number))]
			v, ok := judgeNumber(a, registry.Answer{Records: []registry.Record{e.Record}, AsOf: e.At, Message: n.Message}, s.Options)
			if !ok { // the number is theirs, the name is not: a clerk looks at it
				a.byNumber = &registry.Answer{Records: []registry.Record{e.Record}}
				v = judgeName(a, registry.Answer{AsOf: e.At, Message: n.Message}, s.Options, box)
			}
			v.evidence.Asked, v.evidence.Register, v.evidence.AsOf = "notice", register, v.asOf
			out = append(out, v)
		}
		return out, nil
	})
}

// statusDays are the days for which the people's statuses are known, as YYYY-MM-DD.
func (s *syncing) statusDays(ctx context.Context, people []*asked) (map[PersonID]string, error) {
	ids := make([]int64, len(people))
	for i, a := range people {
		ids[i] = int64(a.id)
	}
	rows, err := s.pool.Query(ctx, `select id, as_of::text from person where id = any($1) and as_of is not null`, ids)
	if err != nil {
		return nil, err
	}
	days := map[PersonID]string{}
	var id PersonID
	var day string
	_, err = pgx.ForEachRow(rows, []any{&id, &day}, func() error { days[id] = day; return nil })
	return days, err
}

// writeOnce writes what judge decides under the sync's name, once for ever:
// with the same name again nothing is judged, and Resumed is true.
func writeOnce(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, sync Sync, judge func(*syncing) ([]verdict, error)) (SyncResult, error) {
	s := &syncing{pool: pool, box: box, result: SyncResult{Outcomes: map[Outcome]int{}}, Sync: sync}
	var done bool
	if err := pool.QueryRow(ctx, `select exists (select from sync where register = $1 and finished_at is not null)`, s.Name).Scan(&done); err != nil {
		return s.result, err
	}
	if done {
		s.result.Resumed = true
		return s.result, nil
	}
	verdicts, err := judge(s)
	if err != nil {
		return s.result, err
	}
	if err := s.begin(ctx); err != nil {
		return s.result, err
	}
	s.written, s.total = verdicts, len(verdicts)
	if err := s.write(ctx, 1); err != nil {
		return s.result, err
	}
	return s.result, s.finish(ctx)
}

// judgeChecked judges all rows before anything is written.
func (s *syncing) judgeChecked(ctx context.Context, rows []registry.Checked, on time.Time) ([]verdict, error) {
	answers := map[PersonID]registry.Answer{}
	ids := make([]int64, 0, len(rows))
	for _, c := range rows {
		id, err := strconv.ParseInt(c.ID, 10, 64)
		if err != nil {
			return nil, &RefusedError{File: "danh sách đối chiếu", Where: fmt.Sprintf("dòng %d", c.Row), What: fmt.Sprintf("mã đối chiếu “%s” không phải của hệ thống này", c.ID)}
		}
		if answer, ok := c.Answer(on); ok {
			answers[PersonID(id)] = answer
			ids = append(ids, id)
		}
	}
	people, err := s.collect(ctx, `select `+askedColumns+` from person p where p.id = any($1) and p.merged_into is null order by p.id`, ids)
	if err != nil {
		return nil, err
	}
	if len(people) != len(answers) {
		return nil, &RefusedError{File: "danh sách đối chiếu", What: fmt.Sprintf("%d mã đối chiếu không có trong hệ thống", len(answers)-len(people)), Do: "kiểm tra có đúng tệp của địa phương này không"}
	}
	verdicts := make([]verdict, 0, len(people))
	for _, a := range people {
		answer := answers[a.id]
		if len(answer.Records) > 1 {
			v := verdict{person: a, outcome: Duplicate, asOf: dayText(on)}
			v.why("công an trả lời: trùng số định danh")
			v.evidence.Asked, v.evidence.Register, v.evidence.AsOf = "extract", s.Name, v.asOf
			verdicts = append(verdicts, v)
			continue
		}
		v, ok := judgeNumber(a, answer, s.Options)
		if !ok {
			if a.number != "" {
				a.byNumber = &answer
			}
			v = judgeName(a, answer, s.Options, s.box)
		}
		v.evidence.Asked, v.evidence.Register, v.evidence.AsOf = "extract", s.Name, v.asOf
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}
