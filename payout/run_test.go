package payout

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

func TestPrepareComputesAMonthWithItsArrears(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	woman := b.person(receives())
	b.person(someone{rights: []Entitlement{right(HTXH, "HTXH")}, birth: "1946", paid: 500_000, cash: true})
	r := b.prepare()
	if r.State != RunComputed || r.N != 2 || r.Total != monthDue+540_000+4*40_000 || r.HeldN != 0 {
		t.Errorf("run %+v", r)
	}
	d := b.paymentOf(woman)
	if d.Amount != monthDue || d.Regular != 810_000 || len(d.Lines) != 5 || d.Lines[4].Kind != Regular ||
		d.Lines[0].Explanation != "Truy lĩnh tháng 07/2026: được hưởng mức chuẩn 540.000 đ × hệ số 1,5 = 810.000 đ, đã chi 750.000 đ, còn được lĩnh 60.000 đ; mức đổi từ 500.000 đ thành 540.000 đ theo NĐ 335/2026/NĐ-CP." {
		t.Errorf("payment %+v", d)
	}
	b.nothingIsLost()
	if _, err := b.tryPrepare(); !errors.Is(err, ErrNothing) {
		t.Errorf("preparing again while the run stands: %v, want ErrNothing", err)
	}
	b.check(Void(b.ctx, b.pool, r.ID, b.clerk, "danh sách sai", b.now))
	if again := b.prepare(); again.Total != r.Total || again.ID == r.ID {
		t.Errorf("after voiding: %+v", again)
	}
	next := b.prepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	if next.Total != 810_000+540_000 {
		t.Errorf("the next month: %+v", next)
	}
	b.nothingIsLost()
}

func TestPrepareHoldsWithReasons(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	one := func(change ...func(*someone)) PersonID { return b.person(receives(change...)) }
	want := map[PersonID][]string{
		one(): nil,
		one(func(s *someone) { s.outcome = "not_found" }):                                                         {"not_found"},
		one(func(s *someone) { s.died, s.outcome = "2026-11-05", "deceased" }):                                    {"deceased"},
		one(func(s *someone) { s.account = "777777777" }):                                                         {"shared_account"},
		one(func(s *someone) { s.account = "777777777" }):                                                         {"shared_account"},
		one(func(s *someone) { s.rights = []Entitlement{right(BTXH, "DONTHAN", children(9))}; s.paid = 500_000 }): {HoldJump},
		one(func(s *someone) { s.rights[0].DecisionOn = day("2026-10-01"); s.paid = 300_000 }):                    nil,
	}
	r := b.prepare()
	if r.N != 2 || r.HeldN != 5 {
		t.Errorf("run %+v", r)
	}
	for id, reasons := range want {
		d := b.paymentOf(id)
		if len(reasons) == 0 {
			reasons = []string{}
		}
		if diff := cmp.Diff(reasons, d.HoldReasons); diff != "" || (d.State == Held) != (len(reasons) > 0) || len(d.Lines) == 0 {
			t.Errorf("person %d is %s: %s", id, d.State, diff)
		}
	}
	s, err := Summarize(b.ctx, b.pool, r.ID)
	b.check(err)
	if len(s.Exceptions) != 4 || s.Exceptions[0].Key != "shared_account" || s.Exceptions[0].N != 2 {
		t.Errorf("exceptions %+v", s.Exceptions)
	}
	b.nothingIsLost()
}

