package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/staff"
)

// go test ./web -run Browser -screenshots writes the pictures of the README.
var keepScreenshots = flag.Bool("screenshots", false, "write docs/img")

// chrome is one tab of a real browser.
type chrome struct {
	testing.TB
	ctx context.Context
}

func openChrome(t testing.TB) *chrome {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes longer than a quick check has; make test runs this")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed: apt-get install chromium fonts-noto-core")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // ends only a test that is broken
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900))...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context that opened it
		t.Fatal(err)
	}
	return &chrome{t, ctx}
}

func (c *chrome) do(steps ...chromedp.Action[chromedp.Void]) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, time.Minute) // ends only a test that is broken
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		shot, _ := chromedp.Run(c.ctx, chromedp.FullScreenshot(100))
		if file := filepath.Join(os.TempDir(), "ansinh-browser-test.png"); os.WriteFile(file, shot, 0o644) == nil {
			c.Logf("what the browser showed: %s", file)
		}
		c.Fatal(err)
	}
}

func read[T any](c *chrome, a chromedp.Action[T]) T {
	c.Helper()
	v, err := chromedp.Run(c.ctx, a)
	if err != nil {
		c.Fatal(err)
	}
	return v
}

func css(s string) chromedp.CSS { return chromedp.CSS(s) }

// says waits until the page, or the one that it leads to, holds a text.
func (c *chrome) says(text string) {
	c.Helper()
	var last string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		said, err := chromedp.Run(c.ctx, chromedp.Evaluate[string](`document.body?.innerText.replaceAll("\u00a0", " ") ?? ""`))
		if err != nil {
			continue // between two pages
		}
		if last = said; strings.Contains(said, text) {
			return
		}
	}
	c.Fatalf("the page never said %q:\n%s", text, last)
}

func (c *chrome) signIn(b *bundle, login string) {
	c.Helper()
	c.do(chromedp.Navigate(b.url+"/sign-in"), chromedp.SendKeys(css("input[name=login]"), login),
		chromedp.SendKeys(css("input[name=password]"), password), chromedp.Click(css("form.stacked button")), chromedp.WaitVisible(css(".me")))
}

// Every page, at a phone's width and at a desk's: nothing that axe-core objects to,
// nothing that runs off the side, no complaint in the console.
func TestBrowserEveryPageIsAccessible(t *testing.T) {
	c := openChrome(t)
	f, err := os.Open("testdata/axe-core-4.14.1.min.js.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	axe, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	book := httptest.NewServer(Storybook())
	defer book.Close()
	var console bytes.Buffer
	go func() {
		for m, err := range chromedp.Console(c.ctx) {
			if err != nil {
				return
			}
			if (m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException) && !strings.Contains(m.Text, "/events") && !strings.Contains(m.Text, "/state") {
				fmt.Fprintln(&console, m.Text) // read after the tab is done
			}
		}
	}()
	for _, st := range stories() {
		for _, width := range []int64{1280, 360} {
			c.do(chromedp.EmulateViewport(width, 800), chromedp.Navigate(book.URL+"/"+st.name))
			read(c, chromedp.Evaluate[chromedp.Void](string(axe)+";0"))
			found := read(c, chromedp.Evaluate[[]struct {
				ID    string
				Nodes []struct{ HTML, FailureSummary string }
			}](`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => ({ID: v.id, Nodes: v.nodes.map(n => ({HTML: n.html, FailureSummary: n.failureSummary}))})))`,
				chromedp.EvalAwaitPromise))
			for _, v := range found {
				t.Errorf("%s at %d px: %s: %s\n%s", st.name, width, v.ID, v.Nodes[0].HTML, v.Nodes[0].FailureSummary)
			}
			if over := read(c, chromedp.Evaluate[int](`document.scrollingElement.scrollWidth - window.innerWidth`)); over > 0 {
				wide := read(c, chromedp.Evaluate[string](`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, nav")).map(e => e.tagName + "." + e.className).slice(0, 5).join(" ")`))
				t.Errorf("%s at %d px runs %d px off the side: %s", st.name, width, over, wide)
			}
			if name := pictures[fmt.Sprintf("%s at %d", st.name, width)]; name != "" {
				c.picture(name)
			}
		}
	}
	if err := chromedp.Cancel(c.ctx); err != nil {
		t.Error(err)
	}
	if console.Len() > 0 {
		t.Errorf("the console said:\n%s", console.String())
	}
}

// pictures are the files under docs/img that stories make, for the README and the docs.
var pictures = map[string]string{
	"home at 1280": "home-1280", "runs-approve at 1280": "run-1280", "runs-approve at 360": "run-360", "reviews-one at 1280": "review-1280",
	"breaks at 1280": "breaks-1280", "payments-one at 1280": "payment-1280", "cho at 360": "keypad-360", "cho-charge-waiting at 360": "charge-waiting-360",
	"cho-charge-paid at 360": "charge-360", "cho-charge-short at 360": "charge-short-360", "cho-charge-unknown at 360": "charge-unknown-360",
	"cho-day at 360": "day-360", "cho-card at 1280": "card-1280",
}

func (c *chrome) picture(name string) {
	c.Helper()
	png := read(c, chromedp.FullScreenshot(100))
	if !bytes.HasPrefix(png, []byte("\x89PNG")) {
		c.Fatalf("%s: not a picture", name)
	}
	if !*keepScreenshots {
		return
	}
	dir := filepath.Join("..", "docs", "img")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		c.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		c.Fatal(err)
	}
}

