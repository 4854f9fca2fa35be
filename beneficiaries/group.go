package beneficiaries

import (
	"strings"

	"ansinh.vn/identity"
	"ansinh.vn/internal/sheet"
)

// group is what the headings between the rows say about those below them: "I.
// Người cao tuổi", "Xã Vĩnh Lộc", "Ấp 3".
type group struct{ commune, hamlet, category string }

// RepairGroup: the row left it out, the heading of its group says it.
const RepairGroup = "group"

// enter takes over what a group's heading says. A commune begins its hamlets anew.
func (c *cleaner) enter(text string) {
	if e := c.encodings[fName][sheet.FontUnicode]; e != identity.Unicode {
		text = e.Decode(text)
	}
	text = strings.Trim(plainText(text), " :;,.-–")
	switch word, _, _ := strings.Cut(strings.ToLower(text), " "); word {
	case "ấp", "khóm", "thôn", "khu", "tổ", "ap", "khom":
		c.group.hamlet = text
	case "xã", "phường", "thị":
		c.group.commune, c.group.hamlet = text, ""
	default:
		if code, ok := categoryIn(c.scheme, text); ok {
			c.group.category = code
		}
	}
}

// categoryIn reads the category that a group's heading names.
func categoryIn(scheme, text string) (string, bool) {
	text = plainText(text)
	if rest, ok := strings.CutPrefix(strings.ToLower(text), "đối tượng"); ok {
		text = strings.Trim(rest, " :")
	}
	return findCategory(scheme, text)
}

// namesCategories reports whether headings of groups say the categories of a
// sheet that has no column for them.
func namesCategories(scheme string, sample []sheet.Row, decode func(string) string) bool {
	for _, r := range sample {
		if r.Group == "" {
			continue
		}
		if _, ok := categoryIn(scheme, decode(r.Group)); ok {
			return true
		}
	}
	return false
}

// isGroup reports a row that heads a group and cannot be anybody.
func isGroup(r sheet.Row) bool {
	return r.Group != "" && r.Value(fNumber) == "" && r.Value(fBirth) == ""
}
