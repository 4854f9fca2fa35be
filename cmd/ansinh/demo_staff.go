package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"ansinh.vn/internal/units"
	"ansinh.vn/payout"
	"ansinh.vn/staff"
)

// demoPassword opens every sign-in of the demo; it is printed, and worth nothing elsewhere.
const demoPassword = "mưa thuận gió hòa"

// Logins of an office's people in the demo.
func clerkOf(office string) string      { return "canbo." + office }
func accountantOf(office string) string { return "ketoan." + office }
func chairmanOf(office string) string   { return "chutich." + office }

const demoOperator = "vanhanh"

// provinceApprovers sign after the commune's chairman when a run's total asks for a
// second or a third signature.
var provinceApprovers = []string{"phochutich.tinh", "giamdoc.soyte"}

// hire makes the demo's people: a clerk, an accountant and a chairman for every office,
// each approver with an enrolled key that an operator confirmed, and an auditor.
func (d *demo) hire(ctx context.Context) error {
	store := staff.Open(d.pool)
	if _, err := store.ByLogin(ctx, demoOperator); err == nil {
		return d.enrol(ctx, store)
	} else if !errors.Is(err, staff.ErrNotFound) {
		return err
	}
	people := []staff.New{
		{Login: demoOperator, Name: "Người vận hành", Roles: []staff.Role{"operator"}, Password: demoPassword},
		{Login: provinceApprovers[0], Name: "Phó Chủ tịch tỉnh", Roles: []staff.Role{"chairman"}, Password: demoPassword},
		{Login: provinceApprovers[1], Name: "Giám đốc Sở Y tế", Roles: []staff.Role{"chairman"}, Password: demoPassword},
		{Login: "thanhtra", Name: "Thanh tra tỉnh", Roles: []staff.Role{"auditor"}, Password: demoPassword},
		{Login: "cho", Name: "Ban quản lý chợ", Roles: []staff.Role{"vendor-admin"}, Password: demoPassword},
	}
	for _, c := range units.Communes() {
		people = append(people,
			staff.New{Login: clerkOf(c.Code), Name: "Cán bộ " + c.Name, Office: c.Code, Roles: []staff.Role{"clerk"}, Password: demoPassword},
			staff.New{Login: accountantOf(c.Code), Name: "Kế toán " + c.Name, Office: c.Code, Roles: []staff.Role{"accountant"}, Password: demoPassword},
			staff.New{Login: chairmanOf(c.Code), Name: "Chủ tịch " + c.Name, Office: c.Code, Roles: []staff.Role{"chairman"}, Password: demoPassword})
	}
	if _, err := store.AddAll(ctx, people, "demo", d.Now()); err != nil {
		return err
	}
	return d.enrol(ctx, store)
}

// enrol gives each approver a key, kept as a file beside the demo's data.
func (d *demo) enrol(ctx context.Context, store *staff.Store) error {
	if err := os.MkdirAll(filepath.Join(d.dir, "keys"), 0o700); err != nil {
		return err
	}
	operator, err := store.ByLogin(ctx, demoOperator)
	if err != nil {
		return err
	}
	logins := slices.Clone(provinceApprovers)
	for _, c := range units.Communes() {
		logins = append(logins, chairmanOf(c.Code))
	}
	for _, login := range logins {
		path := d.keyFile(login)
		if _, err := os.Stat(path); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		holder, err := store.ByLogin(ctx, login)
		if err != nil {
			return err
		}
		private, public, err := staff.GenerateKey()
		if err != nil {
			return err
		}
		req, err := store.RequestKey(ctx, holder.ID, public, "khóa phần mềm của bản trình diễn", d.Now())
		if err != nil {
			return err
		}
		if _, err := store.ConfirmKey(ctx, req, operator.ID, d.Now()); err != nil {
			return err
		}
		if err := os.WriteFile(path, private, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) keyFile(login string) string { return filepath.Join(d.dir, "keys", login+".pem") }

func (d *demo) staff(ctx context.Context, login string) (payout.StaffID, error) {
	p, err := staff.Open(d.pool).ByLogin(ctx, login)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", login, err)
	}
	return payout.StaffID(p.ID), nil
}