func TestAHeldPaymentIsReleasedByAnother(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	id := b.person(receives(func(s *someone) { s.outcome = "review" }))
	fine := b.person(receives())
	r := b.prepare()
	held := b.paymentOf(id).ID
	if err := Release(b.ctx, b.pool, held, b.clerk, "đã xem", b.now); !errors.Is(err, ErrOwnRun) {
		t.Errorf("released by the preparer: %v, want ErrOwnRun", err)
	}
	b.check(Release(b.ctx, b.pool, held, b.chairman, "đã xem giấy tờ", b.now))
	b.check(Hold(b.ctx, b.pool, b.paymentOf(fine).ID, b.clerk, "chờ xác minh", b.now))
	r, err := Get(b.ctx, b.pool, r.ID)
	b.check(err)
	if r.N != 1 || r.HeldN != 1 {
		t.Errorf("run %+v", r)
	}
	r = b.submit(r)
	if err := Release(b.ctx, b.pool, b.paymentOf(fine).ID, b.chairman, "xong", b.now); !errors.Is(err, ErrState) {
		t.Errorf("released after submission: %v, want ErrState", err)
	}
	b.funds(BTXH, 10_000_000)
	_, err = b.approve(r, b.chairman)
	b.check(err)
	b.nothingIsLost()
	// who stayed out is taken by the next run
	next := b.prepare()
	if next.N != 1 || next.Total != monthDue || b.paymentOf(fine).Run != next.ID {
		t.Errorf("next run %+v", next)
	}
}

func TestApproveNeedsAnotherPersonAndPosts(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	r := b.submit(b.prepare())
	if _, err := b.approve(r, b.clerk); !errors.Is(err, ErrOwnRun) {
		t.Errorf("the preparer: %v, want ErrOwnRun", err)
	}
	if _, err := b.approve(r, b.elsewhere); err == nil || !strings.Contains(err.Error(), "chairman of the run's office") {
		t.Errorf("a chairman of another office: %v", err)
	}
	a, err := Sign(b.ctx, b.pool, r, b.chairman, b.keys[b.chairman])
	b.check(err)
	a.Signature[len(a.Signature)-1] ^= 1
	if _, err := Approve(b.ctx, b.pool, a, b.now); !errors.Is(err, ErrSignature) {
		t.Errorf("a broken signature: %v, want ErrSignature", err)
	}
	var short *ErrFunds
	if _, err := b.approve(r, b.chairman); !errors.As(err, &short) || short.Short != monthDue || short.Account != "366.31825.btxh" {
		t.Errorf("no funds: %v, want ErrFunds of %d", err, monthDue)
	}
	b.funds(BTXH, monthDue-1)
	page, err := Summarize(b.ctx, b.pool, r.ID)
	b.check(err)
	if diff := cmp.Diff([]FundNeed{{BTXH, "366.31825.btxh", monthDue, monthDue - 1, 1}}, page.Funds); diff != "" {
		t.Errorf("funds on the run's page (-want +got):\n%s", diff)
	}
	if _, err := b.approve(r, b.chairman); !errors.As(err, &short) || short.Short != 1 {
		t.Errorf("one đồng short: %v", err)
	}
	b.nothingIsLost()
	b.funds(BTXH, 1)
	if r, err = b.approve(r, b.chairman); err != nil || r.State != RunApproved || r.Approvals != 1 {
		t.Fatalf("approved: %+v, %v", r, err)
	}
	for code, want := range map[string]money.VND{"366.31825.btxh": 0, "511.31825.btxh": monthDue, "611.31825.btxh": monthDue, payable(int64(p)).Code: monthDue} {
		if got := b.balance(code); got != want {
			t.Errorf("%s holds %d, want %d", code, got, want)
		}
	}
	if _, err := b.approve(r, b.second); !errors.Is(err, ErrState) {
		t.Errorf("approved again: %v, want ErrState", err)
	}
	b.nothingIsLost()
}

