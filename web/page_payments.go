package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// paymentRow is one payment as lists show it: numbers masked.
type paymentRow struct {
	ID        int64 // 0: paid last month, not in this run
	Person    int64
	Name      string
	Number    string
	Payee     string // when somebody else collects
	Rail      string
	Account   string
	Before    money.VND // regular money of last month, when the list is of a change
	Regular   money.VND
	Amount    money.VND
	State     string
	Reasons   []string
	Attention []string
}

type paymentsPage struct {
	Run     payout.Run
	Office  string
	Rows    []paymentRow
	State   string
	Change  string
	Reason  string
	Next    string
	Changed bool // the list is of a change: show last month beside
}

var paymentStates = []string{"held", "ready", "instructed", "settled", "returned", "carried", "cancelled", "collected", "uncollected"}

// payments lists a run's payments, all or those of a state, a reason or a change.
func (s *Server) payments(v *visit) error {
	run, err := s.runOf(v)
	if err != nil {
		return err
	}
	after, err := cursor(v.r.FormValue("after"))
	if err != nil {
		return err
	}
	d := paymentsPage{Run: run, State: v.r.FormValue("state"), Change: v.r.FormValue("change"), Reason: v.r.FormValue("reason")}
	attention := v.r.FormValue("attention")
	if d.State != "" && !slices.Contains(paymentStates, d.State) ||
		d.Change != "" && d.Change != "account" && !slices.Contains(deltaKinds, d.Change) {
		return errNoPage
	}
	if err := s.cfg.Pool.QueryRow(v.ctx, `select name from office where code = $1`, run.Office).Scan(&d.Office); err != nil {
		return err
	}
	args := compareArgs(run)
	args["after"], args["limit"] = after, pageSize+1
	sql := `select p.id, p.person_id, ` + paymentColumns + `, 0::bigint before from payment p join person n on n.id = p.person_id
		where p.run_id = @run and p.id > @after and (@state = '' or p.state = @state)
		  and (@reason = '' or @reason = any (p.hold_reasons)) and (@attention = '' or @attention = any (p.attention))
		order by p.id limit @limit`
	if d.Changed = d.Change != ""; d.Changed {
		sql = `with ` + lastMonth + ` select coalesce(p.id, 0), c.person_id, ` + paymentColumns + `, c.before
			from change c join person n on n.id = c.person_id left join payment p on p.id = c.payment_id
			where c.person_id > @after and (c.kind = @change or @change = 'account' and c.account)
			order by c.person_id limit @limit`
		args["change"] = d.Change
	} else {
		delete(args, "office")
		delete(args, "prev")
		delete(args, "schemes")
		args["state"], args["reason"], args["attention"] = d.State, d.Reason, attention
	}
	rows, err := s.cfg.Pool.Query(v.ctx, sql, args)
	if err != nil {
		return err
	}
	if d.Rows, err = pgx.CollectRows(rows, s.scanPayment); err != nil {
		return err
	}
	if len(d.Rows) > pageSize {
		d.Rows = d.Rows[:pageSize]
		last := d.Rows[pageSize-1].ID
		if d.Changed {
			last = d.Rows[pageSize-1].Person
		}
		d.Next = v.r.URL.Path + "?" + url.Values{"state": {d.State}, "change": {d.Change}, "reason": {d.Reason},
			"attention": {attention}, "after": {strconv.FormatInt(last, 10)}}.Encode()
	}
	return v.page("payments", view{Title: "Khoản chi", Data: d})
}

const paymentColumns = `n.name, coalesce(n.number_enc, n.other_enc), coalesce(p.payee_name, ''), coalesce(p.payee_kind, 'self'), coalesce(p.rail, ''),
	p.account_enc, coalesce(p.regular, 0), coalesce(p.amount, 0), coalesce(p.state, ''), p.hold_reasons, p.attention`

func (s *Server) scanPayment(row pgx.CollectableRow) (p paymentRow, err error) {
	var number, account []byte
	var kind string
	if err := row.Scan(&p.ID, &p.Person, &p.Name, &number, &p.Payee, &kind, &p.Rail, &account, &p.Regular, &p.Amount, &p.State,
		&p.Reasons, &p.Attention, &p.Before); err != nil {
		return p, err
	}
	if kind == "self" {
		p.Payee = ""
	}
	if p.Number, err = s.masked(secret.PersonNumber, number); err != nil {
		return p, err
	}
	p.Account, err = s.masked(secret.AccountNumber, account)
	return p, err
}

