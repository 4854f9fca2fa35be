package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// vouchers are ten accounts that may not go short, with 1,000 each.
func (b *books) vouchers() (ids []ledger.AccountID) {
	b.Helper()
	var accounts []ledger.Account
	for i := range 10 {
		accounts = append(accounts, ledger.Account{Code: fmt.Sprintf("3387.v%d", i), Type: "liability", NoOverdraft: true})
	}
	byCode := b.ensure(accounts...)
	var issue []ledger.Transfer
	for _, a := range accounts {
		ids = append(ids, byCode[a.Code])
		issue = append(issue, ledger.Transfer{Debit: b.bank, Credit: byCode[a.Code], Amount: 1000})
	}
	if _, err := b.post(ledger.Entry{Key: "issue", On: day, Transfers: issue}); err != nil {
		b.Fatal(err)
	}
	return ids
}

// whole checks that the accounts hold what was issued, that none is short, and that every
// balance is the sum of its transfers.
func (b *books) whole() {
	b.Helper()
	var sum money.VND
	var short, differ int
	err := b.pool.QueryRow(b.Context(), `
		select (select sum(credits - debits)::bigint from balance b join account a on a.id = b.account_id where a.code like '3387.%'),
			(select count(*) from balance where floored and sign * (debits - credits) < held),
			(select count(*) from balance b where (debits, credits) is distinct from (
				(select coalesce(sum(amount), 0)::bigint from transfer where debit = b.account_id),
				(select coalesce(sum(amount), 0)::bigint from transfer where credit = b.account_id)))`).Scan(&sum, &short, &differ)
	if err != nil || sum != 10_000 || short != 0 || differ != 0 {
		b.Errorf("10000 became %d, %d accounts are short, %d balances are not their transfers (%v)", sum, short, differ, err)
	}
}

// Sixty-four at once move money to and fro: singly, by lanes, in bulk, by holds, and
// taking back what they did. None is lost and none is made.
func TestSixtyFourConserveMoney(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	vouchers := b.vouchers()
	lanes := ledger.NewLanes(b.pool, 2)
	defer lanes.Stop()
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(7, uint64(w)))
			transfer := func() ledger.Transfer {
				two := rnd.Perm(10)
				return ledger.Transfer{Debit: vouchers[two[0]], Credit: vouchers[two[1]], Amount: money.VND(1 + rnd.IntN(400))}
			}
			for i := range 8 {
				key, one := fmt.Sprintf("%d.%d", w, i), transfer()
				e := ledger.Entry{Key: key, On: day, Transfers: []ledger.Transfer{one}}
				var err error
				switch rnd.IntN(5) {
				case 0:
					e.Transfers = append(e.Transfers, transfer(), transfer())
					_, err = b.post(e)
				case 1:
					err = b.try(func(ctx context.Context, tx pgx.Tx) error {
						id, err := ledger.Post(ctx, tx, e)
						if err != nil {
							return err
						}
						_, err = ledger.Reverse(ctx, tx, id, key+".back", "", "", day)
						return err
					})
				case 2:
					err = b.try(func(ctx context.Context, tx pgx.Tx) error {
						_, _, err := ledger.PostAll(ctx, tx, ledger.Entry{Key: key, On: day}, func(yield func(ledger.Transfer, error) bool) { yield(one, nil) })
						return err
					})
				case 3:
					var id ledger.HoldID
					err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
						id, err = ledger.Reserve(ctx, tx, ledger.Hold{Key: key, Debit: one.Debit, Credit: one.Credit, Amount: one.Amount, At: noon, Until: noon.Add(time.Hour)})
						return err
					})
					if err == nil {
						err = b.try(func(ctx context.Context, tx pgx.Tx) error {
							if i%2 == 0 {
								return ledger.Release(ctx, tx, id, "", noon)
							}
							_, err := ledger.PostHold(ctx, tx, id, e, noon)
							return err
						})
					}
				default:
					_, err = lanes.Pay(t.Context(), ledger.Request{Key: key, On: day, Debit: one.Debit, Credit: one.Credit, Amount: one.Amount})
				}
				var short ledger.ErrShort
				if err != nil && !errors.As(err, &short) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.whole()
}

