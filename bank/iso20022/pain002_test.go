package iso20022_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ansinh.vn/bank/iso20022"
)

var decimals = cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })

func vnd(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.NewFromInt(n)) }

func TestPain002IsValidAndReadBack(t *testing.T) {
	t.Parallel()
	for _, version := range []iso20022.Version{iso20022.Pain00203, iso20022.Pain00210} {
		rep := &iso20022.StatusReport{
			Version: version, MessageID: "P2-1", CreatedAt: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), Initiator: "Ngan hang",
			OriginalMessageID: "AS-1", OriginalName: "pain.001.001.09", OriginalN: 3, OriginalTotal: vnd(1_620_000), Group: iso20022.PartAccept,
			Reasons: []iso20022.Reason{{Code: "NARR", Info: []string{"Xem từng giao dịch & <mã>"}}},
			Batches: []iso20022.BatchStatus{
				{ID: "B1", N: 2, Total: vnd(1_080_000), Status: iso20022.PartAccept, Counts: []iso20022.StatusCount{{Status: iso20022.Processing, N: 1, Total: vnd(540_000)}, {Status: iso20022.Rejected, N: 1}}},
				{ID: "B2", N: 1, Status: iso20022.Rejected, Reasons: []iso20022.Reason{{Proprietary: "X1"}}},
			},
		}
		transactions := []iso20022.TransactionStatus{
			{BatchID: "B1", EndToEndID: "E1", InstructionID: "I1", Status: iso20022.Rejected, Reasons: []iso20022.Reason{{Code: "AC03"}}, Amount: vnd(540_000), Currency: "VND"},
			{BatchID: "B2", EndToEndID: "E2", Status: iso20022.Rejected, ServicerRef: "FT1"},
		}
		var out bytes.Buffer
		if err := iso20022.WritePain002(&out, rep, transactions); err != nil {
			t.Fatal(err)
		}
		valid(t, "pain."+string(version), out.Bytes())
		var got []iso20022.TransactionStatus
		back, err := iso20022.ReadPain002(&out, iso20022.Limits{}, func(s iso20022.TransactionStatus) error { got = append(got, s); return nil })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rep, back, decimals); diff != "" {
			t.Errorf("%s: report: %s", version, diff)
		}
		if diff := cmp.Diff(transactions, got, decimals); diff != "" {
			t.Errorf("%s: transactions: %s", version, diff)
		}
		if err := iso20022.WritePain002(&out, rep, []iso20022.TransactionStatus{{BatchID: "B3"}}); err == nil {
			t.Error("a transaction of no batch was written")
		}
	}
}
