package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/payout"
)

func TestSimulateAnswersByCommand(t *testing.T) {
	pool := pgtest.New(t)
	t.Setenv("DATABASE_URL", pgtest.AppDSN(t, pool))
	err := pg.Tx(t.Context(), pool, func(tx pgx.Tx) error { // an import is one transaction
		for _, sql := range []string{
			`insert into office (code, name, kind) values ('31825', 'Vĩnh Lộc', 'Xã')`,
			`insert into list (kind, office, scheme, version, file_name, sha256, size, imported_by, imported_at)
				values ('list', '31825', 'htxh', 1, 'ds.xlsx', sha256('x'), 1, 'test', now())`,
			`insert into person (name, name_key, birth, sex, office, register_outcome, checked_at, first_list)
				values ('Danh Thị Sà Rươne', 'danh thi sa ruone', '1946', 'F', '31825', 'match', now(), 1)`,
			`insert into list_row (list_id, row_no, state, person_id, cells) values (1, 1, 'imported', 1, '')`,
			`insert into entitlement (person_id, office, scheme, category, first_month, decision_on, list_id, row_id)
				values (1, '31825', 'htxh', 'HTXH', '2026-11-01', '2026-10-01', 1, 1)`,
			`update list set received = 1, imported = 1, done = true`,
		} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--data-dir", t.TempDir(), "simulate", "--known-on", "2026-10-20"}
	for _, tt := range []struct {
		args string
		code int
	}{
		{"--level htxh=640.000 --json", exitDone},
		{"--level htxh=640000 --coefficient KT_N=2.0;HIV=2 --from 2026-12 --merit-competes", exitDone},
		{"", exitUsage},
		{"--level htxh=viel", exitUsage},
		{"--level ncc=3100000 --amount LS_TN1=3000000", exitDone},
		{"--level ncc=1", exitRefused},
		{"--coefficient NOBODY=2", exitRefused},
	} {
		code, out, errs := ansinh(t, "", append(args, strings.Fields(tt.args)...)...)
		if code != tt.code || (code == exitDone) != (out != "") {
			t.Errorf("%s: exit %d, want %d: %s%s", tt.args, code, tt.code, out, errs)
		}
		if strings.Contains(tt.args, "--json") {
			var s payout.Simulation
			if err := json.Unmarshal([]byte(out), &s); err != nil {
				t.Fatal(err)
			}
			if s.Total.Today != 2*540_000 || s.Total.Change != 2*100_000 || len(s.Rows) != 1 || s.Rows[0].Name != "Vĩnh Lộc" || s.Year != 2026 {
				t.Errorf("%+v", s)
			}
		}
	}
}
