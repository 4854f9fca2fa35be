package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

func (b *books) month(m money.Month, states ...string) error {
	return b.try(func(ctx context.Context, tx pgx.Tx) error {
		for _, state := range states {
			if err := ledger.SetMonth(ctx, tx, m, state, "staff:1"); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *books) trial(m money.Month) (lines []ledger.TrialLine) {
	b.Helper()
	for l, err := range ledger.TrialBalance(b.Context(), b.pool, m) {
		if err != nil {
			b.Fatal(err)
		}
		l.Name, l.Type = "", ""
		lines = append(lines, l)
	}
	return lines
}

func TestClosedMonthKeepsItsTrialBalance(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	october, november := money.NewMonth(2026, 10), money.NewMonth(2026, 11)
	put := func(key string, on time.Time, kind string, debit, credit ledger.AccountID, amount money.VND) error {
		_, err := b.post(ledger.Entry{Key: key, On: on, Kind: kind, Transfers: []ledger.Transfer{{Debit: debit, Credit: credit, Amount: amount}}})
		return err
	}
	for i, err := range []error{
		put("o1", october.First(), "", b.bank, b.fund, 1000),
		put("o2", october.Last(), "", b.fund, b.revenue, 300),
		put("n1", november.First(), "", b.bank, b.people, 50),
		put("n2", november.Last(), "", b.fund, b.revenue, 20),
	} {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	want := []ledger.TrialLine{
		{Code: "112.31825", Opening: 1000, Debits: 50, Closing: 1050},
		{Code: "3388.p1", Credits: 50, Closing: -50},
		{Code: "366.31825.btxh", Opening: -700, Debits: 20, Closing: -680},
		{Code: "511.31825.btxh", Opening: -300, Credits: 20, Closing: -320},
	}
	dayBalances := func() (all []money.VND) {
		for _, d := range []time.Time{october.First(), october.Last(), november.First(), money.Day(2026, 11, 15), november.Last()} {
			for l, err := range ledger.Balances(t.Context(), b.pool, d) {
				if err != nil {
					t.Fatal(err)
				}
				one, err := ledger.BalanceOn(t.Context(), b.pool, l.Code, d)
				if err != nil || one != l.Balance {
					t.Errorf("%s on %s: %d and %d (%v)", l.Code, d.Format(time.DateOnly), one, l.Balance, err)
				}
				all = append(all, one)
			}
		}
		return all
	}
	before := dayBalances()
	for _, states := range [][]string{nil, {ledger.Closing}, {ledger.Closed}} { // of October: it is the same all the time
		if err := b.month(october, states...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.trial(november)); diff != "" {
			t.Errorf("october %v: %s", states, diff)
		}
		if diff := cmp.Diff(before, dayBalances()); diff != "" {
			t.Errorf("october %v: %s", states, diff)
		}
	}
	if err := put("late", october.Last(), "", b.bank, b.fund, 1); !errors.Is(err, ledger.ErrMonthClosed) {
		t.Errorf("posted into a closed month: %v", err)
	}
	if err := b.month(november, ledger.Closing); err != nil {
		t.Fatal(err)
	}
	if err := put("late", november.Last(), "", b.bank, b.fund, 1); !errors.Is(err, ledger.ErrMonthClosed) {
		t.Errorf("an ordinary entry while it is closing: %v", err)
	}
	if err := put("end", november.Last(), "closing", b.bank, b.fund, 1); err != nil {
		t.Errorf("a closing entry: %v", err)
	}
	if err := b.month(november, ledger.Closed); err != nil {
		t.Fatal(err)
	}
	var kept int
	var said, moved string
	err := b.pool.QueryRow(t.Context(), `
		select (select count(*) from month_total), payload ->> 'accounts', payload ->> 'moved'
		from audit_event where subject = 'month:2026-11' order by id desc limit 1`).Scan(&kept, &said, &moved)
	if err != nil || kept != 7 || said != "4" || moved != "71" {
		t.Errorf("%d totals kept; the log says %s accounts moved %s (%v)", kept, said, moved, err)
	}
	if err := b.month(november, ledger.Open); err == nil {
		t.Error("a closed month opens again")
	}
}

// A statement goes through the days of closed and open months alike.
func TestStatementGoesThroughClosedMonths(t *testing.T) {
	t.Parallel()
	b := openBooks(t)
	for i := range 30 {
		d := money.Day(2026, 9, 1).AddDate(0, 0, 3*i)
		e := ledger.Entry{Key: fmt.Sprint(i), On: d, Memo: fmt.Sprint("lần ", i), Transfers: []ledger.Transfer{{Debit: b.bank, Credit: b.fund, Amount: money.VND(100 + i)}}}
		if i%3 == 2 {
			e.Transfers = []ledger.Transfer{{Debit: b.fund, Credit: b.revenue, Amount: 50}, {Debit: b.bank, Credit: b.fund, Amount: 7}}
		}
		if _, err := b.post(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.month(money.NewMonth(2026, 9), ledger.Closing, ledger.Closed); err != nil {
		t.Fatal(err)
	}
	from, to := money.Day(2026, 10, 5), money.Day(2026, 11, 20)
	balance, err := ledger.BalanceOn(t.Context(), b.pool, "366.31825.btxh", from.AddDate(0, 0, -1))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for m, err := range ledger.Statement(t.Context(), b.pool, "366.31825.btxh", from, to) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		balance += m.Credit - m.Debit
		if m.Balance != balance || m.On.Before(from) || m.On.After(to) || m.Memo == "" {
			t.Errorf("%+v, balance %d", m, balance)
		}
	}
	end, err := ledger.BalanceOn(t.Context(), b.pool, "366.31825.btxh", to)
	if err != nil || end != balance || n != 20 {
		t.Errorf("%d movements end at %d, the day at %d (%v)", n, balance, end, err)
	}
}
