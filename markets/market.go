package markets

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
)

// NewMarket is a market to be added.
type NewMarket struct {
	Name    string // Example: "Chợ Phường 3"
	Office  string // the commune's code
	Address string
}

// Market is one market with how many stalls are open there.
type Market struct {
	ID      MarketID `json:"id"`
	Name    string   `json:"name"`
	Office  string   `json:"office"`
	Address string   `json:"address"`
	Stalls  int      `json:"stalls"`
}

// AddMarket adds a market of an office.
func AddMarket(ctx context.Context, tx pgx.Tx, m NewMarket, by string, now time.Time) (added MarketID, err error) {
	defer wrap(&err, "add market %q", m.Name)
	err = tx.QueryRow(ctx, `
		insert into market (name, office, address, created_at, created_by)
		values (@name, @office, @address, @now, @by) returning id`,
		pgx.StrictNamedArgs{"name": m.Name, "office": m.Office, "address": m.Address, "now": now, "by": by}).Scan(&added)
	if err != nil {
		return 0, err
	}
	return added, audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "market.added",
		Subject: fmt.Sprintf("market:%d", added), Payload: m})
}

// Markets lists all markets by office and name.
func Markets(ctx context.Context, q pg.Queryer) (_ []Market, err error) {
	defer wrap(&err, "list markets")
	rows, err := q.Query(ctx, `
		select m.id, m.name, m.office, m.address,
		       (select count(*) from stall s where s.market_id = m.id and s.closed_at is null)::int as stalls
		from market m order by m.office, m.name`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Market])
}
