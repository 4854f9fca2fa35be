package sheet

import (
	"strconv"
	"strings"
)

// Font says what the font of a cell draws. Fonts of before Unicode draw
// Vietnamese letters in the places of others; which, only the font's name tells.
type Font uint8

// The families of fonts that offices used.
const (
	FontUnicode Font = iota // or not known
	FontTCVN3               // .VnTime, .VnArial, …; .VnTimeH draws capitals
	FontVNI                 // VNI-Times, VNI-Helve, …
)

func fontOf(name string) Font {
	name = strings.ToLower(strings.TrimSpace(name))
	switch {
	case strings.HasPrefix(name, ".vn"):
		return FontTCVN3
	case strings.HasPrefix(name, "vni-"), strings.HasPrefix(name, "vni "):
		return FontVNI
	}
	return FontUnicode
}

// fontReader collects the fonts of a workbook's styles while its parts pass by.
type fontReader struct {
	fonts  []Font
	inside bool // the list of fonts, not those of conditional formats
}

func (f *fontReader) tag(s *scanner) {
	switch s.name {
	case "fonts":
		f.inside = true
	case "fills", "borders", "cellXfs", "dxfs":
		f.inside = false
	case "font":
		if f.inside && len(f.fonts) < 1<<16 {
			f.fonts = append(f.fonts, FontUnicode)
		}
	case "name", "rFont":
		if f.inside && len(f.fonts) > 0 {
			f.fonts[len(f.fonts)-1] = fontOf(s.attr("val"))
		}
	}
}

// of is the font of a style by its fontId.
func (f *fontReader) of(id string) Font {
	if n, err := strconv.Atoi(id); err == nil && n >= 0 && n < len(f.fonts) {
		return f.fonts[n]
	}
	return FontUnicode
}
