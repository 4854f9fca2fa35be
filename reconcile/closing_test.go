package reconcile_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"ansinh.vn/bank/sandbox"
	"ansinh.vn/money"
	"ansinh.vn/reconcile"
)

func TestADayClosesWhenBooksAndBankAgree(t *testing.T) {
	t.Parallel()
	b := newBundle(t, 1, sandbox.Faults{})
	b.fund(5_000_000)
	b.ask("POST", "/credit", map[string]any{"bank": "970436", "account": account, "amount": 700_000, "memo": "ung ho", "name": "NGUYEN VAN A"})
	b.to("2026-10-21")
	on, earlier := money.Day(2026, 10, 20), money.Day(2026, 10, 19)
	refused := func(what, why string, day time.Time) {
		t.Helper()
		var r *reconcile.Refusal
		if _, err := b.store.CloseDay(b.ctx, b.bankAccount, day, b.clerk, b.now); !errors.As(err, &r) || !strings.Contains(r.Reason, why) {
			t.Errorf("%s: %v, want a refusal about %q", what, err, why)
		}
	}
	refused("no statement", "chưa có sao kê", on)
	b.take("20.xml", b.statement("2026-10-20"))
	refused("lines wait", "chưa đối chiếu", on)
	b.reconcile()
	refused("a day that no statement tells of", "mới đến ngày", money.Day(2026, 10, 21))
	refused("a day before the first statement", "bắt đầu từ ngày", earlier)
	if _, err := b.pool.Exec(b.ctx, `insert into closed_day select $1, '2026-10-20', 1, 2, 0, 'x', sha256('x'), $2, now()`, b.bankAccount, b.clerk); err == nil {
		t.Error("the database closed a day whose books do not agree")
	}
	s, err := b.store.CloseDay(b.ctx, b.bankAccount, on, b.clerk, b.now)
	b.check(err)
	if s.Bank != 5_700_000 || s.Books != s.Bank || s.ClosedBy != "canbo" || len(s.Suspense) != 1 || s.Suspense[0].Amount != 700_000 || s.Suspense[0].Kind != "unknown-credit" {
		t.Errorf("closed as %+v", s)
	}
	// what happens later leaves the closed day as it was
	b.check(b.store.Propose(b.ctx, s.Suspense[0].Break, "fund:btxh", "tặng cho quỹ", b.clerk, b.now))
	b.check(b.store.Confirm(b.ctx, s.Suspense[0].Break, b.chairman, b.now))
	again, err := b.store.CloseDay(b.ctx, b.bankAccount, on, b.chairman, b.now)
	b.check(err)
	if again.ClosedBy != "canbo" || len(again.Suspense) != 1 {
		t.Errorf("closed again as %+v", again)
	}
	var logged int
	b.scan(&logged, `select count(*) from audit_event where kind = 'day.closed'`)
	if logged != 1 {
		t.Errorf("%d events in the log", logged)
	}
	var first, second bytes.Buffer
	b.check(again.Write(&first))
	b.check(again.Write(&second))
	if first.Len() == 0 || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same statement made other bytes")
	}
}
