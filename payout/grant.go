package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// grant is a one-off programme as a run pays it: what its list gives less what was paid.
// Nothing that other support overpaid is taken from it.
type grant struct {
	code    Scheme
	article string
	name    string
	month   money.Month
	first   bool // paid first, checked afterwards
}

// grantedItem is one person on a programme's list.
type grantedItem struct {
	ground string
	amount money.VND // that is right, as known now
	paid   money.VND
}

func readGrant(ctx context.Context, q pg.Queryer, code Scheme) (*grant, error) {
	p, err := ProgrammeByCode(ctx, q, string(code))
	if errors.Is(err, ErrNoProgramme) {
		return nil, refuse("%q is neither a scheme (btxh, htxh, ncc) nor a programme", code)
	}
	if err != nil {
		return nil, err
	}
	return &grant{code: code, name: p.Name, month: p.Month, first: p.Kind == Emergency,
		article: fmt.Sprintf("Quyết định số %s ngày %s", p.DecisionNo, text.Day(p.DecidedOn))}, nil
}

// readGranted reads what the programme gives to a chunk of people and has paid them.
func (p *preparation) readGranted(ctx context.Context, tx pgx.Tx, g *batch) error {
	rows, err := tx.Query(ctx, `
		select i.person_id, i.ground, coalesce(k.right_amount, i.amount),
		       coalesce((select sum(x.amount) from payment y join payment_item x on x.payment_id = y.id
		                 where y.person_id = i.person_id and y.live and x.scheme = i.programme), 0)::bigint
		from programme_item i left join programme_check k using (programme, person_id)
		where i.programme = $1 and i.person_id = any($2)`, p.grant.code, g.ids)
	if err != nil {
		return err
	}
	var id int64
	var x grantedItem
	if _, err = pgx.ForEachRow(rows, []any{&id, &x.ground, &x.amount, &x.paid}, func() error {
		own := x
		g.by[id].granted = &own
		return nil
	}); err != nil {
		return err
	}
	if err := p.readPast(ctx, tx, g); err != nil {
		return err
	}
	for _, c := range g.by {
		c.receivable, c.carried = 0, nil // of other support
	}
	return p.readCases(ctx, tx, g)
}

// grantTo computes a person's payment of a programme: what is still to be given, or what
// turned out to be too much, which is owed back.
func (p *preparation) grantTo(c *candidate) (pay payment, ok bool, err error) {
	x := c.granted
	if x == nil || x.amount == x.paid {
		return pay, false, nil
	}
	pay.candidate = c
	pay.regular = x.amount - x.paid
	kind := Regular
	if pay.regular > 0 {
		pay.owed, pay.amount = pay.regular, pay.regular
	} else {
		pay.clawback, kind = -pay.regular, Clawback
	}
	sentence := fmt.Sprintf("%s: %s", p.grant.name, x.amount.Format())
	if x.paid > 0 {
		sentence += fmt.Sprintf(", đã chi %s", x.paid.Format())
	}
	pay.items = []item{{scheme: p.grant.code, category: x.ground, month: p.grant.month, amount: pay.regular, kind: kind,
		reason: p.grant.article + "\x00" + sentence + "."}}
	if p.grant.first {
		c.checkAfterwards()
	}
	p.look(&pay, false)
	return pay, true, nil
}

// SeeUnchecked is for attention: paid first by an emergency list, checked afterwards.
const SeeUnchecked = "checked_afterwards"

// checkAfterwards pays who is in need before the register has answered (NĐ 20/2021 Đ17.2):
// what only says that nobody has checked them does not hold, but is looked at.
func (c *candidate) checkAfterwards() {
	n := len(c.holds)
	c.holds = slices.DeleteFunc(c.holds, func(h string) bool {
		switch beneficiaries.Outcome(h) {
		case beneficiaries.Unchecked, beneficiaries.NotFound, beneficiaries.Review, beneficiaries.Mismatch:
			return true
		}
		return h == string(beneficiaries.HoldNotListed)
	})
	if len(c.holds) < n {
		c.attention = append(c.attention, SeeUnchecked)
	}
}
