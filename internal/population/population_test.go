package population

import (
	"bytes"
	"slices"
	"testing"
)

func TestTheSameOptionsGiveTheSamePeopleAndRows(t *testing.T) {
	t.Parallel()
	for _, shape := range []Shape{South, River} {
		write := func() []byte {
			var b bytes.Buffer
			w := New(Options{Seed: 4, People: 2000, Shape: shape})
			if err := w.WriteRegister(&b); err != nil {
				t.Fatal(err)
			}
			if err := WriteLists(&b, w.Lists()); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		if !bytes.Equal(write(), write()) {
			t.Errorf("%s differs from itself", shape)
		}
	}
}

func TestEveryKindOfDamageIsMet(t *testing.T) {
	t.Parallel()
	w := New(Options{Seed: 4, People: 60_000, Damage: 2, Shape: River})
	var met Fault
	numbers := map[string]bool{}
	for _, r := range w.Register {
		if numbers[string(r.Number)] {
			t.Fatalf("two people have %s", r.Number)
		}
		numbers[string(r.Number)] = true
	}
	for l := range w.Lists() {
		met |= l.Faults
		if (l.Person < 0) != l.Faults.Has(Absent) {
			t.Fatalf("%+v", l)
		}
	}
	for i, name := range faultNames {
		if !met.Has(1 << i) {
			t.Errorf("no row has %s", name)
		}
	}
}

func TestForeignRecordsComeAsManyAsAsked(t *testing.T) {
	t.Parallel()
	a, b := Febrl4(1, 500)
	of := slices.Clone(b.Of)
	slices.Sort(of)
	if len(a.Rows) != 500 || !slices.Equal(of, a.Of) {
		t.Errorf("%d and %d records", len(a.Rows), len(b.Rows))
	}
	if one := Febrl3(1, 500); len(one.Rows) != 500 || len(one.Of) != 500 {
		t.Errorf("%d records", len(one.Rows))
	}
}
