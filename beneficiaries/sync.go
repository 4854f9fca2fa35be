package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// ErrSyncing: another sync is under way; it does the same work.
var ErrSyncing = errors.New("another sync is under way")

// Sync says whom to ask about and where.
type Sync struct {
	Register *registry.Client
	Name     string // what evidence calls the register. Example: sandbox
	By       string
	Now      time.Time
	Office   string                // only people of this commune; "" all
	Stale    time.Time             // people checked before this are asked again; zero: only those never checked
	Progress func(done, total int) // may be nil
	Options  identity.Options      // how names and places are compared
	Async    *Async                // nil asks on the line
}

// SyncResult is what a sync did.
type SyncResult struct {
	ID       int64           `json:"id"`
	Resumed  bool            `json:"resumed"` // it went on where an earlier one stopped
	Asked    int             `json:"asked"`   // people, in this run of it
	Reused   int             `json:"reused"`  // of those, whose answer had come while nobody was asking
	Older    int             `json:"older"`   // of a checked list: known for a later day, left as they were
	Outcomes map[Outcome]int `json:"outcomes"`
	Deaths   int             `json:"deaths"` // newly known
	Moves    int             `json:"moves"`
	Absences int             `json:"absences"`
}

// SyncError is a sync that the register stopped. What was answered before is
// kept and not asked again; the next sync goes on from there.
type SyncError struct {
	Asked, Left int
	Err         error
}

func (e *SyncError) Error() string {
	what := "không đối chiếu được với sổ đăng ký dân cư"
	switch {
	case errors.Is(e.Err, registry.ErrClock):
		what = "đồng hồ của máy này và của sổ đăng ký lệch nhau quá nhiều; chỉnh giờ máy rồi chạy lại"
	case errors.Is(e.Err, registry.ErrCertificate):
		what = "chứng thư TLS của sổ đăng ký không tin được; kiểm tra địa chỉ, hoặc báo bên quản lý sổ đăng ký"
	case errors.Is(e.Err, registry.ErrOpen):
		what = "sổ đăng ký hỏng liên tiếp nên tạm ngừng hỏi"
	case errors.Is(e.Err, registry.ErrSignature):
		what = "chữ ký của sổ đăng ký không tin được, câu trả lời bị bỏ"
	case errors.Is(e.Err, registry.ErrIncomplete):
		what = "sổ đăng ký chỉ trả lời một phần, câu trả lời bị bỏ"
	case errors.Is(e.Err, registry.ErrUnauthorized):
		what = "sổ đăng ký không chấp nhận tài khoản hoặc khóa của ta"
	case errors.Is(e.Err, registry.ErrMalformed):
		what = "không đọc được câu trả lời của sổ đăng ký"
	case errors.Is(e.Err, registry.ErrUnreachable):
		what = "không kết nối được với sổ đăng ký"
	}
	return fmt.Sprintf("%s; đã đối chiếu %d người, còn %d; chạy lại để đi tiếp: %v", what, e.Asked, e.Left, e.Err)
}

func (e *SyncError) Unwrap() error { return e.Err }

// writeSize is how many people are written in one transaction.
const writeSize = 500

// Run asks the register about everybody who is due and writes what it answers,
// some hundred people at a time, each lot whole. Stopped at any moment, the next
// Run goes on with those who have no answer yet.
func (s Sync) Run(ctx context.Context, pool *pgxpool.Pool, box *secret.Box) (SyncResult, error) {
	return s.alone(ctx, pool, box, (*syncing).askAll)
}

