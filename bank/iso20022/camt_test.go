package iso20022_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/money"
)

func statement(kind string) (*iso20022.Statement, []*iso20022.Entry) {
	ict := time.FixedZone("ICT", 7*3600)
	st := &iso20022.Statement{
		Kind: kind, Version: kind[4:] + ".001.08", MessageID: "M1", ID: "S1", Sequence: "307", CreatedAt: time.Date(2026, 11, 3, 5, 0, 0, 0, ict),
		From: time.Date(2026, 11, 2, 0, 0, 0, 0, ict), To: time.Date(2026, 11, 2, 23, 59, 59, 0, ict),
		Account: iso20022.Account{Number: "96003182501", BIN: "970436", Bank: "Ngân hàng A & B", Currency: "VND", Name: "UBND xã"},
		Info:    "hết",
	}
	if kind == "camt053" {
		st.Balances = []iso20022.Balance{
			{Code: "OPBD", Amount: decimal.NewFromInt(-5), Currency: "VND", On: money.Day(2026, 11, 2)},
			{Code: "CLBD", Amount: decimal.NewFromInt(1_000), Currency: "VND", On: money.Day(2026, 11, 2)},
		}
	}
	code := iso20022.TransactionCode{Domain: "PMNT", Family: "ICDT", SubFamily: "DMCT"}
	entries := []*iso20022.Entry{
		{Ref: "1", Amount: decimal.NewFromInt(540_000), Currency: "VND", Status: "BOOK", BookedOn: money.Day(2026, 11, 2), ValueOn: money.Day(2026, 11, 2),
			ServicerRef: "FT1", Code: code, Info: "chi hộ", Batches: []iso20022.Batch{{MessageID: "M", PaymentID: "B", N: 3, Total: vnd(540_000)}}},
		{Ref: "2", Amount: decimal.NewFromInt(180_000), Currency: "VND", Credit: true, Reversal: true, Status: "BOOK", BookedOn: money.Day(2026, 11, 2),
			ServicerRef: "FT2", Code: iso20022.TransactionCode{Proprietary: "HOAN", Issuer: "VCB"},
			Details: []iso20022.Detail{{MessageID: "M", ServicerRef: "FT2", PaymentID: "B", InstructionID: "I", EndToEndID: "E", TransactionID: "T", Amount: vnd(180_000), Currency: "VND", Credit: true,
				Debtor: iso20022.Account{Name: "A", Number: "11112222", BIN: "970405"}, Creditor: iso20022.Account{Name: "B", Number: "VN123456", BIC: "BFTVVNVX"},
				Purpose: "SSBE", Memo: []string{"một", "hai"}, Return: &iso20022.Return{Reason: iso20022.Reason{Code: "AC04", Info: []string{"đóng"}}}, Info: "thêm"}}},
	}
	return st, entries
}

type read struct {
	st      *iso20022.Statement
	entries []*iso20022.Entry
}

func readAll(r io.Reader, lim iso20022.Limits) (all []read, err error) {
	err = iso20022.ReadStatements(r, lim, iso20022.StatementHandler{
		Begin: func(st *iso20022.Statement) error { all = append(all, read{st: st}); return nil },
		Entry: func(_ *iso20022.Statement, e *iso20022.Entry) error {
			all[len(all)-1].entries = append(all[len(all)-1].entries, e)
			return nil
		},
	})
	return all, err
}