// Any keys, any number of times, in any order and by any way in, are each one posting.
func TestPostedAgainInAnyOrderIsOnce(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	lanes := ledger.NewLanes(b.pool, 2)
	defer lanes.Stop()
	const keys = 12
	var order []int
	for i := range keys * 12 {
		order = append(order, i)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	var first sync.Map
	var wg sync.WaitGroup
	for part := range slices.Chunk(order, 12) {
		wg.Go(func() {
			for _, n := range part {
				k, way := n%keys, n/keys%3
				tr := ledger.Transfer{Debit: b.bank, Credit: b.people, Amount: money.VND(1 << k)}
				e := ledger.Entry{Key: fmt.Sprint("k", k), On: day}
				var id ledger.EntryID
				var err error
				switch way {
				case 0:
					id, err = lanes.Pay(t.Context(), ledger.Request{Key: e.Key, On: day, Debit: tr.Debit, Credit: tr.Credit, Amount: tr.Amount})
				case 1:
					err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
						id, _, err = ledger.PostAll(ctx, tx, e, func(yield func(ledger.Transfer, error) bool) { yield(tr, nil) })
						return err
					})
				default:
					e.Transfers = []ledger.Transfer{tr}
					id, err = b.post(e)
				}
				if was, loaded := first.LoadOrStore(k, id); err != nil || (loaded && was != id) {
					t.Errorf("key %d by way %d: entry %d, before it was %v (%v)", k, way, id, was, err)
				}
			}
		})
	}
	wg.Wait()
	if got := b.balance("3388.p1"); got != 1<<keys-1 {
		t.Errorf("received %d", got)
	}
}

// FuzzEntry posts whatever it is given: it is refused or it stands, and the books agree.
func FuzzEntry(f *testing.F) {
	pool := pgtest.New(f)
	err := pgx.BeginFunc(context.Background(), pool, func(tx pgx.Tx) error {
		_, err := ledger.Ensure(context.Background(), tx, []ledger.Account{{Code: "112.x", Type: "asset"}, {Code: "366.x", Type: "liability", NoOverdraft: true}})
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("k", "kind", "memo", "ref", "staff:1", int64(1), int64(2), int64(540_000), 20762, true)
	f.Add("", "\x00", "\xff", "a\"\\é", "", int64(2), int64(2), int64(-1), -1, false)
	f.Add("k'; drop table entry;--", "closing", "\n", "{}", "%s", int64(1), int64(99), int64(1)<<62, 1<<30, true)
	f.Fuzz(func(t *testing.T, key, kind, memo, ref, by string, debit, credit, amount int64, days int, single bool) {
		on := time.Unix(0, 0).UTC().AddDate(0, 0, days)
		tr := ledger.Transfer{Debit: ledger.AccountID(debit), Credit: ledger.AccountID(credit), Amount: money.VND(amount), Ref: ref}
		e := ledger.Entry{Key: key, On: on, Kind: kind, Memo: memo, Ref: ref, By: by, Transfers: []ledger.Transfer{tr}}
		if !single {
			e.Transfers = append(e.Transfers, tr)
		}
		ctx := context.Background()
		post := func() (id ledger.EntryID, err error) {
			err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				id, err = ledger.Post(ctx, tx, e)
				return err
			})
			return id, err
		}
		id, err := post()
		if err == nil {
			if again, err := post(); err != nil || again != id {
				t.Errorf("again: entry %d, %v; want %d", again, err, id)
			}
		}
		var differ int
		err = pool.QueryRow(ctx, `
			select (select count(*) from balance b where (debits, credits) is distinct from (
					(select coalesce(sum(amount), 0) from transfer where debit = b.account_id), (select coalesce(sum(amount), 0) from transfer where credit = b.account_id)))
				+ (select count(*) from entry e where total <> (select sum(amount) from transfer t where t.entry_id = e.id and t.on_day = e.on_day))`).Scan(&differ)
		if err != nil || differ != 0 {
			t.Errorf("%d rows differ (%v)", differ, err)
		}
	})
}
