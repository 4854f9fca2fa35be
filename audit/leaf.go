package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Row is an event as it stands in the database, with all that its leaf is made of.
type Row struct {
	ID      int64
	At      time.Time
	Actor   string
	Kind    string
	Subject string
	Payload string // as PostgreSQL writes the jsonb
	Salt    []byte
}

// Record is the exact bytes that the event's leaf is the hash of: a JSON object with
// its members in this order, times in UTC to the microsecond. A receipt carries it.
//
//	{"id":7,"at":"2026-11-02T01:00:00.000000Z","actor":"staff:2","kind":"run.approved","subject":"run:5","payload":{},"salt":"…"}
func (r Row) Record() []byte {
	b := append(make([]byte, 0, 256+len(r.Payload)), `{"id":`...)
	b = strconv.AppendInt(b, r.ID, 10)
	b = append(b, `,"at":"`...)
	b = r.At.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, `","actor":`...)
	b = appendText(b, r.Actor)
	b = append(b, `,"kind":`...)
	b = appendText(b, r.Kind)
	b = append(b, `,"subject":`...)
	b = appendText(b, r.Subject)
	b = append(b, `,"payload":`...)
	b = append(b, r.Payload...)
	b = append(b, `,"salt":"`...)
	b = base64.StdEncoding.AppendEncode(b, r.Salt)
	return append(b, `"}`...)
}

// Leaf is the event's leaf hash.
func (r Row) Leaf() tlog.Hash { return tlog.RecordHash(r.Record()) }

func appendText(b []byte, s string) []byte {
	if plain(s) { // most texts: no encoder, no copy
		b = append(append(b, '"'), s...)
		return append(b, '"')
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