// A chairman signs one run with a key file and keeps the key in the browser, then
// signs the next with the kept key.
func TestBrowserApprovesARun(t *testing.T) {
	c := openChrome(t)
	b := open(t)
	run := b.submitted()
	file := filepath.Join(t.TempDir(), "approver.pem")
	b.ok(os.WriteFile(file, b.key, 0o600))
	c.signIn(b, "chairman")

	// a key that is not enrolled is refused before anything is sent
	stranger, _, err := staff.GenerateKey()
	b.ok(err)
	strange := filepath.Join(t.TempDir(), "stranger.pem")
	b.ok(os.WriteFile(strange, stranger, 0o600))
	c.do(chromedp.Navigate(b.url+runPath(run)), chromedp.WaitVisible(css("input[name=keyfile]")),
		chromedp.SetUploadFiles(css("input[name=keyfile]"), []string{strange}), chromedp.Click(css("#approve button")))
	c.says("chưa được đăng ký cho anh/chị")

	c.do(chromedp.SetUploadFiles(css("input[name=keyfile]"), []string{file}), chromedp.Click(css("input[name=keep]")),
		chromedp.Click(css("#approve button")))
	c.says("Đã duyệt và ghi sổ")
	c.says("chữ ký hợp lệ")
	after, err := payout.Get(b.ctx, b.pool, run.ID)
	b.ok(err)
	if after.State != payout.RunApproved {
		t.Fatalf("the run is %s", after.State)
	}

	clerk := payout.StaffID(b.staff[staff.Clerk].ID)
	next, err := payout.Prepare(b.ctx, b.pool, payout.PrepareInput{Box: b.box, Office: office, Month: money.NewMonth(2026, time.December),
		KnownOn: money.Day(2026, time.October, 20), By: clerk, Now: testNow})
	b.ok(err)
	next, err = payout.Submit(b.ctx, b.pool, next.ID, clerk, testNow)
	b.ok(err)
	b.fund(next.Total)
	c.do(chromedp.Navigate(b.url+runPath(next)), chromedp.WaitVisible(css("#kept-key")), chromedp.Click(css("#approve button")))
	c.says("Đã duyệt và ghi sổ")
}

