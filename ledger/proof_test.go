package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

func (b *books) checkpoint(keys *audit.Keys) []byte {
	b.Helper()
	if _, err := audit.Seal(b.Context(), b.pool, day); err != nil {
		b.Fatal(err)
	}
	signed, err := audit.Checkpoint(b.Context(), b.pool, keys, day)
	if err != nil {
		b.Fatal(err)
	}
	return signed
}

func TestReceiptShowsOneTransferAndNoOther(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	keys, err := audit.OpenKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e := b.funds("run", 0)
	e.Transfers = nil
	for i := range 37 {
		e.Transfers = append(e.Transfers, ledger.Transfer{Debit: b.bank, Credit: b.people, Amount: money.VND(1000 + i), Ref: fmt.Sprintf("payment:%d", i)})
	}
	id, err := b.post(e)
	if err != nil {
		t.Fatal(err)
	}
	signed := b.checkpoint(keys)
	for _, n := range []int{ledger.Whole, 0, 17, 36} {
		r, err := ledger.Receipt(t.Context(), b.pool, id, n, signed, keys)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(keys.Verifiers()); err != nil {
			t.Errorf("transfer %d: %v", n, err)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if shown := strings.Count(string(text), "payment:"); (n == ledger.Whole && shown != 0) || (n >= 0 && shown != 1) {
			t.Errorf("transfer %d: %d payments in the receipt", n, shown)
		}
		if n < 0 {
			continue
		}
		var got struct {
			N      int
			Amount money.VND
			Ref    string
		}
		if err := json.Unmarshal([]byte(r.Part.Record), &got); err != nil || got.N != n || got.Amount != money.VND(1000+n) || got.Ref != fmt.Sprintf("payment:%d", n) {
			t.Errorf("record %s: %v", r.Part.Record, err)
		}
		r.Part.Record = strings.Replace(r.Part.Record, `"amount":1`, `"amount":2`, 1)
		if err := r.Verify(keys.Verifiers()); err == nil {
			t.Error("another amount is taken")
		}
	}
	if _, err := ledger.Receipt(t.Context(), b.pool, id, 37, signed, keys); err == nil {
		t.Error("a transfer that is not there has a receipt")
	}
	if _, err := ledger.Receipt(t.Context(), b.pool, 99, 0, signed, keys); !errors.Is(err, ledger.ErrNoEntry) {
		t.Errorf("no such entry: %v", err)
	}
	late, err := b.post(b.funds("late", 5))
	if err != nil {
		t.Fatal(err)
	}
	b.checkpoint(keys)
	if _, err := ledger.Receipt(t.Context(), b.pool, late, 0, signed, keys); !errors.Is(err, audit.ErrNotSealed) {
		t.Errorf("an entry after the checkpoint: %v", err)
	}
}

func TestEveryEntryLeavesItsEvent(t *testing.T) {
	t.Parallel()
	b := busyBooks(t)
	lanes := ledger.NewLanes(b.pool, 1)
	defer lanes.Stop()
	if _, err := lanes.Pay(t.Context(), ledger.Request{Key: "lane", On: day, Debit: b.bank, Credit: b.people, Amount: 7}); err != nil {
		t.Fatal(err)
	}
	var without int
	err := b.pool.QueryRow(t.Context(), `
		select count(*) from entry e where (select count(*) from audit_event a where a.kind = 'ledger.entry' and a.subject = 'entry:' || e.id
			and a.payload ->> 'root' = encode(e.root, 'hex') and (a.payload ->> 'n')::int = e.n) <> 1`).Scan(&without)
	if err != nil || without != 0 {
		t.Errorf("%d entries have no event (%v)", without, err)
	}
}

func TestReverseOnceOnly(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	id, err := b.post(b.funds("f", 1000))
	if err != nil {
		t.Fatal(err)
	}
	reverse := func(key string) (r ledger.EntryID, err error) {
		err = b.try(func(ctx context.Context, tx pgx.Tx) error {
			r, err = ledger.Reverse(ctx, tx, id, key, "nhầm", "staff:2", day)
			return err
		})
		return r, err
	}
	first, err := reverse("r")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := reverse("r"); err != nil || again != first {
		t.Errorf("asked again: entry %d, %v; want %d", again, err, first)
	}
	if _, err := reverse("other"); !errors.Is(err, ledger.ErrReversed) {
		t.Errorf("reversed under another key: %v", err)
	}
	if got := b.balance("112.31825"); got != 0 {
		t.Errorf("bank holds %d", got)
	}
}

func TestStatementRunsItsBalance(t *testing.T) {
	t.Parallel()
	b := busyBooks(t)
	var got []string
	for m, err := range ledger.Statement(t.Context(), b.pool, "3388.p1", money.Day(2026, 11, 1), money.Day(2026, 12, 31)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s -%d +%d = %d", m.On.Format("01-02"), m.Against, m.Debit, m.Credit, m.Balance))
	}
	want := []string{
		"11-05 112.31825 -0 +540000 = 540000", "11-05 112.31825 -0 +540000 = 1080000",
		"12-01 112.31825 -540000 +0 = 540000", "12-01 112.31825 -540000 +0 = 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for m, err := range ledger.Statement(t.Context(), b.pool, "3388.p1", money.Day(2026, 12, 1), money.Day(2026, 12, 31)) {
		if err != nil || m.Balance != 540_000 {
			t.Errorf("from December the first line leaves %d (%v)", m.Balance, err)
		}
		break
	}
	var lines []string
	for l, err := range ledger.Balances(t.Context(), b.pool, money.Day(2026, 11, 30)) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %d", l.Code, l.Balance))
	}
	if diff := cmp.Diff([]string{"112.31825 6150000", "3388.p1 1080000", "366.31825.btxh 3990000", "511.31825.btxh 1080000"}, lines); diff != "" {
		t.Error(diff)
	}
}

func TestEnsureMakesAnAccountOnce(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	if ids := b.ensure(ledger.Account{Code: "3388.p1", Type: "liability"}, ledger.Account{Code: "3388.p2", Type: "liability"},
		ledger.Account{Code: "3388.p2", Type: "liability"}); ids["3388.p1"] != b.people || len(ids) != 2 {
		t.Errorf("ids %v", ids)
	}
	for name, a := range map[string]ledger.Account{
		"another type":      {Code: "3388.p1", Type: "asset"},
		"another overdraft": {Code: "3388.p1", Type: "liability", NoOverdraft: true},
		"no code":           {Code: "Phải trả", Type: "liability"},
		"no type":           {Code: "1", Type: "cash"},
	} {
		err := b.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := ledger.Ensure(ctx, tx, []ledger.Account{a})
			return err
		})
		if !errors.Is(err, ledger.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
