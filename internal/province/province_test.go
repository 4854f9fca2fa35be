package province

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/units"
	"ansinh.vn/money"
)

// paidHalfAMillion stands for the rates of before, where a test needs amounts.
func paidHalfAMillion(Entitlement, *Person) money.VND { return 500_000 }

func TestTheSameSeedGivesTheSameFiles(t *testing.T) {
	t.Parallel()
	print := func(seed uint64) string {
		dir := t.TempDir()
		p := Generate(Options{Seed: seed, People: 3000, Paid: paidHalfAMillion})
		truth, err := p.WriteLists(dir)
		if err != nil {
			t.Fatal(err)
		}
		var csv bytes.Buffer
		if err := truth.WriteCSV(&csv); err != nil {
			t.Fatal(err)
		}
		if err := p.WriteRegister(&csv, p.Listed); err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		h.Write(csv.Bytes())
		for _, f := range truth.Files {
			b, err := os.ReadFile(filepath.Join(dir, f.Name))
			if err != nil {
				t.Fatal(err)
			}
			h.Write(b)
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	if one, two := print(7), print(7); one != two {
		t.Errorf("seed 7 twice: %s and %s", one, two)
	}
	if a, b := Generate(Options{Seed: 7, People: 100}), Generate(Options{Seed: 8, People: 100}); a.People[0].Name == b.People[0].Name && a.People[1].Number == b.People[1].Number {
		t.Error("two seeds give the same people")
	}
}

func TestAsManyPeopleAsAskedForStandOnTheLists(t *testing.T) {
	t.Parallel()
	for _, n := range []int{64, 1000, 20000} {
		p := Generate(Options{Seed: 2, People: n})
		listed, offices := 0, map[string]bool{}
		for i := range p.People {
			if one := &p.People[i]; one.Office != "" {
				listed++
				offices[one.Office] = true
				if one.Payee == nil {
					t.Fatalf("%s is on a list and cannot collect", one.Number)
				}
			}
		}
		if listed != n || p.OnLists != n {
			t.Errorf("%d people asked for, %d on lists, counted %d", n, listed, p.OnLists)
		}
		if n >= 1000 && len(offices) != 64 {
			t.Errorf("%d people in %d communes", n, len(offices))
		}
	}
}

func TestNumbersHaveTheirStructureAndAreUnique(t *testing.T) {
	t.Parallel()
	p := Generate(Options{Seed: 3, People: 20000})
	seen, old := map[identity.PersonNumber]bool{}, map[identity.OldNumber]bool{}
	home, corrected := 0, 0
	for i := range p.People {
		one := &p.People[i]
		if seen[one.Number] || one.OldNumber != "" && old[one.OldNumber] {
			t.Fatalf("%s or %s comes twice", one.Number, one.OldNumber)
		}
		seen[one.Number], old[one.OldNumber] = true, true
		code, name := one.Number.Province()
		if !one.Number.Valid() || name == "" || one.Number.Sex() != one.Sex {
			t.Fatalf("%s does not fit %s of province %s", one.Number, one.Sex, code)
		}
		if one.Number.BirthYear() != one.Birth.Year {
			corrected++
		}
		if code == "095" || code == "096" {
			home++
		}
	}
	share(t, "born in the province", home, len(p.People), .88, .96)
	share(t, "birth year corrected", corrected, len(p.People), .0001, .005)
}

func TestSharesAreThoseOfTheField(t *testing.T) {
	t.Parallel()
	p := Generate(Options{Seed: 4, People: 20000, Paid: paidHalfAMillion})
	n := map[string]int{}
	for i := range p.People {
		one := &p.People[i]
		if one.Office == "" {
			continue
		}
		if one.Payee.Account != "" {
			n["bank"]++
		}
		if one.Died != 0 {
			n["dead"]++
		}
		if one.Age(p.Month) >= 80 {
			n["80"]++
			if one.Birth.Month == 0 {
				n["80 year only"]++
			}
		}
		if one.Ethnic == "Khmer" {
			n["Khmer"]++
		}
	}
	for _, e := range p.Entitlements {
		n[e.Scheme]++
		if e.PaidThrough.IsZero() {
			n["new"]++
		}
	}
	share(t, "to an account", n["bank"], p.OnLists, .58, .66)
	share(t, "dead", n["dead"], p.OnLists, .008, .025)
	share(t, "Khmer", n["Khmer"], p.OnLists, .03, .12)
	share(t, "year only among the oldest", n["80 year only"], n["80"], .4, .6)
	share(t, "social assistance", n["btxh"], len(p.Entitlements), .38, .52)
	share(t, "social pension", n["htxh"], len(p.Entitlements), .36, .48)
	share(t, "merit", n["ncc"], len(p.Entitlements), .09, .18)
	share(t, "never paid", n["new"], len(p.Entitlements), .01, .06)
	share(t, "register to lists", len(p.People), p.OnLists, 1.3, 2.5)
}

func TestEntitlementsFitTheirPeople(t *testing.T) {
	t.Parallel()
	p := Generate(Options{Seed: 5, People: 20000})
	bounds := map[string][2]int{
		"HTXH": {70, 120}, "NCT_A": {60, 120}, "NCT_D": {60, 120}, "TE_KNND": {0, 15}, "TE_U3": {0, 2}, "TE_HIV": {0, 15},
		"K2": {16, 22}, "HIV": {16, 120}, "DONTHAN": {18, 70}, "BMVNAH": {80, 120}, "TB_A": {50, 110},
	}
	for _, e := range p.Entitlements {
		one := &p.People[e.Person]
		if b, ok := bounds[e.Category]; ok {
			if age := one.Age(p.Month); age < b[0] || age > b[1] {
				t.Errorf("%s at the age of %d", e.Category, age)
			}
		}
		if e.FirstMonth >= p.Month || e.DecisionOn.After(p.Listed) {
			t.Errorf("%s from %s decided on %s", e.Category, e.FirstMonth, e.DecisionOn.Format(time.DateOnly))
		}
		if (e.Category == "DONTHAN") != (e.Children > 0) || (e.Category == "TB_A" || e.Category == "TB_B") != (e.InjuryPercent >= 21) {
			t.Errorf("%s with %d children and %d %%", e.Category, e.Children, e.InjuryPercent)
		}
		if categoryWords[e.Category] == "" {
			t.Errorf("%s has no words", e.Category)
		}
	}
}

func TestOfficesAreTheCommunes(t *testing.T) {
	t.Parallel()
	offices := Offices()
	if len(offices) != 64 || offices[0] != (Office{"31825", "UBND Phường Bạc Liêu", "Phường"}) {
		t.Errorf("%d offices, the first %v", len(offices), offices[0])
	}
	if len(units.Communes()) != len(offices) {
		t.Error("an office for every commune")
	}
}

func share(t *testing.T, what string, n, of int, lo, hi float64) {
	t.Helper()
	if x := float64(n) / float64(of); x < lo || x > hi {
		t.Errorf("%s: %d of %d = %.4f, want %.3f to %.3f", what, n, of, x, lo, hi)
	}
}
