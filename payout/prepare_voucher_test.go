package payout

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// worth moves between what is owed to a person and a voucher, as the market does.
func (b *bundle) worth(key string, p PersonID, amount money.VND, back bool) {
	b.Helper()
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		voucher := ledger.Account{Code: "3387.v1", Type: "liability"}
		ids, err := ledger.Ensure(b.ctx, tx, []ledger.Account{payable(int64(p)), voucher})
		if err != nil {
			return err
		}
		t := ledger.Transfer{Debit: ids[payable(int64(p)).Code], Credit: ids[voucher.Code], Amount: amount}
		if back {
			t.Debit, t.Credit = t.Credit, t.Debit
		}
		_, err = ledger.Post(b.ctx, tx, ledger.Entry{Key: key, On: bookDay(b.now), Kind: "voucher", Transfers: []ledger.Transfer{t}})
		return err
	}))
}

func TestWhatAVoucherLeftUnspentIsPaidByTheNextRunOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p := b.person(receives())
	r := b.approved()
	b.check(pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		_, err := PayByVoucher(b.ctx, tx, b.paymentOf(p).ID, "test", b.now)
		return err
	}))
	b.worth("issued", p, monthDue, false)
	if _, err := Instruct(b.ctx, b.pool, b.box, InstructInput{Run: r.ID, Account: b.bank, RequestedOn: day("2026-11-02"), By: b.clerk, Now: b.now}); err != nil {
		t.Fatal(err) // all of it left as vouchers: the run goes on without a message
	}
	b.check(Close(b.ctx, b.pool, r.ID, b.clerk, b.now))
	b.worth("expired", p, 250_000, true) // the rest was spent
	december := func(in *PrepareInput) { in.Month, in.KnownOn = month("2026-12"), day("2026-11-20") }
	next := b.prepare(december)
	if d := b.paymentOf(p); d.Carried != 250_000 || d.Amount != 810_000+250_000 {
		t.Fatalf("next payment %+v", d.PaymentView)
	}
	b.check(Void(b.ctx, b.pool, next.ID, b.clerk, "tính lại", b.now)) // nothing is lost with it
	next = b.approved(december)
	if d := b.paymentOf(p); d.Carried != 250_000 {
		t.Errorf("after voiding: %+v", d.PaymentView)
	}
	b.instruct(next, b.bank)
	if b.owes(p) != 0 {
		t.Errorf("%d stay in 3388", b.owes(p))
	}
	if _, err := b.tryPrepare(december); !errors.Is(err, ErrNothing) {
		t.Errorf("taken over twice: %v", err)
	}
	b.nothingIsLost()
}