// A key made in the browser is proposed, confirmed by another person, and signs.
func TestBrowserMakesItsOwnKey(t *testing.T) {
	c := openChrome(t)
	b := open(t)
	run := b.submitted()
	c.signIn(b, "chairman")
	c.do(chromedp.Navigate(b.url+"/me"), chromedp.WaitVisible(css("#make-key button")), chromedp.Click(css("#make-key button")))
	c.says("đang chờ một người khác xác nhận")
	var req int64
	b.ok(b.pool.QueryRow(b.ctx, `select id from staff_key_request where outcome = 'waiting'`).Scan(&req))
	b.as("operator").see("/key-requests/"+id(req), url.Values{"accept": {"yes"}}, http.StatusSeeOther)
	c.do(chromedp.Navigate(b.url+runPath(run)), chromedp.WaitVisible(css("#kept-key")), chromedp.Click(css("#approve button")))
	c.says("Đã duyệt và ghi sổ")
}

// A vendor types an amount, shows the code, loses the network, and learns the verdict.
func TestBrowserSeesAChargePaid(t *testing.T) {
	c := openChrome(t)
	b := open(t)
	line := newCable(t, strings.TrimPrefix(b.url, "http://"))
	c.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile), chromedp.Navigate("http://"+line.address+"/cho/sign-in"),
		chromedp.SendKeys(css("input[name=phone]"), phone), chromedp.SendKeys(css("input[name=pin]"), pin),
		chromedp.Click(css("form.stacked button")), chromedp.WaitVisible(css("#pad")))
	for _, key := range []string{"1", "8", "5", "000"} {
		c.do(chromedp.Click(css(`#pad button[data-key="` + key + `"]`)))
	}
	c.says("Một trăm tám mươi lăm nghìn đồng")
	if typed := read(c, chromedp.Value(css("#amount"))); typed != "185.000" {
		t.Errorf("the field says %q", typed)
	}
	keypad, err := assetPath("keypad.js")
	b.ok(err)
	for _, v := range []money.VND{0, 1, 5, 10, 15, 21, 105, 115, 200, 1_005, 21_000, 105_000, 185_000, 1_005_000, 1_080_000, 10_800_000, 101_001_001, 2_000_000_005, 9_999_999_999} {
		said := read(c, chromedp.Evaluate[string](fmt.Sprintf(`import(%q).then(m => m.inWords(%d))`, keypad, v), chromedp.EvalAwaitPromise))
		if said != v.Words() {
			t.Errorf("the keypad says %q for %d, we say %q", said, v, v.Words())
		}
	}
	c.do(chromedp.Click(css("button.big")), chromedp.WaitVisible(css(".qr svg")), chromedp.WaitVisible(css(`#verdict[data-state=waiting]`)))
	c.says("CHƯA NHẬN")
	var reference string
	b.ok(b.pool.QueryRow(b.ctx, `select reference from charge`).Scan(&reference))

	b.tell(185, reference, nil)
	c.do(chromedp.WaitVisible(css(`#verdict[data-state=short]`)))
	c.says("thiếu ba số 0")

	line.cut(true)
	c.do(chromedp.WaitVisible(css(`#verdict[data-state=unknown]`)))
	c.says("Mất mạng")
	b.tell(184_815, reference, nil)
	line.cut(false)
	c.do(chromedp.WaitVisible(css(`#verdict[data-state=paid]`)))
	c.says("ĐÃ NHẬN ĐỦ")
	if hidden := read(c, chromedp.Evaluate[bool](`document.querySelector(".qr").hidden`)); !hidden {
		t.Error("the code still invites to pay")
	}
}

// cable is the network between the phone and the server; it can be cut.
type cable struct {
	address string
	mu      sync.Mutex
	down    bool
	open    map[net.Conn]bool
}

func newCable(t testing.TB, server string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{address: l.Addr().String(), open: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); c.cut(true) })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil || !c.keep(near, far) {
				near.Close()
				continue
			}
			for _, pair := range [][2]net.Conn{{near, far}, {far, near}} {
				go func() {
					_, _ = io.Copy(pair[0], pair[1]) // ends when either side does
					near.Close()
					far.Close()
				}()
			}
		}
	}()
	return c
}

func (c *cable) keep(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		if c.down {
			conn.Close()
		} else {
			c.open[conn] = true
		}
	}
	return !c.down
}

func (c *cable) cut(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
	for conn := range c.open {
		conn.Close()
	}
	clear(c.open)
}
