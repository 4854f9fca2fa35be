package identity

import (
	"maps"
	"slices"
	"strings"
)

// Unit is one row of the map of communes: where a unit of before July 2025 went.
// A unit that was divided has several rows.
type Unit struct {
	OldCode, OldName, OldDistrict, OldProvince string
	NewCode, NewName                           string
}

// Gazetteer resolves commune names and codes of lists to the units of today.
// Every new code of Cà Mau is an old code that was given to another unit, and
// many names moved too, so that neither a code nor a name alone decides: a
// district makes a name old, and a code counts with the name beside it.
type Gazetteer struct {
	byName    map[string][]string // today's units by kind and name, and by name alone
	nameOf    map[string]string   // today's units by code
	old       map[string][]oldUnit
	oldByCode map[string][]oldUnit
	bare      map[string]bool // the keys of byName that are without a kind
	districts map[string]bool
	provinces map[string]bool
}

type oldUnit struct{ code, name, base, district, newCode string }

// Place is what commune and address cells say.
type Place struct {
	Codes  []string // units of today it can mean, most likely first
	Sure   bool     // one unit, named beyond doubt
	Hamlet string   // key of the ấp or khóm, empty when none is named
	Old    bool     // named by a unit of before July 2025
	Reused bool     // by a code that means one unit before July 2025 and another since
	Key    string   // key of the commune's bare name, also where no unit is known
}

