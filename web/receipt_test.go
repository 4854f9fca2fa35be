package web

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// twoPaid posts an entry that pays two people, and returns its number.
func (b *bundle) twoPaid() (entry ledger.EntryID) {
	b.Helper()
	keys, err := audit.OpenKeys(b.TempDir())
	b.ok(err)
	b.server.cfg.LogKeys = keys
	b.tx(func(tx pgx.Tx) {
		ids, err := ledger.Ensure(b.ctx, tx, []ledger.Account{{Code: "611.31825.btxh", Type: "expense", Office: office}, {Code: "3388.p901", Type: "liability"}, {Code: "3388.p902", Type: "liability"}})
		b.ok(err)
		entry, err = ledger.Post(b.ctx, tx, ledger.Entry{Key: "run:9:approved", On: money.Day(2026, time.October, 20), Kind: "run.approved", Ref: "run:9", By: "staff:accountant", Transfers: []ledger.Transfer{
			{Debit: ids["611.31825.btxh"], Credit: ids["3388.p901"], Amount: 700_000, Ref: "payment:901"},
			{Debit: ids["611.31825.btxh"], Credit: ids["3388.p902"], Amount: 1_234_000, Ref: "payment:902"}}})
		b.ok(err)
	})
	_, err = audit.Seal(b.ctx, b.pool, testNow)
	b.ok(err)
	return entry
}

func TestAReceiptTellsOfOnePersonOnly(t *testing.T) {
	t.Parallel()
	b := open(t)
	page := "/entries/" + id(int64(b.twoPaid())) + "/receipt"
	books := b.as("accountant")
	a := books.see(page+"?transfer=0", nil, http.StatusOK)
	checkPage(t, "receipt", a.body)
	a.wants(t, "700.000 đ", "payment:901", "3388.p901", "Đã duyệt chi cho người hưởng", "Chứng cứ khớp", "ANSINH1:")
	for _, other := range []string{"902", "1.234.000", "1.934.000"} {
		if strings.Contains(a.body, other) {
			t.Errorf("the receipt of one shows %s of another", other)
		}
	}
	whole := books.see(page, nil, http.StatusOK)
	whole.wants(t, "1.934.000 đ")
	if strings.Contains(whole.body, "payment:90") || strings.Contains(whole.body, "3388.p") {
		t.Error("the receipt of an entry shows its transfers")
	}
	books.see(page+"?transfer=2", nil, http.StatusNotFound)
	books.see(page+"?transfer=x", nil, http.StatusNotFound)
	books.see("/entries/999/receipt", nil, http.StatusNotFound)
	b.as("elsewhere").see(page+"?transfer=0", nil, http.StatusNotFound)
}

// The symbol on paper and on a telephone's screen is read by another program, and what
// it says is checked with the published key alone.
func TestBrowserReceiptSymbolIsTheWholeProof(t *testing.T) {
	c := openChrome(t)
	b := open(t)
	entry := b.twoPaid()
	keys := b.server.cfg.LogKeys
	signed, err := audit.Checkpoint(b.ctx, b.pool, keys, testNow)
	b.ok(err)
	r, err := ledger.Receipt(b.ctx, b.pool, entry, 1, signed, keys)
	b.ok(err)
	file, err := ReceiptFile(b.ctx, b.pool, r, keys.Verifiers())
	b.ok(err)
	name := filepath.Join(t.TempDir(), "receipt.html")
	b.ok(os.WriteFile(name, file, 0o600))
	for _, width := range []int64{360, 1280} {
		c.do(chromedp.EmulateViewport(width, 800, chromedp.EmulateScale(3)), chromedp.Navigate("file://"+name))
		text := scanned(t, read(c, chromedp.Screenshot(css(".receipt .qr"))))
		got, err := audit.ReadCompact(text)
		if err != nil {
			t.Fatalf("%d wide: %v: %q", width, err, text)
		}
		if err := got.Verify(keys.Verifiers()); err != nil || !strings.Contains(got.Part.Record, `"amount":1234000,"ref":"payment:902"`) {
			t.Errorf("%d wide: %v %+v", width, err, got.Part)
		}
	}
}

// scanned reads a symbol in a picture with zbar.
func scanned(t *testing.T, png []byte) string {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "png:-")
	cmd.Stdin = bytes.NewReader(png)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("zbarimg reads no symbol (apt-get install zbar-tools): %v", err)
	}
	return string(out)
}
