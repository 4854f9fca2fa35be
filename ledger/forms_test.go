package ledger_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

func all[T any](t *testing.T, rows iter.Seq2[T, error]) (list []T) {
	t.Helper()
	for r, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func TestFormsSayTheSameInThreeWays(t *testing.T) {
	t.Parallel()
	b := busyBooks(t)
	november := ledger.Period{From: money.Day(2026, 11, 1), To: money.Day(2026, 11, 30)}
	december := ledger.Period{From: money.Day(2026, 12, 1), To: money.Day(2026, 12, 31)}
	var journal []string
	var sum money.VND
	for _, l := range all(t, ledger.Journal(b.Context(), b.pool, november)) {
		journal = append(journal, fmt.Sprint(l.Entry, " ", l.Debit, "/", l.Credit, " ", l.N, " × ", l.Amount))
		sum += l.Amount
	}
	if diff := cmp.Diff([]string{"1 112/366 1 × 5000000", "2 112/3388 2 × 1080000", "2 366/511 1 × 1080000", "3 112/366 1 × 70000"}, journal); diff != "" {
		t.Error(diff)
	}
	for _, p := range []ledger.Period{november, december, {From: money.Day(2026, 11, 6), To: money.Day(2027, 1, 1)}} {
		var open, moved, closing money.VND
		general := map[string]ledger.GeneralLine{}
		for _, l := range all(t, ledger.GeneralLedger(b.Context(), b.pool, p, "")) {
			last := general[l.Account]
			if l.Entry != 0 && l.Balance != last.Balance+l.Debit-l.Credit {
				t.Errorf("%s: %d after %d", l.Account, l.Balance, last.Balance)
			}
			general[l.Account] = l
		}
		for _, l := range all(t, ledger.FirstLevel(b.Context(), b.pool, p)) {
			open += l.OpenDebit - l.OpenCredit
			moved += l.Debit - l.Credit
			closing += l.CloseDebit - l.CloseCredit
			if g := general[l.Account]; g.Balance != l.CloseDebit-l.CloseCredit {
				t.Errorf("%s closes with %d in the general ledger, %d in the trial balance", l.Account, g.Balance, l.CloseDebit-l.CloseCredit)
			}
		}
		if open != 0 || moved != 0 || closing != 0 {
			t.Errorf("%v: the columns do not balance: %d %d %d", p, open, moved, closing)
		}
	}
	want := []ledger.FirstLevelLine{
		{Account: "112", OpenDebit: 6_150_000, Credit: 1_080_000, CloseDebit: 5_070_000},
		{Account: "3388", OpenCredit: 1_080_000, Debit: 1_080_000},
		{Account: "366", OpenCredit: 3_990_000, Credit: 1_080_000, CloseCredit: 5_070_000},
		{Account: "511", OpenCredit: 1_080_000, Debit: 1_080_000}}
	if diff := cmp.Diff(want, all(t, ledger.FirstLevel(b.Context(), b.pool, december))); diff != "" {
		t.Error(diff)
	}
	if sum != 7_230_000 {
		t.Errorf("the journal of November comes to %d", sum)
	}
	one := all(t, ledger.GeneralLedger(b.Context(), b.pool, december, "366"))
	if len(one) != 2 || one[0].Entry != 0 || one[0].Balance != -3_990_000 || one[1].Against != "511" {
		t.Errorf("%+v", one)
	}
	// another office's books are empty
	november.Office = "31843"
	if got := all(t, ledger.Journal(b.Context(), b.pool, november)); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
