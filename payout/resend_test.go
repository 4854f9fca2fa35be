package payout

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// The codes that transfers of benefits meet, by what they ask for: of those that come
// back for good none is ever sent again.
var codesMet = map[bool]string{
	false: "AC01 AC03 AC04 AC07 AC06 AC16 AC14 AG01 AM01 AM02 AM06 AM05 DUPL DU03 AM07 AM09 BE01 BE06 BE04 BE22 BE23 MD07 MD06 NARR NOAS " +
		"RC01 RC04 RC11 CNOR DNOR RR01 RR02 RR03 RR04 NOCM FR01 FRAD FOCR CUST RUTA UPAY SP01 SVNR",
	true: "AG02 AG03 AM04 AM10 AM14 AM21 AM23 BE05 BE07 MS02 MS03 RF01 DU01 TM01 DT01 DT04 ED05 ED06 FF01 CH17 TA01 TD03",
}

func TestEveryReasonOfABankSaysWhatToDoNext(t *testing.T) {
	t.Parallel()
	n := 0
	for again, codes := range codesMet {
		for _, code := range strings.Fields(codes) {
			n++
			for _, kind := range []OutcomeKind{OutcomeRejected, OutcomeReturned} {
				vi, en := ReasonWords(kind, code)
				if _, known := reasonOf(kind, code); !known || en == "" || !strings.ContainsFunc(vi, func(r rune) bool { return r > unicode.MaxASCII }) {
					t.Errorf("%s, %s: %q, %q", code, kind, vi, en)
				}
				if mayResend(kind, code) != again {
					t.Errorf("%s may be sent again: %v", code, !again)
				}
			}
		}
	}
	if n != len(reasons) {
		t.Errorf("%d codes are listed here, %d are known", n, len(reasons))
	}
	if vi, _ := ReasonWords(OutcomeRejected, "AC16"); strings.Contains(vi, "kê biên") {
		t.Error("AC16 of a status is a card number, not a sequestration")
	}
	if vi, _ := ReasonWords(OutcomeReturned, "ZZ99"); vi != "Mã ZZ99: hỏi ngân hàng" {
		t.Errorf("an unknown code: %q", vi)
	}
}

// refuseAll refuses everybody's newest order of a run.
func (b *bundle) refuseAll(run RunID, reason string) {
	b.Helper()
	rows, err := b.pool.Query(b.ctx, `select end_to_end_id, amount from instruction where run_id = $1 and state = 'made' order by 1`, run)
	b.check(err)
	type made struct {
		ID     string
		Amount money.VND
	}
	orders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[made])
	b.check(err)
	for _, o := range orders {
		b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
			return RecordOutcome(b.ctx, tx, Outcome{EndToEndID: o.ID, Kind: OutcomeRejected, Reason: reason, Amount: o.Amount, On: day("2026-11-02"), By: "test", Now: b.now})
		}))
	}
}

func TestARefusedMessageIsSentAgainByItsOwnRunOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p, other := b.person(receives()), b.person(receives())
	r := b.approved()
	s := b.instruct(r, b.bank)
	b.refuseAll(r.ID, "AM04")
	b.nothingIsLost()
	again := func(in ResendInput) (Resent, error) {
		in.Run, in.Note, in.By, in.Now = r.ID, "kho bạc đã chuyển tiền", b.clerk, b.now
		return Resend(b.ctx, b.pool, in)
	}
	if _, err := again(ResendInput{}); err == nil {
		t.Error("neither a payment nor a message was named")
	}
	out, err := again(ResendInput{Message: s.Messages[0]})
	if err != nil || out.N != 2 || out.Total != 2*monthDue {
		t.Fatalf("%+v, %v", out, err)
	}
	if err := Close(b.ctx, b.pool, r.ID, b.clerk, b.now); !errors.Is(err, ErrState) {
		t.Errorf("closed with payments waiting: %v", err)
	}
	if _, err := again(ResendInput{Message: s.Messages[0]}); !errors.Is(err, ErrNothing) {
		t.Errorf("readied twice: %v", err)
	}
	// the next run does not take what waits here
	if _, err := b.tryPrepare(); !errors.Is(err, ErrNothing) {
		t.Errorf("taken over while it waits: %v", err)
	}
	s = b.instruct(r, b.bank)
	if s.N != 2 || s.Messages[0] != "AS-202611-31825-1-b2" || s.Again {
		t.Errorf("%+v", s)
	}
	d := b.paymentOf(p)
	if len(d.Instructions) != 2 || d.Instructions[1].EndToEndID != "AS202611-1-A2" || d.State != Instructed || b.owes(p) != 0 {
		t.Errorf("%+v, owed %d", d, b.owes(p))
	}
	b.check(b.outcome(p, OutcomeDebited, ""))
	b.check(b.outcome(other, OutcomeRejected, "AC04"))
	if _, err := again(ResendInput{Payment: b.paymentOf(other).ID}); err == nil || !strings.Contains(err.Error(), "does not mend AC04") {
		t.Errorf("a closed account is sent again: %v", err)
	}
	b.nothingIsLost()
	b.check(Close(b.ctx, b.pool, r.ID, b.clerk, b.now))
}

