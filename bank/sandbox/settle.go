package sandbox

import (
	"fmt"
	"strconv"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/money"
)

// returning is money that will come back.
type returning struct {
	to   *account
	t    *transfer
	bt   *batch
	code string
}

type fee struct {
	from   *account
	amount money.VND
	memo   string
}

// reversal undoes a debit that was booked twice: of a batch or of one transfer.
type reversal struct {
	to  *account
	bt  *batch
	t   *transfer // nil: the whole batch
	ref string
}

// accept takes a judged message in: what is due is executed, the rest waits.
func (b *Bank) accept(m *message) {
	waits := false
	for _, bt := range m.batches {
		for i := range bt.transfers {
			if bt.transfers[i].refused == "" {
				b.seen[bt.transfers[i].EndToEndID] = true
			}
		}
		if bt.head.ExecuteOn.After(b.day) {
			waits = true
		} else if bt.accepted > 0 {
			b.execute(bt)
		}
	}
	if waits {
		b.due = append(b.due, m)
	}
}

// execute debits a batch and sends its transfers on their way.
func (b *Bank) execute(bt *batch) {
	bt.executed = true
	if bt.head.SingleEntries || b.cfg.Details == "lines" {
		b.debitEach(bt)
	} else {
		line := booking{amount: bt.total, family: "ICDT/DMCT", info: "Chi ho theo lo " + bt.head.BatchID, batch: bt, listed: b.cfg.Details == "details"}
		first := b.book(bt.account, line)
		if b.dice.roll("double debit", bt.head.BatchID) < b.faults.DoubleDebit && bt.account.balance >= bt.total {
			b.reversed = append(b.reversed, reversal{bt.account, bt, nil, first.ref})
			b.book(bt.account, line)
		}
	}
	for i := range bt.transfers {
		if t := &bt.transfers[i]; t.refused == "" {
			b.deliver(bt, t)
		}
	}
	if b.cfg.Fee > 0 {
		b.fees = append(b.fees, fee{bt.account, b.cfg.Fee, "Phi chi ho theo lo " + bt.head.BatchID})
	}
	if b.dice.roll("stranger", bt.account.no+b.day.String()) < b.faults.Stranger {
		amount := money.VND(200_000 + 100_000*b.dice.pick("stranger amount", bt.account.no, 19))
		b.book(bt.account, booking{
			credit: true, amount: amount, family: "RCDT/DMCT", memo: "UNG HO QUY VI NGUOI NGHEO",
			other: party{"NGUYEN VAN TOT BUNG", "970405", fmt.Sprintf("1900206%06d", b.dice.pick("stranger account", bt.account.no, 1e6))},
		})
	}
}

// debitEach books a line a transfer, some with the amount of their neighbour, some twice.
func (b *Bank) debitEach(bt *batch) {
	var list []*transfer
	for i := range bt.transfers {
		if bt.transfers[i].refused == "" {
			list = append(list, &bt.transfers[i])
		}
	}
	amounts := make([]money.VND, len(list))
	for i, t := range list {
		amounts[i] = t.Amount
	}
	for i := 0; i+1 < len(list); i += 2 {
		if b.dice.roll("swap", list[i].EndToEndID) < b.faults.Swap {
			amounts[i], amounts[i+1] = amounts[i+1], amounts[i]
		}
	}
	for i, t := range list {
		line := booking{amount: amounts[i], family: "ICDT/DMCT", memo: t.Memo, transfer: t, e2e: t.EndToEndID, other: party{t.Name, t.BIN, t.Account}}
		first := b.book(bt.account, line)
		if b.dice.roll("double debit", t.EndToEndID) < b.faults.DoubleDebit && bt.account.balance >= t.Amount {
			b.reversed = append(b.reversed, reversal{bt.account, bt, t, first.ref})
			line.amount = t.Amount
			b.book(bt.account, line)
		}
	}
}

