package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/staff"
)

// paidTo is a run of two that the bank has: one was overpaid 9,200,000 before.
func (b *bundle) paidTo() (run payout.Run) {
	b.Helper()
	b.people(2)
	b.exec(b.pool, `update paid_before set amount = 3380000 where person_id = (select min(id) from person)`)
	b.exec(b.pool, `insert into setting values ('payout.set_off_share', '"0"'), ('payout.jump_factor', '"10"')`)
	clerk, chair := payout.StaffID(b.staff[staff.Clerk].ID), payout.StaffID(b.staff[staff.Chairman].ID)
	run, err := payout.Prepare(b.ctx, b.pool, payout.PrepareInput{Box: b.box, Office: office, Month: money.NewMonth(2026, time.November),
		KnownOn: money.Day(2026, time.October, 20), By: clerk, Now: testNow})
	b.ok(err)
	run, err = payout.Submit(b.ctx, b.pool, run.ID, clerk, testNow)
	b.ok(err)
	b.fund(run.Total)
	a, err := payout.Sign(b.ctx, b.pool, run, chair, b.key)
	b.ok(err)
	_, err = payout.Approve(b.ctx, b.pool, a, testNow)
	b.ok(err)
	var account bank.RailAccountID
	b.tx(func(tx pgx.Tx) {
		b.ok(tx.QueryRow(b.ctx, `insert into rail_account (office, kind, bank_bin, account_no, name) values ($1, 'bank', '970436', '7770001112', 'UBND') returning id`, office).Scan(&account))
	})
	_, err = payout.Instruct(b.ctx, b.pool, b.box, payout.InstructInput{Run: run.ID, Account: account, RequestedOn: money.Day(2026, time.November, 2), By: clerk, Now: testNow})
	b.ok(err)
	return run
}

func TestARecoveryIsDecidedByTwoAndGivenBackInCash(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.paidTo()
	var person int64
	b.ok(b.pool.QueryRow(b.ctx, `select min(id) from person`).Scan(&person))
	page := "/recoveries/" + id(person)
	clerk, books, chair := b.as("clerk"), b.as("accountant"), b.as("chairman")
	list := clerk.see("/recoveries", nil, http.StatusOK)
	checkPage(t, "recoveries", list.body)
	list.wants(t, page, "9.200.000 đ")
	checkPage(t, "recovery", books.see(page, nil, http.StatusOK).body)

	form := url.Values{"kind": {"instalments"}, "amount": {"200000"}, "decision": {"15/QĐ-UBND"}, "on": {testNow.Format("2006-01-02")}, "signer": {"Lê Văn Út"}, "reason": {"Chi thừa do cập nhật muộn"}}
	for field, bad := range map[string]string{"amount": "-1", "on": "hôm nay", "kind": "forget", "decision": " "} {
		wrong := url.Values{}
		for k, v := range form {
			wrong[k] = v
		}
		wrong.Set(field, bad)
		if a := clerk.do("POST", page+"/decisions", wrong); a.StatusCode < 400 || a.StatusCode >= 500 {
			t.Errorf("%s = %q: %d", field, bad, a.StatusCode)
		}
	}
	clerk.see(page+"/decisions", form, http.StatusSeeOther)
	chair.see(page, nil, http.StatusOK).wants(t, "15/QĐ-UBND", "chờ xác nhận")
	chair.see(page+"/answers", url.Values{"decision": {"999"}}, http.StatusNotFound)
	chair.see(page+"/answers", url.Values{"decision": {"1"}}, http.StatusSeeOther)
	chair.see(page, nil, http.StatusOK).wants(t, "có hiệu lực", "200.000 đ")

	cash := url.Values{"amount": {"700000"}, "receipt": {"PT 01"}, "on": {testNow.Format("2006-01-02")}, "note": {"Con trai nộp"}}
	books.see(page+"/receipts", cash, http.StatusSeeOther)
	books.see(page+"/receipts", cash, http.StatusUnprocessableEntity).wants(t, "alert")
	books.see(page, nil, http.StatusOK).wants(t, "8.500.000 đ", "PT 01", "Con trai nộp")
}

func TestARefusedMessageIsReadiedAndItsCasesClosed(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.paidTo()
	for i, reason := range []string{"AM04", "MD07"} {
		var order string
		var amount money.VND
		b.ok(b.pool.QueryRow(b.ctx, `select end_to_end_id, amount from instruction order by payment_id offset $1 limit 1`, i).Scan(&order, &amount))
		b.ok(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
			return payout.RecordOutcome(b.ctx, tx, payout.Outcome{EndToEndID: order, Kind: payout.OutcomeRejected, Reason: reason, Info: "NGAN HANG GHI", Amount: amount,
				On: money.Day(2026, time.November, 2), By: "test", Now: testNow})
		}))
	}
	var message string
	b.ok(b.pool.QueryRow(b.ctx, `select message_id from bank_message`).Scan(&message))
	b.exec(b.pool, `update bank_message set state = 'sent', sent_at = now()`)
	b.exec(b.pool, `update bank_message set state = 'part', answered_at = now()`)
	books, clerk := b.as("accountant"), b.as("clerk")
	a := books.see(runPath(run), nil, http.StatusOK)
	checkPage(t, "run", a.body)
	a.wants(t, "/resend", "Chuẩn bị gửi lại")
	books.see(runPath(run)+"/resend", url.Values{"message": {message}, "note": {""}}, http.StatusUnprocessableEntity)
	books.see(runPath(run)+"/resend", url.Values{"message": {message}, "note": {"Kho bạc đã chuyển tiền"}}, http.StatusSeeOther)
	books.see(runPath(run), nil, http.StatusOK).wants(t, "1 khoản chờ gửi lại, 1 khoản giữ cho đợt sau")

	var dead int64
	b.ok(b.pool.QueryRow(b.ctx, `select id from payment where state = 'returned'`).Scan(&dead))
	books.see("/payments/"+id(dead), nil, http.StatusOK).wants(t, "Chủ tài khoản đã chết", "NGAN HANG GHI")
	list := clerk.see("/cases", nil, http.StatusOK)
	checkPage(t, "cases", list.body)
	list.wants(t, "MD07", "Chủ tài khoản đã chết")
	clerk.see("/cases/1", url.Values{"found": {""}}, http.StatusUnprocessableEntity).wants(t, "alert")
	clerk.see("/cases/1", url.Values{"found": {"Đã đến nhà, người còn sống"}}, http.StatusSeeOther)
	clerk.see("/cases/1", url.Values{"found": {"lần nữa"}}, http.StatusUnprocessableEntity)
	clerk.see("/cases?closed=1", nil, http.StatusOK).wants(t, "người còn sống")
}
