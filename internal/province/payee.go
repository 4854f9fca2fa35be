package province

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// bank is one that people here hold accounts with; account is the pattern of
// its numbers, # a digit.
type bank struct{ bin, name, account string }

var banks = newUrn(
	weighted[bank]{36, bank{"970405", "Agribank", "72##205######"}},
	weighted[bank]{14, bank{"970449", "LPBank", "0########0##"}},
	weighted[bank]{10, bank{"970415", "VietinBank", "10##########"}},
	weighted[bank]{9, bank{"970436", "Vietcombank", "10########"}},
	weighted[bank]{8, bank{"970418", "BIDV", "78##0000######"}},
	weighted[bank]{6, bank{"970422", "MB", "9###########"}},
	weighted[bank]{6, bank{"970403", "Sacombank", "0700########"}},
	weighted[bank]{5, bank{"970452", "KienLongBank", "15##########"}},
	weighted[bank]{3, bank{"970437", "HDBank", "06##########"}},
	weighted[bank]{2, bank{"970416", "ACB", "2########"}},
	weighted[bank]{1, bank{"970407", "Techcombank", "19############"}},
)

// payees decides how everyone on a list is paid: about 62 % to an account, an
// authorised recipient's for children and some of the old; the rest in cash.
func (p *Province) payees() {
	r := stream(p.Seed, 5, 0)
	taken := map[string]bool{}
	for i := range p.People {
		one := &p.People[i]
		if one.Office == "" {
			continue
		}
		age := one.Age(p.Month)
		one.Payee = &Payee{}
		byAccount, byOther := .68, .04
		switch {
		case age < 16:
			byAccount, byOther = .64, 1
		case age >= 80:
			byAccount, byOther = .56, .2
		case age >= 65:
			byAccount, byOther = .63, .08
		}
		if chance(r, byOther) {
			one.Payee.Recipient = p.recipient(r, int32(i), age < 16)
		}
		if !chance(r, byAccount) {
			continue
		}
		if age < 16 && one.Payee.Recipient == nil {
			continue // no adult in the household who could hold an account: cash
		}
		at := banks.draw(r)
		one.Payee.Bank, one.Payee.BankName = at.bin, at.name
		one.Payee.Account = account(r, at, taken)
		one.Payee.Holder = bankName(one.Name)
		if rec := one.Payee.Recipient; rec != nil {
			one.Payee.Holder = bankName(rec.Name)
		}
	}
}

// recipient finds a grown-up of the household: the guardian of a child, or
// whoever an old person has authorised, for at most 12 months.
func (p *Province) recipient(r *rand.Rand, at int32, guardian bool) *Recipient {
	one := &p.People[at]
	for _, step := range []int32{1, -1} {
		for k := at + step; k >= 0 && k < int32(len(p.People)) && p.People[k].Household == one.Household; k += step {
			who := &p.People[k]
			if age := who.Age(p.Month); age < 18 || age > 70 || who.Died != 0 {
				continue
			}
			rec := &Recipient{Person: k, Name: who.Name, Number: who.Number}
			if guardian {
				return rec
			}
			rec.Authorisation = fmt.Sprintf("%d/GUQ", between(r, 1, 480))
			signed := p.Listed.AddDate(0, 0, -between(r, 5, 250))
			if chance(r, .03) { // run out, and nobody noticed
				signed = p.Listed.AddDate(-1, 0, -between(r, 1, 120))
			}
			rec.Until = signed.AddDate(1, 0, 0)
			return rec
		}
	}
	return nil
}

func account(r *rand.Rand, at bank, taken map[string]bool) string {
	for {
		number := strings.Map(func(c rune) rune {
			if c == '#' {
				return rune('0' + r.IntN(10))
			}
			return c
		}, at.account)
		if !taken[at.bin+number] {
			taken[at.bin+number] = true
			return number
		}
	}
}

// bankName writes a name as banks do: capitals without marks.
func bankName(name string) string {
	return strings.ToUpper(unmarked(name))
}

// unmarked drops every mark of Vietnamese text, and the bar of đ.
func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'đ':
			return 'd'
		case r == 'Đ':
			return 'D'
		case unicode.Is(unicode.Mn, r):
			return -1
		}
		return r
	}, norm.NFD.String(s))
}
