package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// A rule is a chain of gates. It explains the line and says what follows, or that the
// line is not its business; a reference that fits with an amount that does not is a
// break, never a match.
type rule struct {
	id      string
	version int
	try     func(ctx context.Context, f *facts, l line) (*verdict, error)
}

// verdict is what a rule says about a line; nil is "not mine".
type verdict struct {
	target string                          // what explains the line; "" when nothing does
	debit  *transfer                       // it books this one transfer: recorded with its likes
	follow func(ctx context.Context) error // what else follows, in the order of the lines
	brk    string                          // kind of break, when the rule knows the line and refuses it
	note   string
}

func broken(kind, note string, args ...any) *verdict {
	return &verdict{brk: kind, note: fmt.Sprintf(note, args...)}
}

// rules are tried in this order; the first that speaks decides.
var rules = []rule{
	{"post-debit", 1, postDebit},
	{"batch-debit", 2, batchDebit},
	{"debit", 2, singleDebit},
	{"reversal", 1, reversed},
	{"return", 1, returned},
	{"memo-return", 1, memoReturned},
	{"funds", 1, fundsReceived},
	{"post-return", 1, postReturn},
	{"fee", 1, bankFee},
}

// batchDebit: one line books a whole message of ours. Gates: the message id is ours and
// of this account, it was not debited before, the sum is that of what waits for it.
func batchDebit(_ context.Context, f *facts, l line) (*verdict, error) {
	if l.Credit || l.BatchMessage == "" {
		return nil, nil
	}
	m := f.messages[l.BatchMessage]
	switch {
	case m == nil:
		return nil, nil
	case m.Account != l.Account:
		return broken("unmatched", "message %s was sent from another account", m.ID), nil
	case m.Debited:
		return broken("duplicate-debit", "message %s was debited before", m.ID), nil
	case m.Outstanding != l.Amount || (l.BatchN > 0 && l.BatchN != m.N):
		return broken("amount-differs", "message %s stands for %d transfers of %s, the bank debited %d of %s",
			m.ID, m.N, m.Outstanding.Format(), l.BatchN, l.Amount.Format()), nil
	}
	f.debitAll(m)
	return &verdict{target: m.ID, follow: func(ctx context.Context) (err error) {
		if m.Market {
			return f.settlementDebited(ctx, m.ID, l)
		}
		_, err = payout.RecordDebits(ctx, f.tx, m.ID, l.BookedOn, l.ref(), f.by, f.now)
		return err
	}}, nil
}

// singleDebit: a line for one transfer. Gates: the end-to-end id is ours and of this
// account, it waits for its debit, the amount is the same.
func singleDebit(_ context.Context, f *facts, l line) (*verdict, error) {
	if l.Credit || l.EndToEndID == "" {
		return nil, nil
	}
	t := f.transfers[l.EndToEndID]
	switch {
	case t == nil:
		return nil, nil
	case t.Account != l.Account:
		return broken("unmatched", "instruction %s was sent from another account", t.ID), nil
	case t.debited():
		return broken("duplicate-debit", "instruction %s was debited before", t.ID), nil
	case t.Amount != l.Amount:
		return broken("amount-differs", "instruction %s is for %s", t.ID, t.Amount.Format()), nil
	case !t.open():
		return broken("duplicate-debit", "instruction %s is %s: the bank debits what it said it would not", t.ID, t.State), nil
	}
	f.debit(t)
	return &verdict{target: t.ID, debit: t}, nil
}

// returned: money that we sent comes back. Gates: the end-to-end id is ours, it was
// debited, it has not come back before, the amount is the same.
func returned(_ context.Context, f *facts, l line) (*verdict, error) {
	if !l.Credit || l.EndToEndID == "" {
		return nil, nil
	}
	t := f.transfers[l.EndToEndID]
	if t != nil {
		return f.takeReturn(t, l), nil
	}
	if l.ReturnCode == "" {
		return nil, nil
	}
	return broken("return-without-original", "a return of something that was never sent from here"), nil
}

func (f *facts) takeReturn(t *transfer, l line) *verdict {
	switch {
	case t.Account != l.Account:
		return broken("return-without-original", "instruction %s was sent from another account", t.ID)
	case t.returned():
		return broken("return-without-original", "instruction %s has come back before", t.ID)
	case !t.debited():
		return broken("return-without-original", "instruction %s comes back but was never debited", t.ID)
	case t.Amount != l.Amount:
		return broken("amount-differs", "instruction %s was for %s", t.ID, t.Amount.Format())
	}
	t.State = "returned"
	return &verdict{target: t.ID, follow: func(ctx context.Context) error {
		return record(ctx, f.tx, t, payout.OutcomeReturned, l, f.by, f.now)
	}}
}

