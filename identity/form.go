package identity

import (
	"strings"
	"sync"
)

// form is a name with all its keys, made once for everybody who bears it.
type form struct {
	written string   // as it is stored
	mark    string   // MarkKey
	plain   string   // SearchKey: words without marks
	parts   []string // the words of plain
	glued   string   // plain without blanks
	bare    bool     // written without any mark
	wild    bool     // has unreadable letters

	hMark, hPlain, hSound, hSkeleton uint64 // keys for blocks and counts; 0 when empty
	hEnds                            uint64 // family and given name
	hFamily, hGiven                  uint64
}

func newForm(name string) *form {
	f := &form{written: name, mark: MarkKey(name), plain: SearchKey(name)}
	f.parts = words(f.plain)
	f.glued = strings.ReplaceAll(f.plain, " ", "")
	f.wild = strings.Contains(f.plain, "?")
	f.bare = isPlain(name)
	if f.glued == "" {
		return f
	}
	f.hMark = hashOf(1, f.mark)
	f.hPlain = hashOf(2, f.glued)
	f.hSound = hashOf(3, SoundKey(name))
	f.hSkeleton = hashOf(4, skeleton(f.glued))
	if n := len(f.parts); n > 0 {
		f.hFamily, f.hGiven = hashOf(5, f.parts[0]), hashOf(6, f.parts[n-1])
		f.hEnds = mix(f.hFamily, f.hGiven)
	}
	return f
}

// skeleton keeps the letters that no mark can change: consonants but d. What is
// left of Nguy?n is what is left of Nguyen.
func skeleton(glued string) string {
	b := make([]byte, 0, len(glued))
	for i := 0; i < len(glued); i++ {
		if !strings.ContainsRune("aeiouyd?", rune(glued[i])) {
			b = append(b, glued[i])
		}
	}
	return string(b)
}

// hashOf is a 64-bit FNV-1a with a kind, never 0 for a text that is not empty.
func hashOf(kind uint64, s string) uint64 {
	if s == "" {
		return 0
	}
	h := 14695981039346656037 ^ kind*0x9E3779B97F4A7C15
	for i := 0; i < len(s); i++ {
		h ^= uint64(s[i])
		h *= 1099511628211
	}
	return mix(h, kind)
}

// mix joins keys; 0 when either key is missing is the caller's to check.
func mix(a, b uint64) uint64 {
	h := a ^ (b+0x9E3779B97F4A7C15)*0xBF58476D1CE4E5B9
	h ^= h >> 31
	h *= 0x94D049BB133111EB
	h ^= h >> 29
	if h == 0 {
		h = 1
	}
	return h
}

// forms makes each name once, from many goroutines.
type forms struct {
	shards [64]struct {
		sync.Mutex
		m map[string]*form
	}
}

func (s *forms) of(name string) *form {
	if name == "" {
		return emptyForm
	}
	shard := &s.shards[hashOf(0, name)%64]
	shard.Lock()
	f := shard.m[name]
	shard.Unlock()
	if f != nil {
		return f
	}
	f = newForm(name)
	shard.Lock()
	defer shard.Unlock()
	if old := shard.m[name]; old != nil {
		return old
	}
	if shard.m == nil {
		shard.m = map[string]*form{}
	}
	shard.m[name] = f
	return f
}

var emptyForm = &form{}
