package bank_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/bank"
	"ansinh.vn/bank/iso20022"
	"ansinh.vn/bank/notice"
	"ansinh.vn/bank/sandbox"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/money"
)

const office, token = "31825", "t0ken"

var now = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// bundle is an office with a bank account, and the bank it is at.
type bundle struct {
	testing.TB
	ctx     context.Context
	pool    *pgxpool.Pool
	account bank.RailAccount
	rail    *bank.HTTPRail
	sandbox *httptest.Server
}

func setup(t *testing.T, faults sandbox.Faults) *bundle {
	t.Helper()
	b := &bundle{TB: t, ctx: context.Background(), pool: pgtest.New(t)}
	b.tx(func(tx pgx.Tx) error {
		if _, err := tx.Exec(b.ctx, `insert into office (code, name, kind) values ($1, 'Lương Thế Trân', 'Xã') on conflict do nothing`, office); err != nil {
			return err
		}
		all, err := bank.EnsureAccounts(b.ctx, tx, []bank.RailAccount{
			{Office: office, Kind: "post", Name: "Bưu điện"}, {Office: office, Kind: "bank", BIN: "970436", Account: "96003182501", Name: "UBND xã Lương Thế Trân"}})
		if err == nil {
			b.account = all[1]
		}
		return err
	})
	peer, err := sandbox.New(sandbox.Config{Token: token, Day: "2026-11-02", Faults: &faults, Fee: -1})
	if err != nil {
		t.Fatal(err)
	}
	b.sandbox = httptest.NewServer(peer.Handler())
	t.Cleanup(func() {
		b.sandbox.Close()
		if err := peer.Close(); err != nil {
			t.Error(err)
		}
	})
	b.rail = &bank.HTTPRail{Base: b.sandbox.URL, Token: token}
	b.order("/accounts", `{"account":"96003182501","name":"UBND"}`)
	b.order("/credit", `{"account":"96003182501","amount":100000000}`)
	return b
}

func (b *bundle) tx(fn func(tx pgx.Tx) error) {
	b.Helper()
	if err := pg.Tx(b.ctx, b.pool, fn); err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) order(path, body string) {
	b.Helper()
	req, err := http.NewRequest("POST", b.sandbox.URL+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		b.Fatalf("%s: %s", path, resp.Status)
	}
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

// pain001 is a message of n transfers; the last goes to a bank that does not exist
// when bad is set.
func (b *bundle) pain001(id string, n int, bad bool) bank.Message {
	b.Helper()
	transfers := make([]iso20022.Transfer, n)
	for i := range transfers {
		transfers[i] = iso20022.Transfer{EndToEndID: fmt.Sprintf("%s-%d", id, i), Amount: 540_000, BIN: "970405", Account: fmt.Sprintf("1900%07d", i), Name: "Trần Thị Bé"}
	}
	if bad {
		transfers[n-1].BIN = "000000"
	}
	total := money.VND(n) * 540_000
	var out bytes.Buffer
	if err := iso20022.WritePain001(&out, iso20022.Initiation{MessageID: id, CreatedAt: now, Initiator: "UBND", ExecuteOn: money.Day(2026, 11, 2),
		Debtor: "UBND", DebtorBIN: "970436", DebtorAccount: "96003182501", N: n, Total: total}, each(transfers)); err != nil {
		b.Fatal(err)
	}
	return bank.Message{ID: id, Kind: "pain001", Content: out.Bytes(), N: n, Total: total, Account: b.account}
}

func (b *bundle) make(m bank.Message) {
	b.Helper()
	b.tx(func(tx pgx.Tx) error {
		_, err := bank.Make(b.ctx, tx, m, now)
		return err
	})
}

func (b *bundle) state(id string) bank.State {
	b.Helper()
	s, err := bank.Load(b.ctx, b.pool, id)
	if err != nil {
		b.Fatal(err)
	}
	return s.State
}

func TestAccountsAreMadeOnceAndFound(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{})
	b.tx(func(tx pgx.Tx) error {
		again, err := bank.EnsureAccounts(b.ctx, tx, []bank.RailAccount{{Office: office, Kind: "bank", BIN: "970436", Account: "96003182501", Name: "Tên mới"}})
		if err != nil {
			return err
		}
		want := b.account
		want.Name = "Tên mới"
		if diff := cmp.Diff([]bank.RailAccount{want}, again); diff != "" {
			t.Error(diff)
		}
		return nil
	})
	for _, bin := range []string{"", "970436"} {
		if a, err := bank.AccountByNumber(b.ctx, b.pool, bin, "96003182501"); err != nil || a.ID != b.account.ID {
			t.Errorf("by number at %q: %+v %v", bin, a, err)
		}
	}
	if _, err := bank.AccountByNumber(b.ctx, b.pool, "970405", "96003182501"); !errors.Is(err, bank.ErrNoAccount) {
		t.Error(err)
	}
	if a, err := bank.AccountOf(b.ctx, b.pool, office, "post"); err != nil || a.Account != "" {
		t.Errorf("%+v %v", a, err)
	}
}

func TestMessageIsSentOnceAndItsAnswerKept(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{})
	b.make(b.pain001("AS-1", 3, true))
	a, err := bank.Send(b.ctx, b.pool, b.rail, "AS-1", now)
	if err != nil || a.State != bank.Part || len(a.Rejected) != 1 || a.Rejected[0].EndToEndID != "AS-1-2" || b.state("AS-1") != bank.Part {
		t.Fatalf("%+v %v, stored %s", a, err, b.state("AS-1"))
	}
	if _, err := bank.Send(b.ctx, b.pool, b.rail, "AS-1", now); !errors.Is(err, bank.ErrAlreadySent) {
		t.Errorf("sent again: %v", err)
	}
	b.make(b.pain001("AS-1", 3, true)) // the same again is the same
	b.tx(func(tx pgx.Tx) error {
		_, err := bank.Make(b.ctx, tx, b.pain001("AS-1", 2, true), now)
		if !errors.Is(err, bank.ErrOtherContent) {
			t.Errorf("other content under the same id: %v", err)
		}
		return nil
	})
	var answers int
	if err := b.pool.QueryRow(b.ctx, `select count(*) from bank_answer`).Scan(&answers); err != nil || answers != 1 {
		t.Errorf("%d answers kept, %v", answers, err)
	}
}

func TestLostAnswerIsAskedForNeverSentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{LostAnswer: 1})
	b.make(b.pain001("AS-1", 2, false))
	if _, err := bank.Send(b.ctx, b.pool, b.rail, "AS-1", now); !errors.Is(err, bank.ErrUnknown) || b.state("AS-1") != bank.Unknown {
		t.Fatalf("%v, stored %s", err, b.state("AS-1"))
	}
	if _, err := bank.Send(b.ctx, b.pool, b.rail, "AS-1", now); !errors.Is(err, bank.ErrAlreadySent) {
		t.Errorf("sent blindly: %v", err)
	}
	if ids, err := bank.Waiting(b.ctx, b.pool); err != nil || len(ids) != 1 {
		t.Errorf("waiting %v %v", ids, err)
	}
	if a, err := bank.Ask(b.ctx, b.pool, b.rail, "AS-1", now); err != nil || a.State != bank.Accepted || b.state("AS-1") != bank.Accepted {
		t.Errorf("%+v %v", a, err)
	}
}

func TestMessageThatNeverArrivedMayBeSentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{})
	b.make(b.pain001("AS-1", 2, false))
	// an unreachable bank certainly has nothing
	if _, err := bank.Send(b.ctx, b.pool, &bank.HTTPRail{Base: "http://127.0.0.1:1", Token: token}, "AS-1", now); err == nil || b.state("AS-1") != bank.Made {
		t.Fatalf("%v, stored %s", err, b.state("AS-1"))
	}
	// a bank that breaks the connection may have it or not
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	if _, err := bank.Send(b.ctx, b.pool, &bank.HTTPRail{Base: broken.URL, Token: token}, "AS-1", now); !errors.Is(err, bank.ErrUnknown) || b.state("AS-1") != bank.Unknown {
		t.Fatalf("%v, stored %s", err, b.state("AS-1"))
	}
	if _, err := bank.Ask(b.ctx, b.pool, b.rail, "AS-1", now); !errors.Is(err, bank.ErrNoMessage) || b.state("AS-1") != bank.Made {
		t.Fatalf("%v, stored %s", err, b.state("AS-1"))
	}
	if a, err := bank.Send(b.ctx, b.pool, b.rail, "AS-1", now); err != nil || a.State != bank.Accepted {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := bank.Send(b.ctx, b.pool, &bank.HTTPRail{Base: b.sandbox.URL, Token: "wrong"}, "AS-404", now); !errors.Is(err, bank.ErrNotHere) {
		t.Error(err)
	}
}

func TestMessageNeverChanges(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{})
	b.make(b.pain001("AS-1", 1, false))
	owner := pgtest.Owner(t, b.pool)
	for sql, constraint := range map[string]string{
		`update bank_message set content = 'x', sha256 = sha256('x')`:              "bank_message_immutable",
		`update bank_message set total = total + 1`:                                "bank_message_immutable",
		`update bank_message set state = 'accepted', sent_at = now()`:              "bank_message_step",
		`update bank_message set state = 'sent'`:                                   "bank_message_sent",
		`insert into bank_message select * from bank_message`:                      "",
		`update bank_message set sha256 = '\x00', state = 'sent', sent_at = now()`: "",
	} {
		_, err := owner.Exec(b.ctx, sql)
		if err == nil || constraint != "" && pg.Constraint(err) != constraint {
			t.Errorf("%s: %v, want %s", sql, err, constraint)
		}
	}
	if _, err := b.pool.Exec(b.ctx, `delete from bank_message`); err == nil {
		t.Error("the application may delete messages")
	}
}

