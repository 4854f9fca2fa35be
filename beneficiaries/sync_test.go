package beneficiaries

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/identity/registry"
	"ansinh.vn/internal/province"
	"ansinh.vn/internal/units"
)

var syncedOn = time.Date(2026, 10, 13, 8, 0, 0, 0, time.FixedZone("+07", 7*3600))

// register serves the sandbox register of a province over real HTTP.
func register(t testing.TB, p *province.Province, faults string) (*registry.Client, *registry.Server) {
	t.Helper()
	people := registry.NewPopulation(len(p.People), func(i int, day time.Time) (registry.Record, bool) {
		one := &p.People[i]
		if one.Unregistered {
			return registry.Record{}, false
		}
		r := registry.Record{
			Number: string(one.Number), OldNumber: string(one.OldNumber), Name: one.Name, Birth: one.Birth.String(),
			Sex: string(one.Sex), Ethnicity: one.Ethnic, Commune: one.Commune, Hamlet: one.Hamlet,
			Household: fmt.Sprintf("H%07d", one.Household), Standing: registry.Resident,
		}
		known := one.KnownOn <= province.DayOf(day)
		if one.Died != 0 && known {
			r.Died = one.Died.String()
		}
		switch {
		case one.Standing != "" && known:
			r.Standing, r.MovedTo, r.MovedOn = one.Standing, one.MovedTo, one.StandingSince.String()
			if one.MovedTo != "" {
				r.Commune, r.Hamlet = "", ""
			}
		case one.Standing != "" && one.Office != "":
			r.Commune = one.Office
		}
		if c, ok := units.ByCode(r.Commune); ok {
			r.CommuneName = c.Name
		}
		return r, true
	})
	server, access, err := registry.Sandbox(7, people, "ed25519")
	if err != nil {
		t.Fatal(err)
	}
	if server.Faults, err = registry.ParseFaults(faults, 1); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	access.URL = web.URL
	client, err := access.Client()
	if err != nil {
		t.Fatal(err)
	}
	client.Now = func() time.Time { return syncedOn }
	client.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return client, server
}

func (l *lived) sync(t testing.TB, c *registry.Client) (SyncResult, error) {
	return Sync{Register: c, Name: "sandbox", By: "staff:lan", Now: syncedOn, Options: identity.Options{Today: 2026}}.Run(context.Background(), l.pool, l.box)
}

func TestSyncX(t *testing.T) {
	l := live(t, 2000)
	l.importAll(t)
	c, _ := register(t, l.world, "some")
	start := time.Now()
	r, err := l.sync(t, c)
	t.Logf("%+v %v %v", r, err, time.Since(start))
	counts, err := Counts(context.Background(), l.pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", Total(counts))
	// by sins
	ctx := context.Background()
	tab := map[string]int{}
	for i, f := range l.truth.Files {
		rows, _ := l.pool.Query(ctx, `select r.row_no, p.register_outcome, coalesce(p.number_enc,''::bytea), p.id, p.register_evidence #>> '{why}' from list_row r join person p on p.id=r.person_id where list_id = $1`, l.lists[i].List)
		for rows.Next() {
			var no int
			var o, why string
			var enc []byte
			var id int64
			var w *string
			if err := rows.Scan(&no, &o, &enc, &id, &w); err != nil {
				t.Fatal(err)
			}
			if w != nil {
				why = *w
			}
			row := f.Rows[no-f.FirstRow]
			one := l.world.People[row.Person]
			n := ""
			if len(enc) > 0 {
				n, _ = l.box.Open("person.number", enc)
			}
			right := n == string(one.Number)
			if (o == "match" || o == "moved" || o == "deceased" || o == "absent" || o == "old_number") && !right {
				t.Errorf("WRONG LINK %s %s %d %s", f.Name, o, no, row.Sins)
			}
			s := row.Sins &^ (province.Capitals | province.LegacyTCVN3 | province.LegacyVNI | province.Decomposed | province.LostZero | province.TonePlaced | province.OldAddress | province.FalseFirst | province.YearOnly | province.ZeroDay | province.TwoDigitYear | province.Spaced | province.NumberSpaced | province.SharedAccount | province.OtherHolder | province.NoAccount | province.Lapsed)
			if o != "match" || s != 0 {
				tab[fmt.Sprintf("%-30s %s", s, o)]++
			}
			if s == 0 && (o == "mismatch" || o == "review" || o == "not_found") {
				t.Logf("%s %d %v %s %s", f.Name, no, row.Sins, o, why)
			}
		}
	}
	for k, v := range tab {
		t.Log(v, k)
	}
}
