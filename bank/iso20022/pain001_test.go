package iso20022_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ansinh.vn/bank/iso20022"
	"ansinh.vn/money"
)

// schema returns the path of an official schema, and skips the test where the schemas
// are not at hand.
func schema(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../../shared/fixtures/xsd/" + name + ".xsd")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the official schemas are not here: %v", err)
	}
	return path
}

// valid has xmllint judge a document by an official schema.
func valid(t testing.TB, name string, document []byte) {
	t.Helper()
	cmd := exec.Command("xmllint", "--stream", "--noout", "--schema", schema(t, name), "-")
	cmd.Stdin = bytes.NewReader(document)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}

func sequence[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func head() iso20022.Initiation {
	return iso20022.Initiation{
		MessageID: "AS-202611-31825-1", BatchID: "AS-202611-31825-1-1", CreatedAt: time.Date(2026, 11, 2, 7, 30, 0, 0, time.FixedZone("ICT", 7*3600)),
		Initiator: "UBND xã Lương Thế Trân", ExecuteOn: money.Day(2026, 11, 2), Debtor: "UBND xã Lương Thế Trân",
		DebtorBIN: "970436", DebtorAccount: "96003182501", CategoryPurpose: "SSBE", N: 2, Total: 1_620_000,
	}
}

func transfers() []iso20022.Transfer {
	return []iso20022.Transfer{
		{EndToEndID: "AS7K2M9P", InstructionID: "AS7K2M9P", Amount: 540_000, BIN: "970405", Account: "1900206123456", Name: "Trần Thị Bé", Memo: "AS7K2M9P Trợ cấp hưu trí xã hội T11/2026 & truy lĩnh <T7-T10>", Purpose: "SSBE"},
		{EndToEndID: "AS7K2M9Q", Amount: 1_080_000, BIN: "970418", Account: "74110000123456", Name: "Danh Sà Rượl"},
	}
}

func TestPain001IsValidByTheOfficialSchema(t *testing.T) {
	t.Parallel()
	for _, version := range []iso20022.Version{iso20022.Pain00103, iso20022.Pain00109} {
		h := head()
		h.Version = version
		var out bytes.Buffer
		if err := iso20022.WritePain001(&out, h, sequence(transfers())); err != nil {
			t.Fatal(err)
		}
		valid(t, "pain."+string(version), out.Bytes())
		text := out.String()
		for _, want := range []string{"<NbOfTxs>2</NbOfTxs>", "<CtrlSum>1620000</CtrlSum>", `<InstdAmt Ccy="VND">540000</InstdAmt>`,
			"AS7K2M9P Tro cap huu tri xa hoi T11/2026 truy linh T7-T10", "<Nm>Danh Sa Ruol</Nm>"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in it", version, want)
			}
		}
	}
}

func TestPain001RefusesWhatItWouldHaveToGuess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*iso20022.Initiation, []iso20022.Transfer)
		field  string
	}{
		"no amount":            {func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[0].Amount = 0 }, "InstdAmt"},
		"negative amount":      {func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[1].Amount = -1 }, "InstdAmt"},
		"long end-to-end id":   {func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[0].EndToEndID = strings.Repeat("A", 36) }, "EndToEndId"},
		"accent in an id":      {func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[0].EndToEndID = "Đ1" }, "EndToEndId"},
		"same end-to-end id":   {func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[1].EndToEndID = ts[0].EndToEndID }, "EndToEndId"},
		"no name":              {func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[0].Name = " ☂ " }, "Cdtr/Nm"},
		"BIN of five":          {func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[0].BIN = "97040" }, "CdtrAgt"},
		"account with a space": {func(_ *iso20022.Initiation, ts []iso20022.Transfer) { ts[0].Account = "1900 206" }, "CdtrAcct"},
		"count":                {func(h *iso20022.Initiation, _ []iso20022.Transfer) { h.N = 3 }, "NbOfTxs"},
		"sum":                  {func(h *iso20022.Initiation, _ []iso20022.Transfer) { h.Total++ }, "CtrlSum"},
		"version":              {func(h *iso20022.Initiation, _ []iso20022.Transfer) { h.Version = "001.001.11" }, "Version"},
		"no day":               {func(h *iso20022.Initiation, _ []iso20022.Transfer) { h.ExecuteOn = time.Time{} }, "ReqdExctnDt"},
	} {
		h, ts := head(), transfers()
		c.change(&h, ts)
		err := iso20022.WritePain001(io.Discard, h, sequence(ts))
		var field *iso20022.FieldError
		if !errors.As(err, &field) || field.Field != c.field {
			t.Errorf("%s: %v, want a refusal of %s", name, err, c.field)
		}
	}
}

