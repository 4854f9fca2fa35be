package province

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func TestTheTruthStandsBesideEveryRow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := Generate(Options{Seed: 11, People: 3000, Paid: paidHalfAMillion})
	truth, err := p.WriteLists(dir)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int32]int{}
	for _, f := range truth.Files {
		cells := read(t, filepath.Join(dir, f.Name))
		if head := strings.Join(append(cells[f.FirstRow-2], cells[f.FirstRow-3]...), " "); !strings.Contains(head, "Họ") {
			t.Errorf("%s: no heading above row %d: %q", f.Name, f.FirstRow, head)
		}
		for i, row := range f.Rows {
			if !row.Sins.Has(Repeated | Elsewhere) {
				seen[row.Entitlement]++
			}
			line := cells[f.FirstRow-1+i]
			if len(line) < 2 || line[0] == "" {
				t.Fatalf("%s row %d does not begin a line: %q", f.Name, f.FirstRow+i, line)
			}
			one := p.People[row.Person]
			if row.Sins&^(OldAddress|DiesLater|Dead|MovedAway|AwayFromHome|Unknown|OldNumberOnly|ZeroDay|FalseFirst) == 0 && line[1] != one.Name {
				t.Errorf("%s row %d is %q, meant is %q", f.Name, f.FirstRow+i, line[1], one.Name)
			}
		}
	}
	if len(seen) != len(p.Entitlements) {
		t.Errorf("%d of %d entitlements are listed", len(seen), len(p.Entitlements))
	}
	for e, n := range seen {
		if n != 1 {
			t.Errorf("entitlement %d is listed %d times", e, n)
		}
	}
}

func TestSinsComeAtTheRatesOfTheField(t *testing.T) {
	t.Parallel()
	p := Generate(Options{Seed: 1, People: 9000, Paid: paidHalfAMillion})
	truth, err := p.WriteLists(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	all, quarantined := truth.Rows()
	if want := truth.Count(Quarantined); quarantined != want {
		t.Errorf("%d quarantined, counted %d", quarantined, want)
	}
	for _, tt := range []struct {
		what   string
		sins   Sin
		lo, hi float64
	}{
		{"quarantined", Quarantined, .001, .006},
		{"lost zeros", LostZero, .05, .45},
		{"no number", NoNumber, .01, .03},
		{"relative's number", RelativesNumber, .002, .01},
		{"legacy encodings", LegacyTCVN3 | LegacyVNI, .01, .18},
		{"dead, known", Dead, .004, .02},
		{"dead later", DiesLater, .001, .01},
		{"repeated", Repeated | Elsewhere, .003, .01},
		{"old address", OldAddress, .15, .65},
		{"unknown to the register", Unknown, .001, .006},
	} {
		share(t, tt.what, truth.Count(tt.sins), all, tt.lo, tt.hi)
	}
}

func TestSinsHaveNames(t *testing.T) {
	t.Parallel()
	if got := (LostZero | Lapsed).String(); got != "lost_zero lapsed" || len(sinNames) != 41 {
		t.Errorf("%q, %d names", got, len(sinNames))
	}
}

func TestLegacyEncodings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, tcvn3, vni string }{
		{"Nguyễn Văn Ân", "NguyÔn V¨n ¢n", "Nguyeãn Vaên AÂn"},
		{"Danh Thị Sà Rươne", "Danh ThÞ Sµ R\u00ad¬ne", "Danh Thò Saø Röône"},
		{"Đặng Thị Hường", "§Æng ThÞ H\u00adêng", "Ñaëng Thò Höôøng"},
	} {
		if got := []string{toTCVN3.Replace(tt.text), toVNI.Replace(tt.text)}; !cmp.Equal(got, []string{tt.tcvn3, tt.vni}) {
			t.Errorf("%s: %q", tt.text, got)
		}
	}
	if got := newTone.Replace("Hòa Thúy Hoàng"); got != "Hoà Thuý Hoàng" {
		t.Errorf("tones: %q", got)
	}
}

func read(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
