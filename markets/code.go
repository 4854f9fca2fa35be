package markets

import (
	"context"
	"math/bits"
	"slices"
	"strings"

	"ansinh.vn/internal/pg"
	"ansinh.vn/qr"
)

// A code travels through bank memos, which upper-case it, strip it of punctuation and
// bury it between other numbers: "AS", a letter for what it names, seven letters and
// digits and one that checks them. 31 characters, none mistaken for another (no 0 O,
// 1 I L); 31 is prime, so that the check finds every wrong character and every two
// that changed places.
const (
	alphabet   = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	bodyLength = 7
	codeLength = 3 + bodyLength + 1
	bodies     = 31 * 31 * 31 * 31 * 31 * 31 * 31
)

// What a code names.
const (
	codeCharge  = 'C'
	codeStall   = 'T'
	codeVoucher = 'V'
)

// makeCode writes the n-th code of a kind. Neighbours look nothing alike (a fixed
// permutation), so that a misread one is not the next customer's. Example: "ASC7K2M9QRT".
func makeCode(kind byte, n int64) string {
	hi, lo := bits.Mul64(uint64(n), 17_180_131_327)
	_, rest := bits.Div64(hi%bodies, lo, bodies)
	code := []byte{'A', 'S', kind, 0, 0, 0, 0, 0, 0, 0, 0}
	for i := codeLength - 2; i >= 3; i-- {
		code[i] = alphabet[rest%31]
		rest /= 31
	}
	code[codeLength-1] = checkCharacter(code)
	return string(code)
}

// checkCharacter makes the weighted sum of the code's characters, the kind's included,
// divisible by 31.
func checkCharacter(code []byte) byte {
	sum := int(code[2]-'A') * 9
	for i := range bodyLength {
		sum += (i + 2) * strings.IndexByte(alphabet, code[3+i])
	}
	return alphabet[(31-sum%31)%31] // the check's own weight is 1
}

// isCode tells whether s is a well-formed code of one of the kinds.
func isCode(s string, kinds string) bool {
	if len(s) != codeLength || s[:2] != "AS" || strings.IndexByte(kinds, s[2]) < 0 {
		return false
	}
	for i := 3; i < codeLength; i++ {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return checkCharacter([]byte(s)) == s[codeLength-1]
}

// findCodes returns the different codes of charges and stalls in a memo, in its order.
func findCodes(memo string) (codes []string) {
	s := squeeze(memo)
	for i := 0; i+codeLength <= len(s); i++ {
		if c := s[i : i+codeLength]; isCode(c, string([]byte{codeCharge, codeStall})) && !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

// squeeze leaves the letters and digits of a memo, in capitals and without marks.
func squeeze(memo string) string {
	ascii, _ := qr.ASCII(memo)
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, ascii)
}

// newCodes draws n codes of a kind that were never used.
func newCodes(ctx context.Context, q pg.Queryer, kind byte, n int) ([]string, error) {
	rows, err := q.Query(ctx, `select nextval('market_code') from generate_series(1, $1)`, n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	codes := make([]string, 0, n)
	for rows.Next() {
		var number int64
		if err := rows.Scan(&number); err != nil {
			return nil, err
		}
		codes = append(codes, makeCode(kind, number))
	}
	return codes, rows.Err()
}

func newCode(ctx context.Context, q pg.Queryer, kind byte) (string, error) {
	var number int64
	if err := q.QueryRow(ctx, `select nextval('market_code')`).Scan(&number); err != nil {
		return "", err
	}
	return makeCode(kind, number), nil
}

// ReserveReferences draws references for charges that a phone will make while it has no
// network: the QR can be shown at once, the charge is stored later with its Reference.
func ReserveReferences(ctx context.Context, q pg.Queryer, n int) (_ []string, err error) {
	defer wrap(&err, "reserve %d references", n)
	if n < 1 || n > 1000 {
		return nil, refuse("too-many", "from 1 to 1000 references can be reserved at once, not %d", n)
	}
	return newCodes(ctx, q, codeCharge, n)
}
