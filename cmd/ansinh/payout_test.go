package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/pgtest"
	"ansinh.vn/internal/secret"
	"ansinh.vn/staff"
)

func TestPayoutCalculateIsTheContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	people := write("p.csv", "person_number,date_of_birth,date_of_death,sex\n095154000123,1950-03-14,,F\n")
	rights := write("e.csv", "entitlement_id,person_number,scheme,category,first_month,last_month,children,injury_percent,seniority_units,decision_on\n"+
		"1,095154000123,htxh,HTXH,2026-10,,,,,2026-09-30\n")
	paid := write("d.csv", "person_number,scheme,category,month,amount\n095154000123,htxh,HTXH,2026-10,500000\n")
	out := filepath.Join(dir, "o.csv")
	args := []string{"payout", "calculate", "--people", people, "--entitlements", rights, "--paid", paid, "--month", "2026-11", "--known-on", "2026-10-20", "--out", out}
	code, stdout, errs := ansinh(t, "", append(args, "--json")...)
	if code != exitDone || !strings.Contains(stdout, `"lines":2`) {
		t.Fatalf("exit %d, %s%s", code, stdout, errs)
	}
	got, err := os.ReadFile(out)
	want := "person_number,scheme,category,month,amount,kind,article,explanation\n" +
		`095154000123,htxh,HTXH,2026-10,40000,arrears,"NĐ 335/2026/NĐ-CP Đ31","Truy lĩnh tháng 10/2026: được hưởng trợ cấp hưu trí xã hội 540.000 đ, đã chi 500.000 đ, còn được lĩnh 40.000 đ; mức đổi từ 500.000 đ thành 540.000 đ theo NĐ 335/2026/NĐ-CP Đ31."` + "\n" +
		`095154000123,htxh,HTXH,2026-11,540000,regular,"NĐ 335/2026/NĐ-CP Đ31","Tháng 11/2026: trợ cấp hưu trí xã hội 540.000 đ."` + "\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}

	write("d.csv", "person_number,scheme,category,month,amount\n095154000123,htxh,HTXH,2026-1,500000\n")
	before := len(names(t, dir))
	code, _, errs = ansinh(t, "", append(args[:len(args)-1], filepath.Join(dir, "new.csv"))...)
	if code != exitRefused || !strings.Contains(errs, "d.csv, line 2, column month") || len(names(t, dir)) != before {
		t.Errorf("bad input: exit %d, %s, files %v", code, errs, names(t, dir))
	}
	if code, _, _ := ansinh(t, "", "payout", "calculate", "--people", people); code != exitUsage {
		t.Errorf("missing flags: exit %d", code)
	}
}

func names(t *testing.T, dir string) (list []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestARunsLifeByCommand(t *testing.T) {
	pool := pgtest.New(t)
	t.Setenv("DATABASE_URL", pgtest.AppDSN(t, pool))
	dir := t.TempDir()
	box, err := secret.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(`insert into office (code, name, kind) values ('31825', 'Vĩnh Lộc', 'Xã')`)
	exec(`insert into staff (login, name, office, roles, password_hash, created_at, created_by)
		select login, login, '31825', roles, '$argon2id$v=19$x', now(), 'test'
		from (values ('clerk', array['clerk']), ('chairman', array['chairman'])) v(login, roles)`)
	private, public, err := staff.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "chairman.pem")
	if err := os.WriteFile(key, private, 0o600); err != nil {
		t.Fatal(err)
	}
	exec(`with r as (insert into staff_key_request (staff_id, kind, public_key, requested_at) values (2, 'es256', $1, now()) returning id)
		insert into staff_key (staff_id, request_id, kind, public_key, requested_at, enrolled_at, confirmed_by) select 2, id, 'es256', $1, now(), now(), 1 from r`, public)
	exec(`insert into rail_account (office, kind, bank_bin, account_no, name) values ('31825', 'bank', '970436', '1234567890', 'UBND xa Vinh Loc')`)
	err = pg.Tx(t.Context(), pool, func(tx pgx.Tx) error { // an import is one transaction
		for _, sql := range []string{
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
		_, err := tx.Exec(t.Context(), `
			insert into payee (person_id, kind, name, way, bank_bin, account_enc, account_idx, holder_name, holder_verdict, list_id, since)
			values (1, 'self', 'Danh Thị Sà Rươne', 'bank', '970415', $1, $2, 'DANH THI SA RUONE', 'same', 1, now())`,
			box.Seal(secret.AccountNumber, "0123456789"), box.Index(secret.AccountNumber, "970415:0123456789"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	run := func(want int, args ...string) string {
		t.Helper()
		code, out, errs := ansinh(t, "", append([]string{"--data-dir", dir, "--json"}, args...)...)
		if code != want {
			t.Fatalf("%v: exit %d, want %d: %s", args, code, want, errs)
		}
		return out + errs
	}
	has := func(out, want string) {
		t.Helper()
		if !strings.Contains(out, want) {
			t.Errorf("%q lacks %q", out, want)
		}
	}
	has(run(exitDone, "payout", "prepare", "--month", "2026-11", "--known-on", "2026-10-20", "--as", "clerk"), `"total":540000`)
	has(run(exitRefused, "payout", "prepare", "--office", "31825", "--month", "2026-11", "--known-on", "2026-10-20", "--as", "clerk"), "nothing to do")
	has(run(exitDone, "payout", "hold", "1", "--reason", "chờ xác minh", "--as", "clerk"), "")
	has(run(exitRefused, "payout", "release", "1", "--note", "xong", "--as", "clerk"), "another person")
	has(run(exitDone, "payout", "release", "1", "--note", "đã gặp", "--as", "chairman"), "")
	has(run(exitDone, "payout", "show", "1"), `"difference"`)
	has(run(exitDone, "payout", "submit", "1", "--as", "clerk"), `"state":"submitted"`)
	has(run(exitRefused, "payout", "approve", "1", "--as", "clerk", "--key", key), "not an enrolled")
	has(run(exitRefused, "payout", "approve", "1", "--as", "chairman", "--key", key), "366.31825.htxh holds 0 đ and is short of 540.000 đ")
	has(run(exitDone, "payout", "reject", "1", "--as", "chairman", "--reason", "chờ kinh phí"), `"state":"rejected"`)
	run(exitDone, "payout", "prepare", "--month", "2026-11", "--known-on", "2026-10-20", "--as", "clerk")
	has(run(exitDone, "payout", "void", "3", "--as", "clerk", "--reason", "tính lại"), `"state":"void"`)
	has(run(exitRefused, "payout", "send", "3", "--as", "clerk"), "state")
	has(run(exitRefused, "payout", "close", "3", "--as", "clerk"), "state")
	var list []map[string]any
	if err := json.Unmarshal([]byte(run(exitDone, "rates", "list")), &list); err != nil || len(list) < 10 {
		t.Errorf("rates %v, %v", list, err)
	}
	has(run(exitRefused, "rates", "confirm", "ncc:2026-07-01:2026-10-01", "--as", "chairman", "--note", "phụ lục"), "whole province")
	has(run(exitRefused, "rates", "confirm", "ncc:1", "--as", "chairman", "--note", "phụ lục"), "no such set")
}
