package beneficiaries

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// CheckedFile is an extract that came back.
type CheckedFile struct {
	Path      string
	Name      string    // as it is kept on record; "" the path's
	On        time.Time // the day the status was true; zero: the day of Now
	CheckedBy string    // who checked it, as the sender says. Example: Trung tá Nguyễn Văn A
	Office    string    // only a list of this commune is taken; "" any
	By        string
	Now       time.Time
}

// statusAge is how old the status on a list that comes back may be before the list went
// out: older than that it is the status of another month.
const statusAge = 31 * 24 * time.Hour

// ImportChecked reads a checked list and judges every row as if the register
// had answered it. A row that was not looked at changes nothing, nor does one about
// somebody whose status of a later day is known (Older counts them). Who sent and checked
// the list, its hash and the day it was true are kept with the list that it answers. The
// same bytes again change nothing: Asked is 0 and Resumed true.
func ImportChecked(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, in CheckedFile) (_ SyncResult, err error) {
	body, err := os.ReadFile(in.Path)
	if err != nil {
		return SyncResult{}, err
	}
	if in.Name == "" {
		in.Name = filepath.Base(in.Path)
	}
	sum := sha256.Sum256(body)
	rows, err := registry.ReadChecked(body)
	if err != nil {
		return SyncResult{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	defer pg.Wrap(&err, "beneficiaries: import checked list")
	if in.On.IsZero() {
		in.On = in.Now
	}
	name := fmt.Sprintf("extract:%x", sum[:8])
	sync := Sync{Name: name, By: in.By, Now: in.Now, Options: identity.Options{Today: in.Now.Year()}}
	return writeOnce(ctx, pool, box, sync, func(s *syncing) ([]verdict, error) {
		id, err := s.listOf(ctx, in, rows)
		if err != nil {
			return nil, err
		}
		verdicts, answered, err := s.judgeChecked(ctx, in, rows)
		if err != nil {
			return nil, err
		}
		s.also = func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `
				insert into register_return (extract_id, sync_id, file_name, sha256, size, checked_by, true_on, answered, unanswered, imported_by, imported_at)
				values (@extract, @sync, @name, @sum, @size, @checked, @on, @answered, @unanswered, @by, @now)`,
				pgx.StrictNamedArgs{"extract": int64(id), "sync": s.result.ID, "name": in.Name, "sum": sum[:], "size": len(body), "checked": in.CheckedBy,
					"on": day(in.On), "answered": answered, "unanswered": len(rows) - answered, "by": in.By, "now": in.Now})
			if err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: in.By, Kind: "extract.returned", Subject: fmt.Sprintf("extract:%d", id),
				Payload: map[string]any{"sha256": fmt.Sprintf("%x", sum), "true_on": dayText(in.On), "checked_by": in.CheckedBy, "answered": answered}})
		}
		return verdicts, nil
	})
}

// listOf is the list that the rows answer: one, of ours, and true on a day that fits.
func (s *syncing) listOf(ctx context.Context, in CheckedFile, rows []registry.Checked) (id ExtractID, err error) {
	refused := func(row int, what, do string) error {
		where := ""
		if row > 0 {
			where = fmt.Sprintf("dòng %d", row)
		}
		return &RefusedError{File: in.Name, Where: where, What: what, Do: do}
	}
	if len(rows) == 0 {
		return 0, refused(0, "tệp không có dòng nào", "gửi lại tệp có danh sách")
	}
	for _, c := range rows {
		list, _, ok := readExtractKey(s.box, c.ID)
		if !ok {
			return 0, refused(c.Row, fmt.Sprintf("mã đối chiếu “%s” không phải của hệ thống này, hoặc bị sửa", c.ID), "dùng lại đúng tệp đã gửi đi, không sửa cột Mã đối chiếu")
		}
		if id != 0 && list != id {
			return 0, refused(c.Row, fmt.Sprintf("dòng này của danh sách số %d, các dòng trên của danh sách số %d", list, id), "nhập từng danh sách một")
		}
		id = list
	}
	var office string
	var sent time.Time
	err = s.pool.QueryRow(ctx, `select coalesce(office, ''), made_at from register_extract where id = $1`, int64(id)).Scan(&office, &sent)
	switch {
	case err == pgx.ErrNoRows:
		return 0, refused(0, fmt.Sprintf("không có danh sách số %d đã gửi đi", id), "kiểm tra có đúng tệp của địa phương này không")
	case err != nil:
		return 0, err
	case in.Office != "" && office != in.Office:
		return 0, refused(0, fmt.Sprintf("danh sách số %d là của địa phương khác", id), "gửi cho đúng địa phương")
	case day(in.On).After(day(in.Now)):
		return 0, refused(0, "ngày của tình trạng ("+in.On.Format("02/01/2006")+") ở tương lai", "ghi ngày công an đối chiếu")
	case in.On.Before(sent.Add(-statusAge)):
		return 0, refused(0, fmt.Sprintf("tình trạng ngày %s quá cũ so với ngày gửi danh sách %s", in.On.Format("02/01/2006"), sent.Format("02/01/2006")), "ghi ngày công an đối chiếu")
	}
	return id, nil
}

// judgeChecked judges all rows before anything is written, and counts those that were
// answered.
func (s *syncing) judgeChecked(ctx context.Context, in CheckedFile, rows []registry.Checked) (_ []verdict, answered int, err error) {
	on := in.On
	answers := map[PersonID]registry.Answer{}
	ids := make([]int64, 0, len(rows))
	for _, c := range rows {
		_, id, _ := readExtractKey(s.box, c.ID)
		if answer, ok := c.Answer(on); ok {
			answers[id] = answer
			ids = append(ids, int64(id))
		}
	}
	people, err := s.collect(ctx, `select `+askedColumns+` from person p where p.id = any($1) and p.merged_into is null order by p.id`, ids)
	if err != nil {
		return nil, 0, err
	}
	known, err := s.statusDays(ctx, people)
	if err != nil {
		return nil, 0, err
	}
	verdicts := make([]verdict, 0, len(people))
	for _, a := range people { // who was merged meanwhile is answered with whom they became
		if known[a.id] > dayText(on) {
			s.result.Older++
			continue
		}
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
	return verdicts, len(answers), nil
}
