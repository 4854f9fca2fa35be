package province

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"ansinh.vn/internal/units"
)

// WriteLists writes one .xlsx a commune and scheme into dir, named like
// 31825_btxh.xlsx, and returns which person and which sins stand behind every
// row. A scheme with nobody in a commune gets no file.
func (p *Province) WriteLists(dir string) (*Truth, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("province: lists: %w", err)
	}
	communes := units.Communes()
	work := p.byList(communes)
	files := make([]File, len(work))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, w := range work {
		g.Go(func() (err error) {
			files[i], err = p.writeList(dir, w)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("province: lists: %w", err)
	}
	return &Truth{Province: p, Files: files}, nil
}

// listWork is what goes into one file.
type listWork struct {
	office       units.Commune
	scheme       string
	entitlements []int32
	elsewhere    []int32 // people of other communes' lists who moved here
}

func (p *Province) byList(communes []units.Commune) []listWork {
	at := map[string]int{}
	var work []listWork
	for _, c := range communes {
		for _, s := range Schemes {
			at[c.Code+s] = len(work)
			work = append(work, listWork{office: c, scheme: s})
		}
	}
	for i, e := range p.Entitlements {
		one := &p.People[e.Person]
		w := &work[at[one.Office+e.Scheme]]
		w.entitlements = append(w.entitlements, int32(i))
		if one.Standing == moved && one.MovedTo == "" && hash(string(one.Number))%3 == 0 {
			to := &work[at[one.Commune+e.Scheme]]
			to.elsewhere = append(to.elsewhere, int32(i))
		}
	}
	return slices.DeleteFunc(work, func(w listWork) bool { return len(w.entitlements)+len(w.elsewhere) == 0 })
}

func (p *Province) writeList(dir string, w listWork) (File, error) {
	r := stream(p.Seed, 6, hash(w.office.Code+w.scheme))
	c := &clerk{Province: p, Rand: r, style: newStyle(r), office: w.office, before: units.Into(w.office.Code)}
	lines := c.lines(w)
	name := w.office.Code + "_" + w.scheme + ".xlsx"
	first, err := c.write(filepath.Join(dir, name), w.scheme, lines)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	f := File{Name: name, Office: w.office.Code, Scheme: w.scheme, FirstRow: first}
	for _, l := range lines {
		f.Rows = append(f.Rows, Row{Person: l.person, Entitlement: l.entitlement, Sins: l.sins})
	}
	return f, nil
}

// lines are the rows in the order of the sheet: by hamlet, households together,
// now and then someone twice.
func (c *clerk) lines(w listWork) []line {
	hamletOf := map[string]int{}
	for i, h := range hamlets(c.Seed, w.office) {
		hamletOf[h] = i
	}
	slices.SortStableFunc(w.entitlements, func(a, b int32) int {
		return hamletOf[c.People[c.Entitlements[a].Person].Hamlet] - hamletOf[c.People[c.Entitlements[b].Person].Hamlet]
	})
	lines := make([]line, 0, len(w.entitlements)+len(w.entitlements)/100)
	var repeated []line
	for _, at := range w.entitlements {
		l := c.row(at)
		if n := len(lines); n > 20 && l.payee.Account != "" && l.payee.Recipient == nil && chance(c.Rand, .0008) {
			if other := lines[n-1-c.IntN(20)]; other.payee.Account != "" && other.person != l.person {
				l.payee.Bank, l.payee.BankName, l.payee.Account = other.payee.Bank, other.payee.BankName, other.payee.Account
				l.sins |= SharedAccount
			}
		}
		l.sins |= c.style.encoding
		lines = append(lines, l)
		if chance(c.Rand, .005) {
			again := c.row(at)
			again.sins |= Repeated | c.style.encoding
			repeated = append(repeated, again)
		}
	}
	for _, at := range w.elsewhere {
		l := c.row(at)
		l.hamlet = c.People[l.person].Hamlet
		l.address = l.hamlet + ", " + w.office.Name
		l.commune = w.office.Name
		l.sins = l.sins&^OldAddress | Elsewhere | c.style.encoding
		repeated = append(repeated, l)
	}
	for _, l := range repeated {
		lines = slices.Insert(lines, c.IntN(len(lines)+1), l)
	}
	return lines
}
