package payout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/money"
)

// leaf is the hash of a payment with its lines in canonical form, which anyone can
// write again from the tables:
//
//	ansinh/payment/v1
//	<id> <person id> <payee id or 0> <rail> <bank BIN or -> <account index, hex or ->
//	<owed> <clawback> <set-off> <carried> <amount>
//	line <scheme> <category> <month> <amount> <set-off> <kind>   (by month, scheme, category)
//	carry <payment> <amount>                                     (by payment)
//
// each line ended by a newline.
func (d *payment) leaf() [sha256.Size]byte {
	payee, bin, account := int64(0), "-", "-"
	if d.payee != nil {
		payee = *d.payee
	}
	if d.bin != nil {
		bin = *d.bin
	}
	if len(d.accountIdx) > 0 {
		account = hex.EncodeToString(d.accountIdx)
	}
	b := append(make([]byte, 0, 512), "ansinh/payment/v1\n"...)
	b = appendFields(b, int64(d.id), d.candidate.id, payee)
	b = append(append(append(append(append(append(append(b, ' '), d.way...), ' '), bin...), ' '), account...), '\n')
	b = append(appendFields(b, int64(d.owed), int64(d.clawback), int64(d.setOff), int64(d.carried), int64(d.amount)), '\n')
	for i := range d.items {
		x := &d.items[i]
		b = append(append(append(b, "line "...), x.scheme...), ' ')
		b = append(appendISOMonth(append(append(b, x.category...), ' '), x.month), ' ')
		b = append(append(append(appendFields(b, int64(x.amount), int64(x.setOff)), ' '), x.kind...), '\n')
	}
	for _, x := range d.candidate.carried {
		b = append(appendFields(append(b, "carry "...), int64(x.from), int64(x.amount)), '\n')
	}
	return sha256.Sum256(b)
}

// appendFields writes numbers with a space between them.
func appendFields(b []byte, fields ...int64) []byte {
	for i, x := range fields {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, x, 10)
	}
	return b
}

// runHead is what a run's digest begins with; the leaves of its payments that are not
// held follow, by their numbers:
//
//	ansinh/run/v1
//	<id>
//	<office>
//	<month>                      (of a run for two months the first, +1)
//	<schemes, comma between>
//	<known on>
//	<SHA-256 of the rates, hex>
//	<n>
//	<total>
func runHead(r Run, rates []byte, n int, total money.VND) []byte {
	return fmt.Appendf(nil, "ansinh/run/v1\n%d\n%s\n%s\n%s\n%s\n%x\n%d\n%d\n", r.ID, r.Office, r.covers(), strings.Join(r.Schemes, ","),
		r.KnownOn.Format(time.DateOnly), rates, n, total)
}

// Statement is what an approver signs: the bytes that say which run, as it is, and who.
func Statement(r Run, staff StaffID) []byte {
	return fmt.Appendf(nil, "ansinh/approve-run/v1\n%d\n%s\n%s\n%x\n%d\n%d\n%d\n", r.ID, r.Office, r.covers(), r.Digest, r.N, r.Total, staff)
}

// covers writes the months of a run: "2027-01", of two "2027-01+1".
func (r Run) covers() string {
	if r.Months == 2 {
		return r.Month.String() + "+1"
	}
	return r.Month.String()
}
