package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/pg"
)

// Subscription is what the register was asked to tell of its own accord.
type Subscription struct {
	ID        int64      `json:"id"`
	Register  string     `json:"register"`
	Event     string     `json:"event"` // death or change_of_residence
	Office    string     `json:"office"`
	State     string     `json:"state"` // asked, active, refused, ended
	Code      string     `json:"code"`
	Reason    string     `json:"reason"`
	AskedBy   string     `json:"asked_by"`
	AskedAt   time.Time  `json:"asked_at"`
	ChangedAt *time.Time `json:"changed_at"`
}

// ErrSubscribed: the register tells of this already, or was asked to.
var ErrSubscribed = errors.New("the register has been asked to tell of this")

// Subscribing says what the register is to tell, and where.
type Subscribing struct {
	Register *registry.Client
	Name     string
	Callback string // our address
	Event    string // registry.EventDeath or registry.EventMove
	Office   string // "" everybody
	By       string
	Now      time.Time
}

// Subscribe asks the register to tell of an event. The subscription is active when the
// register confirms it to the callback address.
func Subscribe(ctx context.Context, pool *pgxpool.Pool, s Subscribing) (err error) {
	defer pg.Wrap(&err, "beneficiaries: subscribe to %s", s.Event)
	var alive bool
	if err := pool.QueryRow(ctx, `select exists (select from register_subscription
		 where register = $1 and event = $2 and coalesce(office, '') = $3 and state in ('asked', 'active'))`, s.Name, s.Event, s.Office).Scan(&alive); err != nil {
		return err
	}
	if alive {
		return ErrSubscribed
	}
	var communes []string
	if s.Office != "" {
		communes = []string{s.Office}
	}
	// written before it is sent: the confirmation may come before this returns
	return s.Register.SubscribeAs(ctx, s.Callback, s.Event, communes, func(transaction string) error {
		return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `
				insert into register_subscription (register, transaction_id, event, office, callback, asked_by, asked_at)
				values (@register, @transaction, @event, nullif(@office, ''), @callback, @by, @now)`,
				pgx.StrictNamedArgs{"register": s.Name, "transaction": transaction, "event": s.Event, "office": s.Office, "callback": s.Callback, "by": s.By, "now": s.Now})
			if pg.Constraint(err) == "register_subscription_alive" {
				return ErrSubscribed
			}
			if err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Event{At: s.Now, Actor: s.By, Kind: "register.subscribed", Subject: "register:" + s.Name,
				Payload: map[string]any{"event": s.Event, "office": s.Office}})
		})
	}, func(transaction string, failure error) error {
		_, err := pool.Exec(ctx, `update register_subscription set state = 'refused', reason = $3, changed_at = $4
			 where register = $1 and transaction_id = $2 and state = 'asked'`, s.Name, transaction, failure.Error(), s.Now)
		return err
	})
}

// confirmSubscription writes what the register answered.
func confirmSubscription(ctx context.Context, pool *pgxpool.Pool, register string, cb registry.Callback, now time.Time) error {
	state, code, reason := "refused", "", cb.Rejected
	for _, s := range cb.Subscriptions {
		if s.Active && s.Code != "" {
			state, code, reason = "active", s.Code, ""
		} else {
			reason = s.Reason + " " + s.Said
		}
	}
	_, err := pool.Exec(ctx, `
		update register_subscription set state = $3, code = nullif($4, ''), reason = $5, changed_at = $6
		 where register = $1 and transaction_id = $2 and state = 'asked'`, register, cb.Transaction, state, code, reason, now)
	return err
}

// Unsubscribe ends a subscription here and at the register.
func Unsubscribe(ctx context.Context, pool *pgxpool.Pool, client *registry.Client, id int64, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: unsubscribe %d", id)
	var code, callback, register string
	err = pool.QueryRow(ctx, `select coalesce(code, ''), callback, register from register_subscription where id = $1 and state in ('asked', 'active')`, id).Scan(&code, &callback, &register)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%w: there is no such subscription, or it has ended", ErrDecision)
	}
	if err != nil {
		return err
	}
	if code != "" {
		if _, err := client.Unsubscribe(ctx, "", []string{code}); err != nil {
			return err
		}
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update register_subscription set state = 'ended', changed_at = $2 where id = $1`, id, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "register.unsubscribed", Subject: "register:" + register, Payload: map[string]any{"subscription": id}})
	})
}

// Subscriptions are all of them, newest first.
func Subscriptions(ctx context.Context, q pg.Queryer) (_ []Subscription, err error) {
	defer pg.Wrap(&err, "beneficiaries: subscriptions")
	rows, err := q.Query(ctx, `
		select id, register, event, coalesce(office, ''), state, coalesce(code, ''), reason, asked_by, asked_at, changed_at
		  from register_subscription order by id desc limit 200`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Subscription])
}