// NewGazetteer makes a gazetteer of the given map; an empty map resolves nothing
// and is useful with AddUnit.
func NewGazetteer(units []Unit) *Gazetteer {
	g := &Gazetteer{map[string][]string{}, map[string]string{}, map[string][]oldUnit{}, map[string][]oldUnit{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, u := range units {
		g.AddUnit(u.NewCode, u.NewName)
		kind, base := unitName(u.OldName)
		_, district := unitName(u.OldDistrict)
		_, province := unitName(u.OldProvince)
		o := oldUnit{u.OldCode, kind + " " + base, base, district, u.NewCode}
		g.old[base] = append(g.old[base], o)
		g.oldByCode[u.OldCode] = append(g.oldByCode[u.OldCode], o)
		g.districts[district] = true
		g.provinces[province] = true
	}
	return g
}

// AddUnit adds a unit of today that the register knows.
func (g *Gazetteer) AddUnit(code, name string) {
	if code == "" || name == "" {
		return
	}
	if _, known := g.nameOf[code]; known {
		return
	}
	kind, base := unitName(name)
	g.nameOf[code] = kind + " " + base
	g.bare[base] = true
	for _, key := range []string{kind + " " + base, base} {
		if !slices.Contains(g.byName[key], code) {
			g.byName[key] = append(g.byName[key], code)
		}
	}
}

// clone is a gazetteer that can take more units without changing g.
func (g *Gazetteer) clone() *Gazetteer {
	if g == nil {
		return NewGazetteer(nil)
	}
	c := *g
	c.byName, c.nameOf, c.bare = map[string][]string{}, map[string]string{}, maps.Clone(g.bare)
	for k, v := range g.byName {
		c.byName[k] = slices.Clone(v)
	}
	for k, v := range g.nameOf {
		c.nameOf[k] = v
	}
	return &c
}

// Today gives the unit of today that a code with a name beside it means, and
// whether it was named by what it was before.
func (g *Gazetteer) Today(code, name string) (today string, old bool) {
	kind, base := unitName(name)
	full := kind + " " + base
	now, known := g.nameOf[code]
	if known && (base == "" || now == full || strings.HasSuffix(now, " "+base)) {
		return code, false
	}
	for _, o := range g.oldByCode[code] {
		if base != "" && o.base == base && (kind == "" || o.name == full) {
			return o.newCode, true
		}
	}
	if known {
		return code, false
	}
	if before := g.oldByCode[code]; len(before) > 0 && base == "" {
		return before[0].newCode, true
	}
	if codes := g.byName[full]; code == "" && len(codes) == 1 {
		return codes[0], false
	}
	return code, false
}

// part is one piece of an address between its commas.
type part struct{ text, kind, base string }

// Resolve reads the commune and address cells of a list row. Either may be empty,
// and the commune may hold a code, a name, or an address down to the province.
func (g *Gazetteer) Resolve(commune, address string) Place {
	var p Place
	named, districtHere := g.upper(placeParts(commune))
	inAddress, district := g.upper(placeParts(address))
	if districtHere != "" {
		district = districtHere
	}
	if len(named) > 1 && isCode(named[0].base) { // a code counts with the name beside it
		if code, old := g.Today(named[0].base, named[1].text); g.nameOf[code] != "" {
			_, today := g.nameOf[named[0].base]
			p.Codes, p.Key, p.Old, p.Reused = []string{code}, named[1].base, old, old && today
		}
	}
	for i, part := range named {
		if len(p.Codes) > 0 || i > 0 && p.Key != "" {
			break
		}
		g.readPart(&p, part, district, i == 0 && len(named) > 1)
	}
	for i, part := range inAddress {
		switch {
		case isHamletKind(part.kind):
			p.Hamlet = part.base
		case p.Key != "" && (part.base == p.Key || part.base == district):
		case p.Key == "" && (i == len(inAddress)-1 && (i > 0 || g.knows(part.base)) || part.kind == "xa" || part.kind == "phuong" || part.kind == "thi tran"):
			g.readPart(&p, part, district, false)
		case p.Key == "" && i > 0 && (len(g.byName[part.base]) > 0 || len(g.old[part.base]) > 0):
			g.readPart(&p, part, district, false)
		case i == 0 && p.Hamlet == "" && part.kind == "" && !isHouseNumber(part.base):
			p.Hamlet = part.base
		}
	}
	p.Sure = len(p.Codes) == 1
	return p
}

// knows reports whether a commune, of today or before, has the name or the code.
func (g *Gazetteer) knows(base string) bool {
	_, code := g.nameOf[base]
	return code || len(g.byName[base]) > 0 || len(g.old[base]) > 0 || len(g.oldByCode[base]) > 0
}

// upper takes province and district off the end of an address. A name that a
// commune bears too is a district only behind another place, or with its kind:
// "Ấp 6, Phước Long" is in the commune, "Phước Long, Phước Long" in both.
func (g *Gazetteer) upper(texts []string) (rest []part, district string) {
	places := 0
	for _, text := range texts {
		kind, base := unitName(text)
		rest = append(rest, part{text, kind, base})
		if !isHamletKind(kind) && !isHouseNumber(base) {
			places++
		}
	}
	if n := len(rest); n > 1 && g.provinces[rest[n-1].base] && (rest[n-1].kind == "" || rest[n-1].kind == "tinh") {
		rest, places = rest[:n-1], places-1
	}
	for i := len(rest) - 1; i >= 0; i-- {
		switch last := rest[i]; {
		case isDistrictKind(last.kind) && g.districts[last.base], i == len(rest)-1 && last.kind == "" && places > 1 && g.districts[last.base]:
			return append(rest[:i:i], rest[i+1:]...), last.base
		}
	}
	return rest, ""
}

// isHouseNumber recognises "Số 103", "12/4B", "Tổ 5".
func isHouseNumber(base string) bool {
	number := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(base, "so nha "), "so "), "to ")
	return number != "" && isDigit(number[0]) && number != base || strings.ContainsAny(base, " ") && base != "" && isDigit(base[0])
}

// readPart adds the units that one part of an address can mean.
func (g *Gazetteer) readPart(p *Place, part part, district string, mayBeHamlet bool) {
	kind, base := part.kind, part.base
	if isHamletKind(kind) {
		p.Hamlet = base
		return
	}
	if base == "" || isDistrictKind(kind) {
		return
	}
	add := func(code string) {
		if !slices.Contains(p.Codes, code) {
			p.Codes = append(p.Codes, code)
		}
	}
	if isCode(base) { // without a name: of today first
		if _, ok := g.nameOf[base]; ok {
			add(base)
		}
		for _, o := range g.oldByCode[base] {
			p.Old = p.Old || len(p.Codes) == 0
			add(o.newCode)
			p.Reused = len(p.Codes) > 1
		}
		p.Key = base
		return
	}
	full := kind + " " + base
	known := false
	if district == "" {
		now := g.byName[full]
		if kind == "" || len(now) == 0 {
			now = g.byName[base]
		}
		for _, code := range now {
			add(code)
			known = true
		}
	}
	exact := false
	for _, o := range g.old[base] {
		exact = exact || o.name == full
	}
	for _, o := range g.old[base] {
		if (district == "" || o.district == district) && (kind == "" || !exact || o.name == full) {
			p.Old = p.Old || len(p.Codes) == 0
			add(o.newCode)
			known = true
		}
	}
	if !known && district != "" { // a district beside a unit that it never had
		for _, code := range g.byName[base] {
			add(code)
			known = true
		}
		for _, o := range g.old[base] {
			add(o.newCode)
			known = true
		}
	}
	if !known && mayBeHamlet {
		p.Hamlet = base
		return
	}
	if !known {
		for _, code := range g.near(base) {
			add(code)
		}
	}
	p.Key = base
}

