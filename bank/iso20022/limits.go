package iso20022

// Limits bound what a reader accepts, so that no file, however made, takes more than
// so much memory and time. The zero value of a field means the default.
type Limits struct {
	Bytes   int64 // of the file; default 4 GiB
	Depth   int   // nesting; default 64 (real messages reach 20)
	Attrs   int   // attributes of one element; default 32
	Name    int   // bytes of a name; default 256
	Text    int   // bytes of text in one element or attribute; default 64 KiB
	Repeats int   // repetitions held at once, such as details of one entry; default 100,000
}

func (l Limits) orDefault() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	if l.Bytes <= 0 {
		l.Bytes = 4 << 30
	}
	set(&l.Depth, 64)
	set(&l.Attrs, 32)
	set(&l.Name, 256)
	set(&l.Text, 64<<10)
	set(&l.Repeats, 100_000)
	return l
}
