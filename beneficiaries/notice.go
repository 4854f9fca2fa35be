package beneficiaries

import (
	"context"

	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

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
