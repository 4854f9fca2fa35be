// Package population makes a population register and lists about its people as
// clerks write them, with the truth beside every row, to measure how well lists
// are matched. There are two populations of different shape, so that nothing can be
// tuned to one; communes are the real ones, every person is invented.
//
// The same options give the same people and rows. It reads no clock and no file.
package population

import (
	"math/rand/v2"

	"ansinh.vn/identity"
	"ansinh.vn/internal/units"
)

// Shape says how people live, are named and are written down.
type Shape string

// The shapes of populations.
const (
	// South is the far south: families of two generations in the register, lists by
	// commune, hamlet and house, moderate damage of every kind.
	South Shape = "south"
	// River is another: houses of three generations, namesakes of one day, twins,
	// fathers and sons of one name, lists by year or alphabet, columns left out,
	// other damage in other proportions.
	River Shape = "river"
)

// Options say which population to make.
type Options struct {
	Seed   uint64
	People int     // in the register
	Damage float64 // scales all damage; 0 means 1
	Shape  Shape   // empty means South
	Bare   Fields  // columns that the lists never have
}

// Fields are columns of a list that may be left out.
type Fields struct{ Numbers, Births, Places bool }

// World is a register and what lists say about its people.
type World struct {
	Options
	Register []identity.Record
	homes    [][]int32 // people by household
	communes []place
	*rand.Rand
}

// Line is one row of a list and the truth about it.
type Line struct {
	Row    identity.Row
	Person int32 // index in World.Register, -1 for somebody who is not in it
	Faults Fault // what is wrong with the row
}

// place is a commune with its hamlets and what it was made of.
type place struct {
	units.Commune
	hamlets []string
	before  []units.Former
	at      []int // households in it
}

// New makes the register. Lists are written by Lists.
func New(o Options) *World {
	if o.Damage == 0 {
		o.Damage = 1
	}
	if o.Shape == "" {
		o.Shape = South
	}
	w := &World{Options: o, Rand: rand.New(rand.NewPCG(o.Seed, 7))}
	for _, c := range units.Communes() {
		w.communes = append(w.communes, place{Commune: c, before: units.Into(c.Code), hamlets: w.hamlets(c)})
	}
	taken := map[string]bool{}
	for len(w.Register) < o.People {
		if o.Shape == River {
			w.riverHouse(taken)
		} else {
			w.southHouse(taken)
		}
	}
	return w
}

func (w *World) chance(p float64) bool { return w.Float64() < p }

// damaged is chance scaled by the damage of the world.
func (w *World) damaged(p float64) bool { return w.Float64() < p*w.Damage }

func (w *World) pick(from []string) string { return from[w.IntN(len(from))] }

// zipf picks from a list whose first are the commonest.
func (w *World) zipf(from []string) string {
	n := float64(len(from))
	x := w.Float64()
	return from[int(n*x*x*(0.35+0.65*x))]
}

// between is a whole number from lo to hi.
func (w *World) between(lo, hi int) int { return lo + w.IntN(hi-lo+1) }
