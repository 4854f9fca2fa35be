package registry

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Faults say how a sandbox register misbehaves, so that whoever asks it can be
// tried against a register that does. Which messages are hit follows from the
// seed and from what is asked, not from the order of arrival.
type Faults struct {
	Seed uint64
	// Parts of the messages, each in [0,1]: answered after Delay; with 503 and
	// Retry-After; with some searches missing; with a signature that does not
	// fit; cut off in the middle of the body.
	Slow, Error, Partial, Signature, Cut float64
	Delay                                time.Duration
	// Again is how often the same question is hit before it is answered well;
	// 0 for ever.
	Again int

	mu   sync.Mutex
	seen map[uint64]int
}

// fault is what befalls one message.
type fault int

const (
	none fault = iota
	slow
	unavailable
	partial
	badSignature
	cutOff
)

// ParseFaults reads a profile: none, some, many, down, half, lying, or parts such
// as "slow=0.1,error=0.05,partial=0.02,signature=0.01,cut=0.01,delay=2s".
func ParseFaults(profile string, seed uint64) (*Faults, error) {
	f := &Faults{Seed: seed, Delay: 300 * time.Millisecond, Again: 1}
	switch profile {
	case "", "none":
		return f, nil
	case "some":
		f.Slow, f.Error, f.Partial, f.Signature, f.Cut = .02, .02, .02, .005, .005
		return f, nil
	case "many":
		f.Slow, f.Error, f.Partial, f.Signature, f.Cut, f.Again = .1, .1, .1, .05, .05, 2
		return f, nil
	case "down":
		f.Error, f.Again = 1, 0
		return f, nil
	case "half":
		f.Partial, f.Again = 1, 0
		return f, nil
	case "lying":
		f.Signature, f.Again = 1, 0
		return f, nil
	}
	for _, part := range strings.Split(profile, ",") {
		name, value, ok := strings.Cut(part, "=")
		target := map[string]*float64{"slow": &f.Slow, "error": &f.Error, "partial": &f.Partial, "signature": &f.Signature, "cut": &f.Cut}[name]
		var err error
		switch {
		case ok && name == "delay":
			f.Delay, err = time.ParseDuration(value)
		case ok && target != nil:
			if *target, err = strconv.ParseFloat(value, 64); err == nil && (*target < 0 || *target > 1) {
				err = fmt.Errorf("%s is not between 0 and 1", value)
			}
		default:
			err = fmt.Errorf("%q is not known; use none, some, many, down, half, lying, or slow=, error=, partial=, signature=, cut=, delay=", part)
		}
		if err != nil {
			return nil, fmt.Errorf("registry: faults: %w", err)
		}
	}
	return f, nil
}

// draw decides what befalls a message that asks for the references.
func (f *Faults) draw(references []string) (fault, time.Duration) {
	if f == nil || f.Slow+f.Error+f.Partial+f.Signature+f.Cut == 0 {
		return none, 0
	}
	h := fnv.New64a()
	fmt.Fprint(h, f.Seed)
	for _, r := range references {
		fmt.Fprint(h, "\x00", r)
	}
	key := h.Sum64()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[uint64]int{}
	}
	hit := f.seen[key]
	x := float64(mix(key)>>11) / (1 << 53)
	for _, c := range []struct {
		part  float64
		fault fault
	}{{f.Slow, slow}, {f.Error, unavailable}, {f.Partial, partial}, {f.Signature, badSignature}, {f.Cut, cutOff}} {
		if x -= c.part; x >= 0 {
			continue
		}
		if f.Again > 0 && hit >= f.Again {
			return none, 0
		}
		f.seen[key] = hit + 1
		if c.fault == slow {
			return slow, f.Delay
		}
		return c.fault, 0
	}
	return none, 0
}

// mix spreads the bits of a hash (splitmix64's finaliser).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
