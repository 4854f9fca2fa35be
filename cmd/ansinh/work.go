package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"ansinh.vn/audit"
	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgdev"
	"ansinh.vn/internal/secret"
	"ansinh.vn/ledger"
	"ansinh.vn/markets"
	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
)

func init() {
	command("work", "Chạy các việc nền: niêm phong nhật ký, đối chiếu, sự kiện hộ tịch / run the background work.", &workCmd{})
}

type workCmd struct{}

func (c *workCmd) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Err, "ansinh: working; Ctrl-C ends it")
	return work(ctx, pool, box, a.Now)
}

// work seals the log twice a second and works off the jobs until ctx ends. Any number of
// processes may work on one database.
func work(ctx context.Context, pool *pgxpool.Pool, box *secret.Box, now func() time.Time) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &reconcileWorker{pool: pool, now: now})
	river.AddWorker(workers, &lifeEventsWorker{pool: pool, box: box, now: now})
	river.AddWorker(workers, &expireWorker{pool: pool, now: now})
	every := func(d time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(d),
			func() (river.JobArgs, *river.InsertOpts) { return args, nil }, &river.PeriodicJobOpts{RunOnStart: true})
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Logger:  slog.New(slog.DiscardHandler),
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		Workers: workers,
		PeriodicJobs: []*river.PeriodicJob{
			every(5*time.Minute, reconcileArgs{}), every(time.Minute, lifeEventsArgs{}), every(time.Minute, expireArgs{}),
		},
	})
	if err != nil {
		return fmt.Errorf("work: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	tick := time.NewTicker(500 * time.Millisecond) // within a second of its commit every event has its place
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
			defer cancel()
			return client.StopAndCancel(stop)
		case <-tick.C:
			if _, err := audit.Seal(ctx, pool, now()); err != nil && ctx.Err() == nil {
				slog.Error("the log could not be sealed; trying again", "err", err)
			}
		}
	}
}

// migrateJobs makes River's tables and lets the application's role work with them.
func migrateJobs(ctx context.Context, ownerDSN string) error {
	pool, err := pgxpool.New(ctx, ownerDSN)
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	defer pool.Close()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	defer conn.Release()
	const lock = 26011 // one process at a time
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", lock); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err == nil {
		_, err = conn.Exec(ctx, `
			do $$
			declare t text;
			begin
				for t in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname like 'river%' and c.relkind in ('r', 'p') loop
					execute format('grant select, insert, update, delete on %I to `+pgdev.App+`', t);
				end loop;
				for t in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname like 'river%' and c.relkind = 'S' loop
					execute format('grant usage, select on sequence %I to `+pgdev.App+`', t);
				end loop;
			end
			$$`)
	}
	_, unlock := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", lock)
	if err = errors.Join(err, unlock); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	return nil
}

type reconcileArgs struct{}

func (reconcileArgs) Kind() string { return "reconcile" }

type reconcileWorker struct {
	river.WorkerDefaults[reconcileArgs]
	pool *pgxpool.Pool
	now  func() time.Time
}

func (w *reconcileWorker) Work(ctx context.Context, _ *river.Job[reconcileArgs]) error {
	_, err := (&reconcile.Store{Pool: w.pool}).Reconcile(ctx, "worker", w.now(), nil)
	return err
}

type lifeEventsArgs struct{}

func (lifeEventsArgs) Kind() string { return "life_events" }

type lifeEventsWorker struct {
	river.WorkerDefaults[lifeEventsArgs]
	pool *pgxpool.Pool
	box  *secret.Box
	now  func() time.Time
}

func (w *lifeEventsWorker) Work(ctx context.Context, _ *river.Job[lifeEventsArgs]) error {
	// what the register sent and a crash left lying comes first, and what cannot be read
	// of it does not keep a death from acting
	_, kept := beneficiaries.HandleMessages(ctx, w.pool, w.box, w.now())
	applied := applyLifeEvents(ctx, w.pool, "worker", w.now())
	return errors.Join(kept, applied, beneficiaries.CloseFuneralOffers(ctx, w.pool, w.now()))
}

// applyLifeEvents hands what became known about people to the payouts, each event in one
// transaction with the mark that it was acted on: what is not sent stops, what was sent
// becomes a case, and after a death the funeral support is offered to a clerk.
func applyLifeEvents(ctx context.Context, pool *pgxpool.Pool, by string, now time.Time) error {
	for {
		events, err := beneficiaries.WaitingEvents(ctx, pool, 500)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			err := pg.Tx(ctx, pool, func(tx pgx.Tx) error {
				if err := payout.ApplyLifeEvent(ctx, tx, payout.LifeEvent{Person: payout.PersonID(e.Person), Kind: e.Kind,
					On: e.On, KnownOn: e.KnownOn, By: by, Now: now}); err != nil {
					return err
				}
				if err := beneficiaries.OfferFuneral(ctx, tx, e, now); err != nil {
					return err
				}
				return beneficiaries.HandleLifeEvent(ctx, tx, e.ID, now)
			})
			if err != nil {
				return fmt.Errorf("life event %d: %w", e.ID, err)
			}
		}
	}
}

type expireArgs struct{}

func (expireArgs) Kind() string { return "expire" }

type expireWorker struct {
	river.WorkerDefaults[expireArgs]
	pool *pgxpool.Pool
	now  func() time.Time
}

func (w *expireWorker) Work(ctx context.Context, _ *river.Job[expireArgs]) error {
	_, err := markets.ExpireCharges(ctx, w.pool, w.now())
	_, vouchers := markets.ExpireVouchers(ctx, w.pool, "worker", w.now())
	holds := pg.Tx(ctx, w.pool, func(tx pgx.Tx) error { _, err := ledger.ExpireHolds(ctx, tx, w.now()); return err })
	return errors.Join(err, vouchers, holds)
}
