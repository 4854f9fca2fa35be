package beneficiaries

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/units"
)

// RunSnapshot checks everybody who is due against an extract of the register that is
// here, true on a day: nobody is asked. The matching engine sees the whole register at
// once, so that spelling, households and namesakes count, which no question over the
// line can. What it links is judged like an answer of the register, and what it doubts
// goes to a clerk. Who is known for a later day stays as they are (Older counts them).
func (s Sync) RunSnapshot(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, people []registry.Record, on time.Time) (SyncResult, error) {
	shot := snapshot{people: people, at: make(map[string]int32, len(people)), on: on}
	for i, r := range people {
		shot.at[r.Number] = int32(i)
	}
	return s.alone(ctx, pool, box, func(w *syncing, ctx context.Context) error { return w.match(ctx, &shot) })
}

// snapshot is a register at rest.
type snapshot struct {
	people []registry.Record
	at     map[string]int32 // by number
	on     time.Time
}

func (s *syncing) match(ctx context.Context, shot *snapshot) error {
	ix := identity.NewIndex(func(yield func(identity.Record) bool) {
		for _, r := range shot.people {
			if !yield(identityRecord(r)) || ctx.Err() != nil {
				return
			}
		}
	}, s.Options)
	var asked []*asked
	var rows []identity.Row
	for last := PersonID(0); ; {
		page, err := s.page(ctx, last)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		known, err := s.statusDays(ctx, page)
		if err != nil {
			return err
		}
		for _, a := range page {
			if last = a.id; known[a.id] > dayText(shot.on) {
				s.result.Older++
				continue
			}
			asked, rows = append(asked, a), append(rows, a.row())
		}
	}
	i := 0
	if _, err := ix.MatchEach(rows, nil, func(r identity.Result) error {
		s.decided(shot.judge(asked[i], r, s))
		i++
		return s.write(ctx, writeSize)
	}); err != nil {
		return err
	}
	return s.write(ctx, 1)
}

// judge turns what the engine found about a person into a verdict.
func (shot *snapshot) judge(a *asked, r identity.Result, s *syncing) verdict {
	v := verdict{person: a, asOf: dayText(shot.on), evidence: Evidence{Asked: "snapshot"}}
	switch r.Outcome {
	case identity.Match, identity.Deceased, identity.Duplicate: // who is linked twice is settled when it is written
		if i, ok := shot.at[string(r.Number)]; ok {
			v.linkCompared(compare(a, shot.people[i], s.Options))
			if v.evidence.Score = r.Score; v.outcome == Match {
				v.evidence.Why = append(v.evidence.Why, r.Reasons...)
			}
			return v
		}
	}
	answer := registry.Answer{AsOf: shot.on}
	for _, c := range r.Candidates {
		if i, ok := shot.at[string(c.Number)]; ok {
			answer.Records = append(answer.Records, shot.people[i])
		}
	}
	if i, ok := shot.at[a.number]; ok {
		a.byNumber = &registry.Answer{Records: []registry.Record{shot.people[i]}, AsOf: shot.on}
	}
	v = judgeName(a, answer, s.Options, s.box)
	v.evidence.Asked = "snapshot"
	v.evidence.Why = append(v.evidence.Why, r.Reasons...)
	return v
}

// row is the person as a row of a list, which is what the engine reads.
func (a *asked) row() identity.Row {
	commune, _ := units.ByCode(a.office)
	number := first(a.number, a.old)
	return identity.Row{ID: strconv.FormatInt(int64(a.id), 10), List: "people", Document: number, Name: a.name, Birth: a.birth,
		Sex: identity.Sex(a.sex).Words(), Ethnic: a.ethnic, Address: a.hamlet + ", " + commune.Name, Commune: commune.Name}
}

func identityRecord(r registry.Record) identity.Record {
	birth, _ := identity.ParseBirth(r.Birth)
	return identity.Record{Number: identity.PersonNumber(r.Number), OldNumber: r.OldNumber, Name: r.Name, Birth: birth, Sex: identity.Sex(r.Sex),
		Ethnic: r.Ethnicity, CommuneCode: r.Commune, Commune: r.CommuneName, Hamlet: r.Hamlet, Household: r.Household, Deceased: r.Died != "", DiedOn: r.Died}
}
