package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// CleanName brings a personal name to the form that is stored: composed Unicode,
// single blanks, each word with a capital, without titles, numbering and notes.
// The tone stays where it was written (Hòa, Hoà) and i and y are never exchanged:
// they are part of how a person writes their name. Cleaning a clean name changes
// nothing. Decode legacy encodings first; that is decided by column.
func CleanName(raw string) (string, []Repair) {
	if isCleanName(raw) {
		return raw, nil
	}
	name, repairs := cleanName(raw)
	for last, n := raw, 0; len(repairs) > 0 && name != last && n < 8; n++ { // one repair can uncover another
		var more []Repair
		last = name
		name, more = cleanName(last)
		if name != last {
			repairs = append(repairs, more...)
		}
	}
	return name, repairs
}

// isCleanName recognises most clean names quickly: composed Vietnamese syllables,
// each with one capital, a blank between, no title in front.
func isCleanName(s string) bool {
	if s == "" {
		return false
	}
	start, first := 0, true
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != ' ' {
			continue
		}
		word := s[start:i]
		c, size := utf8.DecodeRuneInString(word)
		lower := unicode.ToLower(c)
		if size == 0 || lower == c || !isSyllable(string(lower)+word[size:]) {
			return false
		}
		if first && titles[strings.ToLower(Fold(word))] {
			return false
		}
		start, first = i+1, false
	}
	return true
}

func cleanName(raw string) (string, []Repair) {
	var repairs []Repair
	note := func(kind, from, to string) {
		if from != to {
			repairs = append(repairs, Repair{FieldName, kind, from, to})
		}
	}
	text := raw
	if !isPlain(text) {
		if fixed, ok := unmojibake(text); ok && vietnameseness(fixed) > vietnameseness(text) {
			note(RepairEncoding, text, fixed)
			text = fixed
		}
	}
	before := text
	text = cleanText(text)
	note(RepairUnicode, before, text)

	cut := dropTitle(strings.TrimSpace(text))
	note(RepairTitle, strings.TrimSpace(text), cut)
	text = strings.TrimSpace(dropNotes(cut))
	note(RepairNote, cut, text)

	before = text
	text = lettersInNames(text)
	note(RepairLookAlike, before, text)

	before = text
	text = strings.Join(words(unglue(text)), " ")
	note(RepairSpacing, before, text)

	before = text
	text = untelex(text)
	note(RepairTelex, before, text)

	before = text
	text = nameCase(text)
	note(RepairCase, before, text)
	if strings.ContainsAny(text, "?\ufffd") {
		text = strings.ReplaceAll(text, "\ufffd", "?")
		repairs = append(repairs, Repair{FieldName, RepairUnreadable, raw, text})
	}
	return text, repairs
}

// SplitName takes a full name apart. One word is a given name; the family name
// is the first word.
func SplitName(full string) (family, middle, given string) {
	w := words(full)
	switch len(w) {
	case 0:
		return "", "", ""
	case 1:
		return "", "", w[0]
	}
	return w[0], strings.Join(w[1:len(w)-1], " "), w[len(w)-1]
}

// titles that stand before a name, folded. Some are family names too (Ông, Bà,
// Mẹ are not; Cô is), so that a title goes only where a family name that is
// often met follows, or a mark that only titles carry.
var titles = wordSet("ong ba cu anh chi co chu bac em me ba-me b o be hoc-sinh chau ong-ba nguoi")

// families are family names often met in the far south: Kinh, Khmer and Hoa.
var families = wordSet(`nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly danh thach son kim kien lam chau tra lieu
dao tang huu trinh dinh truong mai cao to ta ha luu luong quach vuong ma thai giang tu doan trieu quan au lu chung khuu hua nghiem
thi phung kieu dam khong la luc mac nhan nham on phu san sam ta tieu ton trang trac uong van vien xa diep du ong nong neang nguy tat
lai thieu tong thuong tan kha phuong cu hong huyen ly mo nghi ong quang vi yen bien chiem co cung cuong dien ky lang may`)

// dropTitle removes a word of address: "Ông Nguyễn Văn Ân", "Bà: Lê Thị Tư",
// "Mẹ VNAH Trần Thị Sáu".
func dropTitle(text string) string {
	w := words(text)
	if len(w) < 2 {
		return text
	}
	key := func(s string) string { return strings.ToLower(strings.Trim(Fold(s), ".:,-")) }
	first := key(w[0])
	marked := strings.ContainsAny(w[0], ".:")
	n := 0
	switch {
	case (first == "me" || first == "ba") && len(w) > 3 && (key(w[1]) == "vnah" || key(w[1]) == "vn"):
		n = 2
	case first == "bmvnah" || first == "mvnah":
		n = 1
	case titles[first] && marked:
		n = 1
	case titles[first] && len(w) >= 3 && families[key(w[1])]:
		n = 1
		// "Cô Thị Ba" and "Ông Kim Hoa" are whole names.
		if (first == "co" || first == "chau" || first == "o" || first == "b") && !marked {
			n = 0
		}
		if key(w[1]) == "thi" && first != "ba" && first != "ong" {
			n = 0
		}
	}
	if n == 0 || len(w)-n < 1 {
		return text
	}
	return strings.TrimLeft(strings.Join(w[n:], " "), ".:,- ")
}

