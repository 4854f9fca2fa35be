package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// ErrReason: a decision about money needs its reason in words.
var ErrReason = errors.New("a reason is needed")

// StopEntitlement records a stop decision: last is the last month that is owed
// (NĐ 20/2021 Đ8: the month of the death or of losing the condition is paid).
// Whoever was held because a newer list dropped them is released by it.
func StopEntitlement(ctx context.Context, pool *pgxpool.Pool, id int64, last money.Month, decisionNo, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: stop entitlement %d", id)
	if strings.TrimSpace(decisionNo) == "" {
		return ErrReason
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var person PersonID
		var before money.Month
		err := tx.QueryRow(ctx, `select person_id, last_month from entitlement where id = $1 for update`, id).Scan(&person, &before)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoPerson
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update entitlement set last_month = $2 where id = $1`, id, last)
		if pg.Constraint(err) == "entitlement_order" {
			return fmt.Errorf("%w: %s is before the first month", ErrDecision, last)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "entitlement.stopped", Subject: fmt.Sprintf("person:%d", person),
			Payload: map[string]any{"entitlement": id, "last_month": last, "before": before, "decision": decisionNo}})
	})
}
