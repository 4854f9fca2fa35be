package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// A rule is a chain of gates. It explains the line and posts what follows, or says that
// the line is not its business; a reference that fits with an amount that does not is a
// break, never a match.
type rule struct {
	id      string
	version int
	try     func(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time) (verdict, error)
}

// verdict is what a rule says about a line. The zero verdict is "not mine".
type verdict struct {
	target string // what explains the line; "" when nothing does
	entry  string // ref of the entry that was posted
	brk    string // kind of break, when the rule knows the line and refuses it
	note   string
}

// rules are tried in this order; the first that speaks decides.
var rules = []rule{
	{"post-debit", 1, postDebit},
	{"batch-debit", 1, batchDebit},
	{"debit", 1, singleDebit},
	{"return", 1, returned},
	{"memo-return", 1, memoReturned},
	{"funds", 1, fundsReceived},
	{"post-return", 1, postReturn},
	{"fee", 1, bankFee},
}

// batchDebit: one line books a whole message of ours. Gates: the message id is ours and
// of this account, it was not debited before, the sum is that of what the bank did not
// refuse.
func batchDebit(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time) (verdict, error) {
	if l.Credit || l.BatchMessage == "" {
		return verdict{}, nil
	}
	m, err := message(ctx, tx, l.BatchMessage)
	if err != nil || m.id == "" {
		return verdict{}, err
	}
	switch {
	case m.account != l.Account:
		return verdict{brk: "unmatched", note: fmt.Sprintf("message %s was sent from another account", m.id)}, nil
	case m.debited:
		return verdict{brk: "duplicate-debit", note: fmt.Sprintf("message %s was debited before", m.id)}, nil
	case m.outstanding != l.Amount || (l.BatchN > 0 && l.BatchN != m.n):
		return verdict{brk: "amount-differs", note: fmt.Sprintf("message %s stands for %d transfers of %s, the bank debited %d of %s",
			m.id, m.n, m.outstanding.Format(), l.BatchN, l.Amount.Format())}, nil
	}
	if m.market {
		err = settlementDebited(ctx, tx, m.id, l, by, now)
	} else {
		_, err = payout.RecordDebits(ctx, tx, m.id, l.BookedOn, l.ref(), by, now)
	}
	return verdict{target: m.id, entry: l.ref()}, err
}

// singleDebit: a line for one transfer. Gates: the end-to-end id is ours and of this
// account, not debited before, the amount is the same.
func singleDebit(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time) (verdict, error) {
	if l.Credit || l.EndToEndID == "" {
		return verdict{}, nil
	}
	in, err := instruction(ctx, tx, l.EndToEndID)
	if err != nil || in.id == "" {
		return verdict{}, err
	}
	switch {
	case in.account != l.Account:
		return verdict{brk: "unmatched", note: fmt.Sprintf("instruction %s was sent from another account", in.id)}, nil
	case in.debited:
		return verdict{brk: "duplicate-debit", note: fmt.Sprintf("instruction %s was debited before", in.id)}, nil
	case in.amount != l.Amount:
		return verdict{brk: "amount-differs", note: fmt.Sprintf("instruction %s is for %s", in.id, in.amount.Format())}, nil
	}
	return verdict{target: in.id, entry: l.ref()}, record(ctx, tx, in, payout.OutcomeDebited, l, by, now)
}

// returned: money that we sent comes back. Gates: the end-to-end id is ours, it was
// debited, it has not come back before, the amount is the same.
func returned(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time) (verdict, error) {
	if !l.Credit || l.EndToEndID == "" {
		return verdict{}, nil
	}
	in, err := instruction(ctx, tx, l.EndToEndID)
	if err != nil {
		return verdict{}, err
	}
	if in.id == "" {
		if l.ReturnCode == "" {
			return verdict{}, nil
		}
		return verdict{brk: "return-without-original", note: "a return of something that was never sent from here"}, nil
	}
	return takeReturn(ctx, tx, in, l, by, now)
}