// deliver credits an account that this process keeps too, or decides whether the
// money comes back from another bank.
func (b *Bank) deliver(bt *batch, t *transfer) {
	code, forced := b.forced[t.Account]
	about := t.BIN + "-" + t.Account
	if !forced && b.dice.roll("return", about) < b.faults.Return {
		code = b.dice.returnReason(about)
	}
	if code == "" {
		if to := b.accounts[number{t.BIN, t.Account}]; to != nil {
			b.credit(to, t.Amount, t.Memo, party{bt.head.Debtor, bt.head.DebtorBIN, bt.head.DebtorAccount}, t.EndToEndID, "")
		}
		return
	}
	day := b.day
	if !forced && b.dice.roll("late return", about) < b.faults.LateReturn {
		day = day.AddDate(0, 0, 1+b.dice.pick("days", about, 3))
	}
	b.returns[day] = append(b.returns[day], returning{bt.account, t, bt, code})
}

// endDay books what banks book at night.
func (b *Bank) endDay() {
	for _, r := range b.returns[b.day] {
		b.book(r.to, booking{
			credit: true, amount: r.t.Amount, family: "ICDT/RRTN", info: "Hoan tra " + r.t.EndToEndID, memo: r.t.Memo,
			transfer: r.t, e2e: r.t.EndToEndID, code: r.code, other: party{r.t.Name, r.t.BIN, r.t.Account},
		})
	}
	delete(b.returns, b.day)
	waiting := b.fees[:0]
	for _, f := range b.fees {
		if f.from.balance < f.amount { // nobody's account is overdrawn for a fee
			waiting = append(waiting, f)
			continue
		}
		b.book(f.from, booking{amount: f.amount, family: "MDOP/CHRG", info: f.memo, memo: f.memo})
	}
	b.fees = waiting
}

// beginDay undoes mistakes and executes what is due.
func (b *Bank) beginDay() {
	for _, r := range b.reversed {
		line := booking{credit: true, family: "ICDT/DMCT", reversal: true, info: "Huy but toan ghi no trung " + r.ref}
		if r.t != nil {
			line.amount, line.transfer, line.e2e = r.t.Amount, r.t, r.t.EndToEndID
		} else {
			line.amount, line.batch = r.bt.total, r.bt
		}
		b.book(r.to, line)
	}
	b.reversed = nil
	waiting := b.due[:0]
	for _, m := range b.due {
		waits := false
		for _, bt := range m.batches {
			switch {
			case bt.executed || bt.accepted == 0 || m.state == iso20022.Cancelled || m.state == iso20022.Rejected:
			case bt.head.ExecuteOn.After(b.day):
				waits = true
			case bt.account.balance < bt.total:
				m.refuse("AM04", "So du khong du vao ngay thuc hien: thieu "+strconv.FormatInt(int64(bt.total-bt.account.balance), 10))
			default:
				b.execute(bt)
			}
		}
		if waits {
			waiting = append(waiting, m)
		}
	}
	b.due = waiting
}

// cancel stops a message of which nothing is executed yet.
func (b *Bank) cancel(m *message) {
	if m.state == iso20022.Rejected {
		return
	}
	for _, bt := range m.batches {
		if bt.executed {
			return
		}
	}
	m.state = iso20022.Cancelled
	m.reasons = []iso20022.Reason{{Code: "DS02", Info: []string{"Huy theo yeu cau cua khach hang"}}}
}

// status is how a message stands now: settled on the debtor's side once all of it is
// executed.
func (m *message) status() iso20022.Status {
	if m.state != iso20022.Profile {
		return m.state
	}
	for _, bt := range m.batches {
		if !bt.executed {
			return m.state
		}
	}
	return iso20022.Settled
}

// credit books money that came in and tells whoever listens.
func (b *Bank) credit(to *account, amount money.VND, memo string, from party, e2e, fate string) (ref string, event int64) {
	if b.dice.roll("wrap", to.no+memo+strconv.Itoa(len(to.entries))) < b.faults.WrapMemo && e2e == "" {
		memo = wrapMemo(b.dice, memo, from, to)
	}
	line := b.book(to, booking{credit: true, amount: amount, family: "RCDT/DMCT", memo: memo, other: from, e2e: e2e})
	if to.notify {
		event = b.tell(to, line, fate)
	}
	return line.ref, event
}

// wrapMemo writes a memo as it arrives through the interbank switch.
func wrapMemo(d dice, memo string, from party, to *account) string {
	trace := d.number("trace", memo+from.no) % 1e12
	return fmt.Sprintf("CT DEN:%012d MBVCB.%010d.%06d.%s.CT tu %s %s toi %s %s tai Napas",
		trace, trace%1e10, trace%1e6, memo, from.no, from.name, to.no, iso20022.Fold(to.name))
}
