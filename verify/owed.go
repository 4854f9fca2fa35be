package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"ansinh.vn/money"
)

// owed re-derives every line of every run from rates, decisions, births, deaths and what
// was paid before, by its own rule. Decisions and facts that changed after a run was
// prepared are not kept in their old form: where they explain that a line comes out
// otherwise today, the payment is counted as resting on facts that changed since, and
// not as a difference.
func (c *checker) owed(ctx context.Context) error {
	d := &derivation{checker: c, runs: map[int64]*preparedRun{}, editions: map[string]*edition{}, known: map[string]*knowledge{},
		rulings: map[int64][]ruling{}, moves: map[int64][]move{}}
	if err := d.read(ctx); err != nil {
		return err
	}
	if err := d.readDecided(ctx); err != nil {
		return err
	}
	if err := d.recoveries(ctx); err != nil {
		return err
	}
	people, err := open(ctx, c.txs[0], scanRight, `
		select coalesce(p.merged_into, p.id), s.office, coalesce(s.birth, ''), s.died_on,
			coalesce((select max(recorded_at) from life_event l where l.person_id = s.id and l.kind = 'death'), 'epoch'),
			greatest(s.checked_at, s.settled_at, l.imported_at, 'epoch'), f.imported_at, p.merged_into is not null, e.id, coalesce(g.after_run, -1),
			e.scheme, e.category, e.first_month, coalesce(e.last_month, 'epoch'), e.last_month is not null,
			coalesce(e.children, -1), coalesce(e.injury_percent, -1), coalesce(e.seniority_units, -1), coalesce(e.decision_on, 'epoch')
		from entitlement e
		join person p on p.id = e.person_id
		join person s on s.id = coalesce(p.merged_into, p.id)
		left join list l on l.id = e.list_id and not e.decided
		left join decision g on g.id = e.decision_id
		join list f on f.id = s.first_list
		order by 1, e.id`)
	if err != nil {
		return err
	}
	defer people.close()
	before, err := open(ctx, c.txs[1], func(rows pgx.Rows, x *beforeRow) error {
		return rows.Scan(&x.person, &x.scheme, &x.category, &x.first, &x.last, &x.amount)
	}, `
		select coalesce(p.merged_into, p.id), b.scheme, b.category, b.first_month, b.last_month, b.amount
		from paid_before b join person p on p.id = b.person_id order by 1, b.scheme, b.category, b.first_month`)
	if err != nil {
		return err
	}
	defer before.close()
	paid, err := open(ctx, c.txs[2], func(rows pgx.Rows, x *paidRow) error {
		return rows.Scan(&x.person, &x.payment, &x.run, &x.live, &x.changed, &x.clawback, &x.setOff, &x.owed, &x.scheme, &x.category, &x.month, &x.amount, &x.kind)
	}, `
		select coalesce(q.merged_into, q.id), p.id, p.run_id, p.live, p.changed_at, p.clawback, p.set_off, p.owed,
			coalesce(i.scheme, ''), coalesce(i.category, ''), coalesce(i.month, '2000-01-01'), coalesce(i.amount, 0), coalesce(i.kind, '')
		from payment p join person q on q.id = p.person_id
		left join payment_item i on i.payment_id = p.id and i.scheme in ('btxh', 'htxh', 'ncc')
		order by 1, p.id, i.month, i.scheme, i.category`)
	if err != nil {
		return err
	}
	defer paid.close()

	for people.ok {
		p := subject{id: people.row.person, rightRow: people.row}
		for ; err == nil && people.ok && people.row.person == p.id; err = people.next() {
			r := &people.row
			p.rights = append(p.rights, r.right)
			p.merged = p.merged || r.merged
			if r.changed.After(p.changed) {
				p.changed = r.changed
			}
		}
		for ; err == nil && before.ok && before.row.person <= p.id; err = before.next() {
			if before.row.person == p.id {
				p.before = append(p.before, before.row)
			}
		}
		for ; err == nil && paid.ok && paid.row.person <= p.id; err = paid.next() {
			if paid.row.person != p.id {
				c.differs("payment", paid.row.payment, "decision that entitles its person", "a row", "none")
				continue
			}
			p.take(paid.row)
		}
		if err != nil {
			return err
		}
		d.person(&p)
	}
	c.counted("payments derived from decisions and rates", d.n, d.sum)
	if d.changed > 0 {
		c.note("%d payments rest on decisions or facts that changed after their run was prepared; their lines were not re-derived", d.changed)
	}
	return nil
}

// derivation is what re-deriving needs besides the person.
type derivation struct {
	*checker
	recovered
	runs     map[int64]*preparedRun
	order    []*preparedRun
	editions map[string]*edition
	known    map[string]*knowledge
	confirms []confirmation
	rulings  map[int64][]ruling // by entitlement
	moves    map[int64][]move   // by person

	opening    money.Month
	share      decimal.Decimal
	yearBirth  int
	monthBirth int
	merit      bool

	n, changed int64
	sum        money.VND
}

