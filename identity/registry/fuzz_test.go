package registry

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"signature":"s","header":{"message_id":"1","total_count":1},"message":{"b":1e2,"a":"\u0041"}}`))
	f.Add([]byte(`{"header":{},"message":{}}`))
	f.Add([]byte(`{"header":{},"message":{"a":1,"a":2}}`))
	f.Add([]byte(`[]`))
	f.Add([]byte("{\"header\":{},\"message\":{\"\xff\":1}}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := openEnvelope(body)
		if err != nil {
			return
		}
		// The canonical form is a message too, and canonical.
		again, err := openEnvelope(e.canonical)
		if err != nil || !bytes.Equal(again.canonical, e.canonical) || !cmp.Equal(again.header, e.header) {
			t.Errorf("%q is canonical as %q, then %q: %v", body, e.canonical, again.canonical, err)
		}
	})
}

func FuzzSignature(f *testing.F) {
	key := PrivateKey{"a", "k1", testKey(1)}
	good, err := key.Sign([]byte("{}"), october)
	if err != nil {
		f.Fatal(err)
	}
	jws, err := DetachedJWS{Private: key}.Sign([]byte("{}"), october)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(jws)
	f.Add(`Signature: namespace="dci"`)
	f.Fuzz(func(t *testing.T, s string) {
		keys := Keys{"a": {"k1": testKey(2).Public().(ed25519.PublicKey)}}
		for _, v := range []Verifier{keys, DetachedJWS{Trusted: keys}, SharedSecret{"a", "k1", bytes.Repeat([]byte{1}, 32)}} {
			if v.Verify([]byte("{}"), s, "a", october) == nil {
				t.Errorf("%q passed", s)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	f.Add(byIdentifier, []byte(`{"type":"UIN","value":"095100000001"}`))
	f.Add(byPredicate, []byte(`[{"expression1":{"attribute_name":"name","operator":"eq","attribute_value":"a"},"condition":"not","expression2":{"attribute_name":"sex","operator":"in","attribute_value":["male"]}}]`))
	f.Add(byExpression, []byte(`{"value":{"expression":{"query":{"name":{"$eq":"a"}}}}}`))
	p := PopulationOf(people(20))
	f.Fuzz(func(t *testing.T, kind string, query []byte) {
		filter, err := readFilter(kind, query)
		if err != nil {
			return
		}
		for _, r := range p.find(filter, october, 10) {
			if !filter.fits(r) {
				t.Errorf("%s: %+v does not fit", query, r)
			}
		}
	})
}

func FuzzRegisterFile(f *testing.F) {
	f.Add([]byte("so_dinh_danh,ho_ten,ngay_sinh,gioi_tinh,trang_thai,ngay_mat\n095100000001,A,1950,Nam,chet,2026-01-02\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		people, err := ReadRegister(bytes.NewReader(body))
		for _, r := range people {
			if err != nil || r.Number == "" || r.Name == "" {
				t.Errorf("%+v, %v", r, err)
			}
		}
	})
}

func FuzzCallback(f *testing.F) {
	for _, body := range []string{
		`{"header":{"action":"on-search","message_id":"1","message_ts":"2026-10-13T03:00:00Z","status":"succ"},"message":{"transaction_id":"t","correlation_id":"c","search_response":[{"reference_id":"1","timestamp":"2026-10-13T03:00:00Z","status":"succ","data":{"reg_record_type":"Person","reg_records":[]}}]}}`,
		`{"header":{"action":"notify","message_id":"1","message_ts":"2026-10-13T03:00:00Z"},"message":{"transaction_id":"t","notify_event":[{"reference_id":"e","timestamp":"2026-10-13T03:00:00Z","data":{"reg_event_type":"death","reg_record_type":"Person","reg_records":{"identifier":[{"identifier_type":"UIN","identifier_value":"1"}],"name":{"given_name":"A"}}}}]}}`,
		`{"header":{"action":"on-subscribe","message_id":"1","message_ts":"2026-10-13T03:00:00Z","status":"rjct"},"message":{"transaction_id":"t","subscribe_response":[{"reference_id":"r","status":"rjct"}]}}`,
	} {
		f.Add([]byte(body))
	}
	client := &Client{}
	queries := []Query{{ID: "1", Number: "1"}, {ID: "2", Name: "A"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		cb, err := ReadKept(body)
		if err != nil {
			return
		}
		// every query is answered or left, never both and never lost
		answers, left, err := client.Answers(cb, queries)
		if err == nil && len(answers)+len(left) != len(queries) {
			t.Errorf("%q answers %d and leaves %d of %d", body, len(answers), len(left), len(queries))
		}
	})
}
