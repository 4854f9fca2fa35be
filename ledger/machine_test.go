package ledger_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// model is the ledger as one would keep it in memory.
type model struct {
	accounts []modelAccount
	entries  []modelEntry
	keys     map[string]int // key → index of its entry
	holds    []modelHold
	state    map[money.Month]string
}

type modelAccount struct {
	code    string
	id      ledger.AccountID
	sign    money.VND
	floored bool
	net     money.VND // debits less credits
	held    money.VND
}

type modelHold struct {
	ledger.Hold
	id  ledger.HoldID
	how string // "" while it is open
}

// draws are the accounts that a transfer takes from.
func (m *model) draws(debit, credit ledger.AccountID) (accounts []*modelAccount) {
	for i, a := range m.accounts {
		if (a.id == debit && a.sign < 0) || (a.id == credit && a.sign > 0) {
			accounts = append(accounts, &m.accounts[i])
		}
	}
	return accounts
}

func (m *model) hold(h ledger.Hold, way money.VND) {
	for _, a := range m.draws(h.Debit, h.Credit) {
		a.held += way * h.Amount
	}
}

type modelEntry struct {
	ledger.Entry
	id       ledger.EntryID
	reversed bool
}

// may tells what posting transfers into a month comes to: nil, or which error.
func (m *model) may(on time.Time, transfers []ledger.Transfer) error {
	if m.state[money.MonthOf(on)] != ledger.Open {
		return ledger.ErrMonthClosed
	}
	net := map[ledger.AccountID]money.VND{}
	for _, t := range transfers {
		net[t.Debit] += t.Amount
		net[t.Credit] -= t.Amount
	}
	for _, a := range m.accounts {
		if moved, ok := net[a.id]; ok && a.floored && a.sign*moved < 0 && a.sign*(a.net+moved) < a.held {
			return ledger.ErrShort{Account: a.code, Short: a.held - a.sign*(a.net+moved), Balance: a.sign*a.net - a.held}
		}
	}
	return nil
}

func (m *model) apply(e ledger.Entry, id ledger.EntryID) {
	m.keys[e.Key] = len(m.entries)
	m.entries = append(m.entries, modelEntry{Entry: e, id: id})
	for _, t := range e.Transfers {
		for i := range m.accounts {
			switch m.accounts[i].id {
			case t.Debit:
				m.accounts[i].net += t.Amount
			case t.Credit:
				m.accounts[i].net -= t.Amount
			}
		}
	}
}

