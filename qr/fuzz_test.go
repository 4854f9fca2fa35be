package qr

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plainRead reads root fields in the most naive way there is, lengths in bytes: what a
// simple reader at the other end of the counter would see.
func plainRead(s string) map[string]string {
	got := map[string]string{}
	for len(s) >= 4 {
		n := int(s[2]-'0')*10 + int(s[3]-'0')
		if n < 0 || n > len(s)-4 {
			return nil
		}
		if _, twice := got[s[:2]]; twice {
			return nil
		}
		got[s[:2]], s = s[4:4+n], s[4+n:]
	}
	if s != "" {
		return nil
	}
	return got
}

// FuzzDecode: no payload makes the reader panic; the same payload gives the same
// reading; a valid one has only one reading, whoever reads it, and a valid transfer
// written again says the same.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "0002", "000201", sealed(head + account + tail), sealed(head + account + tail + field(54, "50000.")),
		sealed(head + account + tail + field(62, field(1, "HD17")+field(8, "tiền cá"))),
		sealed(head + account + tail + "6220" + "0816" + "Tiền cá chợ"),
		sealed(head + account + tail + field(64, field(0, "vi")+field(1, "Chợ Bạc Liêu"))),
		sealed("000201" + field(26, field(0, guidVNPay)+field(1, "0106298837")) + "52045499" + tail + field(59, "A") + field(60, "B")),
		"00020101021138570010A00000072701270006970403011200110123456780208QRIBFTTA53037045802VN6304F4E5",
		"63040000", "0\xff0201", "000201" + "99990",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		read(t, payload)
		read(t, sealed(payload)) // else nearly every input stops at its checksum
	})
}

func read(t *testing.T, payload string) {
	c := Decode(payload)
	if d := cmp.Diff(c, Decode(payload)); d != "" {
		t.Fatal(d)
	}
	if !c.Valid() {
		return
	}
	if plain := plainRead(payload); plain != nil {
		for id, got := range map[string]string{"53": c.Currency, "58": c.Country, "59": c.Name, "60": c.City, "63": c.CRC} {
			if plain[id] != got {
				t.Fatalf("field %s: %q, a plain reader sees %q", id, got, plain[id])
			}
		}
	}
	transfer, err := c.Transfer()
	if err != nil {
		return // valid, but not a VietQR transfer
	}
	again, err := transfer.Encode()
	if err != nil {
		t.Fatalf("%q: cannot be written: %v", payload, err)
	}
	d := Decode(again)
	c.Other, c.CRC, d.Other, d.CRC = nil, "", nil, ""
	if diff := cmp.Diff(c, d); diff != "" {
		t.Fatal(diff)
	}
}
