package province

import "math/rand/v2"

// weighted is a choice with how often it is met; the unit does not matter.
type weighted[T any] struct {
	weight float64
	value  T
}

// urn draws from weighted choices.
type urn[T any] struct {
	sums   []float64
	values []T
}

func newUrn[T any](choices ...weighted[T]) urn[T] {
	var u urn[T]
	sum := 0.0
	for _, c := range choices {
		sum += c.weight
		u.sums = append(u.sums, sum)
		u.values = append(u.values, c.value)
	}
	return u
}

func (u urn[T]) draw(r *rand.Rand) T {
	x := r.Float64() * u.sums[len(u.sums)-1]
	lo, hi := 0, len(u.sums)-1
	for lo < hi {
		if mid := (lo + hi) / 2; u.sums[mid] > x {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return u.values[lo]
}

// words makes an urn of a frequency list where the first is the most frequent
// and the others fall off slowly, as names do.
func words(list ...string) urn[string] {
	choices := make([]weighted[string], 0, len(list))
	for i, w := range list {
		choices = append(choices, weighted[string]{1 / (float64(i) + 3), w})
	}
	return newUrn(choices...)
}

func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

func between(r *rand.Rand, lo, hi int) int { return lo + r.IntN(hi-lo+1) }

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