// preparedRun is a run as it was prepared.
type preparedRun struct {
	id        int64
	office    string
	month     money.Month
	last      money.Month // that it pays: of two months together the second
	schemes   []string
	known     time.Time
	at        time.Time
	tentative bool
	edition   string
	rates     *knowledge
}

type confirmation struct {
	set string
	at  time.Time
}

// rightRow is one decision with the facts of its person.
type rightRow struct {
	person  int64
	office  string
	birth   string
	died    *time.Time
	deathAt time.Time // when the death became known here
	changed time.Time // when a decision or a fact last changed
	since   time.Time // when the person was first listed
	merged  bool
	right
}

func scanRight(rows pgx.Rows, r *rightRow) error {
	var open bool
	var last money.Month
	err := rows.Scan(&r.person, &r.office, &r.birth, &r.died, &r.deathAt, &r.changed, &r.since, &r.merged, &r.id, &r.grantedAfter,
		&r.scheme, &r.category, &r.first, &last, &open, &r.children, &r.percent, &r.units, &r.decided)
	if open {
		r.last = last
	}
	return err
}

type beforeRow struct {
	person           int64
	scheme, category string
	first, last      money.Month
	amount           money.VND
}

type paidRow struct {
	person, payment, run   int64
	live                   bool
	changed                time.Time
	clawback, setOff, owed money.VND
	scheme, category       string
	month                  money.Month
	amount                 money.VND
	kind                   string
}

// subject is one person with all there is about the money of theirs.
type subject struct {
	id int64
	rightRow
	rights []right
	before []beforeRow
	paid   []paidPayment // in the order of their numbers
}

type paidPayment struct {
	paidRow
	lines map[lineKey]lineValue
}

type lineKey struct {
	month            money.Month
	scheme, category string
}

type lineValue struct {
	amount money.VND
	kind   string
}

// key names a line; the social pension is one category, however a list calls it.
func key(m money.Month, scheme, category string) lineKey {
	if scheme == "htxh" {
		category = ""
	}
	return lineKey{m, scheme, category}
}

func (p *subject) take(r paidRow) {
	if n := len(p.paid); n == 0 || p.paid[n-1].payment != r.payment {
		p.paid = append(p.paid, paidPayment{r, map[lineKey]lineValue{}})
	}
	if r.scheme != "" {
		lines := p.paid[len(p.paid)-1].lines
		k := key(r.month, r.scheme, r.category)
		lines[k] = lineValue{lines[k].amount + r.amount, r.kind}
	}
}

// person re-derives what every run should have held for a person.
func (d *derivation) person(p *subject) {
	for _, run := range d.order {
		at := slices.IndexFunc(p.paid, func(x paidPayment) bool { return x.run == run.id })
		if at < 0 && (!d.belongs(p, run) || p.since.After(run.at)) {
			continue
		}
		found, id := map[lineKey]lineValue{}, fmt.Sprintf("of person %d in run %d", p.id, run.id)
		if at >= 0 {
			found, id = p.paid[at].lines, strconv.FormatInt(p.paid[at].payment, 10)
		}
		lines, owed, clawback, receivable := d.lines(p, run)
		if maps.Equal(lines, found) && (at < 0 || d.setOff(p, run, owed, clawback, receivable) == p.paid[at].setOff) {
			d.count(found, at >= 0)
			continue
		}
		if p.changed.After(run.at) || p.deathAt.After(run.at) || p.merged {
			d.changed++
			continue
		}
		d.count(found, at >= 0)
		for _, k := range slices.SortedFunc(maps.Keys(union(lines, found)), compareKeys) {
			if lines[k] != found[k] {
				d.differs("payment_item", id, fmt.Sprintf("%s %s %s", k.month, k.scheme, k.category), lines[k], found[k])
			}
		}
		if at >= 0 {
			same(d.checker, "payment", id, "set off against what was overpaid", d.setOff(p, run, owed, clawback, receivable), p.paid[at].setOff)
		}
	}
}

func (v lineValue) String() string {
	if v.kind == "" {
		return "nothing"
	}
	return fmt.Sprintf("%d (%s)", v.amount, v.kind)
}

func compareKeys(a, b lineKey) int {
	return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.scheme, b.scheme), cmp.Compare(a.category, b.category))
}

func union(a, b map[lineKey]lineValue) map[lineKey]lineValue {
	u := maps.Clone(a)
	maps.Copy(u, b)
	return u
}

func (d *derivation) count(lines map[lineKey]lineValue, paid bool) {
	if !paid {
		return
	}
	d.n++
	for _, v := range lines {
		d.sum += v.amount
	}
}
