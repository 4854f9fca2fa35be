package identity

import "math"

func sqrt(x float64) float64 { return math.Sqrt(x) }

// randomLevels is how often the names of two random people agree at each level.
type randomLevels [nLevels]float64

// usualRandom is what is usual in the far south.
var usualRandom = randomLevels{nMiddle: 2e-4, nSlip1: 2e-4, nSlip2: 1e-3, nNear: 1.2e-3, nEnds: 4e-3, nGivenMiddle: 3e-3, nGiven: 1.2e-2, nFamily: 0.14, nDiffer: 0.8}

// measureRandom compares pairs of people taken at even strides, the same ones
// every time; a small register leans on what is usual in the far south.
func (ix *Index) measureRandom() randomLevels {
	const pairs, belief = 400_000, 2000.0
	n := uint64(len(ix.people))
	if n < 2 {
		return usualRandom
	}
	const chunk = pairs / 16
	var seen [16][nLevels]int
	todo := int(min(pairs, n*(n-1)/2)) / 16
	parallel(ix.opt.workers(), 16, func(k int) {
		var pt pattern
		state := uint64(k)*0x9E3779B97F4A7C15 + 1
		draw := func() uint64 { state = mix(state, 0x2545F4914F6CDD1D); return state % n }
		for range min(todo, chunk) {
			a, b := draw(), draw()
			q, p := ix.people[a].form, ix.people[b].form
			if a == b || q.glued == "" || p.glued == "" {
				continue
			}
			pt.set(q.glued)
			level := nameLevel(q, p, &pt)
			if level == nSlip1 || level == nSlip2 {
				level = ix.slipLevel(q, p, level)
			}
			seen[k][level]++
		}
	})
	total := belief
	var sum randomLevels
	for l := range sum {
		for k := range seen {
			sum[l] += float64(seen[k][l])
			total += float64(seen[k][l])
		}
	}
	for l := range sum {
		sum[l] = (sum[l] + belief*usualRandom[l]) / total
		sum[l] = max(sum[l], 1e-7)
	}
	return sum
}

// weights are the chances that a row which is this person's agrees at each
// level, as log2, and the chance that a row's person is in the register.
type weights struct {
	log     [fieldCount][16]float64
	present float64
	strange float64 // log2 of how much rarer than usual a stranger's number is
	near    nearness
}

// usual are the chances before anything is learned, of rows that a number alone
// did not settle.
var usual = [fieldCount][16]float64{
	fName: {nMark: .60, nBare: .08, nPlain: .08, nSound: .04, nMiddle: .05, nSlip1: .05, nSlip2: .015, nNear: .012, nWild: .01, nEnds: .015,
		nGivenMiddle: .01, nGiven: .015, nFamily: .015, nDiffer: .015},
	fBirth: {bFull: .80, bSwap: .04, bOneOff: .06, bYear: .03, bDayMonth: .03, bNear: .02, bDiffer: .02,
		bYearOnly: .93, bNearOnly: .04, bFarOnly: .03},
	fNumber: {kSame: .15, kStranger: .02, kSlip: .25, kTwo: .05, kRelative: .08, kSlid: .05, kDiffer: .25, kUnknown: .06, kForeign: .02,
		kOldSame: .75, kOldSlip: .08, kOldDiffer: .17, kPrefixSame: .97, kPrefixDiffer: .03},
	fSex:     {sSame: .985, sDiffer: .015},
	fCommune: {cSame: .80, cPossible: .13, cTable: .03, cDiffer: .04, cSheet: .9, cElsewhere: .1},
	fHamlet:  {hSame: .85, hDiffer: .15},
	fEthnic:  {sSame: .97, sDiffer: .03},
}

const usualPresent = 0.96

func usualWeights() *weights {
	w := &weights{present: usualPresent}
	for f := range usual {
		for l, m := range usual[f] {
			if m > 0 {
				w.log[f][l] = log2(m)
			}
		}
	}
	return w
}

// of is the log2 of the likelihood ratio of a vector with its surprise.
func (w *weights) of(v vector, surprise float64) float64 {
	for f := range v.weighed() {
		surprise += w.log[f][v[f]]
	}
	if v[fNumber] == kStranger {
		surprise += w.strange
	}
	return surprise
}

// candidate is a person who might be the one of a row.
type candidate struct {
	person   int32
	near     bool // somebody of the household stands close by in the sheet
	taken    bool // another row of the list has the person more surely
	surprise float32
	v        vector
}

// nobodyElse is the rest of a row whose candidates are all there.
var nobodyElse = math.Inf(-1)

// posteriors writes the chance of each candidate into p, given that one of them,
// one of the people who are not among them or nobody is the row's person. rest is
// the log2 of the summed likelihood ratios of those who are not among them.
func (w *weights) posteriors(p []float64, cands []candidate, rest, people float64) []float64 {
	p = p[:0]
	prior := log2(w.present / people)
	nobody := 1 - w.present + math.Exp2(rest+prior)
	best := log2(nobody)
	for i := range cands {
		l := w.of(cands[i].v, float64(cands[i].surprise)) + prior + w.near.of(&cands[i])
		p = append(p, l)
		best = max(best, l)
	}
	sum := nobody / math.Exp2(best)
	for i, l := range p {
		p[i] = math.Exp2(l - best)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// openRow is a row that a number did not settle, to learn from.
type openRow struct {
	cands []candidate
	rest  float64
}

// learned is what rounds of expectation and maximisation start from and end
// with. Belief in the usual chances counts as so many rows.
const (
	emRows   = 20_000
	emRounds = 12
	emBelief = 150.0
)

// learn finds the weights of the rows at hand. rows must be those that a number
// did not settle, because the chances are theirs. The sums are made in the order
// of the rows, so that they do not depend on the number of processors.
func learn(rows []openRow, people, strange float64) *weights {
	w := usualWeights()
	w.strange = strange
	if len(rows) == 0 {
		return w
	}
	step := max(1, len(rows)/emRows)
	var p []float64
	for range emRounds {
		var sum [fieldCount][16]float64
		found, n := 0.0, 0.0
		for i := 0; i < len(rows); i += step {
			n++
			p = w.posteriors(p, rows[i].cands, rows[i].rest, people)
			for j, chance := range p {
				found += chance
				if chance < 1e-4 {
					continue
				}
				for f := range rows[i].cands[j].v.weighed() {
					sum[f][rows[i].cands[j].v[f]] += chance
				}
			}
		}
		for f := range groups {
			for _, g := range groups[f] {
				total := 0.0
				for _, l := range g {
					total += sum[f][l] + emBelief*usual[f][l]
				}
				for _, l := range g {
					w.log[f][l] = log2(max((sum[f][l]+emBelief*usual[f][l])/total, 1e-5))
				}
			}
		}
		w.present = min((found+emBelief*usualPresent)/(n+emBelief), 0.9995)
	}
	return w
}

func exp2(x float64) float64 { return math.Exp2(x) }

// round keeps six decimals, for reports.
func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }
