package sheet

import "strings"

// profile recognises a bank by what its exports say above the table or in the heading.
// All words are folded.
type profile struct {
	name  string
	marks []string
}

// The order matters: the first profile one of whose marks is found wins.
var profiles = []profile{
	{"vietcombank", []string{"vcbaccountdetail", "vietcombank", "vietcombank account statement", "ngoai thuong viet nam", "so ct doc no", "sao ke tai khoan statement of account"}},
	{"bidv", []string{"bao cao chi tiet so du tai khoan", "bidv", "dau tu va phat trien viet nam"}},
	{"vietinbank", []string{"lich su giao dich transaction history", "vietinbank", "cong thuong viet nam"}},
	{"mb", []string{"sao ke chi tiet tai khoan", "mb bank", "mbbank", "ngan hang quan doi", "tmcp quan doi"}},
	{"techcombank", []string{"transaction enquiry", "techcombank", "ky thuong viet nam"}},
	{"agribank", []string{"agribank", "nong nghiep va phat trien nong thon"}},
	{"msb", []string{"msb", "tmcp hang hai", "nguoi huong chuyen", "nguoi thu huong nguoi chuyen"}},
}

// recognise names the bank of a table, "other" when nothing tells.
func recognise(sheetTitle string, titles []string, heading []string) string {
	var all []string
	all = append(all, fold(sheetTitle))
	all = append(all, titles...)
	for _, h := range heading {
		all = append(all, fold(h))
	}
	text := " " + strings.Join(all, " | ") + " "
	for _, p := range profiles {
		for _, m := range p.marks {
			if strings.Contains(text, " "+m) {
				return p.name
			}
		}
	}
	return "other"
}
