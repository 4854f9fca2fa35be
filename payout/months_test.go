package payout

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// Months in which everything happens that may: holds, releases, refusals, voids, deaths,
// returns, people who do not come for their cash. After each step the books agree with
// the payments, and in the end everybody has got what the function says, or is owed it.
func TestMonthsOfChance(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := &chance{bundle: newBundle(t), r: rand.New(rand.NewPCG(seed, 7)), people: map[PersonID]someone{}, dead: map[PersonID]string{}}
			c.settle()
			for i := range 4 {
				c.now = c.now.AddDate(0, 1, 0)
				c.month(month("2026-11").Add(i))
			}
			c.everybodyHasTheirs(month("2027-02"))
		})
	}
}

type chance struct {
	*bundle
	r      *rand.Rand
	people map[PersonID]someone
	ids    []PersonID
	dead   map[PersonID]string
}

func (c *chance) one(in int) bool { return c.r.IntN(in) == 0 }

// settle makes the people and the funds.
func (c *chance) settle() {
	for range 12 {
		rights := []Entitlement{right(BTXH, []string{"KT_N", "KT_DBN", "NCT_D", "DONTHAN", "CS_HO_KTDBN"}[c.r.IntN(5)], children(1+c.r.IntN(3)))}
		if c.one(3) {
			rights = append(rights, right(HTXH, "HTXH"), right(NCC, "LS_TN1"))
		}
		if c.one(4) {
			rights[0].LastMonth = month("2026-12")
		}
		s := someone{birth: fmt.Sprint(1940 + c.r.IntN(60)), rights: rights, paid: money.VND(c.r.IntN(5)) * 270_000, cash: c.one(3)}
		id := c.person(s)
		c.people[id] = s
		c.ids = append(c.ids, id)
	}
	c.exec(`insert into setting values ('payout.jump_factor', '"1000"'), ('payout.set_off_share', '"0.4"')`)
	for _, s := range Schemes {
		c.funds(s, 1_000_000_000)
	}
}

func (c *chance) month(m money.Month) {
	for range 2 { // a second run takes what the first left
		r, err := c.tryPrepare(func(in *PrepareInput) { in.Month, in.KnownOn = m, m.Add(-1).First().AddDate(0, 0, 19) })
		if errors.Is(err, ErrNothing) {
			continue
		}
		c.check(err)
		c.differenceAddsUp(r.ID)
		if c.one(2) {
			c.death(m)
		}
		c.holdAndRelease(r)
		c.differenceAddsUp(r.ID)
		if c.one(6) {
			c.check(Void(c.ctx, c.pool, r.ID, c.clerk, "tính lại", c.now))
			c.nothingIsLost()
			continue
		}
		r, err = Submit(c.ctx, c.pool, r.ID, c.clerk, c.now)
		if errors.Is(err, ErrNothing) {
			c.check(Void(c.ctx, c.pool, c.lastRun(), c.clerk, "không có khoản nào", c.now))
			continue
		}
		c.check(err)
		if c.one(6) {
			c.check(Reject(c.ctx, c.pool, r.ID, c.chairman, "thiếu hồ sơ", c.now))
			c.nothingIsLost()
			continue
		}
		if c.one(3) {
			c.death(m)
		}
		_, err = c.approve(r, c.chairman)
		c.check(err)
		c.nothingIsLost()
		if c.one(6) {
			c.check(Void(c.ctx, c.pool, r.ID, c.chairman, "sai", c.now))
			c.nothingIsLost()
			continue
		}
		if c.one(3) {
			c.death(m)
		}
		c.send(r)
		c.recover()
	}
}

func (c *chance) lastRun() (id RunID) {
	c.scan(&id, `select max(id) from run`)
	return id
}

// death happens to somebody alive, some weeks before the month.
func (c *chance) death(m money.Month) {
	id := c.ids[c.r.IntN(len(c.ids))]
	if c.dead[id] != "" {
		return
	}
	c.dead[id] = m.Add(-1).First().AddDate(0, 0, -c.r.IntN(60)).Format("2006-01-02")
	c.dies(id, c.dead[id])
	c.nothingIsLost()
}

