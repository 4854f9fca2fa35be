package reconcile_test

import (
	"fmt"
	"strings"
	"testing"

	"ansinh.vn/bank/sandbox"
	"ansinh.vn/reconcile"
)

// camt is a camt.053 of the account: entries are "+5000 A" or "-22000 B", an amount and
// the bank's reference; "" is a bank that gives none.
func camt(id, from, to string, opening, closing int64, entries ...string) []byte {
	var b strings.Builder
	balance := func(code string, v int64) {
		fmt.Fprintf(&b, `<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy="VND">%d</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>%s</Dt></Dt></Bal>`, code, v, to)
	}
	fmt.Fprintf(&b, `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>%s</MsgId><CreDtTm>%sT23:59:59+07:00</CreDtTm></GrpHdr>
<Stmt><Id>%s</Id><FrToDt><FrDtTm>%sT00:00:00+07:00</FrDtTm><ToDtTm>%sT23:59:59+07:00</ToDtTm></FrToDt><Acct><Id><Othr><Id>%s</Id></Othr></Id><Ccy>VND</Ccy></Acct>`,
		id, to, id, from, to, account)
	balance("OPBD", opening)
	balance("CLBD", closing)
	for _, e := range entries {
		amount, ref, _ := strings.Cut(e[1:], " ")
		on, ref, there := strings.Cut(ref, "@")
		if !there {
			on, ref = to, on
		}
		side := map[byte]string{'+': "CRDT", '-': "DBIT"}[e[0]]
		fmt.Fprintf(&b, `<Ntry><Amt Ccy="VND">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>%s</Dt></BookgDt>`, amount, side, on)
		if ref != "" {
			fmt.Fprintf(&b, `<AcctSvcrRef>%s</AcctSvcrRef>`, ref)
		}
		b.WriteString(`<AddtlNtryInf>phi</AddtlNtryInf></Ntry>`)
	}
	b.WriteString(`</Stmt></BkToCstmrStmt></Document>`)
	return []byte(b.String())
}

// follow takes statements in turn and compares their states; agree says whether in the
// end the books are what the bank says.
func follow(t *testing.T, files [][]byte, states ...string) *bundle {
	t.Helper()
	b := newBundle(t, 1, sandbox.Faults{})
	for i, f := range files {
		st := b.take(fmt.Sprintf("%d.xml", i+1), f).Statements[0]
		if st.State != states[i] || (st.State == "parked" || st.State == "quarantined") != (st.Reason != "") {
			t.Errorf("file %d: %+v, want %s", i+1, st, states[i])
		}
		b.reconcile()
	}
	return b
}

const (
	d1, d2, d3, d4 = "2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04"
)

func TestAStatementOfTwoDaysFillsTheGapBeforeOne(t *testing.T) {
	t.Parallel()
	// the third day came first and waits; then one statement of both days comes
	b := follow(t, [][]byte{
		camt("1", d1, d1, 0, 100, "+100 A"),
		camt("3", d3, d3, 150, 180, "+30 C"),
		camt("23", d2, d3, 100, 180, "+50 "+d2+"@B", "+30 "+d3+"@C"),
		camt("4", d4, d4, 180, 190, "+10 D"),
	}, "accepted", "parked", "accepted", "accepted")
	b.agrees()
	var state string
	b.scan(&state, `select state from statement where statement_id = '3'`)
	var open int
	b.scan(&open, `select count(*) from recon_break where kind = 'missing-statement' and state <> 'settled'`)
	if state != "known" || open != 0 {
		t.Errorf("the waiting statement is %s, %d breaks still say that one is missing", state, open)
	}
}

func TestAStatementThatEndsInsideAWaitingOneMovesIt(t *testing.T) {
	t.Parallel()
	b := follow(t, [][]byte{
		camt("1", d1, d1, 0, 100, "+100 A"),
		camt("34", d3, d4, 150, 190, "+30 "+d3+"@C", "+10 "+d4+"@D"),
		camt("23", d2, d3, 100, 180, "+50 "+d2+"@B", "+30 "+d3+"@C"),
	}, "accepted", "parked", "accepted")
	b.agrees()
	if p := b.balance("112." + office); p != 190 {
		t.Errorf("books %s, the bank says 190", p)
	}
}

func TestAStatementOfTheSameDayWithMore(t *testing.T) {
	t.Parallel()
	noon, night := camt("noon", d1, d1, 0, 100, "+100 A"), camt("night", d1, d1, 0, 150, "+100 A", "+50 B")
	b := follow(t, [][]byte{noon, night, camt("2", d2, d2, 150, 140, "-10 C")}, "accepted", "accepted", "accepted")
	b.agrees()
	b = follow(t, [][]byte{night, noon, camt("2", d2, d2, 150, 140, "-10 C")}, "accepted", "known", "accepted")
	b.agrees()
}

func TestAStatementThatContradictsAnAcceptedOneIsQuarantined(t *testing.T) {
	t.Parallel()
	b := follow(t, [][]byte{
		camt("1", d1, d1, 0, 100, "+100 A"),
		camt("2", d2, d2, 100, 100, "+50 B", "-50 C"),
		camt("2x", d2, d2, 100, 110, "+50 B", "-40 C"), // another amount under the same reference
		camt("2x", d2, d2, 100, 110, "+50 B", "-40 C", "+0 Z"),
		camt("0", "2026-09-30", "2026-09-30", 0, 7, "+7 Y"), // before the first
		camt("3", d3, d3, 100, 130, "+30 D"),
	}, "accepted", "accepted", "quarantined", "quarantined", "quarantined", "accepted")
	b.agrees()
	var lines int
	b.scan(&lines, `select count(*) from statement_line`)
	if lines != 4 {
		t.Errorf("%d lines, want those of the accepted statements: 4", lines)
	}
}

func TestRowsThatOnlyLookTheSameAreNotOne(t *testing.T) {
	t.Parallel()
	// a bank without references, two fees on a day, the second after noon
	b := follow(t, [][]byte{
		camt("am", d1, d1, 1000, 900, "-100 "),
		camt("pm", d1, d1, 900, 800, "-100 "),
		camt("all", d1, d1, 1000, 800, "-100 ", "-100 "),
	}, "accepted", "accepted", "known")
	var lines int
	b.scan(&lines, `select count(*) from statement_line`)
	positions, err := reconcile.Positions(b.ctx, b.pool)
	b.check(err)
	if lines != 2 || positions[0].Bank != 800 {
		t.Errorf("%d lines, the bank closes with %s", lines, positions[0].Bank)
	}
}

func TestWhatCannotBeIsNotTaken(t *testing.T) {
	t.Parallel()
	follow(t, [][]byte{
		camt("1", d1, d1, 0, 100, "+100 A"),
		camt("2", d2, d2, 100, 100, "+99999999999999999999 B", "-99999999999999999999 C"),
		camt("3", d2, d2, 100, 100, "+1.50 B", "-1.50 C"),
		camt("4", "2036-10-02", "2036-10-02", 100, 200, "+100 B"), // a day that has not come
	}, "accepted", "quarantined", "quarantined", "quarantined")
}