// A refused payment is sent again or taken over by the next run, never both, whoever
// comes first.
func TestSendingAgainAndTakingOverExcludeEachOther(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.person(receives())
	r := b.approved()
	s := b.instruct(r, b.bank)
	b.refuseAll(r.ID, "TM01")
	var done sync.WaitGroup
	var resent, prepared error
	done.Go(func() {
		_, resent = Resend(b.ctx, b.pool, ResendInput{Run: r.ID, Message: s.Messages[0], Note: "x", By: b.clerk, Now: b.now})
	})
	done.Go(func() {
		_, prepared = b.tryPrepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") })
	})
	done.Wait()
	taken := b.count(`select count(*) from payment_carry where live`)
	ready := b.count(`select count(*) from payment where run_id = $1 and state = 'ready'`, r.ID)
	if taken+ready != 1 {
		t.Errorf("taken over %d times, ready %d times (%v, %v)", taken, ready, resent, prepared)
	}
	var refused *Refusal
	for _, err := range []error{resent, prepared} {
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("%v", err)
		}
	}
	b.nothingIsLost()
}

func TestARunOfWhichNothingWaitsForARailIsClosed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives(overpaid)) // all of it is set off
	r := b.approved()
	if d := b.paymentOf(p); d.Amount != 0 || d.SetOff != 810_000 {
		t.Fatalf("payment %+v", d.PaymentView)
	}
	s, err := Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: b.bank, RequestedOn: day("2026-11-02"), By: b.clerk, Now: b.now})
	if err != nil || len(s.Messages) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	b.check(Close(b.ctx, b.pool, r.ID, b.clerk, b.now))
	b.nothingIsLost()
}

func TestBankAndCashAndVoucherInOneRun(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	byBank, cash, voucher := b.person(receives()), b.person(receives(inCash)), b.person(receives())
	r := b.approved()
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		_, err := PayByVoucher(b.ctx, tx, b.paymentOf(voucher).ID, "test", b.now)
		return err
	}))
	b.instruct(r, b.bank)
	b.instruct(r, b.post)
	b.check(b.outcome(byBank, OutcomeDebited, ""))
	b.check(RecordCash(b.ctx, b.pool, r.ID, []CashResult{{EndToEndID: b.paymentOf(cash).Instructions[0].EndToEndID, Collected: true, On: day("2026-11-10")}}, b.clerk, b.now))
	b.check(Close(b.ctx, b.pool, r.ID, b.clerk, b.now))
	for p, want := range map[PersonID]PaymentState{byBank: Settled, cash: Collected, voucher: Settled} {
		if got := b.paymentOf(p).State; got != want {
			t.Errorf("payment of %d is %s, want %s", p, got, want)
		}
	}
}

// However orders are split, each is in one message, in its payments' order, and no
// message breaks a limit.
func TestSplittingKeepsEveryOrderAndEveryLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := Settings{MessageSize: rapid.IntRange(1, 5).Draw(t, "size"), SplitByBank: rapid.Bool().Draw(t, "by bank"),
			MessageSum: money.VND(rapid.SampledFrom([]int64{0, 2_000_000, 500_000_000}).Draw(t, "sum")), InstantSum: 500_000_000}
		var orders []order
		for i := range rapid.IntRange(1, 20).Draw(t, "orders") {
			orders = append(orders, order{payment: PaymentID(i + 1), bin: rapid.SampledFrom([]string{"970415", "970436"}).Draw(t, "bank"),
				amount: money.VND(rapid.SampledFrom([]int64{540_000, 1_080_000, 499_999_999, 500_000_000, 600_000_000}).Draw(t, "amount"))})
		}
		seen := map[PaymentID]bool{}
		for _, part := range s.split(orders) {
			var sum money.VND
			large, last := part[0].amount >= s.InstantSum, PaymentID(0)
			for _, x := range part {
				if seen[x.payment] || x.payment <= last {
					t.Fatalf("payment %d twice or out of order", x.payment)
				}
				seen[x.payment], last = true, x.payment
				sum += x.amount
				if (x.amount >= s.InstantSum) != large || (s.SplitByBank && x.bin != part[0].bin) {
					t.Fatalf("%+v and %+v in one message", part[0], x)
				}
			}
			if len(part) > s.MessageSize || (s.MessageSum > 0 && sum > s.MessageSum && len(part) > 1) {
				t.Fatalf("%d orders of %d in one message", len(part), sum)
			}
		}
		if len(seen) != len(orders) {
			t.Fatalf("%d of %d orders", len(seen), len(orders))
		}
	})
}

func TestOverlappingMonthsPreparedAtOnceAreTakenOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for range 20 {
		b.person(receives())
	}
	errs := make([]error, 4)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range errs {
		done.Go(func() {
			start.Wait()
			_, errs[i] = b.tryPrepare(func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-11").Add(i%2), day("2026-10-20") })
		})
	}
	start.Done()
	done.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrOverlap) && !errors.Is(err, ErrNothing) {
			t.Error(err)
		}
	}
	if n := b.count(`select count(*) from (select person_id, scheme, category, month from payment_item i join payment p on p.id = i.payment_id
		where p.live group by 1, 2, 3, 4 having count(*) > 1) x`); n != 0 || won == 0 {
		t.Errorf("%d runs stand, %d months were taken twice", won, n)
	}
	if n := b.count(`select count(*) from (select person_id from payment where live group by 1 having count(*) <> $1) x`, won); n != 0 {
		t.Errorf("%d people are in some runs only (%s)", n, fmt.Sprint(errs))
	}
	b.nothingIsLost()
}
