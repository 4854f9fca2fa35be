package mt940

import (
	"strings"
)

// Narrative is a :86: taken apart as far as its dialect allows.
type Narrative struct {
	Text       string // remittance text, or the whole narrative
	EndToEndID string
	Name       string // of the other side
	Account    string
	Bank       string
	Code       string // German GVC, such as 166
}

// Parse reads the two structured dialects, German ?20–?29 subfields and /TAG/ text,
// and gives back other narratives as text.
func (e *Entry) Parse() Narrative {
	joined := strings.Join(e.Narrative, "")
	trimmed := strings.TrimSpace(joined)
	switch {
	case len(trimmed) > 4 && (trimmed[3] == '?' || trimmed[3] == '>') && digit(trimmed[0]):
		return subfields(trimmed)
	case strings.HasPrefix(trimmed, "/"):
		return tagged(trimmed)
	}
	return Narrative{Text: strings.TrimSpace(strings.Join(e.Narrative, " "))}
}

// subfields reads "166?00TEXT?20EREF+…?21…?30BANK?31ACCOUNT?32NAME?33NAME".
func subfields(text string) Narrative {
	n := Narrative{Code: text[:3]}
	sep := text[3:4]
	var memo strings.Builder
	for _, part := range strings.Split(text[4:], sep) {
		if len(part) < 2 {
			continue
		}
		key, value := part[:2], part[2:]
		switch {
		case key >= "20" && key <= "29" || key >= "60" && key <= "63":
			memo.WriteString(value)
		case key == "30":
			n.Bank = value
		case key == "31" || key == "38" && n.Account == "":
			n.Account = value
		case key == "32" || key == "33":
			n.Name = strings.TrimSpace(n.Name + value)
		}
	}
	n.Text = memo.String()
	if _, rest, ok := strings.Cut(n.Text, "EREF+"); ok {
		n.EndToEndID = firstWord(rest)
	}
	if _, rest, ok := strings.Cut(n.Text, "SVWZ+"); ok {
		n.Text = rest
	}
	n.Text = strings.TrimSpace(n.Text)
	return n
}

// firstWord ends at the next KEY+ or blank.
func firstWord(s string) string {
	for _, key := range []string{"KREF+", "MREF+", "CRED+", "DEBT+", "SVWZ+", "ABWA+"} {
		s, _, _ = strings.Cut(s, key)
	}
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	return s
}

var tagNames = map[string]bool{"EREF": true, "ORDP": true, "BENM": true, "REMI": true, "CNTP": true, "NAME": true, "IBAN": true,
	"BIC": true, "TRTP": true, "MARF": true, "CSID": true, "PREF": true, "ISDT": true, "ADDR": true, "USTD": true, "STRD": true,
	"TRCD": true, "SUM": true, "INIT": true, "ULTC": true, "ULTD": true, "PURP": true, "OCMT": true, "CHGS": true, "RTRN": true, "BBAN": true}

// tagged reads "/EREF/EV1234/CNTP/NL91ABNA…/ABNANL2A/ACME BV///REMI/USTD//text".
func tagged(text string) Narrative {
	n := Narrative{Text: text}
	parts := strings.Split(text, "/")
	for i := 1; i < len(parts); {
		tag := parts[i]
		if !tagNames[tag] {
			i++
			continue
		}
		j := i + 1
		for j < len(parts) && !tagNames[parts[j]] {
			j++
		}
		values := parts[i+1 : j]
		value := strings.Trim(strings.Join(values, "/"), "/ ")
		switch tag {
		case "EREF":
			n.EndToEndID = value
		case "NAME":
			n.Name = value
		case "IBAN", "BBAN":
			n.Account = value
		case "BIC":
			n.Bank = value
		case "REMI", "USTD", "STRD":
			if value != "" {
				n.Text = value
			}
		case "CNTP":
			for k, field := range []*string{&n.Account, &n.Bank, &n.Name} {
				if k < len(values) && values[k] != "" {
					*field = values[k]
				}
			}
		}
		i = j
	}
	if n.EndToEndID == "NOTPROVIDED" {
		n.EndToEndID = ""
	}
	return n
}
