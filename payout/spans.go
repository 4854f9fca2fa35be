package payout

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// step is what a decision says about an entitlement: from a month on it is in force, or
// not. Of several that reach a month the newest decision counts.
type step struct {
	from     money.Month
	inForce  bool
	suspends bool
	number   string
	signed   time.Time
}

// cut appends e as it stands after steps, in the order in which they were decided: one
// piece for each stretch of months in force. Where its beginning is cut off an empty piece
// keeps the first month, so that what was paid for it is still looked at.
func cut(out []entitled, e entitled, steps []step, isOneOff bool) []entitled {
	if len(steps) == 0 {
		return append(out, e)
	}
	turns := []money.Month{e.first}
	for _, s := range steps {
		if s.from > e.first && s.from <= e.last {
			turns = append(turns, s.from)
		}
	}
	sortMonths(turns)
	inForce := func(m money.Month) bool {
		for i := len(steps) - 1; i >= 0; i-- {
			if steps[i].from <= m {
				return steps[i].inForce
			}
		}
		return true
	}
	start := len(out)
	for i, m := range turns {
		end := e.last
		if i+1 < len(turns) {
			end = turns[i+1] - 1
		}
		switch {
		case end < m || !inForce(m):
		case len(out) > start && out[len(out)-1].last == m-1:
			out[len(out)-1].last = end
		case isOneOff && m != e.first: // owed in its first month only
		default:
			piece := e
			piece.first, piece.last = m, end
			out = append(out, piece)
		}
	}
	if len(out) == start || out[start].first != e.first {
		piece := e
		piece.last = e.first - 1
		out = append(out, piece)
	}
	return out
}

func sortMonths(months []money.Month) {
	for i := 1; i < len(months); i++ {
		for j := i; j > 0 && months[j] < months[j-1]; j-- {
			months[j], months[j-1] = months[j-1], months[j]
		}
	}
}

// isOneOff tells a category that is owed in its first month only.
func (c *Calc) isOneOff(x category) bool { return x.scheme == btxhScheme && c.groups[x.at] == oneOff }

// stepsOf reads what decisions that were signed by a day say about entitlements.
func stepsOf(ctx context.Context, q pg.Queryer, entitlements []int64, knownOn time.Time) (map[int64][]step, error) {
	if len(entitlements) == 0 {
		return nil, nil
	}
	return readSteps(ctx, q, knownOn, `and s.entitlement_id = any($2)`, entitlements)
}

// allSteps reads those of everybody: as many as there are decisions.
func allSteps(ctx context.Context, q pg.Queryer, knownOn time.Time) (map[int64][]step, error) {
	return readSteps(ctx, q, knownOn, ``)
}

func readSteps(ctx context.Context, q pg.Queryer, knownOn time.Time, which string, args ...any) (map[int64][]step, error) {
	rows, err := q.Query(ctx, `
		select s.entitlement_id, s.from_month, s.in_force, d.kind = 'suspend', d.number, d.signed_on
		from entitlement_step s join decision d on d.id = s.decision_id
		where d.signed_on <= $1 `+which+`
		order by s.id`, append([]any{knownOn}, args...)...)
	if err != nil {
		return nil, err
	}
	all := map[int64][]step{}
	var id int64
	var s step
	_, err = pgx.ForEachRow(rows, []any{&id, &s.from, &s.inForce, &s.suspends, &s.number, &s.signed}, func() error {
		all[id] = append(all[id], s)
		return nil
	})
	return all, err
}

// turn is a transfer: from a month on another office pays.
type turn struct {
	from   money.Month
	office string
}

// home tells which office pays a month: by the newest transfer that reaches it, else the
// office where the first of them began.
func home(began string, turns []turn, m money.Month) string {
	for i := len(turns) - 1; i >= 0; i-- {
		if turns[i].from <= m {
			return turns[i].office
		}
	}
	return began
}