// TestLedgerIsItsModel drives accounts, postings, repeats, holds, reversals, month ends
// and lost connections against the model, by every way in.
func TestLedgerIsItsModel(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	owner := pgtest.Owner(t, b.pool)
	lanes := ledger.NewLanes(b.pool, 1)
	t.Cleanup(lanes.Stop)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		p := fmt.Sprintf("%d", run) // every run has accounts, keys and months of its own
		m := &model{keys: map[string]int{}, state: map[money.Month]string{}}
		chart := []ledger.Account{{Code: "112.a" + p, Type: "asset"}, {Code: "366.a" + p, Type: "liability", NoOverdraft: true},
			{Code: "3387.a" + p, Type: "liability", NoOverdraft: true}, {Code: "1388.a" + p, Type: "asset", NoOverdraft: true}, {Code: "611.a" + p, Type: "expense"}}
		for code, id := range b.ensure(chart...) {
			a := chart[slices.IndexFunc(chart, func(a ledger.Account) bool { return a.Code == code })]
			sign := money.VND(-1)
			if a.Type == "asset" || a.Type == "expense" {
				sign = 1
			}
			m.accounts = append(m.accounts, modelAccount{code: code, id: id, sign: sign, floored: a.NoOverdraft})
		}
		slices.SortFunc(m.accounts, func(a, b modelAccount) int { return int(a.id - b.id) })
		months := []money.Month{money.NewMonth(2020, 1).Add(3 * run), money.NewMonth(2020, 2).Add(3 * run)}
		for _, month := range months {
			m.state[month] = ledger.Open
		}
		day := func() time.Time {
			return rapid.SampledFrom(months).Draw(rt, "month").First().AddDate(0, 0, rapid.IntRange(0, 27).Draw(rt, "day"))
		}
		entry := func(key string) ledger.Entry {
			e := ledger.Entry{Key: key, On: day(), Kind: "test", Ref: rapid.StringMatching(`[a-zé"\\ ]{0,5}`).Draw(rt, "ref")}
			for range rapid.IntRange(1, 4).Draw(rt, "n") {
				two := rapid.Permutation(m.accounts).Draw(rt, "accounts")
				e.Transfers = append(e.Transfers, ledger.Transfer{Debit: two[0].id, Credit: two[1].id,
					Amount: money.VND(rapid.IntRange(1, 1000).Draw(rt, "amount")), Ref: e.Ref})
			}
			return e
		}
		post := func(e ledger.Entry) (ledger.EntryID, error) {
			switch way := rapid.IntRange(0, 2).Draw(rt, "way"); {
			case way == 0 && len(e.Transfers) == 1:
				t := e.Transfers[0]
				return lanes.Pay(b.Context(), ledger.Request{Key: e.Key, On: e.On, Kind: e.Kind, Ref: e.Ref, Debit: t.Debit, Credit: t.Credit, Amount: t.Amount})
			case way == 1:
				head := e
				head.Transfers = nil
				var id ledger.EntryID
				err := b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
					id, _, err = ledger.PostAll(ctx, tx, head, func(yield func(ledger.Transfer, error) bool) {
						for _, t := range e.Transfers {
							if !yield(t, nil) {
								return
							}
						}
					})
					return err
				})
				return id, err
			}
			return b.post(e)
		}
		expect := func(what string, err, want error) {
			rt.Helper()
			var short ledger.ErrShort
			if errors.As(want, &short) {
				var got ledger.ErrShort
				if !errors.As(err, &got) || got.Short <= 0 { // of several short accounts any may be named
					rt.Fatalf("%s: %v, want %v", what, err, want)
				}
				return
			}
			if (want == nil) != (err == nil) || !errors.Is(err, want) {
				rt.Fatalf("%s: %v, want %v", what, err, want)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"post": func(*rapid.T) {
				e := entry(fmt.Sprintf("%s.%d", p, len(m.entries)))
				want := m.may(e.On, e.Transfers)
				id, err := post(e)
				expect("post", err, want)
				if err == nil {
					m.apply(e, id)
				}
			},
			"repeat": func(*rapid.T) {
				if len(m.entries) == 0 {
					return
				}
				e := rapid.SampledFrom(m.entries).Draw(rt, "entry")
				if e.Reverses != 0 {
					return
				}
				if id, err := post(e.Entry); err != nil || id != e.id {
					rt.Fatalf("repeated: entry %d, %v; want %d", id, err, e.id)
				}
				other := e.Entry
				other.Transfers = slices.Clone(other.Transfers)
				other.Transfers[0].Amount++
				_, err := post(other)
				expect("another content", err, ledger.ErrKeyReused)
			},
			"reverse": func(*rapid.T) {
				if len(m.entries) == 0 {
					return
				}
				i := rapid.IntRange(0, len(m.entries)-1).Draw(rt, "entry")
				first := m.entries[i]
				e := ledger.Entry{Key: fmt.Sprintf("%s.%d", p, len(m.entries)), On: day(), Reverses: first.id}
				for _, t := range first.Transfers {
					e.Transfers = append(e.Transfers, ledger.Transfer{Debit: t.Credit, Credit: t.Debit, Amount: t.Amount})
				}
				want := m.may(e.On, e.Transfers)
				if first.reversed {
					want = ledger.ErrReversed
				}
				var id ledger.EntryID
				err := b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
					id, err = ledger.Reverse(ctx, tx, first.id, e.Key, "", "", e.On)
					return err
				})
				expect("reverse", err, want)
				if err == nil {
					m.entries[i].reversed = true
					m.apply(e, id)
				}
			},
			"hold": func(*rapid.T) {
				two := rapid.Permutation(m.accounts).Draw(rt, "accounts")
				h := ledger.Hold{Key: fmt.Sprintf("%s.h%d", p, len(m.holds)), Debit: two[0].id, Credit: two[1].id, At: noon,
					Amount: money.VND(rapid.IntRange(1, 1000).Draw(rt, "amount")), Until: noon.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "until")) * time.Hour)}
				var want error
				for _, a := range m.draws(h.Debit, h.Credit) {
					if a.floored && a.sign*a.net < a.held+h.Amount {
						want = ledger.ErrShort{}
					}
				}
				var id ledger.HoldID
				err := b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
					id, err = ledger.Reserve(ctx, tx, h)
					return err
				})
				expect("hold", err, want)
				if err == nil {
					m.holds = append(m.holds, modelHold{Hold: h, id: id})
					m.hold(h, 1)
				}
			},
			"end a hold": func(*rapid.T) {
				if len(m.holds) == 0 {
					return
				}
				h := &m.holds[rapid.IntRange(0, len(m.holds)-1).Draw(rt, "hold")]
				now := noon.Add(time.Duration(rapid.IntRange(0, 21).Draw(rt, "now")) * time.Hour)
				if rapid.Bool().Draw(rt, "release") {
					want := map[string]error{"posted": ledger.ErrHoldEnded, "expired": ledger.ErrHoldEnded}[h.how]
					expect("release", b.try(func(ctx context.Context, tx pgx.Tx) error { return ledger.Release(ctx, tx, h.id, "", now) }), want)
					if h.how == "" {
						h.how = "released"
						m.hold(h.Hold, -1)
					}
					return
				}
				e := ledger.Entry{Key: fmt.Sprintf("%s.%d", p, len(m.entries)), On: day(), Kind: "hold", Transfers: []ledger.Transfer{
					{Debit: h.Debit, Credit: h.Credit, Amount: money.VND(rapid.IntRange(1, int(h.Amount)).Draw(rt, "amount"))}}}
				m.hold(h.Hold, -1)
				want := m.may(e.On, e.Transfers)
				m.hold(h.Hold, 1)
				switch {
				case h.how != "":
					want = ledger.ErrHoldEnded
				case !now.Before(h.Until):
					want = ledger.ErrHoldExpired
				}
				var id ledger.EntryID
				err := b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
					id, err = ledger.PostHold(ctx, tx, h.id, e, now)
					return err
				})
				expect("post a hold", err, want)
				if err == nil {
					h.how = "posted"
					m.hold(h.Hold, -1)
					m.apply(e, id)
				}
			},
			"expire": func(*rapid.T) {
				now := noon.Add(time.Duration(rapid.IntRange(0, 21).Draw(rt, "now")) * time.Hour)
				if err := b.try(func(ctx context.Context, tx pgx.Tx) error { _, err := ledger.ExpireHolds(ctx, tx, now); return err }); err != nil {
					rt.Fatal(err)
				}
				for i := range m.holds {
					if h := &m.holds[i]; h.how == "" && !now.Before(h.Until) {
						h.how = "expired"
						m.hold(h.Hold, -1)
					}
				}
			},
			// a server that ends every session, while a payment is on its way: it is posted or
			// not, and the same key says which
			"crash": func(*rapid.T) {
				e := entry(fmt.Sprintf("%s.%d", p, len(m.entries)))
				e.Transfers = e.Transfers[:1]
				want := m.may(e.On, e.Transfers)
				t := e.Transfers[0]
				r := ledger.Request{Key: e.Key, On: e.On, Kind: e.Kind, Ref: e.Ref, Debit: t.Debit, Credit: t.Credit, Amount: t.Amount}
				var crash sync.WaitGroup
				crash.Go(func() {
					time.Sleep(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "after")) * time.Microsecond)
					_, _ = owner.Exec(b.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
						where datname = current_database() and usename = 'ansinh_app'`)
				})
				id, err := lanes.Pay(b.Context(), r)
				crash.Wait()
				for errors.Is(err, ledger.ErrUnknown) {
					id, err = lanes.Pay(b.Context(), r)
				}
				b.pool.Reset() // its connections were ended too
				expect("pay in a crash", err, want)
				if err == nil {
					m.apply(e, id)
				}
			},
			"month": func(*rapid.T) {
				month := rapid.SampledFrom(months).Draw(rt, "month")
				to := rapid.SampledFrom([]string{ledger.Open, ledger.Closing, ledger.Closed}).Draw(rt, "state")
				allowed := map[string]bool{"open closing": true, "closing open": true, "closing closed": true}[m.state[month]+" "+to]
				err := b.try(func(ctx context.Context, tx pgx.Tx) error { return ledger.SetMonth(ctx, tx, month, to, "") })
				if (err == nil) != allowed {
					rt.Fatalf("%s to %s: %v", m.state[month], to, err)
				}
				if allowed {
					m.state[month] = to
				}
			},
			"": func(*rapid.T) {
				for _, a := range m.accounts {
					if got := b.balance(a.code); got != a.sign*a.net {
						rt.Fatalf("%s holds %d, want %d", a.code, got, a.sign*a.net)
					}
				}
			},
		})
		b.asOf(rt, m)
	})
}

// asOf compares balances as of every day that something was posted on.
func (b *books) asOf(rt *rapid.T, m *model) {
	days := map[time.Time]bool{}
	for _, e := range m.entries {
		days[e.On] = true
	}
	for _, day := range slices.SortedFunc(maps.Keys(days), time.Time.Compare) {
		a := m.accounts[0]
		want := money.VND(0)
		for _, e := range m.entries {
			for _, t := range e.Transfers {
				if e.On.After(day) {
					continue
				}
				if t.Debit == a.id {
					want += t.Amount
				}
				if t.Credit == a.id {
					want -= t.Amount
				}
			}
		}
		got, err := ledger.BalanceOn(b.Context(), b.pool, a.code, day)
		if err != nil || got != a.sign*want {
			rt.Fatalf("%s on %s holds %d (%v), want %d", a.code, day.Format(time.DateOnly), got, err, a.sign*want)
		}
	}
}

// TestMain keeps the machine to a few seconds; -rapid.checks gives it longer.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "12"); err != nil {
			panic(err) // rapid has that flag
		}
	}
	os.Exit(m.Run())
}
