package web

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/staff"
)

func runPath(run payout.Run) string { return "/runs/" + id(int64(run.ID)) }

func TestARunShowsWhatChangedAndItsSums(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	a := b.as("auditor").see(runPath(run), nil, http.StatusOK)
	checkPage(t, "run", a.body)
	// six people: 540,000 × 2 for November, and 4 × 80,000 of arrears since July
	a.wants(t, "Đợt tháng 11/2026", "6.000.000 đ", "6.480.000 đ", "+2.400.000 đ", "+1.920.000 đ",
		"8.400.000 đ", "Tám triệu bốn trăm nghìn đồng", "Người clerk", "Đã trình")
	if strings.Contains(a.body, "Ký duyệt <span") && strings.Contains(a.body, "/approve") {
		t.Error("an auditor is offered to approve")
	}
	page, err := payout.ReadRunPage(b.ctx, b.pool, run.ID, run.PreparedAt)
	b.ok(err)
	sums := runSums(page)
	if got := sums.All.Total + sums.Receivable + sums.Carried; got != sums.ToPay || sums.ToPay != run.Total {
		t.Errorf("by scheme %d, to pay %d, the run says %d", got, sums.ToPay, run.Total)
	}
}

func TestPaymentsAreListedMaskedAndByChange(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	c := b.as("clerk")
	for query, want := range map[string]int{"": 6, "?state=ready": 6, "?state=held": 0, "?change=up": 6, "?change=added": 0, "?change=account_changed": 0, "?reason=no_account": 0} {
		a := c.see(runPath(run)+"/payments"+query, nil, http.StatusOK)
		checkPage(t, "payments"+query, a.body)
		if got := strings.Count(a.body, `href="/payments/`); got != want {
			t.Errorf("payments%s: %d rows, want %d", query, got, want)
		}
		if strings.Contains(a.body, "095145000") || strings.Contains(a.body, "07000000") {
			t.Errorf("payments%s shows a whole number", query)
		}
	}
	c.see(runPath(run)+"/payments?state=stolen", nil, http.StatusNotFound)
	c.see(runPath(run)+"/payments?change=stolen", nil, http.StatusNotFound)
	var first int64
	b.ok(b.pool.QueryRow(b.ctx, `select min(id) from payment`).Scan(&first))
	a := c.see("/payments/"+id(first), nil, http.StatusOK)
	checkPage(t, "payment", a.body)
	a.wants(t, "1.400.000 đ", "Truy lĩnh tháng", "0951******00")
}

func TestApprovingWithAKey(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	chair := b.as("chairman")
	page := chair.see(runPath(run), nil, http.StatusOK)
	checkPage(t, "approve", page.body)
	page.wants(t, "data-statement", "data-keys", `type="file"`)
	statement := chair.see(runPath(run)+"/statement", nil, http.StatusOK)
	if diff := cmp.Diff(string(payout.Statement(run, payout.StaffID(b.staff[staff.Chairman].ID))), statement.body); diff != "" {
		t.Error("the statement to sign:", diff)
	}

	for _, signature := range []string{"", "???", "AAAA"} {
		chair.see(runPath(run)+"/approve", url.Values{"signature": {signature}}, http.StatusUnprocessableEntity).wants(t, "alert")
	}
	// a right signature over another run is worth nothing here
	wrong := run
	wrong.Total++
	a, err := payout.Sign(b.ctx, b.pool, wrong, payout.StaffID(b.staff[staff.Chairman].ID), b.key)
	b.ok(err)
	chair.see(runPath(run)+"/approve", url.Values{"signature": {base64.StdEncoding.EncodeToString(a.Signature)}}, http.StatusUnprocessableEntity)

	a, err = payout.Sign(b.ctx, b.pool, run, payout.StaffID(b.staff[staff.Chairman].ID), b.key)
	b.ok(err)
	form := url.Values{"signature": {base64.StdEncoding.EncodeToString(a.Signature)}}
	chair.see(runPath(run)+"/approve", form, http.StatusSeeOther)
	after := chair.see(runPath(run), nil, http.StatusOK)
	after.wants(t, "Đã duyệt và ghi sổ", "chữ ký hợp lệ")
	if strings.Contains(after.body, "/approve") {
		t.Error("an approved run still offers to be approved")
	}
	chair.see(runPath(run)+"/approve", form, http.StatusConflict)
}

