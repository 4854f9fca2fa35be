package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/reconcile"
)

func collectStrings(rows pgx.Rows) ([]string, error) { return pgx.CollectRows(rows, pgx.RowTo[string]) }

// sandboxBank is the demo's line to the sandbox bank's own endpoints; payments go
// through bank.Rail like everywhere else.
type sandboxBank struct {
	URL, Token string
	client     http.Client
}

// ask sends a JSON body, or none, and returns the answer's body.
func (s *sandboxBank) ask(ctx context.Context, method, path string, body any) ([]byte, error) {
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, &b)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	res, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("sandbox bank: %s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, fmt.Errorf("sandbox bank: %s %s: %w", method, path, err)
	}
	if res.StatusCode == http.StatusNotFound {
		return nil, errNotThere
	}
	if res.StatusCode/100 != 2 {
		return nil, fmt.Errorf("sandbox bank: %s %s: %s: %s", method, path, res.Status, bytes.TrimSpace(answer))
	}
	return answer, nil
}

var errNotThere = errors.New("the sandbox bank does not have that")

// Where offices and the post office have their accounts in the demo.
const (
	agencyBIN   = "970436"
	postBIN     = "970449"
	postAccount = "0096000000099"
)

func agencyAccount(office string) string { return "9600" + office + "01" }

