package reconcile

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// FundsRequest is what an office asks the State Treasury to move to its account for a
// scheme's month (rút dự toán); its reference comes back in the statement's memo.
type FundsRequest struct {
	Office string
	Scheme string // btxh, htxh, ncc
	Month  money.Month
	Amount money.VND
	By     string
	Now    time.Time
}

var schemeLetter = map[string]string{"btxh": "B", "htxh": "H", "ncc": "N"}

// RequestFunds records the request and returns the reference to be written on the
// treasury's order. The same office, scheme and month may ask more than once.
func (s *Store) RequestFunds(ctx context.Context, in FundsRequest) (reference string, err error) {
	defer pg.Wrap(&err, "request funds for office %s", in.Office)
	letter, ok := schemeLetter[in.Scheme]
	if !ok || in.Amount <= 0 {
		return "", refuse("funds are asked for btxh, htxh or ncc and a positive amount; not for %q and %s", in.Scheme, in.Amount.Format())
	}
	stem := fmt.Sprintf("ASKP%s%s%s", in.Office, strings.ReplaceAll(in.Month.String(), "-", ""), letter)
	err = pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(26010, $1::int)`, int64(in.Month)); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, `select count(*) from funds_request where reference like $1 || '%'`, stem).Scan(&n); err != nil {
			return err
		}
		reference = fmt.Sprintf("%s%02d", stem, n+1)
		if _, err := tx.Exec(ctx, `
			insert into funds_request (reference, office, scheme, amount, requested_on, requested_by)
			values ($1, $2, $3, $4, $5, $6)`, reference, in.Office, in.Scheme, in.Amount, in.Now, in.By); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: in.By, Kind: "funds.requested", Subject: "funds:" + reference,
			Payload: map[string]any{"office": in.Office, "scheme": in.Scheme, "amount": in.Amount}})
	})
	return reference, err
}

var (
	fundsReference = regexp.MustCompile(`ASKP[0-9]{11}[BHN][0-9]{2}`)
	notAlnum       = regexp.MustCompile(`[^0-9A-Z]+`)
)

// squeeze drops what banks add or break in a memo: case, spaces, punctuation.
func squeeze(memo string) string { return notAlnum.ReplaceAllString(strings.ToUpper(memo), "") }
