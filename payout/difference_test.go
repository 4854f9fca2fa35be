package payout

import (
	"slices"

	"ansinh.vn/money"
)

// differenceAddsUp checks that the rows of a run's difference are everybody of either
// month once, that each opens exactly its people, and that their sums are the difference.
func (b *bundle) differenceAddsUp(run RunID) {
	b.Helper()
	r, err := Get(b.ctx, b.pool, run)
	b.check(err)
	d, err := Compare(b.ctx, b.pool, run)
	b.check(err)
	var before, now money.VND
	seen := map[PersonID]bool{}
	for _, row := range d.Rows {
		before, now = before+row.Before, now+row.Now
		if !slices.Contains(Changes, row.Change) || row.Regular+row.Arrears+row.Carried+row.Later != row.Now {
			b.Errorf("run %d: row %+v", run, row)
		}
		people, err := ChangedPeople(b.ctx, b.pool, run, row.Change, 0, 1000)
		b.check(err)
		var was, is money.VND
		for _, p := range people {
			if seen[p.Person] {
				b.Errorf("run %d: person %d is in two rows", run, p.Person)
			}
			seen[p.Person] = true
			was, is = was+p.Before, is+p.Now
		}
		if len(people) != row.N || was != row.Before || is != row.Now {
			b.Errorf("run %d, %s: %d people of %d and %d, the row says %d of %d and %d", run, row.Change, len(people), was, is, row.N, row.Before, row.Now)
		}
	}
	if before != d.Before || now != d.Now || now != r.Total {
		b.Errorf("run %d of %d: rows come to %d and %d, the difference to %d and %d", run, r.Total, before, now, d.Before, d.Now)
	}
	changed, err := ChangedPeople(b.ctx, b.pool, run, SeeAccount, 0, 1000)
	b.check(err)
	if len(changed) != d.AccountChanged.N {
		b.Errorf("run %d: %d people changed their account, the page says %d", run, len(changed), d.AccountChanged.N)
	}
}