func TestApprovalIsNotOfferedWhereItCannotHold(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	b.tx(func(tx pgx.Tx) {
		b.exec(tx, `update staff set roles = array['clerk', 'chairman'] where login = 'clerk'`)
	})
	own := b.as("clerk").see(runPath(run), nil, http.StatusOK)
	own.wants(t, "người lập đợt này nên không được tự duyệt")
	if strings.Contains(own.body, "/approve") {
		t.Error("the preparer is offered to approve")
	}
	var key int64
	b.ok(b.pool.QueryRow(b.ctx, `select id from staff_key`).Scan(&key))
	chair := b.as("chairman")
	chair.see("/keys/"+id(key)+"/revoke", url.Values{}, http.StatusSeeOther)
	chair.see(runPath(run), nil, http.StatusOK).wants(t, "chưa có khoá ký")
}

func TestRejectingNeedsAReason(t *testing.T) {
	t.Parallel()
	b := open(t)
	run := b.submitted()
	chair := b.as("chairman")
	chair.see(runPath(run)+"/reject", url.Values{"reason": {" "}}, http.StatusUnprocessableEntity).wants(t, "phải ghi lý do")
	chair.see(runPath(run)+"/reject", url.Values{"reason": {"Ba người đã chuyển xã"}}, http.StatusSeeOther)
	chair.see(runPath(run), nil, http.StatusOK).wants(t, "Bị trả lại", "Ba người đã chuyển xã")
}

func TestHoldingReleasingAndSubmitting(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.people(2)
	run, err := payout.Prepare(b.ctx, b.pool, payout.PrepareInput{Box: b.box, Office: office, Month: money.NewMonth(2026, time.November),
		KnownOn: money.Day(2026, time.October, 20), By: payout.StaffID(b.staff[staff.Clerk].ID), Now: testNow})
	b.ok(err)
	var payment int64
	b.ok(b.pool.QueryRow(b.ctx, `select min(id) from payment`).Scan(&payment))
	clerk, books := b.as("clerk"), b.as("accountant")
	clerk.see("/payments/"+id(payment), url.Values{"why": {""}}, http.StatusUnprocessableEntity)
	clerk.see("/payments/"+id(payment), url.Values{"why": {"Gia đình báo đã đổi tài khoản"}}, http.StatusSeeOther)
	clerk.see("/payments/"+id(payment), url.Values{"why": {"x"}, "release": {"1"}}, http.StatusConflict).wants(t, "Nhờ một người khác")
	books.see("/payments/"+id(payment), url.Values{"why": {"Đã xác minh"}, "release": {"1"}}, http.StatusSeeOther)
	clerk.see(runPath(run)+"/submit", url.Values{}, http.StatusSeeOther)
	clerk.see(runPath(run), nil, http.StatusOK).wants(t, "Đã trình")
	// frozen now
	books.see("/payments/"+id(payment), url.Values{"why": {"muộn"}}, http.StatusConflict)
}

// Without enough in the fund nobody is asked to sign.
func TestAShortFundIsNamedBeforeSigning(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.people(3)
	clerk := payout.StaffID(b.staff[staff.Clerk].ID)
	run, err := payout.Prepare(b.ctx, b.pool, payout.PrepareInput{Box: b.box, Office: office, Month: money.NewMonth(2026, time.November), KnownOn: money.Day(2026, time.October, 20), By: clerk, Now: testNow})
	b.ok(err)
	_, err = payout.Submit(b.ctx, b.pool, run.ID, clerk, testNow)
	b.ok(err)
	b.fund(1_000_000)
	a := b.as("chairman").see(runPath(run), nil, http.StatusOK)
	a.wants(t, "còn "+text.VND(1_000_000), "thiếu "+text.VND(3*1_400_000-1_000_000))
}