func TestApprovalsFollowTheTotal(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	owner := pgOwner(b)
	if _, err := owner.Exec(b.ctx, `insert into approval_threshold values (1000000, 2)`); err != nil {
		t.Fatal(err)
	}
	r := b.submit(b.prepare())
	b.funds(BTXH, monthDue)
	if r.ApprovalsNeeded != 2 {
		t.Fatalf("needed %d", r.ApprovalsNeeded)
	}
	r, err := b.approve(r, b.chairman)
	if err != nil || r.State != RunSubmitted || r.Approvals != 1 {
		t.Fatalf("after one: %+v, %v", r, err)
	}
	if _, err := b.approve(r, b.chairman); !errors.Is(err, ErrTwice) {
		t.Errorf("the same person: %v, want ErrTwice", err)
	}
	if r, err = b.approve(r, b.second); err != nil || r.State != RunApproved {
		t.Fatalf("after two: %+v, %v", r, err)
	}
}

// The rules stand in the database: psql as the application's role cannot get around them.
func TestTheDatabaseHoldsFourEyes(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	held := b.person(receives(func(s *someone) { s.outcome = "review" }))
	computed := b.prepare()
	refused := func(what, constraint, sql string, args ...any) {
		t.Helper()
		_, err := b.pool.Exec(b.ctx, sql, args...)
		if err == nil || (pg.Constraint(err) != constraint && pg.Code(err) != constraint) {
			t.Errorf("%s: %v (%s), want %s", what, err, pg.Constraint(err), constraint)
		}
	}
	const denied = "42501"
	refused("release by the preparer", "four_eyes", `update payment set state = 'ready', released_by = $2 where id = $1`, b.paymentOf(held).ID, b.clerk)
	refused("release by nobody", "four_eyes", `update payment set state = 'ready' where id = $1`, b.paymentOf(held).ID)
	refused("approve what is not submitted", "run_step", `update run set state = 'approved', digest = sha256('x'), submitted_by = 1 where id = $1`, computed.ID)
	r := b.submit(computed)
	sign := func(who, prepared StaffID, digest []byte) []any {
		return []any{r.ID, who, prepared, b.count(`select id from staff_key where staff_id = $1`, who), digest}
	}
	const insert = `insert into approval (run_id, staff_id, prepared_by, key_id, digest, statement, signature, approved_at) values ($1, $2, $3, $4, $5, '', '', now())`
	refused("the preparer approves", "four_eyes", insert, sign(b.clerk, b.clerk, r.Digest)...)
	refused("… by naming another preparer", "approval_run", insert, sign(b.clerk, b.second, r.Digest)...)
	refused("another preparer is named", "approval_run", insert, sign(b.chairman, b.second, r.Digest)...)
	refused("another digest", "approval_digest", insert, sign(b.chairman, b.clerk, bytes.Repeat([]byte{1}, 32))...)
	refused("another's key", "approval_key_revoked", insert, r.ID, b.chairman, b.clerk, b.count(`select id from staff_key where staff_id = $1`, b.second), r.Digest)
	refused("approved without approvals", "run_approvals", `update run set state = 'approved' where id = $1`, r.ID)
	refused("more money after submission", "run_frozen", `update run set total = total + 1 where id = $1`, r.ID)
	refused("another digest after submission", "run_frozen", `update run set digest = sha256('x') where id = $1`, r.ID)
	refused("a payment's amount", denied, `update payment set amount = amount + 1, owed = owed + 1 where id = $1`, b.paymentOf(p).ID)
	refused("a payment's account", denied, `update payment set account_enc = 'x' where id = $1`, b.paymentOf(p).ID)
	refused("a payment's rail", "payment_immutable", `update payment set rail = 'cash' where id = $1`, b.paymentOf(p).ID)
	refused("hold after submission", "payment_step", `update payment set state = 'held', hold_reasons = '{x}' where id = $1`, b.paymentOf(p).ID)
	refused("send before approval", "payment_step", `update payment set state = 'instructed' where id = $1`, b.paymentOf(p).ID)
	refused("forget that it was paid", "payment_live", `update payment set live = false where id = $1`, b.paymentOf(p).ID)
	refused("a line more", "payment_item_of_draft", `insert into payment_item select payment_id, scheme, 'KT_DBN', month, 1, 0, kind, reason_id from payment_item limit 1`)
	refused("a line gone", denied, `delete from payment_item`)
	refused("a payment more", "payment_of_draft", `insert into payment (run_id, person_id, nth, rail, regular, owed, clawback, set_off, carried, amount, state, leaf, changed_at)
		select run_id, person_id, 99, 'cash', 0, 1, 0, 0, 0, 1, 'ready', leaf, now() from payment limit 1`)
	refused("a run from nowhere", "run_step", `insert into run (office, month, schemes, state, prepared_by, prepared_at, known_on, with_provisional, rates)
		select office, month, schemes, 'approved', prepared_by, now(), known_on, false, rates from run limit 1`)
	refused("a lower threshold", denied, `update approval_threshold set approvals = 0`)
	b.exec(insert, sign(b.chairman, b.clerk, r.Digest)...)
	refused("a signature taken back", denied, `delete from approval`)
	refused("approved without its entry", "run_posted", `update run set state = 'approved', entry_id = 1 where id = $1`, r.ID)
	for _, sql := range []string{`delete from approval`, `update approval set signature = ''`, `update payment_item set amount = 1`, `delete from payment`, `truncate run cascade`} {
		if _, err := pgOwner(b).Exec(b.ctx, sql); pg.Constraint(err) != "append_only" {
			t.Errorf("the owner, %s: %v, want append_only", sql, err)
		}
	}
}

