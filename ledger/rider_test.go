package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
)

// stamps are rows that go with payments: a stamp can be used once, and not when locked.
func stamps(b *books) *ledger.Rider {
	b.Helper()
	_, err := pgtest.Owner(b.T, b.pool).Exec(b.Context(), `
		create table stamp (n int primary key, locked boolean not null, tries int not null default 0);
		create table stamped (entry_id bigint not null, n int unique);
		insert into stamp select n, n % 10 = 7 from generate_series(0, 999) n;
		grant select, update on stamp to ansinh_app;
		grant select, insert on stamped to ansinh_app`)
	if err != nil {
		b.Fatal(err)
	}
	return &ledger.Rider{
		Check: func(ctx context.Context, tx pgx.Tx, loads []any) ([]error, error) {
			rows, err := tx.Query(ctx, `
				with s as (update stamp set tries = tries + 1 where n = any($1) returning n, locked)
				select s.locked from unnest($1::int[]) with ordinality as a(n, i) join s using (n) order by i`, loads)
			if err != nil {
				return nil, err
			}
			locked, err := pgx.CollectRows(rows, pgx.RowTo[bool])
			verdicts := make([]error, len(locked))
			for i := range locked {
				if locked[i] {
					verdicts[i] = errLocked
				}
			}
			return verdicts, err
		},
		Ride: func(ctx context.Context, tx pgx.Tx, aboard []ledger.Aboard) error {
			entries, ns := make([]ledger.EntryID, len(aboard)), make([]any, len(aboard))
			for i, a := range aboard {
				entries[i], ns[i] = a.Entry, a.Load
			}
			_, err := tx.Exec(ctx, `insert into stamped select * from unnest($1::bigint[], $2::int[])`, entries, ns)
			return err
		},
	}
}

var errLocked = errors.New("the stamp is locked")

func TestRidersRowsStandIfThePaymentDoes(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 10_000)); err != nil {
		t.Fatal(err)
	}
	rider := stamps(b)
	lanes := ledger.NewLanes(b.pool, 2)
	defer lanes.Stop()
	var wg sync.WaitGroup
	for n := range 100 {
		wg.Go(func() {
			r := ledger.Request{Key: fmt.Sprintf("s%d", n), On: day, Debit: b.fund, Credit: b.people, Amount: 10, Rider: rider, Load: n}
			switch {
			case n >= 80: // stamps that others use: one of two is refused, by the constraint
				r.Load = n - 20
			case n%10 == 3: // without a rider, beside the others
				r.Rider = nil
			case n%10 == 5: // more than there is
				r.Amount = 1_000_000
			}
			for range 2 { // asked again: nothing rides twice
				_, err := lanes.Pay(t.Context(), r)
				var short ledger.ErrShort
				switch locked := n%10 == 7; {
				case r.Amount > 10:
					if !errors.As(err, &short) {
						t.Errorf("%s: %v", r.Key, err)
					}
				case locked && !errors.Is(err, errLocked):
					t.Errorf("%s: %v", r.Key, err)
				case !locked && err != nil && pg.Constraint(err) != "stamped_n_key":
					t.Errorf("%s: %v", r.Key, err)
				}
			}
		})
	}
	wg.Wait()
	var stamped, pairs, without, lockedTries int
	err := b.pool.QueryRow(t.Context(), `
		select (select count(*) from stamped), (select count(*) from stamped s join entry e on e.id = s.entry_id),
			(select count(*) from entry e where key ~ '^s.*3$' and not exists (select from stamped s where s.entry_id = e.id)),
			(select count(*) from stamp where locked and tries > 0)`).Scan(&stamped, &pairs, &without, &lockedTries)
	if err != nil {
		t.Fatal(err)
	}
	// of 0–79: 8 without rider (…3), 8 short (…5), 8 locked (…7), 56 stamped; 63, 65, 73 and 75 are free for 83, 85, 93 and 95
	if stamped != pairs || stamped != 60 || without != 8 || lockedTries != 8 {
		t.Errorf("%d stamped, %d with an entry, %d entries without a rider, what a check wrote stands %d times", stamped, pairs, without, lockedTries)
	}
	if got := b.balance("3388.p1"); got != 680 {
		t.Errorf("received %d", got)
	}
}

func TestLanePanicsAndHeals(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f", 1000)); err != nil {
		t.Fatal(err)
	}
	lanes := ledger.NewLanes(b.pool, 1)
	defer lanes.Stop()
	pay := func(key string, r *ledger.Rider) error {
		_, err := lanes.Pay(t.Context(), ledger.Request{Key: key, On: day, Debit: b.fund, Credit: b.people, Amount: 10, Rider: r})
		return err
	}
	for what, r := range map[string]*ledger.Rider{
		"before": {Check: func(context.Context, pgx.Tx, []any) ([]error, error) { panic("oh") }},
		"after":  {Ride: func(context.Context, pgx.Tx, []ledger.Aboard) error { panic("oh") }},
	} {
		if err := pay(what, r); !errors.Is(err, ledger.ErrUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
	broken := errors.New("broken")
	if err := pay("broken", &ledger.Rider{Ride: func(context.Context, pgx.Tx, []ledger.Aboard) error { return broken }}); !errors.Is(err, broken) {
		t.Errorf("a rider's own error: %v", err)
	}
	if got := b.balance("3388.p1"); got != 0 {
		t.Errorf("%d received when nothing was", got)
	}
	for _, key := range []string{"before", "after", "broken"} { // the same keys again
		if err := pay(key, nil); err != nil {
			t.Error(err)
		}
	}
	if got := b.balance("3388.p1"); got != 30 {
		t.Errorf("received %d", got)
	}
}
