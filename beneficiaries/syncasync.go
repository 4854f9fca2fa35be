package beneficiaries

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/identity/registry"
)

// Async is asking without staying on the line: a message is sent, the register calls
// back at our address, and whoever serves that address keeps the answer in the database
// (TakeCallback), where the sync finds it. A callback that does not come is asked for.
type Async struct {
	Callback string        // our address for answers. Example: https://ansinh.example.vn/registry/on-search
	Wait     time.Duration // for a callback, before the status is asked; 0: 15 s
	Look     time.Duration // how often to look for one; 0: 50 ms
}

// The stages of asking about a person, as register_transaction names them.
const (
	stageFirst = "first" // by number, or by name where there is none
	stageName  = "name"
	stageNear  = "near"
)

// asking is how a message of a stage is asked.
func (s *syncing) asking(stage string) func(context.Context, []registry.Query) ([]registry.Answer, error) {
	if s.Async == nil {
		return s.Register.Search
	}
	return func(ctx context.Context, queries []registry.Query) ([]registry.Answer, error) {
		return s.askAsync(ctx, stage, queries)
	}
}

// search asks all queries of a later stage.
func (s *syncing) search(ctx context.Context, stage string, queries []registry.Query) ([]registry.Answer, error) {
	if s.Async == nil {
		return s.Register.Search(ctx, queries)
	}
	out := make([]registry.Answer, 0, len(queries))
	err := s.Register.Each(ctx, func(yield func(registry.Query, error) bool) {
		for _, q := range queries {
			if !yield(q, nil) {
				return
			}
		}
	}, s.asking(stage), func(_ []registry.Query, answers []registry.Answer) error {
		out = append(out, answers...)
		return nil
	})
	return out, err
}

// askAsync asks one message: it is written down, sent, and its answer waited for. A
// message that the register lost is sent anew, twice.
func (s *syncing) askAsync(ctx context.Context, stage string, queries []registry.Query) ([]registry.Answer, error) {
	var err error
	for range 3 {
		transaction := rand.Text()
		if err := s.openTransaction(ctx, transaction, stage, queries); err != nil {
			return nil, err
		}
		if err := s.Register.SendSearch(ctx, transaction, s.Async.Callback, queries); err != nil {
			if ctx.Err() == nil {
				err = errors.Join(err, s.dropTransaction(ctx, transaction))
			}
			return nil, err
		}
		var answers []registry.Answer
		answers, err = s.gather(ctx, transaction, queries)
		refused := new(registry.CallError)
		tooMany := errors.As(err, &refused) && refused.Reason == registry.CountExceeded && len(queries) > 1
		if !errors.Is(err, registry.ErrNoTransaction) && !tooMany {
			return answers, err
		}
		if dropped := s.dropTransaction(ctx, transaction); dropped != nil {
			return nil, dropped
		}
		if tooMany {
			one, err := s.askAsync(ctx, stage, queries[:len(queries)/2])
			if err != nil {
				return nil, err
			}
			two, err := s.askAsync(ctx, stage, queries[len(queries)/2:])
			return append(one, two...), err
		}
	}
	return nil, err
}

// gather waits for the callback of a transaction, asks for its status when none comes,
// and asks on the line for what is still missing.
func (s *syncing) gather(ctx context.Context, transaction string, queries []registry.Query) ([]registry.Answer, error) {
	cb, ok, err := s.callback(ctx, transaction)
	if err != nil {
		return nil, err
	}
	var found map[string]registry.Answer
	left := queries
	if ok {
		found, left, err = s.Register.Answers(cb, queries)
		if refused := new(registry.CallError); errors.As(err, &refused) && refused.Reason != "" {
			return nil, err
		}
	}
	if !ok || err != nil || len(left) > 0 { // no callback, or not a whole one
		if cb, err = s.Register.Status(ctx, transaction); err != nil {
			return nil, err
		}
		s.byStatus(transaction)
		if found, left, err = s.Register.Answers(cb, queries); err != nil {
			return nil, err
		}
	}
	if len(left) > 0 {
		rest, err := s.Register.Search(ctx, left)
		if err != nil {
			return nil, err
		}
		for _, a := range rest {
			found[a.ID] = a
		}
	}
	out := make([]registry.Answer, len(queries))
	for i, q := range queries {
		out[i] = found[q.ID]
	}
	return out, nil
}

// callback waits for the answer to a transaction to be kept.
func (s *syncing) callback(ctx context.Context, transaction string) (registry.Callback, bool, error) {
	wait, look := cmp.Or(s.Async.Wait, 15*time.Second), cmp.Or(s.Async.Look, 50*time.Millisecond)
	for left := wait; ; left -= look {
		var sealed []byte
		err := s.pool.QueryRow(ctx, `
			select body_enc from register_message
			 where register = $1 and transaction_id = $2 and action = 'on-search' and handled_at is null order by id desc limit 1`,
			s.Name, transaction).Scan(&sealed)
		switch {
		case err == nil:
			body, err := s.box.Open(messageLabel, sealed)
			if err != nil {
				return registry.Callback{}, false, err
			}
			cb, err := registry.ReadKept([]byte(body))
			return cb, err == nil, err
		case !errors.Is(err, pgx.ErrNoRows):
			return registry.Callback{}, false, err
		case left <= 0:
			return registry.Callback{}, false, nil
		}
		select {
		case <-ctx.Done():
			return registry.Callback{}, false, ctx.Err()
		case <-time.After(look):
		}
	}
}

