package identity

// block finds the persons that share a key. Keys are 64-bit hashes; a bucket is
// a range of places, and a tag tells the keys of a bucket apart.
type block struct {
	shift  uint
	starts []uint32
	at     []int32
	tags   []uint32
}

// newBlock indexes n persons; key gives 0 for a person that has none.
func newBlock(n int, key func(i int) uint64) *block {
	bits := uint(8)
	for 1<<bits < n && bits < 24 {
		bits++
	}
	b := &block{shift: 64 - bits, starts: make([]uint32, 1<<bits+1)}
	keys := make([]uint64, n)
	total := 0
	for i := range keys {
		if keys[i] = key(i); keys[i] != 0 {
			keys[i] = spread(keys[i])
			b.starts[keys[i]>>b.shift+1]++
			total++
		}
	}
	for i := 1; i < len(b.starts); i++ {
		b.starts[i] += b.starts[i-1]
	}
	b.at, b.tags = make([]int32, total), make([]uint32, total)
	next := make([]uint32, 1<<bits)
	copy(next, b.starts)
	for i, k := range keys {
		if k != 0 {
			place := next[k>>b.shift]
			next[k>>b.shift]++
			b.at[place], b.tags[place] = int32(i), uint32(k)
		}
	}
	return b
}

// spread makes all bits of a key depend on all others; numbers used as keys
// would else fill few buckets. It is one-to-one, and 0 only for 0.
func spread(k uint64) uint64 {
	k ^= k >> 32
	k *= 0xD6E8FEB86659FD93
	k ^= k >> 32
	k *= 0xD6E8FEB86659FD93
	k ^= k >> 32
	return k
}

// find appends the persons with a key, or nobody when they are more than limit:
// a key that fits so many says nothing about one.
func (b *block) find(to []int32, key uint64, limit int) []int32 {
	if key == 0 {
		return to
	}
	key = spread(key)
	start := len(to)
	bucket := key >> b.shift
	for i := b.starts[bucket]; i < b.starts[bucket+1]; i++ {
		if b.tags[i] == uint32(key) {
			if len(to)-start == limit {
				return to[:start]
			}
			to = append(to, b.at[i])
		}
	}
	return to
}