func TestStatementIsValidAndReadBack(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"camt053", "camt054"} {
		st, entries := statement(kind)
		var out bytes.Buffer
		if err := iso20022.WriteStatement(&out, st, sequence(entries)); err != nil {
			t.Fatal(err)
		}
		valid(t, "camt."+st.Version, out.Bytes())
		got, err := readAll(&out, iso20022.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 {
			t.Fatalf("%d statements", len(got))
		}
		options := []cmp.Option{decimals, cmpopts.IgnoreUnexported(iso20022.Detail{}), cmpopts.EquateApproxTime(0), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(st, got[0].st, options...); diff != "" {
			t.Errorf("%s: statement: %s", kind, diff)
		}
		if diff := cmp.Diff(entries, got[0].entries, options...); diff != "" {
			t.Errorf("%s: entries: %s", kind, diff)
		}
	}
}

const entryHead = `<Document><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><Othr><Id>9</Id></Othr></Id></Acct>`

func TestDialectsOfEntries(t *testing.T) {
	t.Parallel()
	one := func(entry string) *iso20022.Entry {
		got, err := readAll(strings.NewReader(entryHead+"<Ntry>"+entry+"</Ntry></Stmt></BkToCstmrStmt></Document>"), iso20022.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", entry, err)
		}
		return got[0].entries[0]
	}
	if e := one(`<Amt Ccy="VND">1</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts>PDNG</Sts>`); e.Credit || !e.Reversal || e.Booked() {
		t.Errorf("a pending reversed debit: %+v", e)
	}
	if e := one(`<Amt Ccy="VND">1</Amt><Sts><Prtry>INFO</Prtry></Sts>`); !e.Credit || !e.NoDirection || e.Booked() {
		t.Errorf("no direction: %+v", e)
	}
	if e := one(`<Amt Ccy="VND">1.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><DtTm>2026-11-02T23:59:59+07:00</DtTm></BookgDt>`); !e.BookedOn.Equal(money.Day(2026, 11, 2)) || !e.Booked() {
		t.Errorf("a date and time: %+v", e)
	}
	if e := one(`<Amt Ccy="VND">9</Amt><CdtDbtInd>CRDT</CdtDbtInd><NtryDtls><TxDtls><AmtDtls><TxAmt><Amt Ccy="VND">7</Amt></TxAmt></AmtDtls></TxDtls></NtryDtls>`); e.Details[0].Amount.Decimal.IntPart() != 7 || !e.Details[0].Credit {
		t.Errorf("an amount in AmtDtls: %+v", e.Details)
	}
}

func TestWrongEntriesAreRefused(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		``, `<CdtDbtInd>CRDT</CdtDbtInd>`, `<Amt Ccy="VND">1e9</Amt>`, `<Amt Ccy="VND">1,000</Amt>`, `<Amt Ccy="VND"></Amt>`, `<Amt Ccy="VND">0x10</Amt>`,
		`<Amt Ccy="VND">1</Amt><CdtDbtInd>BOTH</CdtDbtInd>`, `<Amt Ccy="VND">` + strings.Repeat("9", 70) + `</Amt>`,
	} {
		if _, err := readAll(strings.NewReader(entryHead+"<Ntry>"+entry+"</Ntry></Stmt></BkToCstmrStmt></Document>"), iso20022.Limits{}); err == nil {
			t.Errorf("%s: was read", entry)
		}
	}
}

// manyEntries streams a camt.053 of n entries as a bank would.
func manyEntries(w io.Writer, n int) error {
	st, _ := statement("camt053")
	return iso20022.WriteStatement(w, st, func(yield func(*iso20022.Entry, error) bool) {
		for i := range n {
			e := &iso20022.Entry{
				Ref: fmt.Sprint(i), Amount: decimal.NewFromInt(540_000), Currency: "VND", BookedOn: money.Day(2026, 11, 2), ValueOn: money.Day(2026, 11, 2),
				ServicerRef: fmt.Sprintf("FT26306%06d", i), Code: iso20022.TransactionCode{Domain: "PMNT", Family: "ICDT", SubFamily: "DMCT"},
				Details: []iso20022.Detail{{EndToEndID: fmt.Sprintf("AS%012d", i), InstructionID: fmt.Sprintf("AS%012d", i), Amount: vnd(540_000), Currency: "VND",
					Creditor: iso20022.Account{Name: "Tran Thi Be", Number: fmt.Sprintf("1900%09d", i), BIN: "970405"}, Purpose: "SSBE", Memo: []string{"Tro cap huu tri xa hoi T11/2026"}}},
			}
			if !yield(e, nil) {
				return
			}
		}
	})
}

func BenchmarkReadStatement(b *testing.B) {
	var file bytes.Buffer
	if err := manyEntries(&file, 100_000); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		err := iso20022.ReadStatements(bytes.NewReader(file.Bytes()), iso20022.Limits{}, iso20022.StatementHandler{
			Entry: func(*iso20022.Statement, *iso20022.Entry) error { n++; return nil },
		})
		if err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkWritePain001(b *testing.B) {
	h := head()
	h.N, h.Total = 100_000, 54_000_000_000
	b.ReportAllocs()
	for b.Loop() {
		err := iso20022.WritePain001(io.Discard, h, func(yield func(iso20022.Transfer, error) bool) {
			for i := range h.N {
				if !yield(iso20022.Transfer{EndToEndID: fmt.Sprintf("AS%012d", i), Amount: 540_000, BIN: "970405", Account: fmt.Sprintf("1900%09d", i),
					Name: "Trần Thị Bé", Memo: "AS Trợ cấp hưu trí xã hội T11/2026", Purpose: "SSBE"}, nil) {
					return
				}
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