func TestOverlappingRunsCannotBothTakeAMonth(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for range 40 {
		b.person(receives())
	}
	const racers = 6
	errs, runs := make([]error, racers), make([]Run, racers)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range racers {
		done.Go(func() {
			start.Wait()
			runs[i], errs[i] = b.tryPrepare()
		})
	}
	start.Done()
	done.Wait()
	won := 0
	for i, err := range errs {
		switch {
		case err == nil:
			won++
			if runs[i].Total != 40*monthDue {
				t.Errorf("run %+v", runs[i])
			}
		case !errors.Is(err, ErrOverlap) && !errors.Is(err, ErrNothing):
			t.Errorf("racer %d: %v", i, err)
		}
	}
	if won != 1 {
		t.Errorf("%d runs took the month", won)
	}
	if n := b.count(`select count(*) from (select person_id, scheme, category, month from payment_item i join payment p on p.id = i.payment_id where live group by 1, 2, 3, 4 having sum(i.amount) > 900000) x`); n != 0 {
		t.Errorf("%d months taken twice", n)
	}
}

func TestParallelApprovalsPostOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	r := b.submit(b.prepare())
	b.funds(BTXH, 10*monthDue)
	a, err := Sign(b.ctx, b.pool, r, b.chairman, b.keys[b.chairman])
	b.check(err)
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() { _, _ = Approve(b.ctx, b.pool, a, b.now) })
	}
	done.Wait()
	if r, err = Get(b.ctx, b.pool, r.ID); err != nil || r.State != RunApproved || b.owes(p) != monthDue {
		t.Errorf("run %+v, owed %d, %v", r, b.owes(p), err)
	}
}

func TestRejectAndVoidLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	first := b.submit(b.prepare())
	if err := Reject(b.ctx, b.pool, first.ID, b.chairman, " ", b.now); err == nil {
		t.Error("rejected without a reason")
	}
	b.check(Reject(b.ctx, b.pool, first.ID, b.chairman, "thiếu hồ sơ", b.now))
	second := b.approved()
	b.check(Void(b.ctx, b.pool, second.ID, b.chairman, "sai kỳ", b.now))
	if b.owes(p) != 0 || b.balance("611.31825.btxh") != 0 || b.balance("366.31825.btxh") != 1_000_000_000 {
		t.Errorf("after voiding: owed %d, spent %d, fund %d", b.owes(p), b.balance("611.31825.btxh"), b.balance("366.31825.btxh"))
	}
	third := b.approved()
	if b.owes(p) != monthDue {
		t.Errorf("owed %d", b.owes(p))
	}
	b.instruct(third, b.bank)
	if err := Void(b.ctx, b.pool, third.ID, b.chairman, "muộn", b.now); !errors.Is(err, ErrState) {
		t.Errorf("voided after sending: %v, want ErrState", err)
	}
	for run, state := range map[RunID]RunState{first.ID: RunRejected, second.ID: RunVoid, third.ID: RunInstructed} {
		if r, err := Get(b.ctx, b.pool, run); err != nil || r.State != state {
			t.Errorf("run %d is %s, want %s (%v)", run, r.State, state, err)
		}
	}
	b.nothingIsLost()
}