// openAccounts makes the rail accounts of every office, here and at the bank.
func (d *demo) openAccounts(ctx context.Context) error {
	offices, err := d.offices(ctx)
	if err != nil {
		return err
	}
	var list []bank.RailAccount
	for _, office := range offices {
		c, _ := units.ByCode(office)
		list = append(list,
			bank.RailAccount{Office: office, Kind: "bank", BIN: agencyBIN, Account: agencyAccount(office), Name: "UBND " + c.Name},
			bank.RailAccount{Office: office, Kind: "post", Name: "Bưu điện " + c.Name})
	}
	if err := pg.Tx(ctx, d.pool, func(tx pgx.Tx) error {
		_, err := bank.EnsureAccounts(ctx, tx, list)
		return err
	}); err != nil {
		return err
	}
	for _, a := range list {
		if a.Kind == "bank" {
			if _, err := d.bank.ask(ctx, http.MethodPost, "/accounts", map[string]string{"bank": a.BIN, "account": a.Account, "name": a.Name, "kind": "agency"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// receiveFunds asks the treasury for what each scheme's run comes to and imports the
// statement that shows it came.
func (d *demo) receiveFunds(ctx context.Context) error {
	d.clock.Set(d.on(-1, 21, 8))
	if err := d.startBank(ctx); err != nil {
		return err
	}
	if err := d.openAccounts(ctx); err != nil {
		return err
	}
	if err := d.fundRuns(ctx, d.plan.Month); err != nil {
		return err
	}
	if err := d.importDay(ctx, d.day(-1, 21)); err != nil {
		return err
	}
	var asked, came amount
	err := d.pool.QueryRow(ctx, `
		select count(*), sum(amount)::bigint, count(*) filter (where seen), coalesce(sum(amount) filter (where seen), 0)::bigint
		from (select f.amount, exists (select from match m where m.rule = 'funds' and m.target = f.reference and not undone(m)) seen from funds_request f) x`).
		Scan(&asked.N, &asked.VND, &came.N, &came.VND)
	if err != nil {
		return err
	}
	d.summary.add("Kinh phí đã xin / funds asked for", asked, part{"đã về tài khoản / received", came})
	d.summary.say("funds", "%d khoản, %s", came.N, came.VND.Format())
	return nil
}

// fundRuns asks the treasury for what each submitted run of a month needs by scheme, and
// has the treasury pay it.
func (d *demo) fundRuns(ctx context.Context, month money.Month) error {
	rows, err := d.pool.Query(ctx, `
		select r.office, i.scheme, sum(i.amount - i.set_off)::bigint
		from payment_item i join payment p on p.id = i.payment_id join run r on r.id = p.run_id
		where r.month = $1 and r.state = 'submitted' and p.state <> 'held' and i.amount > 0
		group by 1, 2 order by 1, 2`, month)
	if err != nil {
		return err
	}
	type need struct {
		Office, Scheme string
		Amount         money.VND
	}
	needs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[need])
	if err != nil {
		return err
	}
	for _, n := range needs {
		n.Amount += 1_000_000 - n.Amount%1_000_000 // estimates are drawn in millions
		reference, err := d.fundsReference(ctx, n.Office, n.Scheme, month, n.Amount)
		if err != nil {
			return err
		}
		if _, err := d.bank.ask(ctx, http.MethodPost, "/credit", map[string]any{"bank": agencyBIN, "account": agencyAccount(n.Office),
			"amount": n.Amount, "memo": "KBNN chuyen " + reference, "name": "KHO BAC NHA NUOC CA MAU", "reference": reference}); err != nil {
			return err
		}
	}
	return nil
}

// fundsReference asks once for an office's scheme and month.
func (d *demo) fundsReference(ctx context.Context, office, scheme string, month money.Month, need money.VND) (string, error) {
	var reference string
	err := d.pool.QueryRow(ctx, `
		select reference from funds_request where office = $1 and scheme = $2 and reference like 'ASKP' || $1 || $3 || '%' order by reference limit 1`,
		office, scheme, strings.ReplaceAll(month.String(), "-", "")).Scan(&reference)
	if !errors.Is(err, pgx.ErrNoRows) {
		return reference, err
	}
	return d.recon.RequestFunds(ctx, reconcile.FundsRequest{Office: office, Scheme: scheme, Month: month, Amount: need,
		By: "staff:" + accountantOf(office), Now: d.Now()})
}

// importDay ends a day at the bank, imports every account's statement of it and
// reconciles.
func (d *demo) importDay(ctx context.Context, day time.Time) error {
	next := day.AddDate(0, 0, 1)
	d.clock.Set(time.Date(next.Year(), next.Month(), next.Day(), 8, 0, 0, 0, hanoi))
	if err := d.bankClock(ctx); err != nil {
		return err
	}
	err := d.eachOffice(ctx, 4, func(ctx context.Context, office string) error {
		name := fmt.Sprintf("/accounts/%s-%s/statements/%s", agencyBIN, agencyAccount(office), day.Format(time.DateOnly))
		content, err := d.bank.ask(ctx, http.MethodGet, name, nil)
		if errors.Is(err, errNotThere) {
			return nil
		}
		if err != nil {
			return err
		}
		file := fmt.Sprintf("camt053-%s-%s.xml", agencyAccount(office), day.Format(time.DateOnly))
		_, err = d.recon.ImportStatements(ctx, file, content, "staff:"+accountantOf(office), d.Now())
		return err
	})
	if err != nil {
		return err
	}
	_, err = d.recon.Reconcile(ctx, "worker", d.Now(), nil)
	return err
}

func (d *demo) bankClock(ctx context.Context) error {
	_, err := d.bank.ask(ctx, http.MethodPost, "/clock", map[string]string{"at": d.Now().Format(time.RFC3339)})
	return err
}

// startBank runs the sandbox bank as a process of its own, unless it runs already.
func (d *demo) startBank(ctx context.Context) error {
	if d.bank == nil {
		p, access, err := d.startBankProcess(ctx, filepath.Join(d.dir, "bank.log"))
		if err != nil {
			return err
		}
		d.procs = append(d.procs, p)
		d.bank = access
	}
	return d.bankClock(ctx)
}

// sendRuns orders the approved payments: a pain.001 to the bank, a list and its money to
// the post office.
func (d *demo) sendRuns(ctx context.Context) error {
	d.clock.Set(d.on(0, 2, 8))
	if err := d.startBank(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(d.dir, "post"), 0o700); err != nil {
		return err
	}
	rail := &bank.HTTPRail{Base: d.bank.URL, Token: d.bank.Token}
	err := d.eachOffice(ctx, 2, func(ctx context.Context, office string) error {
		r, there, err := d.runOf(ctx, office, d.plan.Month)
		if err != nil || !there {
			return err
		}
		accountant, err := d.staff(ctx, accountantOf(office))
		if err != nil {
			return err
		}
		for _, kind := range []string{"bank", "post"} {
			account, err := bank.AccountOf(ctx, d.pool, office, kind)
			if err != nil {
				return err
			}
			sending, err := payout.Instruct(ctx, d.pool, d.box, payout.InstructInput{Run: r.ID, Account: account.ID,
				RequestedOn: d.day(0, 2), By: accountant, Now: d.Now()})
			if errors.Is(err, payout.ErrNothing) {
				continue
			}
			if err != nil {
				return err
			}
			for _, id := range sending.Messages {
				if kind == "post" {
					if id, err = d.payPost(ctx, id, office); err != nil {
						return err
					}
				}
				if err := d.hand(ctx, rail, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := payout.Analyze(ctx, d.pool); err != nil {
		return err
	}
	if _, err := d.recon.TakeAnswers(ctx, "worker", d.Now()); err != nil {
		return err
	}
	var bankN, cashN, refused int
	var bankSum, cashSum money.VND
	err = d.pool.QueryRow(ctx, `
		select count(*) filter (where a.kind = 'bank'), coalesce(sum(i.amount) filter (where a.kind = 'bank'), 0)::bigint,
		       count(*) filter (where a.kind = 'post'), coalesce(sum(i.amount) filter (where a.kind = 'post'), 0)::bigint,
		       count(*) filter (where i.state = 'rejected')
		from instruction i join rail_account a on a.id = i.rail_account_id`).Scan(&bankN, &bankSum, &cashN, &cashSum, &refused)
	d.summary.say("bank", "%s chuyển khoản %s, %s tiền mặt %s, ngân hàng từ chối %d",
		money.VND(bankN).Grouped(), bankSum.Format(), money.VND(cashN).Grouped(), cashSum.Format(), refused)
	return err
}

// payPost orders the transfer of a list's money and hands the list itself over.
func (d *demo) payPost(ctx context.Context, list, office string) (string, error) {
	if err := d.hand(ctx, &bank.FileRail{Out: filepath.Join(d.dir, "post")}, list); err != nil {
		return "", err
	}
	return d.recon.OrderPostTransfer(ctx, reconcile.PostTransfer{List: list, BIN: postBIN, Account: postAccount, Name: "Bưu điện tỉnh Cà Mau",
		RequestedOn: d.day(0, 2), By: "staff:" + accountantOf(office), Now: d.Now()})
}

// hand sends a message, or asks about it when an earlier answer was lost.
func (d *demo) hand(ctx context.Context, rail bank.Rail, id string) error {
	stored, err := bank.Load(ctx, d.pool, id)
	if err != nil {
		return err
	}
	switch stored.State {
	case bank.Made:
		_, err = bank.Send(ctx, d.pool, rail, id, d.Now())
	case bank.Sent, bank.Unknown:
		_, err = bank.Ask(ctx, d.pool, rail, id, d.Now())
	default:
		return nil
	}
	if errors.Is(err, bank.ErrUnknown) {
		_, err = bank.Ask(ctx, d.pool, rail, id, d.Now())
	}
	if errors.Is(err, bank.ErrNoMessage) { // it never arrived: now it may be sent
		_, err = bank.Send(ctx, d.pool, rail, id, d.Now())
	}
	return err
}

// reconcileMonth lives the days after the file was sent: debits, returns, a fee, a
// stranger's money.
func (d *demo) reconcileMonth(ctx context.Context) error {
	if err := d.startBank(ctx); err != nil {
		return err
	}
	for n := 2; n <= 7; n++ {
		if err := d.importDay(ctx, d.day(0, n)); err != nil {
			return err
		}
	}
	var lines, matched, suspense amount
	err := d.pool.QueryRow(ctx, `
		select count(*), coalesce(sum(l.amount), 0)::bigint,
		       count(*) filter (where m.rule <> 'suspense'), coalesce(sum(l.amount) filter (where m.rule <> 'suspense'), 0)::bigint,
		       count(*) filter (where m.rule = 'suspense'), coalesce(sum(l.amount) filter (where m.rule = 'suspense'), 0)::bigint
		from statement_line l left join match m on m.line_id = l.id and not undone(m)`).
		Scan(&lines.N, &lines.VND, &matched.N, &matched.VND, &suspense.N, &suspense.VND)
	if err != nil {
		return err
	}
	d.summary.say("statements", "%d dòng sao kê, %d khớp, %d chờ giải thích", lines.N, matched.N, suspense.N)
	return nil
}
