package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

var (
	day   = money.Day(2026, 11, 5)
	noDay time.Time
)

// books are a database with a small chart.
type books struct {
	*testing.T
	pool                        *pgxpool.Pool
	bank, fund, revenue, people ledger.AccountID
}

func openBooks(t *testing.T) *books {
	t.Helper()
	b := &books{T: t, pool: pgtest.New(t)}
	ids := b.ensure(
		ledger.Account{Code: "112.31825", Name: "Tiền gửi ngân hàng", Type: "asset", Office: "31825"},
		ledger.Account{Code: "366.31825.btxh", Name: "Kinh phí", Type: "liability", NoOverdraft: true, Office: "31825", Scheme: "btxh"},
		ledger.Account{Code: "511.31825.btxh", Name: "Thu hoạt động", Type: "revenue", Office: "31825"},
		ledger.Account{Code: "3388.p1", Name: "Phải trả", Type: "liability", Owner: "person:1"},
	)
	b.bank, b.fund, b.revenue, b.people = ids["112.31825"], ids["366.31825.btxh"], ids["511.31825.btxh"], ids["3388.p1"]
	return b
}

func (b *books) ensure(accounts ...ledger.Account) (ids map[string]ledger.AccountID) {
	b.Helper()
	b.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		ids, err = ledger.Ensure(ctx, tx, accounts)
		return err
	})
	return ids
}

// try runs fn in a transaction.
func (b *books) try(fn func(ctx context.Context, tx pgx.Tx) error) error {
	return pg.Tx(b.Context(), b.pool, func(tx pgx.Tx) error { return fn(b.Context(), tx) })
}

func (b *books) tx(fn func(ctx context.Context, tx pgx.Tx) error) {
	b.Helper()
	if err := b.try(fn); err != nil {
		b.Fatal(err)
	}
}

func (b *books) post(e ledger.Entry) (id ledger.EntryID, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) error {
		id, err = ledger.Post(ctx, tx, e)
		return err
	})
	return id, err
}

func (b *books) balance(code string) money.VND {
	b.Helper()
	v, err := ledger.Balance(b.Context(), b.pool, code)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

func (b *books) funds(key string, amount money.VND) ledger.Entry {
	return ledger.Entry{Key: key, On: day, Kind: "funds", Ref: "funds:1", By: "staff:1",
		Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.fund, Amount: amount}}}
}

func TestPostMovesBalances(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f1", 1000)); err != nil {
		t.Fatal(err)
	}
	if got := b.balance("112.31825"); got != 1000 {
		t.Errorf("bank holds %d", got)
	}
	if got := b.balance("366.31825.btxh"); got != 1000 {
		t.Errorf("fund holds %d", got)
	}
}

func TestPostSameKeyIsOnePosting(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	first, err := b.post(b.funds("f1", 1000))
	if err != nil {
		t.Fatal(err)
	}
	again := b.funds("f1", 1000)
	again.Memo, again.By = "other words", "staff:2"
	second, err := b.post(again)
	if err != nil || second != first {
		t.Errorf("posted again: entry %d, %v; want %d", second, err, first)
	}
	if _, err := b.post(b.funds("f1", 1001)); !errors.Is(err, ledger.ErrKeyReused) {
		t.Errorf("another amount under the key: %v", err)
	}
	if got := b.balance("112.31825"); got != 1000 {
		t.Errorf("bank holds %d", got)
	}
}

func TestPostNamesTheShortfall(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if _, err := b.post(b.funds("f1", 1000)); err != nil {
		t.Fatal(err)
	}
	_, err := b.post(ledger.Entry{Key: "r1", On: day, Transfers: []ledger.Transfer{{Debit: b.fund, Credit: b.revenue, Amount: 1500}}})
	var short ledger.ErrShort
	if !errors.As(err, &short) || short != (ledger.ErrShort{Account: "366.31825.btxh", Short: 500, Balance: 1000}) {
		t.Fatalf("got %v", err)
	}
}

func TestPostRefusesWhatIsNoEntry(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	for name, e := range map[string]ledger.Entry{
		"no key":         {On: day, Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.fund, Amount: 1}}},
		"no day":         {Key: "k", Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.fund, Amount: 1}}},
		"no transfers":   {Key: "k", On: day},
		"nothing moved":  {Key: "k", On: day, Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.fund}}},
		"one account":    {Key: "k", On: day, Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.bank, Amount: 1}}},
		"a day long ago": {Key: "k", On: money.Day(1900, 1, 1), Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.fund, Amount: 1}}},
		"too much":       {Key: "k", On: day, Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.fund, Amount: 1 << 62}, {Debit: b.bank, Credit: b.fund, Amount: 1 << 62}}},
	} {
		if _, err := b.post(e); !errors.Is(err, ledger.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := b.post(ledger.Entry{Key: "k", On: day, Transfers: []ledger.Transfer{{Debit: b.bank, Credit: 99, Amount: 1}}})
	if !errors.Is(err, ledger.ErrNoAccount) {
		t.Errorf("unknown account: %v", err)
	}
}

// payees yields n transfers of 1,000 đồng and more to person accounts.
func payees(debit ledger.AccountID, ids []ledger.AccountID, n int) iter.Seq2[ledger.Transfer, error] {
	return func(yield func(ledger.Transfer, error) bool) {
		for i := range n {
			t := ledger.Transfer{Debit: debit, Credit: ids[i%len(ids)], Amount: money.VND(1000 + i), Ref: fmt.Sprintf("payment:%d", i)}
			if !yield(t, nil) {
				return
			}
		}
	}
}

func TestPostAllIsPost(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	head := b.funds("all", 0)
	head.Transfers = nil
	var first ledger.EntryID
	b.tx(func(ctx context.Context, tx pgx.Tx) error {
		id, n, err := ledger.PostAll(ctx, tx, head, payees(b.bank, []ledger.AccountID{b.people, b.fund}, 1000))
		if n != 1000 {
			t.Errorf("%d transfers", n)
		}
		first = id
		return err
	})
	// the same by Post is the same content
	e := head
	for tr := range payees(b.bank, []ledger.AccountID{b.people, b.fund}, 1000) {
		e.Transfers = append(e.Transfers, tr)
	}
	if id, err := b.post(e); err != nil || id != first {
		t.Errorf("the same by Post: entry %d, %v; want %d", id, err, first)
	}
	if got, want := b.balance("112.31825"), money.VND(1000*1000+999*1000/2); got != want {
		t.Errorf("bank holds %d, want %d", got, want)
	}
}

func TestPostAllStopsAtAnError(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	broken := errors.New("the source broke")
	err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, _, err := ledger.PostAll(ctx, tx, ledger.Entry{Key: "k", On: day}, func(yield func(ledger.Transfer, error) bool) {
			_ = yield(ledger.Transfer{Debit: b.bank, Credit: b.fund, Amount: 1}, nil) && yield(ledger.Transfer{}, broken)
		})
		return err
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got := b.balance("112.31825"); got != 0 {
		t.Errorf("bank holds %d", got)
	}
}
