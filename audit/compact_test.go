package audit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pgtest"
)

func TestCompactReceiptIsTheReceipt(t *testing.T) {
	t.Parallel()
	pool, keys := pgtest.New(t), openKeys(t)
	record(t, pool, some(70)...)
	signed := checkpoint(t, pool, keys)
	r, err := audit.Prove(t.Context(), pool, one[int64](t, pool, "select id from audit_event where subject = 'thing:41'"), signed, keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []*audit.Part{nil, {Record: `{"n":0,"ref":"đ"}`, N: 3, Size: 9, Proof: r.Proof}} {
		r.Part = part
		text, err := r.Compact()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Trim(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:") != "" {
			t.Errorf("it does not fit the alphanumeric mode: %s", text)
		}
		back, err := audit.ReadCompact(text + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if part == nil {
			if err := back.Verify(keys.Verifiers()); err != nil {
				t.Error(err)
			}
		}
		back.Keys = r.Keys
		if diff := cmp.Diff(r, back); diff != "" {
			t.Error(diff)
		}
		// a character that a camera read wrongly never passes
		for i := len("ANSINH1:"); i < len(text); i++ {
			for _, c := range []string{"0", "Z"} {
				bad := text[:i] + c + text[i+1:]
				if back, err := audit.ReadCompact(bad); bad != text && err == nil && back.Verify(keys.Verifiers()) == nil && !cmp.Equal(part, back.Part) {
					t.Fatalf("character %d changed, and it is taken", i)
				}
			}
		}
	}
}

// How large the symbol of a receipt gets: proofs of a log of a thousand million events
// and a run of a million payments still fit one symbol.
func TestCompactReceiptFitsOneSymbol(t *testing.T) {
	t.Parallel()
	hash := func(i int) string { h := tlog.RecordHash([]byte{byte(i)}); return h.String() }
	r := audit.Receipt{Event: string(benchRow(123456789).Record()), Leaf: 1e9,
		Checkpoint: "ansinh.vn/log/1f0a9c3d\n1000000000\n" + hash(1) + "\n\n— ansinh.vn/log/1f0a9c3d " + strings.Repeat(hash(2), 2) + "\n— thanhtra.example.vn/chung-kien " + strings.Repeat(hash(3), 2) + "\n",
		Part:       &audit.Part{Record: `{"n":999999,"debit":1000001,"credit":2000002,"amount":540000,"ref":"payment:12345678","salt":"0123456789abcdef012345=="}`, N: 999_999, Size: 1e6}}
	for i := range 30 {
		r.Proof = append(r.Proof, hash(10+i))
		if i < 20 {
			r.Part.Proof = append(r.Part.Proof, hash(50+i))
		}
	}
	text, err := r.Compact()
	if err != nil || len(text) > 4296 { // version 40, level L
		t.Errorf("%d characters (%v)", len(text), err)
	}
	t.Logf("%d characters", len(text))
}

func FuzzReadCompact(f *testing.F) {
	keys, err := audit.OpenKeys(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Add("ANSINH1:")
	f.Add("ANSINH1:QED8WEX0")
	if text, err := (&audit.Receipt{Event: "{}", Checkpoint: "x\n1\n\n"}).Compact(); err == nil {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := audit.ReadCompact(text); err == nil && r.Verify(keys.Verifiers()) == nil {
			t.Errorf("taken: %q", text)
		}
	})
}