// alone does the work of a sync while no other is under way.
func (s Sync) alone(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, work func(*syncing, context.Context) error) (_ SyncResult, err error) {
	defer pg.Wrap(&err, "beneficiaries: sync with %s", s.Name)
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return SyncResult{}, err
	}
	defer conn.Release()
	var mine bool
	if err := conn.QueryRow(ctx, `select pg_try_advisory_lock(hashtext('beneficiaries.sync'))`).Scan(&mine); err != nil {
		return SyncResult{}, err
	}
	if !mine {
		return SyncResult{}, ErrSyncing
	}
	defer conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock(hashtext('beneficiaries.sync'))`)

	w := &syncing{Sync: s, pool: pool, box: box, result: SyncResult{Outcomes: map[Outcome]int{}}}
	w.office = s.Office
	if err := w.begin(ctx); err != nil {
		return w.result, err
	}
	if err := work(w, ctx); err != nil {
		if stopped := new(registry.CallError); errors.As(err, &stopped) {
			return w.result, &SyncError{Asked: w.result.Asked, Left: w.total - w.result.Asked, Err: err}
		}
		return w.result, err
	}
	return w.result, w.finish(ctx)
}

// syncing is a sync under way.
type syncing struct {
	Sync
	pool     *pgxpool.Pool
	box      *secret.Box
	stale    time.Time
	office   string // "" all
	total    int
	result   SyncResult
	mu       sync.Mutex
	people   map[string]*asked                   // asked and not answered, by query id; two goroutines use it
	names    []*asked                            // whose number did not decide: asked by name next
	lost     []lost                              // whom neither number nor name found: asked about once more
	also     func(context.Context, pgx.Tx) error // in the transaction that finishes; may be nil
	statused []string                            // transactions whose answer came by asking for the status
	written  []verdict                           // decided, to be written
}

// begin takes up an unfinished sync of this register, or starts one.
func (s *syncing) begin(ctx context.Context) error {
	s.people = map[string]*asked{}
	var stale *time.Time
	if !s.Stale.IsZero() {
		stale = &s.Stale
	}
	err := s.pool.QueryRow(ctx, `
		insert into sync (register, started_by, started_at, stale_before) values ($1, $2, $3, $4)
		on conflict (register) where finished_at is null do update set register = sync.register
		returning id, stale_before, xmax <> 0`, s.Name, s.By, s.Now, stale).Scan(&s.result.ID, &stale, &s.result.Resumed)
	if err != nil {
		return err
	}
	if stale != nil {
		s.stale = *stale
	}
	return s.pool.QueryRow(ctx, `select count(*) from person p where ($2 = '' or p.office = $2) and `+due, s.stale, s.office).Scan(&s.total)
}

// due are the people to ask about; $1 is the moment before which a check is stale.
const due = `p.merged_into is null and (p.checked_at is null or p.checked_at < $1)`

// askAll streams the people who are due through the register. Questions by
// number go first; who is not decided by it is asked about by name, and who is not found
// by that is looked for near by.
func (s *syncing) askAll(ctx context.Context) error {
	got := func(queries []registry.Query, answers []registry.Answer) error {
		for i, answer := range answers {
			a := s.recall(queries[i].ID)
			if queries[i].Name != "" {
				s.named(a, answer)
				continue
			}
			if v, ok := judgeNumber(a, answer, s.Options); ok {
				s.decided(v)
				continue
			}
			a.byNumber = &answer
			s.names = append(s.names, a)
		}
		if err := s.askNames(ctx, 200); err != nil {
			return err
		}
		if err := s.askNear(ctx, 100); err != nil {
			return err
		}
		return s.write(ctx, writeSize)
	}
	err := s.resume(ctx, got)
	if err == nil && s.result.Reused > 0 { // before the others are read, so that nobody is asked twice
		err = s.askRest(ctx)
		err = errors.Join(err, s.write(context.WithoutCancel(ctx), 1))
	}
	if err == nil {
		err = s.Register.Each(ctx, s.queries(ctx), s.asking(stageFirst), got)
	}
	if err == nil {
		err = s.askRest(ctx)
	}
	// what is decided is kept, also when the register stops in the middle
	return errors.Join(err, s.write(context.WithoutCancel(ctx), 1))
}

// askRest asks about those who have not yet made a whole message.
func (s *syncing) askRest(ctx context.Context) error {
	if err := s.askNames(ctx, 1); err != nil {
		return err
	}
	return s.askNear(ctx, 1)
}

// named decides by the answer to a name; who is not found by it is lost for now.
func (s *syncing) named(a *asked, answer registry.Answer) {
	v := judgeName(a, answer, s.Options, s.box)
	if v.outcome == NotFound {
		s.lost = append(s.lost, lost{a, v})
		return
	}
	s.decided(v)
}

func (s *syncing) decided(v verdict) {
	v.evidence.Register = s.Name
	v.evidence.AsOf = v.asOf
	s.written = append(s.written, v)
}

// askNames asks by name once at least some have gathered.
func (s *syncing) askNames(ctx context.Context, least int) error {
	if len(s.names) < least || len(s.names) == 0 {
		return nil
	}
	queries := make([]registry.Query, len(s.names))
	for i, a := range s.names {
		queries[i] = a.byName()
	}
	answers, err := s.search(ctx, stageName, queries)
	if err != nil {
		return err
	}
	for i, a := range s.names {
		s.named(a, answers[i])
	}
	s.names = s.names[:0]
	return nil
}

// pageSize is how many people are read from the database at once.
const pageSize = 2000

// queries reads the people who are due, in order of their id, as questions.
func (s *syncing) queries(ctx context.Context) iter.Seq2[registry.Query, error] {
	return func(yield func(registry.Query, error) bool) {
		last := PersonID(0)
		for {
			people, err := s.page(ctx, last)
			if err != nil {
				yield(registry.Query{}, err)
				return
			}
			if len(people) == 0 {
				return
			}
			for _, a := range people {
				last = a.id
				if !yield(s.remember(a), nil) {
					return
				}
			}
		}
	}
}

// remember keeps the person beside the question until the answer comes.
func (s *syncing) remember(a *asked) registry.Query {
	q := a.query()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[q.ID] = a
	return q
}

func (s *syncing) recall(id string) *asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.people[id]
	delete(s.people, id)
	return a
}

func (s *syncing) page(ctx context.Context, after PersonID) ([]*asked, error) {
	return s.collect(ctx, `select `+askedColumns+` from person p
		 where p.id > $2 and ($4 = '' or p.office = $4) and `+due+` order by p.id limit $3`, s.stale, after, pageSize, s.office)
}

const askedColumns = `p.id, p.number_enc, p.other_enc, coalesce(p.other_kind, ''), p.name, coalesce(p.birth, ''), coalesce(p.sex, ''),
	p.ethnicity, p.office, p.hamlet, p.address`

func (s *syncing) collect(ctx context.Context, sql string, args ...any) ([]*asked, error) {
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*asked, error) {
		var number, other []byte
		var kind string
		a := new(asked)
		err := row.Scan(&a.id, &number, &other, &kind, &a.name, &a.birth, &a.sex, &a.ethnic, &a.office, &a.hamlet, &a.address)
		if err != nil {
			return nil, err
		}
		open := func(sealed []byte, to *string) {
			if sealed != nil && err == nil {
				*to, err = s.box.Open(secret.PersonNumber, sealed)
			}
		}
		open(number, &a.number)
		switch kind {
		case "old":
			open(other, &a.old)
		case "claimed":
			if a.number == "" {
				open(other, &a.number)
			}
		}
		return a, err
	})
}

// finish closes the sync.
func (s *syncing) finish(ctx context.Context) error {
	return pg.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update sync set finished_at = $2 where id = $1`, s.result.ID, s.Now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update register_transaction set answered_at = $2, answered_by = 'again' where sync_id = $1 and answered_at is null`, s.result.ID, s.Now); err != nil {
			return err
		}
		if s.also != nil {
			if err := s.also(ctx, tx); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{At: s.Now, Actor: s.By, Kind: "sync.finished", Subject: fmt.Sprintf("sync:%d", s.result.ID),
			Payload: map[string]any{"register": s.Name, "asked": s.result.Asked, "outcomes": s.result.Outcomes}})
	})
}
