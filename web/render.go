package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/secret"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
	"ansinh.vn/payout"
	"ansinh.vn/staff"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages are the parsed templates, one set a page: the layout, the shared parts
// and the page itself.
type pages struct{ byName map[string]*template.Template }

// view is what the layout gets; Data is the page's own.
type view struct {
	Title, TitleEN string
	Person         *staff.Person
	Vendor         string // the signed-in vendor's name, on market pages
	Here           string // path of the current page, for the navigation
	Flash, FlashEN string
	Problem        *problem
	Scripts        []string
	Bare           bool // print pages have no navigation
	Today          time.Time
	Data           any
}

// Nav is one entry of the navigation.
type Nav struct{ Path, VI, EN string }

func loadPages() *pages {
	p := &pages{byName: map[string]*template.Template{}}
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		panic(err) // the pattern is ours
	}
	base := template.New("layout").Option("missingkey=error").Funcs(funcs)
	for _, shared := range []string{"pages/layout.html", "pages/alone.html", "pages/parts.html"} {
		template.Must(base.ParseFS(pageFiles, shared))
	}
	for _, name := range names {
		short := strings.TrimSuffix(path.Base(name), ".html")
		if short == "layout" || short == "alone" || short == "parts" {
			continue
		}
		p.byName[short] = template.Must(template.Must(base.Clone()).ParseFS(pageFiles, name))
	}
	return p
}

// page renders with 200.
func (v *visit) page(name string, d view) error { return v.pageWrite(name, http.StatusOK, d) }

// pageWrite renders into memory first, so that an error never follows half a page.
func (v *visit) pageWrite(name string, status int, d view) error {
	if v.person.ID != 0 {
		d.Person = &v.person
	}
	if v.vendor.ID != 0 {
		d.Vendor = v.vendor.Name
	}
	d.Here, d.Today = v.r.URL.Path, v.now()
	if msg := v.popFlash(); msg != "" {
		d.Flash, d.FlashEN, _ = strings.Cut(msg, "\n")
	}
	html, err := v.s.pages.render(name, d)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, err = v.w.Write(html)
	return err
}

func (p *pages) render(name string, d view) ([]byte, error) { return p.renderAs(name, "layout", d) }

func (p *pages) renderAs(name, layout string, d view) ([]byte, error) {
	t, ok := p.byName[name]
	if !ok {
		return nil, fmt.Errorf("web: no page %q", name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, layout, d); err != nil {
		return nil, fmt.Errorf("web: page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

func (v *visit) popFlash() string {
	if v.person.ID == 0 {
		return ""
	}
	return v.s.desk.PopString(v.ctx, keyFlash)
}

var funcs = template.FuncMap{
	"l":      bilingual,
	"asset":  assetPath,
	"booked": booked,
	"css":    func() template.CSS { return template.CSS(styleSheet) },
	"int":    func(n any) string { return text.Int(toInt(n)) },
	"vnd":    text.VND,
	"signed": text.Signed,
	"minus":  func(a, b money.VND) money.VND { return a - b },
	"words":  func(v money.VND) string { return sentence(v.Words()) },
	"day":    text.Day,
	"time":   text.Time,
	"clock":  text.Clock,
	"month":  text.Month,
	"ago":    text.Duration,
	"mask":   secret.Mask,
	"word":   text.Lookup,
	"badge":  badge,
	"reason": reasonWords,
	"title":  beneficiaries.ColumnTitle,
	"bank": func(bin string) string {
		if b, ok := beneficiaries.BankByBIN(bin); ok {
			return b.Short
		}
		return bin
	},
	"category": beneficiaries.CategoryLabel,
	"need":     func(n any) template.HTML { return bilingual(beneficiaries.Need(fmt.Sprint(n)).Words()) },
	"birth":    birthWords,
	"needs":    func() []beneficiaries.Need { return beneficiaries.AllNeeds },
	"todo":     func(need string) string { return text.Lookup("todo", need).VI },
	"has":      slices.Contains[[]string],
	"cell":     cell, "figure": figure,
	"kinds":    func() []string { return eventKinds },
	"door":     doorWords,
	"source":   sourceWords,
	"grounds":  func() []string { return []string{"uncollected", "detained", "refused_assessment", "other"} },
	"payees":   func() []string { return []string{"self", "guardian", "recipient"} },
	"taskpath": taskPath,
	"states":   func() []payout.PaymentState { return paymentStates },
	"nav":      navigation,
	"current":  func(here, path string) bool { return here == path || path != "/" && strings.HasPrefix(here, path+"/") },
	"upper":    strings.ToUpper,
	"lower":    strings.ToLower,
	"roles": func(p staff.Person) string {
		var names []string
		for _, r := range p.Roles {
			names = append(names, text.Lookup("role", string(r)).VI)
		}
		return strings.Join(names, ", ")
	},
}

// bilingual writes Vietnamese with English small beside it.
func bilingual(vi, en string) template.HTML {
	return template.HTML(template.HTMLEscapeString(vi) + ` <span class="en" lang="en">` + template.HTMLEscapeString(en) + `</span>`)
}

// badge shows a state by words, a shape and a colour.
func badge(kind, key string) template.HTML {
	w := text.Lookup(kind, key)
	tone := w.Tone
	if tone == "" {
		tone = "plain"
	}
	return template.HTML(`<span class="badge ` + tone + `">` + template.HTMLEscapeString(w.VI) +
		` <span class="en" lang="en">` + template.HTMLEscapeString(w.EN) + `</span></span>`)
}

// reasonWords says why a payment is held or stands out: in the words of the room that
// found the reason.
func reasonWords(key string) template.HTML {
	if text.Known("reason", key) {
		w := text.Lookup("reason", key)
		return bilingual(w.VI, w.EN)
	}
	vi, en := beneficiaries.HoldReason(key).Words()
	return bilingual(vi, en)
}

// birthWords is a birth as people write it: 12/03/1947, 03/1947 or 1947.
func birthWords(iso string) string {
	parts := strings.Split(iso, "-")
	slices.Reverse(parts)
	return strings.Join(parts, "/")
}

func toInt(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int32:
		return int64(n)
	case int64:
		return n
	case money.VND:
		return int64(n)
	}
	panic(fmt.Sprintf("web: %T is not a number", n))
}

func sentence(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// navigation shows only what the person may open.
func navigation(p *staff.Person) []Nav {
	if p == nil {
		return nil
	}
	var out []Nav
	for _, e := range navEntries {
		if p.Has(e.who.roles...) {
			out = append(out, e.Nav)
		}
	}
	return out
}