func TestProvisionalRatesBlockApprovalUntilConfirmed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(someone{rights: []Entitlement{right(NCC, "LS_TN1")}, paid: 2_789_000})
	r := b.submit(b.prepare(func(in *PrepareInput) { in.WithProvisional = true }))
	if diff := cmp.Diff([]string{"ncc:2026-07-01:2026-10-01"}, r.ProvisionalSets); diff != "" {
		t.Error(diff)
	}
	b.funds(NCC, 100_000_000)
	if _, err := b.approve(r, b.chairman); !errors.Is(err, ErrProvisional) {
		t.Errorf("with a provisional rate: %v, want ErrProvisional", err)
	}
	if err := ConfirmRates(b.ctx, b.pool, r.ProvisionalSets[0], b.chairman, "đã đối chiếu", b.now); err == nil {
		t.Error("a commune's chairman confirmed the province's rates")
	}
	b.check(ConfirmRates(b.ctx, b.pool, r.ProvisionalSets[0], b.second, "đã đối chiếu phụ lục NĐ 321/2026", b.now))
	if r, err := b.approve(r, b.chairman); err != nil || r.State != RunApproved {
		t.Errorf("after confirmation: %+v, %v", r, err)
	}
	list, err := ListRates(b.ctx, b.pool)
	b.check(err)
	confirmed := 0
	for _, s := range list {
		if s.ConfirmedBy == "chairman.province" && !s.Provisional {
			confirmed++
		}
	}
	if confirmed != 1 {
		t.Errorf("rates %+v", list)
	}
}

func TestTheDigestIsThatOfItsPaymentsAndLines(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	b.person(receives(inCash))
	r := b.submit(b.prepare())
	again, err := digest(b.ctx, b.pool, r)
	if err != nil || !bytes.Equal(again, r.Digest) || len(r.Digest) != 32 {
		t.Errorf("digest %x, again %x, %v", r.Digest, again, err)
	}
	rows, err := b.pool.Query(b.ctx, `select id from payment where run_id = $1 order by id`, r.ID)
	b.check(err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[PaymentID])
	b.check(err)
	for _, id := range ids {
		d, err := GetPayment(b.ctx, b.pool, id)
		b.check(err)
		c := &candidate{id: int64(d.Person), way: d.Rail}
		b.check(b.pool.QueryRow(b.ctx, `select payee_id, bank_bin, account_idx from payment where id = $1`, id).Scan(&c.payee, &c.bin, &c.accountIdx))
		p := payment{candidate: c, id: id, owed: d.Owed, clawback: d.Clawback, setOff: d.SetOff, amount: d.Amount}
		for _, l := range d.Lines {
			p.items = append(p.items, item{scheme: Scheme(l.Scheme), category: l.Category, month: l.Month, amount: l.Amount, setOff: l.SetOff, kind: l.Kind})
		}
		leaf := p.leaf()
		if b.count(`select count(*) from payment where id = $1 and leaf = $2`, id, leaf[:]) != 1 {
			t.Errorf("payment %d has another leaf", id)
		}
	}
	if want := "ansinh/approve-run/v1\n"; !strings.HasPrefix(string(Statement(r, b.chairman)), want) {
		t.Errorf("statement %q", Statement(r, b.chairman))
	}
}