// memoReturned: the bank lost the end-to-end id, our reference stands in the memo.
// Gates: exactly one reference of ours, then as for a return.
func memoReturned(_ context.Context, f *facts, l line) (*verdict, error) {
	if !l.Credit || l.EndToEndID != "" {
		return nil, nil
	}
	var found *transfer
	for _, c := range l.references() {
		t := f.squeezed[c]
		if t != nil && found != nil && t != found {
			return broken("ambiguous", "the memo names more than one of our references"), nil
		}
		if t != nil {
			found = t
		}
	}
	if found == nil {
		return nil, nil
	}
	return f.takeReturn(found, l), nil
}

// fundsReceived: the treasury's money for a scheme. Gates: a reference of a request of
// this office, not received before, the amount asked for.
func fundsReceived(ctx context.Context, f *facts, l line) (*verdict, error) {
	if !l.Credit {
		return nil, nil
	}
	reference := fundsReference.FindString(squeeze(l.Memo))
	if reference == "" {
		return nil, nil
	}
	var scheme string
	var amount money.VND
	var seen bool
	err := f.tx.QueryRow(ctx, `
		select scheme, amount, exists (select from match where rule = 'funds' and target = reference and not undone(match))
		from funds_request where reference = $1 and office = $2`, reference, l.Office).Scan(&scheme, &amount, &seen)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return broken("unknown-credit", "names the funds request %s, which this office did not make", reference), nil
	case err != nil:
		return nil, err
	case seen || f.used[reference]:
		return broken("unknown-credit", "the funds of request %s came before", reference), nil
	case amount != l.Amount:
		return broken("amount-differs", "request %s asked for %s", reference, amount.Format()), nil
	}
	f.used[reference] = true
	return &verdict{target: reference, follow: func(ctx context.Context) error {
		return f.post(ctx, l, "funds.received", "Nhận kinh phí "+reference, bankAccount(l.Office), fundAccount(l.Office, scheme))
	}}, nil
}

// bankFee: what the bank charges for its work. Gate: the bank's own code says so.
func bankFee(_ context.Context, f *facts, l line) (*verdict, error) {
	code := strings.ToUpper(l.Code)
	if l.Credit || !(strings.Contains(code, "/CHRG") || strings.Contains(code, "/FEES") || strings.HasSuffix(code, "FEE") || strings.HasPrefix(code, "CHRG")) {
		return nil, nil
	}
	return &verdict{target: feeAccount(l.Office).Code, follow: func(ctx context.Context) error {
		return f.post(ctx, l, "bank.fee", "Phí ngân hàng", feeAccount(l.Office), bankAccount(l.Office))
	}}, nil
}

// suspend puts a line that nothing explains into suspense, so that the books agree with
// the bank while somebody looks at the break.
func (f *facts) suspend(l line, v *verdict) *verdict {
	kind, note := "unmatched", ""
	if l.Credit {
		kind = "unknown-credit"
	}
	if v != nil {
		kind, note = v.brk, v.note
	}
	debit, credit := bankAccount(l.Office), suspenseAccount(l.Office)
	if !l.Credit {
		debit, credit = credit, debit
	}
	if kind == "duplicate-debit" {
		f.doubles = append(f.doubles, double{l.ID, l.EndToEndID, l.BatchMessage, l.Amount})
	}
	return &verdict{target: suspenseAccount(l.Office).Code, brk: kind, follow: func(ctx context.Context) error {
		if err := f.post(ctx, l, "suspense", "Chờ xử lý", debit, credit); err != nil {
			return err
		}
		return openBreak(ctx, f.tx, brk{Kind: kind, Subject: l.ref(), Line: l.ID, Office: l.Office, Amount: l.signed(), On: l.BookedOn, Note: note})
	}}
}

// post books the line between two accounts.
func (f *facts) post(ctx context.Context, l line, kind, memo string, debit, credit ledger.Account) error {
	ids, err := ledger.Ensure(ctx, f.tx, []ledger.Account{debit, credit})
	if err != nil {
		return err
	}
	_, err = ledger.Post(ctx, f.tx, ledger.Entry{Key: l.ref(), On: l.BookedOn, Kind: kind, Memo: memo, Ref: l.ref(), By: f.by, At: f.now,
		Transfers: []ledger.Transfer{{Debit: ids[debit.Code], Credit: ids[credit.Code], Amount: l.Amount, Ref: l.ref()}}})
	return err
}
