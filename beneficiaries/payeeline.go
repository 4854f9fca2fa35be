package beneficiaries

import (
	"strings"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/sheet"
)

// payeeLine is who collects and how, as a row says.
type payeeLine struct {
	recipient    string // "" when the person collects
	number       identity.PersonNumber
	relation     string
	authorised   string // number of the paper
	until        time.Time
	way          string // bank, cash
	bin          string
	account      string // digits and capitals, "" when none is usable
	holder       string
	verdict, why string // of the holder's name
	sharedReason string
}

// payeeOf reads the payee. What is missing or odd never costs a row its place:
// it is warned of, and the view payable holds the person with the reason.
func (c *cleaner) payeeOf(l *line, r sheet.Row, text func(int) string) payeeLine {
	p := payeeLine{relation: plainText(text(fRelation)), authorised: plainText(r.Value(fAuthorisation)), sharedReason: plainText(text(fSharedReason))}
	if name, _ := identity.CleanName(text(fRecipient)); name != "" && nameKey(name) != nameKey(l.name) {
		p.recipient = name
		doc, err := identity.ParseDocument(r.Value(fRecipientNumber))
		if err != nil {
			l.warn("số định danh người nhận thay không dùng được")
		}
		p.number = doc.Number
		var bad error
		if p.until, bad = c.dayOf(fAuthorisedUntil, r); bad != nil {
			l.warn("hạn ủy quyền “%s” không đọc được", r.Value(fAuthorisedUntil))
		}
		// an authorisation holds at most 12 months: what says more says nothing
		if today := day(c.now); p.until.After(today.AddDate(1, 0, 0)) {
			l.warn("hạn ủy quyền %s quá 12 tháng kể từ hôm nay; giấy ủy quyền có hạn tối đa 12 tháng", p.until.Format("02/01/2006"))
			p.until = time.Time{}
		}
	}
	var ok bool
	if p.account, ok = cleanAccount(r.Value(fAccount)); !ok {
		l.warn("ô %s: số tài khoản không dùng được", r.Ref(listColumnNames[fAccount].Key))
	}
	p.holder = plainText(text(fHolder))
	bank := plainText(text(fBank))
	p.way = wayOf(text(fWay))
	if p.way == "" {
		if text(fWay) != "" {
			l.warn("hình thức “%s” không rõ", text(fWay))
		}
		p.way = "cash"
		if p.account != "" || r.Value(fAccount) != "" {
			p.way = "bank"
		}
	}
	if p.way == "cash" {
		p.account, p.holder = "", ""
		p.verdict = holderNone
		return p
	}
	if b, found := FindBank(bank); found {
		p.bin = b.BIN
	} else if bank != "" {
		l.warn("không rõ ngân hàng “%s”", bank)
	} else {
		l.warn("thiếu tên ngân hàng")
	}
	p.verdict, p.why = compareHolder(p.holder, l.name, p.recipient)
	return p
}

// wayOf reads the way to be paid, "" when it is not known.
func wayOf(text string) string {
	switch identity.SearchKey(text) {
	case "tien mat", "tm", "buu dien", "tai nha", "chi tra tai nha", "cash", "nhan tien mat", "truc tiep":
		return "cash"
	case "tai khoan", "tk", "chuien khoan", "chuyen khoan", "ck", "ngan hang", "atm", "qua tai khoan", "qua the", "the", "bank", "tk ngan hang", "tai khoan ngan hang":
		return "bank"
	}
	return ""
}

// cleanAccount keeps the digits and letters of an account number. It reports
// false for what is no account: too short, too long, or 1,02E+12, whose digits
// a spreadsheet has thrown away.
func cleanAccount(raw string) (string, bool) {
	raw = strings.TrimSuffix(strings.TrimSpace(raw), ".0")
	if raw == "" {
		return "", true
	}
	var b strings.Builder
	digits := 0
	for _, r := range strings.ToUpper(identity.Fold(raw)) {
		switch {
		case r >= '0' && r <= '9':
			digits++
			b.WriteRune(r)
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		case strings.ContainsRune(" .-'", r):
		default:
			return "", false
		}
	}
	account := b.String()
	if digits < 4 || len(account) < 6 || len(account) > 19 || strings.Contains(strings.ToUpper(raw), "E+") {
		return "", false
	}
	return account, true
}

// What comparing the holder of an account with the people concerned says.
const (
	holderSame      = "same"
	holderNear      = "near"      // spelling, order or a middle name
	holderDifferent = "different" // somebody else
	holderNone      = "none"      // the list names no holder
)

// compareHolder compares the holder's name, which banks write in capitals
// without marks, with the person and the recipient, and says why.
func compareHolder(holder, person, recipient string) (verdict, why string) {
	if nameKey(holder) == "" {
		return holderNone, "danh sách không ghi tên chủ tài khoản"
	}
	verdict = holderDifferent
	for _, other := range []struct{ name, words string }{{recipient, "người nhận thay"}, {person, "người hưởng"}} {
		if other.name == "" {
			continue
		}
		switch likeNames(holder, other.name) {
		case sameName:
			return holderSame, "trùng tên " + other.words
		case nearName:
			if verdict == holderDifferent {
				verdict, why = holderNear, "gần giống tên "+other.words+" “"+other.name+"”"
			}
		}
	}
	if verdict == holderDifferent {
		why = "chủ tài khoản “" + holder + "” không phải người hưởng “" + person + "”"
		if recipient != "" {
			why += ", cũng không phải người nhận thay “" + recipient + "”"
		}
	}
	return verdict, why
}
