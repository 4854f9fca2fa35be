package identity

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Card is what the QR code on a chip identity card (CCCD, 2021–2024) says. The
// address is of the three levels of before July 2025.
type Card struct {
	Number  PersonNumber
	Old     OldNumber // empty when the holder had none
	Name    string
	Birth   Birth
	Sex     Sex
	Address string
	Issued  Birth    // day of issue, zero when the code does not say
	Rest    []string // fields after the seventh, uninterpreted
}

// CardError says why text is not an identity card's QR code, in Vietnamese.
type CardError struct{ Why string }

func (e *CardError) Error() string { return "mã QR thẻ căn cước: " + e.Why }

// ParseCard reads the text of the card's QR code: at least six fields between
// vertical bars.
//
//	095094000123|385000123|Danh Sóc Kha|15101994|Nam|Ấp Cầu Đỏ, Vĩnh Lộc, Hồng Dân, Bạc Liêu|09082021
func ParseCard(text string) (Card, error) {
	if !utf8.ValidString(text) {
		return Card{}, &CardError{"không phải UTF-8; đọc mã bằng camera hoặc cổng COM, không qua bàn phím"}
	}
	f := strings.Split(strings.Trim(text, "\r\n\ufeff "), "|")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	if len(f) < 6 {
		if len(f) > 1 {
			return Card{}, &CardError{fmt.Sprintf("chỉ có %d phần, cần ít nhất 6", len(f))}
		}
		return Card{}, &CardError{"không phải mã QR của thẻ căn cước"}
	}
	if !PersonNumber(f[0]).Valid() {
		if _, err := hex.DecodeString(f[1]); err == nil && f[1] != "" && len(f[0]) == 10 {
			return Card{}, &CardError{"đây là mã QR của thẻ bảo hiểm y tế"}
		}
		return Card{}, &CardError{"phần đầu không phải số định danh 12 chữ số"}
	}
	c := Card{Number: PersonNumber(f[0]), Address: f[5]}
	if f[1] != "" {
		if len(f[1]) != 9 || !allDigits(f[1]) {
			return Card{}, &CardError{"số CMND cũ phải có 9 chữ số"}
		}
		c.Old = OldNumber(f[1])
	}
	if c.Name, _ = CleanName(f[2]); c.Name == "" {
		return Card{}, &CardError{"thiếu họ tên"}
	}
	var ok bool
	if c.Birth, ok = cardDay(f[3]); !ok {
		return Card{}, &CardError{fmt.Sprintf("ngày sinh %q không đọc được", f[3])}
	}
	if c.Sex, ok = ParseSex(f[4]); !ok {
		return Card{}, &CardError{fmt.Sprintf("giới tính %q không đọc được", f[4])}
	}
	if len(f) > 6 {
		if c.Issued, ok = cardDay(f[6]); !ok {
			return Card{}, &CardError{fmt.Sprintf("ngày cấp %q không đọc được", f[6])}
		}
		c.Rest = f[7:]
	}
	return c, nil
}

// cardDay reads ddMMyyyy, where zeros stand for an unknown day or month.
func cardDay(s string) (Birth, bool) {
	if s == "" {
		return Birth{}, true
	}
	if len(s) != 8 || !allDigits(s) {
		return Birth{}, false
	}
	b := Birth{Year: atoi(s[4:]), Month: atoi(s[2:4]), Day: atoi(s[:2])}
	switch {
	case b.Year < oldestYear || b.Year > 2200 || b.Month > 12:
		return Birth{}, false
	case b.Month == 0:
		return Birth{Year: b.Year}, true
	case b.Day == 0:
		return b, true
	}
	return b, realDay(b.Year, b.Month, b.Day)
}