// masked opens a sealed number and hides its middle; nothing is nothing.
func (s *Server) masked(label string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := s.cfg.Secrets.Open(label, sealed)
	return secret.Mask(plain), err
}

type paymentPage struct {
	Row          paymentRow
	Run          payout.Run
	MayHold      bool
	MayRelease   bool
	Problem      *problem
	Receivable   money.VND // overpaid before and not recovered now
	Carried      money.VND
	ReasonCode   string
	ReasonInfo   string
	Note         string
	Lines        []paymentLine
	Instructions []instructionRow
}

type paymentLine struct {
	Scheme, Category string
	Month            money.Month
	Amount           money.VND
	Kind             string
	Article          string
	Explanation      string
}

type instructionRow struct {
	EndToEndID string
	Amount     money.VND
	State      string
	Reason     string
	On         *time.Time
}

// payment says what one person gets in one run, line by line, and why.
func (s *Server) payment(v *visit) error {
	d, err := s.paymentOf(v)
	if err != nil {
		return err
	}
	return v.page("payment", view{Title: "Khoản chi của " + d.Row.Name, Data: d})
}

func (s *Server) paymentOf(v *visit) (d paymentPage, err error) {
	id, err := v.id("id")
	if err != nil {
		return d, err
	}
	var run int64
	if err := s.cfg.Pool.QueryRow(v.ctx, `
		select run_id, clawback - set_off, carried, reason_code, reason_info, note from payment where id = $1`, id).
		Scan(&run, &d.Receivable, &d.Carried, &d.ReasonCode, &d.ReasonInfo, &d.Note); err != nil {
		return d, err
	}
	if d.Run, err = payout.Get(v.ctx, s.cfg.Pool, payout.RunID(run)); err != nil {
		return d, err
	}
	if err := v.mayOffice(d.Run.Office); err != nil {
		return d, err
	}
	rows, err := s.cfg.Pool.Query(v.ctx, `select p.id, p.person_id, `+paymentColumns+`, 0::bigint
		from payment p join person n on n.id = p.person_id where p.id = $1`, id)
	if err != nil {
		return d, err
	}
	if d.Row, err = pgx.CollectExactlyOneRow(rows, s.scanPayment); err != nil {
		return d, err
	}
	if rows, err = s.cfg.Pool.Query(v.ctx, `
		select scheme, category, month, amount, kind, article, explanation from payment_line
		where payment_id = $1 order by scheme, category, month`, id); err != nil {
		return d, err
	}
	if d.Lines, err = pgx.CollectRows(rows, pgx.RowToStructByPos[paymentLine]); err != nil {
		return d, err
	}
	if rows, err = s.cfg.Pool.Query(v.ctx, `
		select end_to_end_id, amount, state, concat_ws(' ', nullif(reason_code, ''), nullif(reason_info, '')), changed_on
		from instruction where payment_id = $1 order by attempt`, id); err != nil {
		return d, err
	}
	if d.Instructions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[instructionRow]); err != nil {
		return d, err
	}
	open := d.Run.State == payout.RunComputed && v.person.Has(clerk, accountant)
	d.MayHold = open && d.Row.State == "ready" && d.Row.Amount > 0
	d.MayRelease = open && d.Row.State == "held" && d.Run.PreparedBy != payout.StaffID(v.person.ID)
	return d, nil
}

// holdPayment keeps a payment out of a run that is not yet submitted, or lets it in
// again; the second is refused to who prepared the run.
func (s *Server) holdPayment(v *visit) error {
	d, err := s.paymentOf(v)
	if err != nil {
		return err
	}
	change, vi, en := payout.Hold, "Đã giữ lại khoản chi.", "Held."
	if v.r.FormValue("release") != "" {
		change, vi, en = payout.Release, "Đã cho chi khoản này.", "Released."
	}
	err = change(v.ctx, s.cfg.Pool, payout.PaymentID(d.Row.ID), payout.StaffID(v.person.ID), strings.TrimSpace(v.r.FormValue("why")), v.now())
	if err != nil {
		if d.Problem = describe(err); d.Problem.internal {
			return err
		}
		return v.pageWrite("payment", d.Problem.Status, view{Title: "Khoản chi của " + d.Row.Name, Data: d})
	}
	v.tell(vi, en)
	return v.see(v.r.URL.Path)
}
