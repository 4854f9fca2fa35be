package audit

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What is written without an encoder is what the encoder writes.
func FuzzAppendText(f *testing.F) {
	for _, s := range []string{"", "staff:12", `a"b\c`, "Nguyễn <&>", "\u2028", "\x7f", "\xff", "\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			t.Fatal(err)
		}
		if got := appendText(nil, s); string(got) != string(bytes.TrimSuffix(want.Bytes(), []byte("\n"))) {
			t.Errorf("%q: %s, want %s", s, got, want.Bytes())
		}
	})
}
