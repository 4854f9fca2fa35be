package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// raw is a query read row by row, one row ahead, in PostgreSQL's own binary form and
// without a copy: what millions of rows are checked from. A row's bytes hold until next.
type raw struct {
	rows pgx.Rows
	row  [][]byte // the row ahead
	ok   bool     // there is one
}

// openRaw runs a query on a connection of its own; close must follow before that
// connection is used again. Its columns are numbers, days, times, bytea, booleans and
// texts.
func openRaw(ctx context.Context, tx pgx.Tx, sql string) (*raw, error) {
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	s := &raw{rows: rows}
	if err := s.next(); err != nil {
		rows.Close()
		return nil, err
	}
	for _, f := range rows.FieldDescriptions() {
		if f.Format != pgtype.BinaryFormatCode && f.DataTypeOID != pgtype.TextOID {
			rows.Close()
			return nil, fmt.Errorf("column %s does not come in binary form", f.Name)
		}
	}
	return s, nil
}

func (s *raw) next() error {
	if s.ok = s.rows.Next(); !s.ok {
		s.row = nil
		return s.rows.Err()
	}
	s.row = s.rows.RawValues()
	return nil
}

func (s *raw) close() { s.rows.Close() }

// int reads a number, a day (since 2000) or a time (µs since 2000).
func (s *raw) int(column int) int64 { return number(s.row[column]) }

func number(b []byte) int64 {
	switch len(b) {
	case 8:
		return int64(binary.BigEndian.Uint64(b))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b)))
	}
	return 0 // null
}

var y2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// appendDay writes a day as 2026-11-05.
func appendDay(b []byte, day int64) []byte {
	return y2000.AddDate(0, 0, int(day)).AppendFormat(b, time.DateOnly)
}

// appendTime writes a time in UTC to the microsecond, as leaves of the log hold it.
func appendTime(b []byte, micros int64) []byte {
	return y2000.Add(time.Duration(micros/1e6)*time.Second).Add(time.Duration(micros%1e6)*time.Microsecond).
		AppendFormat(b, "2006-01-02T15:04:05.000000Z")
}

// plain tells whether a text stands in JSON and in Go's quotes as it is: printable ASCII
// without quotes and backslashes.
func plain(s []byte) bool {
	for _, c := range s {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// clean tells whether a text stands in PostgreSQL's jsonb as it is.
func clean(s []byte) bool {
	for _, c := range s {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// copied keeps a row beyond next.
func copied(row [][]byte) [][]byte {
	own := make([][]byte, len(row))
	for i, b := range row {
		own[i] = bytes.Clone(b)
	}
	return own
}

// sorted are the keys of a map in their order, so that what is said never changes.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
