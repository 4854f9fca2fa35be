package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/bank/sandbox"
	"ansinh.vn/money"
)

const token = "t0ken"

type bank struct {
	testing.TB
	*httptest.Server
}

func open(t testing.TB, cfg sandbox.Config) bank {
	t.Helper()
	cfg.Token = token
	if cfg.Day == "" {
		cfg.Day = "2026-11-02"
	}
	b, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(b.Handler())
	t.Cleanup(func() {
		s.Close()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return bank{t, s}
}

// ask sends a request and returns status and body.
func (b bank) ask(method, path string, body []byte) (int, []byte) {
	b.Helper()
	req, err := http.NewRequest(method, b.URL+path, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return resp.StatusCode, raw
}

func (b bank) post(path string, v any) map[string]any {
	b.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		b.Fatal(err)
	}
	status, raw := b.ask("POST", path, body)
	if status != 200 {
		b.Fatalf("POST %s %s: %d %s", path, body, status, raw)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		b.Fatalf("POST %s: %v in %s", path, err, raw)
	}
	return out
}

type object = map[string]any

// agency opens the office's account with money on it.
func (b bank) agency(no string, amount int) {
	b.Helper()
	b.post("/accounts", object{"account": no, "name": "UBND xã Lương Thế Trân"})
	b.post("/credit", object{"account": no, "amount": amount, "memo": "KBNN cap kinh phi", "reference": "KB-" + no})
}

// initiation makes a pain.001 of n transfers of 540,000 đồng.
func initiation(t testing.TB, id, debtor string, n int, change func(*iso20022.Initiation, []iso20022.Transfer)) []byte {
	t.Helper()
	transfers := make([]iso20022.Transfer, n)
	for i := range transfers {
		transfers[i] = iso20022.Transfer{
			EndToEndID: fmt.Sprintf("%s-%d", id, i), Amount: 540_000, BIN: "970405", Account: fmt.Sprintf("19002%08d", i),
			Name: "Trần Thị Bé " + strconv.Itoa(i), Memo: "Trợ cấp hưu trí xã hội T11/2026", Purpose: "SSBE",
		}
	}
	head := iso20022.Initiation{
		MessageID: id, CreatedAt: time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC), Initiator: "UBND", ExecuteOn: money.Day(2026, 11, 2),
		Debtor: "UBND xã Lương Thế Trân", DebtorBIN: "970436", DebtorAccount: debtor, N: n,
	}
	if change != nil {
		change(&head, transfers)
	}
	head.Total = 0
	for _, tr := range transfers {
		head.Total += tr.Amount
	}
	var out bytes.Buffer
	if err := iso20022.WritePain001(&out, head, each(transfers)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func each[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (b bank) pay(message []byte) (*iso20022.StatusReport, []iso20022.TransactionStatus, []byte) {
	b.Helper()
	status, raw := b.ask("POST", "/payments", message)
	if status != 200 {
		b.Fatalf("POST /payments: %d %s", status, raw)
	}
	rep, refused := report(b, raw)
	return rep, refused, raw
}

func report(t testing.TB, raw []byte) (*iso20022.StatusReport, []iso20022.TransactionStatus) {
	t.Helper()
	var refused []iso20022.TransactionStatus
	rep, err := iso20022.ReadPain002(bytes.NewReader(raw), iso20022.Limits{}, func(s iso20022.TransactionStatus) error {
		refused = append(refused, s)
		return nil
	})
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return rep, refused
}

type day struct {
	opening, closing money.VND
	entries          []*iso20022.Entry
}

func (b bank) statement(account, on string) day {
	b.Helper()
	status, raw := b.ask("GET", "/accounts/"+account+"/statements/"+on, nil)
	if status != 200 {
		b.Fatalf("statement of %s: %d %s", on, status, raw)
	}
	var d day
	err := iso20022.ReadStatements(bytes.NewReader(raw), iso20022.Limits{}, iso20022.StatementHandler{
		Begin: func(st *iso20022.Statement) error {
			d.opening, d.closing = money.VND(st.Balances[0].Amount.IntPart()), money.VND(st.Balances[1].Amount.IntPart())
			return nil
		},
		Entry: func(_ *iso20022.Statement, e *iso20022.Entry) error { d.entries = append(d.entries, e); return nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	sum := d.opening
	for _, e := range d.entries {
		sum += money.VND(e.Signed().IntPart())
	}
	if sum != d.closing {
		b.Errorf("statement of %s: opening and entries lead to %d, it closes with %d", on, sum, d.closing)
	}
	return d
}

var quiet = &sandbox.Faults{}

func TestWrongTokenOpensNothing(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{Faults: quiet})
	for _, header := range []string{"", "Bearer ", "Bearer other", "Basic " + token} {
		req, _ := http.NewRequest("GET", b.URL+"/clock", nil)
		req.Header.Set("Authorization", header)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 401 {
			t.Errorf("%q: %d", header, resp.StatusCode)
		}
	}
}

func TestMonthOfOneAgency(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{Faults: quiet, Fee: 22_000})
	b.agency("960031825", 10_000_000)
	b.post("/faults", object{"returns": object{"1900200000003": "MD07"}})
	rep, refused, first := b.pay(initiation(t, "AS-1", "960031825", 5, func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[4].BIN = "999999" }))
	if rep.Group != iso20022.PartAccept || len(refused) != 1 || refused[0].EndToEndID != "AS-1-4" || refused[0].Reasons[0].Code != "RC04" {
		t.Errorf("answer %s, refused %+v", rep.Group, refused)
	}
	if _, again := b.ask("POST", "/payments", initiation(t, "AS-1", "960031825", 5, func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[4].BIN = "999999" })); !bytes.Equal(again, first) {
		t.Error("the same message got another answer")
	}
	if status, _ := b.ask("GET", "/accounts/960031825/statements/2026-11-02", nil); status != 404 {
		t.Errorf("a statement of a day that is not over: %d", status)
	}
	b.post("/clock", object{"day": "2026-11-04"})
	one, two := b.statement("970436-960031825", "2026-11-02"), b.statement("960031825", "2026-11-03")
	if one.opening != 0 || one.closing != two.opening || two.closing != two.opening {
		t.Errorf("balances do not chain: %+v %+v", one, two)
	}
	if len(one.entries) != 4 {
		t.Fatalf("%d entries, want funding, batch debit, return and fee", len(one.entries))
	}
	funding, debit, back, fee := one.entries[0], one.entries[1], one.entries[2], one.entries[3]
	if !funding.Credit || funding.Details[0].EndToEndID != "KB-960031825" {
		t.Errorf("funding %+v", funding)
	}
	if debit.Credit || debit.Amount.IntPart() != 4*540_000 || debit.Batches[0].PaymentID != "AS-1" || debit.Batches[0].N != 4 || len(debit.Details) != 0 {
		t.Errorf("debit %+v", debit)
	}
	if d := back.Details[0]; !back.Credit || d.EndToEndID != "AS-1-3" || d.Return == nil || d.Return.Reason.Code != "MD07" {
		t.Errorf("return %+v", back)
	}
	if fee.Credit || fee.Amount.IntPart() != 22_000 || fee.Code.SubFamily != "CHRG" {
		t.Errorf("fee %+v", fee)
	}
}

func TestWholeMessageIsRefused(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{Faults: quiet})
	b.agency("960031825", 1_000_000)
	good := string(initiation(t, "AS-2", "960031825", 1, nil))
	for name, c := range map[string]struct{ message, code string }{
		"no funds":          {string(initiation(t, "AS-3", "960031825", 2, nil)), "AM04"},
		"unknown debtor":    {string(initiation(t, "AS-4", "111122223333", 1, nil)), "AC02"},
		"yesterday":         {string(initiation(t, "AS-5", "960031825", 1, func(h *iso20022.Initiation, _ []iso20022.Transfer) { h.ExecuteOn = money.Day(2026, 11, 1) })), "DT01"},
		"wrong control sum": {strings.Replace(strings.ReplaceAll(good, "AS-2", "AS-6"), "<CtrlSum>540000<", "<CtrlSum>540001<", 1), "AM10"},
		"wrong count":       {strings.Replace(strings.ReplaceAll(good, "AS-2", "AS-7"), "<NbOfTxs>1<", "<NbOfTxs>2<", 1), "AM18"},
		"not đồng":          {strings.ReplaceAll(strings.ReplaceAll(good, "AS-2", "AS-8"), `Ccy="VND"`, `Ccy="USD"`), "FF01"},
		"torn":              {strings.ReplaceAll(good, "AS-2", "AS-9")[:len(good)-60], "FF01"},
	} {
		rep, _, _ := b.pay([]byte(c.message))
		if rep.Group != iso20022.Rejected || rep.Reasons[0].Code != c.code {
			t.Errorf("%s: %s %+v, want RJCT %s", name, rep.Group, rep.Reasons, c.code)
		}
	}
	if rep, _, _ := b.pay([]byte(good)); rep.Group != iso20022.Profile {
		t.Errorf("the good one: %s %+v", rep.Group, rep.Reasons)
	}
	other := strings.Replace(good, "Tro cap", "Tien qua", 1)
	if rep, _, _ := b.pay([]byte(other)); rep.Group != iso20022.Rejected || rep.Reasons[0].Code != "DU01" {
		t.Errorf("other content under the same id: %s", rep.Group)
	}
	again := strings.ReplaceAll(strings.ReplaceAll(good, "<MsgId>AS-2<", "<MsgId>AS-10<"), "<PmtInfId>AS-2<", "<PmtInfId>AS-10<")
	if rep, _, _ := b.pay([]byte(again)); rep.Group != iso20022.Rejected {
		t.Errorf("a used end-to-end id: %s", rep.Group)
	}
	if status, _ := b.ask("POST", "/payments", []byte("<a/>")); status != 400 {
		t.Errorf("no pain.001 at all: %d", status)
	}
	if status, _ := b.ask("GET", "/payments/AS-404", nil); status != 404 {
		t.Errorf("status of a message never sent: %d", status)
	}
}

func TestCancelBeforeTheDay(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{Faults: quiet, Fee: -1})
	b.agency("960031825", 1_080_000)
	later := func(h *iso20022.Initiation, _ []iso20022.Transfer) { h.ExecuteOn = money.Day(2026, 11, 5) }
	b.pay(initiation(t, "AS-1", "960031825", 1, later))
	b.pay(initiation(t, "AS-2", "960031825", 1, later))
	_, raw := b.ask("POST", "/payments/AS-1/cancel", nil)
	if rep, _ := report(t, raw); rep.Group != iso20022.Cancelled {
		t.Errorf("cancelled: %s", rep.Group)
	}
	b.post("/clock", object{"day": "2026-11-06"})
	_, raw = b.ask("POST", "/payments/AS-2/cancel", nil)
	if rep, _ := report(t, raw); rep.Group != iso20022.Settled {
		t.Errorf("cancelled after the day: %s", rep.Group)
	}
	if d := b.statement("960031825", "2026-11-05"); len(d.entries) != 1 || d.closing != 540_000 {
		t.Errorf("debits on the day: %+v", d)
	}
}

// The same seed and the same orders give the same bytes, and a restart in the middle
// changes nothing.
func TestSameSeedSameBytesAcrossRestart(t *testing.T) {
	t.Parallel()
	faults := &sandbox.Faults{Reject: 0.1, Return: 0.2, LateReturn: 0.5, Stranger: 1, DoubleDebit: 0.5}
	live := func(dir string, restart bool) (all [][]byte) {
		cfg := sandbox.Config{Seed: 7, Faults: faults, Dir: dir, FirstEvent: 1}
		b := open(t, cfg)
		b.agency("960031825", 500_000_000)
		_, _, first := b.pay(initiation(t, "AS-1", "960031825", 100, nil))
		if restart {
			b = open(t, cfg)
		}
		_, _, again := b.pay(initiation(t, "AS-1", "960031825", 100, nil))
		b.post("/clock", object{"day": "2026-11-07"})
		all = append(all, first, again)
		for d := 2; d < 7; d++ {
			_, raw := b.ask("GET", fmt.Sprintf("/accounts/960031825/statements/2026-11-%02d", d), nil)
			all = append(all, raw)
			b.statement("960031825", fmt.Sprintf("2026-11-%02d", d))
		}
		return all
	}
	straight, restarted := live("", false), live(t.TempDir(), true)
	for i := range straight {
		if diff := cmp.Diff(string(straight[i]), string(restarted[i])); diff != "" {
			t.Errorf("document %d differs after a restart: %s", i, diff)
		}
	}
}

func TestProvinceInTime(t *testing.T) {
	t.Parallel()
	b := open(t, sandbox.Config{Fee: 22_000})
	start := time.Now()
	for office := range 64 {
		no := fmt.Sprintf("9600%05d", office)
		b.agency(no, 2_000_000_000)
		b.pay(initiation(t, fmt.Sprintf("AS-%d", office), no, 500, nil))
	}
	b.post("/clock", object{"day": "2026-11-07"})
	entries := 0
	for office := range 64 {
		for d := 2; d < 7; d++ {
			entries += len(b.statement(fmt.Sprintf("9600%05d", office), fmt.Sprintf("2026-11-%02d", d)).entries)
		}
	}
	t.Logf("32,000 transfers of 64 agencies: %.1f s, %d statement lines", time.Since(start).Seconds(), entries)
	if entries < 64*3 {
		t.Errorf("only %d lines", entries)
	}
}