func takeReturn(ctx context.Context, tx pgx.Tx, in instructed, l line, by string, now time.Time) (verdict, error) {
	switch {
	case !in.debited:
		return verdict{brk: "return-without-original", note: fmt.Sprintf("instruction %s comes back but was never debited", in.id)}, nil
	case in.returned:
		return verdict{brk: "return-without-original", note: fmt.Sprintf("instruction %s has come back before", in.id)}, nil
	case in.amount != l.Amount:
		return verdict{brk: "amount-differs", note: fmt.Sprintf("instruction %s was for %s", in.id, in.amount.Format())}, nil
	}
	return verdict{target: in.id, entry: l.ref()}, record(ctx, tx, in, payout.OutcomeReturned, l, by, now)
}

// memoReturned: the bank lost the end-to-end id, our reference stands in the memo.
// Gates: exactly one reference of ours, then as for a return.
func memoReturned(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time) (verdict, error) {
	if !l.Credit || l.EndToEndID != "" {
		return verdict{}, nil
	}
	found, err := instructionInMemo(ctx, tx, l.Memo+" "+l.Info)
	if err != nil || len(found) == 0 {
		return verdict{}, err
	}
	if len(found) > 1 {
		return verdict{brk: "ambiguous", note: "the memo names more than one of our references"}, nil
	}
	return takeReturn(ctx, tx, found[0], l, by, now)
}

// fundsReceived: the treasury's money for a scheme. Gates: a reference of a request of
// this office, not received before, the amount asked for.
func fundsReceived(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time) (verdict, error) {
	if !l.Credit {
		return verdict{}, nil
	}
	reference := fundsReference.FindString(squeeze(l.Memo))
	if reference == "" {
		return verdict{}, nil
	}
	var scheme string
	var amount money.VND
	var seen bool
	err := tx.QueryRow(ctx, `
		select scheme, amount, exists (select from match where rule = 'funds' and target = reference and not undone(match))
		from funds_request where reference = $1 and office = $2`, reference, l.Office).Scan(&scheme, &amount, &seen)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return verdict{brk: "unknown-credit", note: "names the funds request " + reference + ", which this office did not make"}, nil
	case err != nil:
		return verdict{}, err
	case seen:
		return verdict{brk: "unknown-credit", note: "the funds of request " + reference + " came before"}, nil
	case amount != l.Amount:
		return verdict{brk: "amount-differs", note: fmt.Sprintf("request %s asked for %s", reference, amount.Format())}, nil
	}
	return verdict{target: reference, entry: l.ref()},
		post(ctx, tx, l, "funds.received", "Nhận kinh phí "+reference, bankAccount(l.Office), fundAccount(l.Office, scheme), by, now)
}

// bankFee: what the bank charges for its work. Gate: the bank's own code says so.
func bankFee(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time) (verdict, error) {
	code := strings.ToUpper(l.Code)
	if l.Credit || !(strings.Contains(code, "/CHRG") || strings.Contains(code, "/FEES") || strings.HasSuffix(code, "FEE") || strings.HasPrefix(code, "CHRG")) {
		return verdict{}, nil
	}
	return verdict{target: feeAccount(l.Office).Code, entry: l.ref()},
		post(ctx, tx, l, "bank.fee", "Phí ngân hàng", feeAccount(l.Office), bankAccount(l.Office), by, now)
}

// post books the line between two accounts.
func post(ctx context.Context, tx pgx.Tx, l line, kind, memo string, debit, credit ledger.Account, by string, now time.Time) error {
	ids, err := ledger.Ensure(ctx, tx, []ledger.Account{debit, credit})
	if err != nil {
		return err
	}
	_, err = ledger.Post(ctx, tx, ledger.Entry{Key: l.ref(), On: l.BookedOn, Kind: kind, Memo: memo, Ref: l.ref(), By: by, At: now,
		Transfers: []ledger.Transfer{{Debit: ids[debit.Code], Credit: ids[credit.Code], Amount: l.Amount, Ref: l.ref()}}})
	return err
}

// suspend puts a line that nothing explains into suspense, so that the books agree with
// the bank while somebody looks.
func suspend(ctx context.Context, tx pgx.Tx, l line, by string, now time.Time) error {
	debit, credit := bankAccount(l.Office), suspenseAccount(l.Office)
	if !l.Credit {
		debit, credit = credit, debit
	}
	return post(ctx, tx, l, "suspense", "Chờ xử lý", debit, credit, by, now)
}