func (s *syncing) openTransaction(ctx context.Context, transaction, stage string, queries []registry.Query) error {
	people := make([]int64, 0, len(queries))
	for _, q := range queries {
		id, err := strconv.ParseInt(trimStage(q.ID), 10, 64)
		if err != nil {
			return fmt.Errorf("query %q: %w", q.ID, err)
		}
		people = append(people, id)
	}
	_, err := s.pool.Exec(ctx, `
		insert into register_transaction (register, transaction_id, sync_id, stage, people, sent_at) values ($1, $2, $3, $4, $5, $6)`,
		s.Name, transaction, s.result.ID, stage, people, s.Now)
	return err
}

// dropTransaction gives a transaction up: its people are asked anew.
func (s *syncing) dropTransaction(ctx context.Context, transaction string) error {
	_, err := s.pool.Exec(ctx, `update register_transaction set answered_at = $3, answered_by = 'again' where register = $1 and transaction_id = $2`,
		s.Name, transaction, s.Now)
	return err
}

func (s *syncing) byStatus(transaction string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statused = append(s.statused, transaction)
}

// closeTransactions ends those whose people are all written, and forgets what the
// register sent about them, in the transaction that wrote the last.
func (s *syncing) closeTransactions(ctx context.Context, tx pgx.Tx) error {
	s.mu.Lock()
	statused := s.statused
	s.mu.Unlock()
	_, err := tx.Exec(ctx, `
		with closed as (
		    update register_transaction t
		       set answered_at = @now, answered_by = case when t.transaction_id = any(@statused) then 'status' else 'callback' end
		     where t.sync_id = @sync and t.answered_at is null
		       -- a scalar subquery is answered by index, also where joins are planned by set
		       and not exists (select from unnest(t.people) u(id)
		                        where (select p.checked_at >= @stale from person p where p.id = u.id) is not true)
		    returning t.register, t.transaction_id)
		update register_message m set body_enc = null, handled_at = @now, outcome = 'used'
		  from closed c where m.register = c.register and m.transaction_id = c.transaction_id and m.handled_at is null`,
		pgx.StrictNamedArgs{"now": s.Now, "stale": s.stale, "sync": s.result.ID, "statused": statused})
	return err
}

// resume takes up what a sync that was cut off had sent: the answers that came
// meanwhile, or their status, before anybody is asked again. What was asked in a later
// stage rests on an answer that is gone, and is asked anew.
func (s *syncing) resume(ctx context.Context, got func([]registry.Query, []registry.Answer) error) error {
	if _, err := s.pool.Exec(ctx, `update register_transaction set answered_at = $2, answered_by = 'again'
		 where sync_id = $1 and answered_at is null and stage <> 'first'`, s.result.ID, s.Now); err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, `select transaction_id, people from register_transaction where sync_id = $1 and answered_at is null order by id`, s.result.ID)
	if err != nil {
		return err
	}
	type open struct {
		Transaction string
		People      []int64
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[open])
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := s.resumeOne(ctx, o.Transaction, o.People, got); err != nil {
			return err
		}
	}
	return nil
}

func (s *syncing) resumeOne(ctx context.Context, transaction string, ids []int64, got func([]registry.Query, []registry.Answer) error) error {
	people, err := s.collect(ctx, `select `+askedColumns+` from person p where p.id = any($1) order by array_position($1, p.id)`, ids)
	if err != nil {
		return err
	}
	queries := make([]registry.Query, len(people))
	for i, a := range people {
		queries[i] = a.query()
	}
	before := s.Async
	once := Async{Wait: time.Nanosecond} // look once for what has come
	s.Async = &once
	defer func() { s.Async = before }()
	answers, err := s.gather(ctx, transaction, queries)
	if errors.Is(err, registry.ErrNoTransaction) {
		return s.dropTransaction(ctx, transaction)
	}
	if err != nil {
		return err
	}
	// who was written before the cut is not written twice
	rows, err := s.pool.Query(ctx, `select p.id from person p where p.id = any($2) and `+due, s.stale, ids)
	if err != nil {
		return err
	}
	still, err := pgx.CollectRows(rows, pgx.RowTo[PersonID])
	if err != nil {
		return err
	}
	open := make(map[PersonID]bool, len(still))
	for _, id := range still {
		open[id] = true
	}
	var q []registry.Query
	var a []registry.Answer
	for i := range people {
		if open[people[i].id] {
			q, a = append(q, s.remember(people[i])), append(a, answers[i])
		}
	}
	s.result.Reused += len(q)
	return got(q, a)
}
