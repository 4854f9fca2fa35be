package sandbox

import (
	"encoding/binary"
	"hash/fnv"
)

// dice are all the chance there is: a number that depends on the seed, on what is
// decided and on what it is decided about, never on order or time.
type dice uint64

// roll returns a number in [0, 1).
func (d dice) roll(what, about string) float64 {
	return float64(d.number(what, about)>>11) / (1 << 53)
}

func (d dice) number(what, about string) uint64 {
	h := fnv.New64a()
	var seed [8]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(d))
	h.Write(seed[:])
	h.Write([]byte(what))
	h.Write([]byte{0})
	h.Write([]byte(about))
	x := h.Sum64() // FNV's high bits move little; mix them (splitmix64)
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// pick chooses one of n.
func (d dice) pick(what, about string, n int) int { return int(d.number(what, about) % uint64(n)) }

// returnReasons are why money comes back, the commonest first; codes of the ISO 20022
// return reason set.
var returnReasons = []struct {
	weight int
	code   string
	info   string
}{
	{45, "AC04", "Tai khoan da dong"},
	{20, "AC01", "So tai khoan khong dung"},
	{15, "MD07", "Chu tai khoan da chet"},
	{8, "AC06", "Tai khoan bi phong toa"},
	{7, "BE01", "Ten nguoi huong khong khop tai khoan"},
	{5, "MS03", "Ngan hang huong khong neu ly do"},
}

func (d dice) returnReason(about string) string {
	n := d.pick("reason", about, 100)
	for _, r := range returnReasons {
		if n -= r.weight; n < 0 {
			return r.code
		}
	}
	return returnReasons[0].code
}

func returnInfo(code string) string {
	for _, r := range returnReasons {
		if r.code == code {
			return r.info
		}
	}
	return ""
}