// brackets that have no partner, and quotation marks, are blanks.
var brackets = strings.NewReplacer(")", " ", "]", " ", "}", " ", ">", " ", "\"", " ", "“", " ", "”", " ")

// remarks stand behind a name without brackets, folded.
var remarks = []string{" da chet ", " da mat ", " con ong ", " con ba ", " vo ong ", " chong ba ", " ghi chu ", " bo sung ", " thay doi ", " nhan thay ", " nguoi nhan "}

// dropNotes removes numbering before a name and remarks around it.
func dropNotes(text string) string {
	s := strings.TrimLeft(strings.TrimSpace(text), "*-–•.,;:#'\"/\\ ")
	if cut := strings.TrimLeft(s, "0123456789"); cut != s {
		if rest := strings.TrimLeft(cut, ".)-/: "); rest != cut || strings.HasPrefix(cut, " ") {
			s = rest
		}
	}
	for _, pair := range []string{"()", "[]", "{}", "<>"} {
		for {
			open := strings.IndexByte(s, pair[0])
			if open < 0 {
				break
			}
			end := strings.IndexByte(s[open:], pair[1])
			if end < 0 {
				s = s[:open]
				break
			}
			s = s[:open] + " " + s[open+end+1:]
		}
	}
	s = brackets.Replace(s)
	if i := strings.IndexAny(s, ",;:/|+=\\"); i > 0 {
		s = s[:i]
	}
	if i := strings.Index(s, " - "); i > 0 {
		s = s[:i]
	}
	if i := strings.Index(s, " – "); i > 0 {
		s = s[:i]
	}
	folded := strings.ToLower(Fold(s)) + " "
	for _, remark := range remarks {
		if i := strings.Index(folded, remark); i > 0 && strings.Contains(folded[:i], " ") {
			s = cutFolded(s, i)
			break
		}
	}
	return strings.TrimRight(strings.TrimSpace(s), "*-–.,;:#'_ 0123456789")
}

// cutFolded cuts s at the place that is byte n of its folded form.
func cutFolded(s string, n int) string {
	seen := 0
	for i, r := range s {
		if seen >= n {
			return s[:i]
		}
		seen += len(Fold(string(r)))
	}
	return s
}

// lettersInNames replaces the digits 0 and 1 inside words of letters.
func lettersInNames(text string) string {
	if n := strings.Count(text, "0") + strings.Count(text, "1"); n == 0 || n > 3 {
		return text
	}
	runes := []rune(text)
	letter := func(i int) bool { return i >= 0 && i < len(runes) && unicode.IsLetter(runes[i]) }
	for i, r := range runes {
		if (r == '0' || r == '1') && (letter(i-1) || letter(i+1)) && !(i+1 < len(runes) && unicode.IsDigit(runes[i+1])) {
			upper := i > 0 && unicode.IsUpper(runes[i-1]) || i == 0
			if i > 0 && letter(i+1) {
				upper = unicode.IsUpper(runes[i+1])
			}
			switch {
			case r == '0' && upper:
				runes[i] = 'O'
			case r == '0':
				runes[i] = 'o'
			case upper && i == 0:
				runes[i] = 'L'
			default:
				runes[i] = 'i'
				if !letter(i - 1) {
					runes[i] = 'l'
				}
			}
		}
	}
	return string(runes)
}

// unglue separates words that were typed together where a capital shows the
// seam: "NguyễnVăn Ân".
func unglue(text string) string {
	var b strings.Builder
	var last rune
	for _, r := range text {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		if r == '_' || r == '.' {
			r = ' '
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// nameCase gives every word a capital where the text was all capitals or had
// words without one.
func nameCase(text string) string {
	w := words(text)
	upper := text == strings.ToUpper(text)
	for i, s := range w {
		first, size := utf8.DecodeRuneInString(s)
		rest := s[size:]
		if upper || (len(s) > size && s == strings.ToUpper(s)) {
			rest = strings.ToLower(rest)
		}
		w[i] = string(unicode.ToUpper(first)) + rest
	}
	return strings.Join(w, " ")
}
