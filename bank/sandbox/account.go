package sandbox

import (
	"sort"
	"strings"
	"time"

	"ansinh.vn/bank/notice"
	"ansinh.vn/money"
)

// number names an account: its bank and its number there.
type number struct{ bin, no string }

type account struct {
	number
	name    string
	kind    string // "agency" or "vendor"
	notify  bool
	balance money.VND
	entries []booking // in order of day
}

// booking is one line of an account.
type booking struct {
	day      time.Time
	credit   bool
	amount   money.VND
	after    money.VND // balance behind it
	ref      string
	family   string // ISO family and sub-family, such as "RCDT/DMCT"
	info     string
	memo     string
	reversal bool
	batch    *batch // a batch debit
	listed   bool   // … with its transfers
	transfer *transfer
	e2e      string
	code     string // return reason
	other    party
	told     *notice.Notice // what was told of a credit; nil: nothing
}

type party struct{ name, bin, no string }

// book puts a line on an account. The bank never lets a line be lost, even into debt:
// whoever books checks the balance first.
func (b *Bank) book(a *account, l booking) *booking {
	l.day = b.day
	if l.ref == "" {
		l.ref = b.reference()
	}
	if l.credit {
		a.balance += l.amount
	} else {
		a.balance -= l.amount
	}
	l.after = a.balance
	a.entries = append(a.entries, l)
	return &a.entries[len(a.entries)-1]
}

// on returns an account's lines of a day and its balance before them.
func (a *account) on(day time.Time) (lines []booking, opening money.VND) {
	from := sort.Search(len(a.entries), func(i int) bool { return !a.entries[i].day.Before(day) })
	to := sort.Search(len(a.entries), func(i int) bool { return a.entries[i].day.After(day) })
	if from > 0 {
		opening = a.entries[from-1].after
	}
	return a.entries[from:to], opening
}

// find returns the account that a path or a request names; the bank's own BIN is
// understood where none is given.
func (b *Bank) find(bin, no string) *account {
	if bin == "" {
		bin = b.cfg.BIN
	}
	return b.accounts[number{bin, no}]
}

func (b *Bank) findPath(path string) *account {
	if bin, no, ok := strings.Cut(path, "-"); ok {
		return b.find(bin, no)
	}
	return b.find("", path)
}