// isCode recognises the code of a commune. Example: 31858.
func isCode(base string) bool { return len(base) == 5 && allDigits(base) }

// near are the units of today, by their name or by what they were made of, whose
// name is one slip from a name that nobody knows; two slips for a long one. Names
// that are numbers have no neighbours.
func (g *Gazetteer) near(base string) (codes []string) {
	if len(base) < 5 || strings.ContainsAny(base, "0123456789") {
		return nil
	}
	var pt pattern
	pt.set(strings.ReplaceAll(base, " ", ""))
	best := 1
	if len(base) >= 10 {
		best = 2
	}
	try := func(name string, of ...string) {
		if len(name) < 5 {
			return
		}
		switch n := pt.slips(strings.ReplaceAll(name, " ", ""), best); {
		case n > best:
		case n < best:
			best, codes = n, nil
			fallthrough
		default:
			for _, code := range of {
				if !slices.Contains(codes, code) {
					codes = append(codes, code)
				}
			}
		}
	}
	for name, of := range g.byName {
		if _, bare := g.bare[name]; bare {
			try(name, of...)
		}
	}
	for name, of := range g.old {
		for _, o := range of {
			try(name, o.newCode)
		}
	}
	slices.Sort(codes) // maps have no order
	return codes
}

// placeParts splits an address at its commas and dashes.
func placeParts(s string) []string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;-–\n|/", r) })
	out := parts[:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

var unitKinds = []struct{ prefix, kind string }{
	{"thi tran ", "thi tran"}, {"tt ", "thi tran"}, {"thi xa ", "thi xa"}, {"tx ", "thi xa"},
	{"thanh pho ", "thanh pho"}, {"tp ", "thanh pho"}, {"huyen ", "huyen"}, {"quan ", "quan"}, {"h ", "huyen"}, {"tinh ", "tinh"},
	{"phuong ", "phuong"}, {"p ", "phuong"}, {"xa ", "xa"}, {"x ", "xa"}, {"dac khu ", "dac khu"},
	{"ap ", "ap"}, {"khom ", "ap"}, {"kp ", "ap"}, {"khu pho ", "ap"}, {"thon ", "ap"}, {"to dan pho ", "ap"}, {"a ", "ap"}, {"k ", "ap"},
}

// unitName takes a unit's name apart into its kind and its bare name, as keys.
// "Thị trấn Thị Trấn Năm Căn" is "thi tran", "nam can".
func unitName(s string) (kind, base string) {
	base = SearchKey(s)
	if len(base) > 1 && base[0] == 'p' && allDigits(base[1:]) { // P1
		return "phuong", strings.TrimLeft(base[1:], "0")
	}
	for again := true; again; {
		again = false
		for _, k := range unitKinds {
			if strings.HasPrefix(base, k.prefix) {
				kind, base, again = k.kind, strings.TrimSpace(base[len(k.prefix):]), true
				break
			}
		}
	}
	if short := strings.TrimLeft(base, "0"); allDigits(base) && short != "" && len(base) < 4 {
		base = short
	}
	return kind, base
}

func isHamletKind(kind string) bool { return kind == "ap" }

func isDistrictKind(kind string) bool {
	return kind == "huyen" || kind == "thi xa" || kind == "thanh pho" || kind == "quan" || kind == "tinh"
}
