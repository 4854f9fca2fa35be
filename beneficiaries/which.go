package beneficiaries

import (
	"path/filepath"
	"regexp"
	"strings"

	"ansinh.vn/identity"
	"ansinh.vn/internal/units"
)

// schemeWords are what titles and file names call a scheme, most telling first.
var schemeWords = []struct{ words, scheme string }{
	{"huu tri xa hoi", SocialPension}, {"htxh", SocialPension}, {"tchtxh", SocialPension},
	{"nguoi co cong", Merit}, {"uu dai", Merit}, {"ncc", Merit},
	{"tro cap xa hoi", SocialAssistance}, {"tro giup xa hoi", SocialAssistance}, {"bao tro xa hoi", SocialAssistance}, {"btxh", SocialAssistance}, {"tcxh", SocialAssistance},
}

// schemeIn finds the scheme that a text names, "" when none.
func schemeIn(text string) string {
	key := " " + identity.PlainKey(text) + " "
	for _, w := range schemeWords {
		if strings.Contains(key, " "+w.words+" ") {
			return w.scheme
		}
	}
	return ""
}

var wardCode = regexp.MustCompile(`(?:^|[^0-9])([0-9]{5})(?:[^0-9]|$)`)

// officeIn finds the commune of today that a title names: "UBND XÃ HỒNG DÂN".
// A name that could be two communes names none.
func officeIn(text string) string {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("|,;:\n\t–-()", r) }) {
		key := identity.PlainKey(part)
		for _, before := range []string{"uy ban nhan dan ", "ubnd ", "dia ban ", "don vi "} {
			if at := strings.LastIndex(" "+key, " "+before); at >= 0 {
				// a key has the words of the text, one for one
				words := strings.Fields(part)
				skip := len(strings.Fields(key[:at])) + len(strings.Fields(before))
				part = strings.Join(words[min(skip, len(words)):], " ")
				break
			}
		}
		key = identity.PlainKey(part)
		if !strings.HasPrefix(key, "xa ") && !strings.HasPrefix(key, "phuong ") {
			continue
		}
		if found := units.Named(part); len(found) == 1 {
			return found[0].Code
		}
	}
	return ""
}

// belongs is what a file's path, sheet and titles say about whose list it is.
// Titles count before the sheet's name, and that before the file's.
func belongs(path, sheetName string, titles []string) (office, scheme string) {
	for _, t := range titles {
		if office == "" {
			office = officeIn(t)
		}
		if scheme == "" {
			scheme = schemeIn(t)
		}
	}
	file := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	for _, name := range []string{sheetName, strings.NewReplacer("_", " ", "-", " ", ".", " ").Replace(file)} {
		if scheme == "" {
			scheme = schemeIn(name)
		}
		if office == "" {
			if m := wardCode.FindStringSubmatch(name); m != nil {
				if c, ok := units.ByCode(m[1]); ok {
					office = c.Code
				}
			}
		}
		if office == "" {
			office = officeIn(name)
		}
	}
	return office, scheme
}
