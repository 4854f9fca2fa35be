package qr

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sealed ends a payload with its checksum.
func sealed(body string) string {
	return string(appendCRC([]byte(body+"6304"), checksum(body+"6304")))
}

// field writes one data object with its length in characters.
func field(id int, value string) string { return string(appendObject(nil, id, value)) }

const (
	head    = "000201" + "010211"
	account = "38570010A00000072701270006970403011300110123456780208QRIBFTTA"
	tail    = "5303704" + "5802VN"
)

func TestDecodeReadsEveryField(t *testing.T) {
	t.Parallel()
	more := field(1, "HD17") + field(2, "0912345678") + field(3, "SAP CA 17") + field(5, "REF5") + field(7, "QAY17") + field(8, "AN SINH")
	got := Decode(sealed("000201" + "010212" + account + "52045499" + "5303704" + field(54, "050000.") + "5802VN" +
		field(59, "DANH THI SA RUONE") + field(60, "BAC LIEU") + field(61, "97000") + field(62, more) +
		field(64, field(0, "vi")+field(1, "Danh Thị Sa Ruône")+field(2, "Bạc Liêu")) + field(80, field(0, "vn.ansinh")+field(1, "x"))))
	want := Code{
		Kind: VietQRAccount, Dynamic: true, Bank: "970403", Account: "0011012345678", Service: "QRIBFTTA",
		Category: "5499", Currency: "704", Amount: "50000", Country: "VN",
		Name: "DANH THI SA RUONE", City: "BAC LIEU", Postal: "97000",
		Bill: "HD17", Mobile: "0912345678", Store: "SAP CA 17", Reference: "REF5", Terminal: "QAY17", Purpose: "AN SINH",
		Local: Local{"vi", "Danh Thị Sa Ruône", "Bạc Liêu"},
		Other: []Object{{"80.00", "vn.ansinh"}, {"80.01", "x"}},
		CRC:   got.CRC,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestDecodeNamesAndPlacesEveryProblem: each payload has one fault, or those listed.
func TestDecodeNamesAndPlacesEveryProblem(t *testing.T) {
	t.Parallel()
	plain := head + account + tail
	for _, tt := range []struct {
		name, payload string
		want          []string // code@field
	}{
		{"sound", sealed(plain), nil},
		{"empty", "", []string{"missing@"}},
		{"not a payload", "https://ansinh.vn", []string{"malformed@"}},
		{"wrong checksum", plain + "63040000", []string{"crc@63"}},
		{"checksum in small letters", plain + "6304" + strings.ToLower(sealed(plain)[len(plain)+4:]), []string{"value@63"}},
		{"checksum not hexadecimal", plain + "6304WXYZ", []string{"value@63"}},
		{"no checksum", plain, []string{"missing@63"}},
		{"something after the checksum", sealed(plain) + "5900", []string{"after-crc@"}},
		{"length runs past the end", plain + "6399ABCD", []string{"malformed@63"}},
		{"length not digits", head + account + "53x1704", []string{"malformed@53"}},
		{"length 00", sealed(plain + "5900"), []string{"empty@59"}},
		{"version 02", sealed("000202" + plain[6:]), []string{"value@00"}},
		{"00 not first", sealed("010211" + "000201" + account + tail), []string{"order@01", "order@00"}},
		{"initiation 13", sealed("000201" + "010213" + account + tail), []string{"value@01"}},
		{"no initiation", sealed("000201" + account + tail), []string{"missing@01"}},
		{"currency missing", sealed(head + account + "5802VN"), []string{"missing@53"}},
		{"dollars", sealed(head + account + "5303840" + "5802VN"), []string{"value@53"}},
		{"another country", sealed(head + account + "5303704" + "5802KH"), []string{"value@58"}},
		{"account twice", sealed(plain + account), []string{"twice@38"}},
		{"account in field 39", sealed(head + "39" + account[2:] + tail), []string{"misplaced@39"}},
		{"a second account in field 39", sealed(head + account + "39" + account[2:] + tail), []string{"twice@39"}},
		{"no account at all", sealed(head + tail + "52045499" + field(59, "A") + field(60, "B")), []string{"missing@"}},
		{"BIN of 5 digits", sealed(head + field(38, field(0, guidVietQR)+field(1, field(0, "97040")+field(1, "123"))+field(2, "QRIBFTTA")) + tail), []string{"value@38.01.00"}},
		{"no bank", sealed(head + field(38, field(0, guidVietQR)+field(1, field(1, "123"))+field(2, "QRIBFTTA")) + tail), []string{"missing@38.01.00"}},
		{"no service", sealed(head + field(38, field(0, guidVietQR)+field(1, field(0, "970403")+field(1, "123"))) + tail), []string{"missing@38.02"}},
		{"unknown service", sealed(head + field(38, field(0, guidVietQR)+field(1, field(0, "970403")+field(1, "123"))+field(2, "QRPUSH")) + tail), []string{"value@38.02"}},
		{"account with a space", sealed(head + field(38, field(0, guidVietQR)+field(1, field(0, "970403")+field(1, "12 3"))+field(2, "QRIBFTTA")) + tail), []string{"charset@38.01.01"}},
		{"account of 20", sealed(head + field(38, field(0, guidVietQR)+field(1, field(0, "970403")+field(1, "12345678901234567890"))+field(2, "QRIBFTTA")) + tail), []string{"too-long@38.01.01"}},
		{"amount with separators", sealed(plain + field(54, "50 000")), []string{"value@54"}},
		{"amount zero", sealed(plain + field(54, "0")), []string{"value@54"}},
		{"amount with decimals", sealed(plain + field(54, "50000.5")), []string{"value@54"}},
		{"amount of two marks", sealed(plain + field(54, "5.000.0")), []string{"value@54"}},
		{"amount of 14 digits", sealed(plain + field(54, "12345678901234")), []string{"too-long@54"}},
		{"name with diacritics", sealed(plain + field(59, "Chợ Bạc Liêu")), []string{"charset@59"}},
		{"name too long", sealed(plain + field(59, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")), []string{"too-long@59"}},
		{"purpose with diacritics", sealed(plain + field(62, field(8, "tiền cá"))), []string{"charset@62.08"}},
		{"reserved field", sealed(plain + field(65, "x")), []string{"reserved@65"}},
		{"reserved additional field", sealed(plain + field(62, field(12, "x"))), []string{"reserved@62.12"}},
		{"fee announced and missing", sealed(plain + field(55, "02")), []string{"missing@55"}},
		{"local name missing", sealed(plain + field(64, field(0, "vi"))), []string{"missing@64.01"}},
		{"template without owner", sealed(plain + field(80, field(1, "x"))), []string{"missing@80.00"}},
		{"broken UTF-8", sealed(plain + field(64, field(0, "vi")+field(1, "Ch\xff"))), []string{"charset@64.01"}},
	} {
		c := Decode(tt.payload)
		var got []string
		for _, p := range c.Problems {
			got = append(got, p.Code+"@"+p.Field)
			if p.At < 0 || p.At > len(tt.payload) || p.What == "" {
				t.Errorf("%s: problem out of place: %+v", tt.name, p)
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s\n%v", tt.name, d, c.Problems)
		}
	}
}

func TestDecodePlacesInCharacters(t *testing.T) {
	t.Parallel()
	body := head + account + tail + field(64, field(0, "vi")+field(1, "Chợ Bạc Liêu"))
	c := Decode(sealed(body + field(59, "Cá")))
	if len(c.Problems) != 1 || c.Problems[0].At != len([]rune(body)) {
		t.Errorf("problems %v, want one at %d", c.Problems, len([]rune(body)))
	}
}

// TestDecodeNeverGivesHalfAnAccount is the misprint in NAPAS's own document: a length of
// 12 before an account of 13 characters, with a good checksum.
func TestDecodeNeverGivesHalfAnAccount(t *testing.T) {
	t.Parallel()
	c := Decode(sealed(head + strings.Replace(account, "0113", "0112", 1) + tail))
	if c.Valid() || c.Account != "" || c.Bank != "970403" || c.Kind != VietQRAccount {
		t.Errorf("got %+v", c)
	}
}

func TestDecodeNestedService(t *testing.T) {
	t.Parallel()
	inner := field(0, "970422") + field(1, "0123456789020") + field(2, serviceAccount)
	c := Decode(sealed(head + field(38, field(0, guidVietQR)+field(1, inner)) + tail))
	if c.Valid() || c.Account != "0123456789020" || c.Service != serviceAccount {
		t.Errorf("got %+v", c)
	}
}

// TestDecodeLengthsInBytes: several apps put diacritics into the purpose and count the
// bytes of UTF-8. The text is read, and the payload is not valid.
func TestDecodeLengthsInBytes(t *testing.T) {
	t.Parallel()
	purpose := "Tiền cá chợ" // 11 characters, 16 bytes
	for name, additional := range map[string]string{
		"inside and outside": "6220" + "0816" + purpose,
		"inside only":        "6215" + "0816" + purpose,
		"outside only":       "6220" + "0811" + purpose,
	} {
		c := Decode(sealed(head + account + tail + additional))
		if c.Valid() || c.Purpose != purpose || c.Account != "0011012345678" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TestDecodeRefusesTwoReadings: counted in characters the payload pays one account,
// counted in bytes another. Whoever made it means harm.
func TestDecodeRefusesTwoReadings(t *testing.T) {
	t.Parallel()
	other := strings.Replace(account, "0011012345678", "9999999999999", 1)
	// In bytes, 80 ends after the ten letters and 99 swallows the first account; in
	// characters, 80 swallows the head of 99 and 98 swallows the second account.
	p := sealed(head + "8020" + strings.Repeat("é", 10) + "9971ABCDEF" + account + "9861" + other + tail)
	c := Decode(p)
	found := false
	for _, problem := range c.Problems {
		found = found || problem.Code == Ambiguous && problem.Field == ""
	}
	if !found {
		t.Errorf("not called ambiguous: %+v", c)
	}
}

func TestDecodeOrderIsFree(t *testing.T) {
	t.Parallel()
	c := Decode(sealed(head + field(62, field(8, "x")) + field(54, "1000") + tail + account))
	if !c.Valid() || c.Amount != "1000" || c.Purpose != "x" || c.Account != "0011012345678" {
		t.Errorf("got %+v", c)
	}
}

func TestDecodeVNPay(t *testing.T) {
	t.Parallel()
	c := Decode(sealed("000201" + "010211" + field(26, field(0, guidVNPay)+field(1, "0106298837")) + "52045499" + tail +
		field(59, "PHO BAC LIEU") + field(60, "CA MAU") + field(62, field(3, "QUAY 1")+field(7, "T01"))))
	if !c.Valid() || c.Kind != VNPayMerchant || c.Merchant != "0106298837" || c.Store != "QUAY 1" || c.Terminal != "T01" {
		t.Errorf("got %+v", c)
	}
}

func TestDecodeOtherSchemes(t *testing.T) {
	t.Parallel()
	c := Decode(sealed("000201" + field(4, "5123456789012346") + field(27, field(0, "D15600000000")+field(1, "77")) +
		"52045812" + "5303840" + field(54, "10.50") + "5802US" + field(59, "CAFE") + field(60, "SEATTLE")))
	want := []Object{{"04", "5123456789012346"}, {"27.00", "D15600000000"}, {"27.01", "77"}}
	if !c.Valid() || c.Kind != EMV || c.Amount != "10.50" || c.Dynamic {
		t.Errorf("got %+v", c)
	}
	if d := cmp.Diff(want, c.Other); d != "" {
		t.Error(d)
	}
}

func TestDecodeAlphanumericAccount(t *testing.T) {
	t.Parallel()
	p, err := Transfer{Bank: "970454", Account: "99ZP24009M07248267"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if c := Decode(p); !c.Valid() || c.Account != "99ZP24009M07248267" {
		t.Errorf("got %+v", c)
	}
}

func BenchmarkDecode(b *testing.B) {
	p := sealed(head + account + "52045499" + tail + field(59, "DANH THI SA RUONE") + field(60, "BAC LIEU") + field(62, field(3, "CHO PHUONG 3")+field(7, "QAY-017")))
	b.ReportAllocs()
	for b.Loop() {
		if c := Decode(p); !c.Valid() {
			b.Fatal(c.Problems)
		}
	}
}
