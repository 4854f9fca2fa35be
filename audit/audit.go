// Package audit owns what happened: events written in the transaction that they
// describe, sealed by one sequencer into a Merkle log (RFC 6962, x/mod/sumdb/tlog),
// whose head is signed. It never changes or forgets an event, and knows nothing of
// what the events are about.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// Event is one thing that happened.
type Event struct {
	At      time.Time // zero: when the database writes the row
	Actor   string    // who did it: "staff:12", "system"
	Kind    string    // what it was: "ledger.entry", "run.approved"
	Subject string    // what it happened to: "entry:77", "run:5"
	Payload any       // anything that encoding/json writes; nil is {}
}

// Record writes e in tx, so that the event stands if and only if what it describes does.
func Record(ctx context.Context, tx pgx.Tx, e Event) error {
	return RecordAll(ctx, tx, []Event{e})
}

// RecordAll writes events in tx in one statement.
func RecordAll(ctx context.Context, tx pgx.Tx, events []Event) (err error) {
	defer pg.Wrap(&err, "audit: record")
	n := len(events)
	if n == 0 {
		return nil
	}
	at, actor := make([]*time.Time, n), make([]string, n)
	kind, subject, payload := make([]string, n), make([]string, n), make([]string, n)
	for i, e := range events {
		if !e.At.IsZero() {
			at[i] = &events[i].At
		}
		actor[i], kind[i], subject[i], payload[i] = e.Actor, e.Kind, e.Subject, "{}"
		if e.Payload == nil {
			continue
		}
		b, err := json.Marshal(e.Payload)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", e.Kind, e.Subject, err)
		}
		payload[i] = string(b)
	}
	_, err = tx.Exec(ctx, `
		insert into audit_event (at, actor, kind, subject, payload)
		select coalesce(at, clock_timestamp()), actor, kind, subject, payload::jsonb
		from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[])
			with ordinality as e(at, actor, kind, subject, payload, n)
		order by n`, at, actor, kind, subject, payload)
	return err
}
