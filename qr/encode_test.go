package qr

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ansinh.vn/money"
)

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	good := Transfer{Bank: "970405", Account: "1900201234567"}
	for name, change := range map[string]func(*Transfer){
		"bank":            func(t *Transfer) { t.Bank = "97040" },
		"account":         func(t *Transfer) { t.Account = "190 020" },
		"account too":     func(t *Transfer) { t.Account = strings.Repeat("1", 20) },
		"amount":          func(t *Transfer) { t.Amount = -1 },
		"amount too":      func(t *Transfer) { t.Amount = 10_000_000_000_000 },
		"category":        func(t *Transfer) { t.Category = "54" },
		"name":            func(t *Transfer) { t.Name = "Chợ" },
		"name too":        func(t *Transfer) { t.Name = strings.Repeat("A", 26) },
		"city":            func(t *Transfer) { t.City = strings.Repeat("A", 16) },
		"purpose":         func(t *Transfer) { t.Purpose = "a\nb" },
		"additional data": func(t *Transfer) { t.Bill, t.Store, t.Terminal, t.Purpose = full, full, full, full },
		"local language":  func(t *Transfer) { t.Local = Local{"v", "Chợ", ""} },
		"local name":      func(t *Transfer) { t.Local = Local{"vi", "", "x"} },
		"local city":      func(t *Transfer) { t.Local = Local{"vi", "Chợ", strings.Repeat("ợ", 16)} },
	} {
		tr := good
		change(&tr)
		payload, err := tr.Encode()
		var refused *RefusedError
		if !errors.As(err, &refused) || payload != "" {
			t.Errorf("%s: payload %q, error %v", name, payload, err)
			continue
		}
		if field := strings.TrimSuffix(name, " too"); refused.Field != field {
			t.Errorf("%s: refused for %s", name, refused.Field)
		}
	}
}

const full = "ABCDEFGHIJKLMNOPQRSTUVWXY"

func TestAmountIsNeverGuessed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "0", "00", "-5", "+5", "1.5", "50.000", "50,000", "50 000", "5e4", "12345678901234", "٣", "50000 "} {
		if v, err := Amount(text); err == nil {
			t.Errorf("%q is taken for %d", text, v)
		}
	}
	for text, want := range map[string]money.VND{"1": 1, "050000": 50000, "9999999999999": 9_999_999_999_999} {
		if v, err := Amount(text); err != nil || v != want {
			t.Errorf("%q: %d, %v", text, v, err)
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	got, notes := Transfer{
		Name: "Hợp tác xã nông nghiệp Đông Hải", City: "TP. Bạc Liêu, Cà Mau",
		Bill: "HĐ-17", Store: "ត្រី Cá 17",
		Terminal: strings.Repeat("T", 25), Purpose: "thanh toán tiền cá cho bà Sáu",
	}.Fit()
	want := Transfer{
		Name: "Hop tac xa nong nghiep Do", City: "TP. Bac Lieu, C",
		Bill: "HD-17", Store: "Ca 17", Terminal: strings.Repeat("T", 25), Purpose: "thanh toan tien ca cho ba",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(notes) != 8 {
		t.Errorf("%d notes: %q", len(notes), notes)
	}
}

func TestFitCutsTheLastEntriesFirst(t *testing.T) {
	t.Parallel()
	got, notes := Transfer{Bill: full, Store: full, Terminal: full, Purpose: full}.Fit()
	if got.Bill != full || got.Store != full || got.Terminal != full || got.Purpose != full[:8] || len(notes) != 1 {
		t.Errorf("%+v %q", got, notes)
	}
	got, notes = Transfer{Bill: full, Mobile: full, Store: full, Terminal: full, Purpose: full}.Fit()
	if got.Bill != full || got.Mobile != full || got.Store != full || got.Terminal != full[:8] || got.Purpose != "" || len(notes) != 2 {
		t.Errorf("%+v %q", got, notes)
	}
}

// transfers draws any transfer that the standard allows.
var transfers = rapid.Custom(func(t *rapid.T) Transfer {
	ansi := func(name string, max int) string {
		return rapid.StringMatching(`[ -~]{0,`+itoa(max)+`}`).Draw(t, name)
	}
	tr := Transfer{
		Bank:    rapid.StringMatching(`[0-9]{6}`).Draw(t, "bank"),
		Account: rapid.StringMatching(`[0-9A-Za-z]{1,19}`).Draw(t, "account"),
		Card:    rapid.Bool().Draw(t, "card"), Dynamic: rapid.Bool().Draw(t, "dynamic"),
		Amount:   money.VND(rapid.Int64Range(0, maxAmount).Draw(t, "amount")),
		Category: rapid.StringMatching(`([0-9]{4})?`).Draw(t, "category"),
		Name:     ansi("name", 25), City: ansi("city", 15), Postal: ansi("postal", 10),
	}
	room := maxAdditional
	for i, field := range tr.additional() {
		if room > 4 && rapid.Bool().Draw(t, "has "+additionalNames[i]) {
			*field = ansi(additionalNames[i], min(25, room-4))
		}
		if *field != "" {
			room -= 4 + len(*field)
		}
	}
	if rapid.Bool().Draw(t, "local") {
		tr.Local = Local{"vi", rapid.StringMatching(`[A-Za-zĂăÂâĐđợệ ]{1,25}`).Draw(t, "local name"), rapid.StringMatching(`[A-Za-zơư ]{0,15}`).Draw(t, "local city")}
	}
	return tr
})

func itoa(n int) string { return money.VND(n).String() }

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := transfers.Draw(t, "transfer")
		payload, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		c := Decode(payload)
		got, err := c.Transfer()
		if err != nil {
			t.Fatalf("%s: %v", payload, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%s: %s", payload, d)
		}
	})
}

// TestFitAlwaysFits: whatever is typed, Fit makes it something that Encode takes, and
// fitting twice changes nothing.
func TestFitAlwaysFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tr := Transfer{Bank: "970405", Account: "1"}
		tr.Name, tr.City, tr.Postal = rapid.String().Draw(t, "name"), rapid.String().Draw(t, "city"), rapid.String().Draw(t, "postal")
		for i, field := range tr.additional() {
			*field = rapid.String().Draw(t, additionalNames[i])
		}
		fitted, _ := tr.Fit()
		if _, err := fitted.Encode(); err != nil {
			t.Fatal(err)
		}
		if again, notes := fitted.Fit(); again != fitted || len(notes) > 0 {
			t.Fatalf("fitting again: %q", notes)
		}
	})
}

// TestNoChangedCharacterGoesUnseen: any one character of a payload changed, and it is
// no longer valid.
func TestNoChangedCharacterGoesUnseen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		payload, err := transfers.Draw(t, "transfer").Encode()
		if err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(0, len(payload)-1).Draw(t, "at")
		b := rapid.ByteRange(' ', '~').Filter(func(b byte) bool { return b != payload[i] }).Draw(t, "byte")
		changed := payload[:i] + string(rune(b)) + payload[i+1:]
		if c := Decode(changed); c.Valid() {
			t.Fatalf("%q is valid like %q", changed, payload)
		}
	})
}
