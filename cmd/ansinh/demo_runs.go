package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/identity"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// syncPeople asks the register about everybody.
func (d *demo) syncPeople(ctx context.Context) error {
	d.clock.Set(d.on(-1, 13, 7))
	client, err := d.registerClient()
	if err != nil {
		return err
	}
	bar := d.Progress("hỏi sổ đăng ký", int64(d.plan.People))
	_, err = beneficiaries.Sync{Register: client, Name: "sandbox", By: "staff:" + demoOperator, Now: d.Now(),
		Progress: func(done, _ int) { _ = bar.Set(done) }, Options: identity.Options{}}.Run(ctx, d.pool, d.box)
	if err != nil {
		return err
	}
	counts, err := beneficiaries.Counts(ctx, d.pool)
	if err != nil {
		return err
	}
	c := beneficiaries.Total(counts)
	outcomes := make([]part, 0, len(beneficiaries.Outcomes))
	for _, o := range beneficiaries.Outcomes {
		if n := c.ByOutcome[o]; n > 0 {
			vi, _ := o.Words()
			outcomes = append(outcomes, part{vi, amount{N: n}})
		}
	}
	d.summary.add("Người trong danh sách / people listed", amount{N: c.People}, outcomes...)
	d.summary.add("Chi trả được hay tạm giữ / payable or held", amount{N: c.People},
		part{"chi trả được / payable", amount{N: c.Payable}}, part{"tạm giữ, có lý do / held, with a reason", amount{N: c.Held}})
	stats := client.Stats()
	d.summary.say("sync", "%s người, %d bản tin hỏi, %d lần hỏi lại", money.VND(c.People).Grouped(), stats.Messages, stats.Again)
	return nil
}

