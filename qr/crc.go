package qr

// crcTable is CRC-16 with polynomial 0x1021, most significant bit first.
var crcTable = func() (t [256]uint16) {
	for i := range t {
		c := uint16(i) << 8
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ 0x1021
			} else {
				c <<= 1
			}
		}
		t[i] = c
	}
	return t
}()

// checksum is the CRC of a payload up to and including "6304": ISO/IEC 13239, initial
// value 0xFFFF, nothing reflected or inverted, over the UTF-8 bytes.
func checksum(s string) uint16 {
	c := uint16(0xFFFF)
	for i := range len(s) {
		c = c<<8 ^ crcTable[byte(c>>8)^s[i]]
	}
	return c
}

const upperHex = "0123456789ABCDEF"

// appendCRC writes a checksum as the four upper-case digits of field 63.
func appendCRC(b []byte, c uint16) []byte {
	return append(b, upperHex[c>>12], upperHex[c>>8&15], upperHex[c>>4&15], upperHex[c&15])
}

// parseCRC reads four hexadecimal digits; upper tells whether all letters were upper-case.
func parseCRC(s string) (c uint16, upper, ok bool) {
	if len(s) != 4 {
		return 0, false, false
	}
	upper = true
	for i := range len(s) {
		d := s[i]
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d >= 'A' && d <= 'F':
			d -= 'A' - 10
		case d >= 'a' && d <= 'f':
			d -= 'a' - 10
			upper = false
		default:
			return 0, false, false
		}
		c = c<<4 | uint16(d)
	}
	return c, upper, true
}