// What is written is read back as it was, but for folding.
func TestPain001RoundTrip(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[A-Za-z0-9.,+/()'-]{1,20}( [A-Za-z0-9?:]{1,20}){0,4}`)
	id := rapid.StringMatching(`[A-Z0-9][A-Z0-9.-]{0,32}[A-Z0-9]`)
	rapid.Check(t, func(t *rapid.T) {
		h := head()
		h.Version = rapid.SampledFrom([]iso20022.Version{iso20022.Pain00103, iso20022.Pain00109}).Draw(t, "version")
		h.SingleEntries = rapid.Bool().Draw(t, "single")
		h.MessageID, h.BatchID = id.Draw(t, "id"), id.Draw(t, "batch")
		var ts []iso20022.Transfer
		h.Total = 0
		for i := range rapid.IntRange(1, 20).Draw(t, "n") {
			tr := iso20022.Transfer{
				EndToEndID: fmt.Sprintf("E%d", i), InstructionID: rapid.SampledFrom([]string{"", "I1"}).Draw(t, "instruction"),
				Amount: money.VND(rapid.Int64Range(1, 1e12).Draw(t, "amount")), BIN: rapid.StringMatching(`\d{6}`).Draw(t, "bin"),
				Account: rapid.StringMatching(`[0-9A-Za-z]{4,34}`).Draw(t, "account"), Name: text.Draw(t, "name"),
				Memo: rapid.SampledFrom([]string{"", "x"}).Draw(t, "memo"), Purpose: rapid.SampledFrom([]string{"", "SSBE"}).Draw(t, "purpose"),
			}
			h.Total += tr.Amount
			ts = append(ts, tr)
		}
		h.N = len(ts)
		var out bytes.Buffer
		if err := iso20022.WritePain001(&out, h, sequence(ts)); err != nil {
			t.Fatal(err)
		}
		var gotHead iso20022.Initiation
		var got []iso20022.Transfer
		err := iso20022.ReadPain001(&out, iso20022.Limits{}, iso20022.InitiationHandler{
			Batch:    func(b *iso20022.Initiation) error { gotHead = *b; return nil },
			Transfer: func(_ *iso20022.Initiation, tr *iso20022.Transfer) error { got = append(got, *tr); return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		h.Initiator, h.Debtor = iso20022.Fold(h.Initiator), iso20022.Fold(h.Debtor)
		if !gotHead.CreatedAt.Equal(h.CreatedAt) {
			t.Fatalf("made at %v, read %v", h.CreatedAt, gotHead.CreatedAt)
		}
		gotHead.CreatedAt = h.CreatedAt
		if diff := cmp.Diff(h, gotHead); diff != "" {
			t.Fatalf("head: %s", diff)
		}
		if diff := cmp.Diff(ts, got); diff != "" {
			t.Fatalf("transfers: %s", diff)
		}
	})
}

func TestFoldLeavesOnlyWhatBanksCarry(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Trợ cấp tháng 11": "Tro cap thang 11", "ĐẶNG  đình\tƯỚC": "DANG dinh UOC", "a&b<c>": "a b c", "  x  ": "x", "": "",
		"Tro\u031b\u0323 ca\u0302\u0301p": "Tro cap", "日本": "",
	} {
		if got := iso20022.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}