// eachOffice works for every office, a few at a time.
func (d *demo) eachOffice(ctx context.Context, atOnce int, do func(ctx context.Context, office string) error) error {
	offices, err := d.offices(ctx)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, office := range offices {
		g.Go(func() error {
			if err := do(ctx, office); err != nil {
				return fmt.Errorf("office %s: %w", office, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// runOf is the office's run of a month, if it has one that counts.
func (d *demo) runOf(ctx context.Context, office string, month money.Month) (payout.Run, bool, error) {
	runs, err := payout.Runs(ctx, d.pool, payout.RunFilter{Office: office, Month: month})
	if err != nil {
		return payout.Run{}, false, err
	}
	for _, r := range runs {
		if r.State != payout.RunVoid && r.State != payout.RunRejected {
			return r, true, nil
		}
	}
	return payout.Run{}, false, nil
}

// prepareRuns computes every office's run and submits it.
func (d *demo) prepareRuns(ctx context.Context) error {
	d.clock.Set(d.on(-1, 20, 9))
	if err := applyLifeEvents(ctx, d.pool, "worker", d.Now()); err != nil {
		return err
	}
	var mu sync.Mutex
	var ready, held amount
	err := d.eachOffice(ctx, 2, func(ctx context.Context, office string) error {
		clerk, err := d.staff(ctx, clerkOf(office))
		if err != nil {
			return err
		}
		r, there, err := d.runOf(ctx, office, d.plan.Month)
		if err == nil && !there {
			r, err = payout.Prepare(ctx, d.pool, payout.PrepareInput{Box: d.box, Office: office, Month: d.plan.Month, KnownOn: d.day(-1, 20), By: clerk, Now: d.Now()})
		}
		if err == nil && r.State == payout.RunComputed {
			r, err = payout.Submit(ctx, d.pool, r.ID, clerk, d.Now())
		}
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		ready.N, ready.VND = ready.N+r.N, ready.VND+r.Total
		held.N, held.VND = held.N+r.HeldN, held.VND+r.HeldTotal
		return nil
	})
	if err != nil {
		return err
	}
	if err := payout.Analyze(ctx, d.pool); err != nil {
		return err
	}
	if err := d.sumLines(ctx); err != nil {
		return err
	}
	d.summary.say("runs", "%s khoản chi %s, %d khoản giữ lại", money.VND(ready.N).Grouped(), ready.VND.Format(), held.N)
	return nil
}

// sumLines shows what the lines come to by kind, and that payments are their lines less
// what was set off.
func (d *demo) sumLines(ctx context.Context) error {
	var regular, arrears, clawback, funeral, carried, owed, setOff, whole amount
	err := d.pool.QueryRow(ctx, `
		select count(*) filter (where kind = 'regular'), coalesce(sum(i.amount) filter (where kind = 'regular'), 0)::bigint,
		       count(*) filter (where kind = 'arrears'), coalesce(sum(i.amount) filter (where kind = 'arrears'), 0)::bigint,
		       count(*) filter (where kind = 'clawback'), coalesce(sum(i.amount) filter (where kind = 'clawback'), 0)::bigint,
		       count(*) filter (where kind = 'funeral'), coalesce(sum(i.amount) filter (where kind = 'funeral'), 0)::bigint,
		       count(*), coalesce(sum(i.amount), 0)::bigint
		from payment_item i join payment p on p.id = i.payment_id join run r on r.id = p.run_id
		where r.month = $1 and r.state not in ('void', 'rejected')`, d.plan.Month).
		Scan(&regular.N, &regular.VND, &arrears.N, &arrears.VND, &clawback.N, &clawback.VND, &funeral.N, &funeral.VND, &whole.N, &whole.VND)
	if err != nil {
		return err
	}
	d.summary.add("Dòng tính của tháng / lines computed", whole,
		part{"trợ cấp tháng này / regular", regular}, part{"truy lĩnh / arrears", arrears},
		part{"truy thu / clawback", clawback}, part{"mai táng phí / funeral", funeral})
	var ready, held amount
	err = d.pool.QueryRow(ctx, `
		select count(*) filter (where p.state <> 'held'), coalesce(sum(amount) filter (where p.state <> 'held'), 0)::bigint,
		       count(*) filter (where p.state = 'held'), coalesce(sum(amount) filter (where p.state = 'held'), 0)::bigint,
		       coalesce(sum(owed), 0)::bigint, coalesce(sum(set_off), 0)::bigint, coalesce(sum(carried), 0)::bigint, count(*)
		from payment p join run r on r.id = p.run_id where r.month = $1 and r.state not in ('void', 'rejected')`, d.plan.Month).
		Scan(&ready.N, &ready.VND, &held.N, &held.VND, &owed.VND, &setOff.VND, &carried.VND, &whole.N)
	if err != nil {
		return err
	}
	whole.VND = owed.VND - setOff.VND + carried.VND
	d.summary.add("Được hưởng trừ bù trừ / owed less set-off", whole,
		part{"đưa vào chi / to be paid", ready}, part{"giữ lại, có lý do / held, with a reason", held})
	return nil
}

// approveRuns has every office's chairman sign the run that the office's clerk prepared.
func (d *demo) approveRuns(ctx context.Context) error {
	d.clock.Set(d.on(-1, 22, 14))
	signed := 0
	var mu sync.Mutex
	err := d.eachOffice(ctx, 2, func(ctx context.Context, office string) error {
		r, there, err := d.runOf(ctx, office, d.plan.Month)
		if err != nil || !there || r.State != payout.RunSubmitted {
			return err
		}
		for _, login := range append([]string{chairmanOf(office)}, provinceApprovers...) {
			if r.State != payout.RunApproved {
				if r, err = d.sign(ctx, r, login); err != nil {
					return err
				}
			}
		}
		if r.State != payout.RunApproved {
			return fmt.Errorf("run %d is %s after %d of %d approvals", r.ID, r.State, r.Approvals, r.ApprovalsNeeded)
		}
		mu.Lock()
		signed++
		mu.Unlock()
		return nil
	})
	if err != nil {
		return err
	}
	d.summary.say("approvals", "%d đợt đã ký và ghi sổ", signed)
	return nil
}

// sign approves a run as one person with that person's key file.
func (d *demo) sign(ctx context.Context, r payout.Run, login string) (payout.Run, error) {
	who, err := d.staff(ctx, login)
	if err != nil {
		return r, err
	}
	key, err := os.ReadFile(d.keyFile(login))
	if err != nil {
		return r, err
	}
	a, err := payout.Sign(ctx, d.pool, r, who, key)
	if err != nil {
		return r, err
	}
	approved, err := payout.Approve(ctx, d.pool, a, d.Now())
	if errors.Is(err, payout.ErrTwice) { // signed before an interruption
		return r, nil
	}
	return approved, err
}

// prepareNext computes and submits next month's run of one office and has its funds
// ready, so that somebody can look at it and approve it by hand.
func (d *demo) prepareNext(ctx context.Context) error {
	d.clock.Set(d.on(0, 20, 9))
	if err := d.startBank(ctx); err != nil {
		return err
	}
	offices, err := d.offices(ctx)
	if err != nil {
		return err
	}
	next := d.plan.Month.Add(1)
	clerk, err := d.staff(ctx, clerkOf(offices[0]))
	if err != nil {
		return err
	}
	r, there, err := d.runOf(ctx, offices[0], next)
	if err == nil && !there {
		r, err = payout.Prepare(ctx, d.pool, payout.PrepareInput{Box: d.box, Office: offices[0], Month: next, KnownOn: d.day(0, 20), By: clerk, Now: d.Now()})
	}
	if err == nil && r.State == payout.RunComputed {
		r, err = payout.Submit(ctx, d.pool, r.ID, clerk, d.Now())
	}
	if err == nil {
		err = d.fundRuns(ctx, next)
	}
	if err == nil {
		err = d.importDay(ctx, d.day(0, 20))
	}
	d.summary.say("next", "%d khoản chi %s đang chờ chữ ký", r.N, r.Total.Format())
	return err
}

// offices are those with people on their lists.
func (d *demo) offices(ctx context.Context) ([]string, error) {
	rows, err := d.pool.Query(ctx, `select distinct office from entitlement order by office`)
	if err != nil {
		return nil, err
	}
	return collectStrings(rows)
}
