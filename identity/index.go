package identity

import "iter"

// Options say how to match.
type Options struct {
	Gazetteer *Gazetteer // of communes before and after July 2025; nil knows none
	Today     int        // the year the lists were written, for two-digit years; 0 means 2026
	Workers   int        // processors to use; 0 means all. The answer does not depend on it
}

// Index holds the register in memory for matching. It is read only once built:
// any number of goroutines may match against it.
type Index struct {
	opt Options
}

// NewIndex reads the register. Records are copied into a compact form of about
// 250 bytes a person, so that the sequence need not be kept.
func NewIndex(records iter.Seq[Record], opt Options) *Index {
	panic("not built yet")
}

// Match finds the person of every row, in the order of the rows. Rows of one
// list (Row.List) are judged together: a person stands in it once, columns are
// read alike, and neighbours in the sheet help to tell namesakes apart.
func (ix *Index) Match(rows []Row) ([]Result, Report) { panic("not built yet") }

// LookupOne finds the person of a single row, without a list around it.
func (ix *Index) LookupOne(row Row) Result { panic("not built yet") }

// Compare tells field by field how a row agrees with one record, for instance
// one that a register answered to a question by number.
func Compare(row Row, rec Record, opt Options) []Agreement { panic("not built yet") }

// Report is what a run of Match learned and did.
type Report struct {
	Rows     int
	Outcomes map[Outcome]int
	Repairs  map[string]int // by kind
}