func (c *chance) holdAndRelease(r Run) {
	list, err := Payments(c.ctx, c.pool, PaymentFilter{Run: r.ID})
	c.check(err)
	for _, p := range list {
		switch {
		case p.State == Held && c.one(2):
			err = Release(c.ctx, c.pool, p.ID, c.chairman, "đã xem", c.now)
		case p.State == Ready && p.Amount > 0 && c.one(8):
			err = Hold(c.ctx, c.pool, p.ID, c.clerk, "chờ", c.now)
		}
		c.check(err)
	}
	c.nothingIsLost()
}

// send gives the run to bank and post office and hears what became of it.
func (c *chance) send(r Run) {
	for _, account := range []struct {
		id   bool
		rail string
	}{{true, "bank"}, {false, "cash"}} {
		number := c.post
		if account.id {
			number = c.bank
		}
		_, err := Instruct(c.ctx, c.pool, c.box, InstructInput{Run: r.ID, Account: number, RequestedOn: r.KnownOn, By: c.clerk, Now: c.now})
		if err != nil && !errors.Is(err, ErrNothing) {
			c.Fatal(err)
		}
		c.nothingIsLost()
	}
	rows, err := c.pool.Query(c.ctx, `select i.end_to_end_id, i.amount, a.kind from instruction i join rail_account a on a.id = i.rail_account_id
		where i.run_id = $1 and i.state = 'made' order by i.end_to_end_id`, r.ID)
	c.check(err)
	type made struct {
		ID     string
		Amount money.VND
		Kind   string
	}
	orders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[made])
	c.check(err)
	var cash []CashResult
	for _, o := range orders {
		if o.Kind == "post" {
			cash = append(cash, CashResult{EndToEndID: o.ID, Collected: !c.one(3), On: r.KnownOn})
			continue
		}
		kinds := []OutcomeKind{OutcomeDebited}
		if c.one(5) {
			kinds = []OutcomeKind{OutcomeRejected}
		} else if c.one(4) {
			kinds = append(kinds, OutcomeReturned)
		}
		for _, k := range kinds {
			c.check(pg.Tx(c.ctx, c.pool, func(tx pgx.Tx) error {
				return RecordOutcome(c.ctx, tx, Outcome{EndToEndID: o.ID, Kind: k, Amount: o.Amount, Reason: "MS03", On: r.KnownOn, Ref: "line", By: "test", Now: c.now})
			}))
		}
	}
	c.check(RecordCash(c.ctx, c.pool, r.ID, cash, c.clerk, c.now))
	if len(orders) > 0 {
		c.check(Close(c.ctx, c.pool, r.ID, c.clerk, c.now))
	}
	c.nothingIsLost()
}

// everybodyHasTheirs prepares what is left and compares the sum of a person's lines
// with the function itself.
func (c *chance) everybodyHasTheirs(m money.Month) {
	c.Helper()
	known := m.Add(-1).First().AddDate(0, 0, 19)
	if _, err := c.tryPrepare(func(in *PrepareInput) { in.Month, in.KnownOn = m, known }); err != nil && !errors.Is(err, ErrNothing) {
		c.Fatal(err)
	}
	for id, s := range c.people {
		p := Person{Birth: born(s.birth)}
		if c.dead[id] != "" {
			p.Died = day(c.dead[id])
		}
		var want money.VND
		for at := month("2026-07"); at <= m; at++ {
			dues, err := Owed(EmbeddedRates(), Rules{}, p, s.rights, at, known)
			c.check(err)
			for _, d := range dues {
				want += d.Amount
			}
		}
		got := 4*s.paid + money.VND(c.count(`select coalesce(sum(i.amount), 0)::bigint from payment p join payment_item i on i.payment_id = p.id where p.person_id = $1 and p.live`, id))
		if got != want {
			c.Errorf("person %d (%+v, died %q): paid, held or in runs %d, owed %d", id, s, c.dead[id], got, want)
		}
	}
}