func TestLateNewsNeverUndoesAVerdict(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{})
	b.make(b.pain001("AS-1", 3, true))
	if _, err := bank.Send(b.ctx, b.pool, b.rail, "AS-1", now); err != nil {
		t.Fatal(err)
	}
	for _, told := range []bank.State{bank.Sent, bank.Unknown, bank.Accepted, bank.Made} {
		b.tx(func(tx pgx.Tx) error { return bank.Record(b.ctx, tx, "AS-1", bank.Answer{State: told}, now) })
		if got := b.state("AS-1"); got != bank.Part {
			t.Errorf("%s made it %s", told, got)
		}
	}
	b.tx(func(tx pgx.Tx) error { return bank.Record(b.ctx, tx, "AS-1", bank.Answer{State: bank.Rejected}, now) })
	if err := pg.Tx(b.ctx, b.pool, func(tx pgx.Tx) error {
		return bank.Record(b.ctx, tx, "AS-1", bank.Answer{State: bank.Accepted}, now)
	}); pg.Constraint(err) != "bank_message_step" {
		t.Errorf("accepted after it was refused: %v", err)
	}
}

func TestNoticeIsKeptOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{})
	r := bank.Received{Notice: notice.Notice{Provider: "sepay", EventID: "92704", In: true, Amount: 75_000, Account: "1900888777", Memo: "CHO7K2M", OccurredAt: now},
		Raw: []byte(`{"id":92704}`), Headers: map[string]string{"X-Sepay-Timestamp": "1"}}
	var keys []int64
	for i := range 2 {
		b.tx(func(tx pgx.Tx) error {
			key, first, err := bank.StoreNotice(b.ctx, tx, r, now)
			if first != (i == 0) {
				t.Errorf("time %d: first is %v", i+1, first)
			}
			keys = append(keys, key)
			return err
		})
	}
	if keys[0] != keys[1] {
		t.Errorf("keys %v", keys)
	}
	b.tx(func(tx pgx.Tx) error { return bank.SetVerdict(b.ctx, tx, keys[0], "charge:1 paid") })
	if _, err := b.pool.Exec(b.ctx, `update bank_notice set amount = 1`); err == nil {
		t.Error("the application may change what a notice said")
	}
}

func TestFilesAreDroppedWholeAndAnswersFound(t *testing.T) {
	t.Parallel()
	b := setup(t, sandbox.Faults{})
	out, in := t.TempDir(), t.TempDir()
	rail := &bank.FileRail{Out: out, In: in}
	b.make(b.pain001("AS/1", 2, false))
	if a, err := bank.Send(b.ctx, b.pool, rail, "AS/1", now); err != nil || a.State != bank.Sent {
		t.Fatalf("%+v %v", a, err)
	}
	dropped, err := os.ReadFile(filepath.Join(out, "AS_1.xml"))
	if err != nil || !bytes.Equal(dropped, b.pain001("AS/1", 2, false).Content) {
		t.Errorf("dropped %d bytes, %v", len(dropped), err)
	}
	if a, err := bank.Ask(b.ctx, b.pool, rail, "AS/1", now); err != nil || a.State != bank.Sent {
		t.Errorf("not fetched yet: %+v %v", a, err)
	}
	if err := os.Remove(filepath.Join(out, "AS_1.xml")); err != nil { // the bank fetches it
		t.Fatal(err)
	}
	if _, err := bank.Ask(b.ctx, b.pool, rail, "AS/1", now); !errors.Is(err, bank.ErrUnknown) {
		t.Errorf("fetched, not answered: %v", err)
	}
	var answer bytes.Buffer
	if err := iso20022.WritePain002(&answer, &iso20022.StatusReport{MessageID: "P", CreatedAt: now, OriginalMessageID: "AS/1", OriginalName: "pain.001.001.09", Group: iso20022.Rejected,
		Reasons: []iso20022.Reason{{Code: "AM04", Info: []string{"het tien"}}}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(in, "answer.xml"), answer.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err := bank.Ask(b.ctx, b.pool, rail, "AS/1", now); err != nil || a.State != bank.Rejected || a.Reason != "AM04 het tien" {
		t.Errorf("answered: %+v %v", a, err)
	}
}
