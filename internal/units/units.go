// Package units knows the communes of Cà Mau province since July 2025, and what
// the communes of the former Bạc Liêu and Cà Mau provinces became. It never
// joins old to new by code or name alone: every new code was an old unit's code
// before, and 43 of the 64 now mean a unit with another name.
package units

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Province is the code of the new province.
const (
	Province     = "96"
	ProvinceName = "Tỉnh Cà Mau"
)

// Commune is one of the 64 units that exist since 2025-07-01 (QĐ 19/2025/QĐ-TTg).
type Commune struct {
	Code           string // valid from 2025-07-01. Example: 31825
	Name           string // with its kind. Example: Phường Bạc Liêu
	Kind           string // Xã or Phường
	Population     int
	FormerProvince string // 95 Bạc Liêu or 96 Cà Mau
}

// Former is a commune as it was until 2025-06-30.
type Former struct {
	Code         string // valid until 2025-06-30. Example: 31858
	Name         string // Example: Xã Vĩnh Lộc
	DistrictCode string // Example: 956
	District     string // Example: Huyện Hồng Dân
	Province     string // 95 Bạc Liêu or 96 Cà Mau
	New          []string
	// New holds the codes it went to: one for all of Bạc Liêu; two or three for
	// the 19 units of Cà Mau that were divided, where the hamlet decides.
}

var (
	//go:embed communes.csv
	communesCSV string
	//go:embed merged.csv
	mergedCSV string

	communes, formers = load()

	communeByCode    = index(communes, func(c Commune) []string { return []string{c.Code} })
	communeByName    = index(communes, func(c Commune) []string { return nameKeys(c.Name) })
	formerByCode     = index(formers, func(f Former) []string { return []string{f.Code} })
	formerByName     = index(formers, func(f Former) []string { return nameKeys(f.Name) })
	formerByDistrict = index(formers, func(f Former) []string { return nameKeys(f.District) })
	formersInto      = index(formers, func(f Former) []string { return f.New })
)

// Communes returns all 64 in order of their code.
func Communes() []Commune { return slices.Clone(communes) }

// Formers returns the 164 units of before July 2025 in order of their code.
func Formers() []Former { return slices.Clone(formers) }

// ByCode finds a commune by its code of today.
func ByCode(code string) (Commune, bool) {
	if found := communeByCode[code]; len(found) == 1 {
		return communes[found[0]], true
	}
	return Commune{}, false
}

// FormerByCode finds a unit by the code that it had until 2025-06-30.
func FormerByCode(code string) (Former, bool) {
	if found := formerByCode[code]; len(found) == 1 {
		return formers[found[0]], true
	}
	return Former{}, false
}

// Named finds the communes of today by name, with or without its kind, however
// the tones are placed, and without marks if nothing fits with them.
func Named(name string) []Commune {
	return pick(communes, lookup(communeByName, name))
}

// FormerNamed finds the units of before July 2025 by name and, when it is not
// empty, by district: "Phường 1" alone was the name of three.
func FormerNamed(name, district string) []Former {
	found := lookup(formerByName, name)
	if district != "" {
		within := lookup(formerByDistrict, district)
		found = slices.DeleteFunc(slices.Clone(found), func(i int) bool { return !slices.Contains(within, i) })
	}
	return pick(formers, found)
}

// Into returns the former units that went into the commune, in whole or in part.
func Into(code string) []Former { return pick(formers, formersInto[code]) }

// Became returns the communes of today that the former unit went to.
func (f Former) Became() []Commune {
	out := make([]Commune, 0, len(f.New))
	for _, code := range f.New {
		c, _ := ByCode(code)
		out = append(out, c)
	}
	return out
}

func pick[T any](all []T, at []int) []T {
	out := make([]T, 0, len(at))
	for _, i := range at {
		out = append(out, all[i])
	}
	return out
}

func index[T any](all []T, keys func(T) []string) map[string][]int {
	m := make(map[string][]int, len(all))
	for i, one := range all {
		for _, k := range keys(one) {
			m[k] = append(m[k], i)
		}
	}
	return m
}

func load() (cs []Commune, fs []Former) {
	for _, row := range rows(communesCSV) {
		n, err := strconv.Atoi(row[3])
		if err != nil {
			panic(fmt.Sprintf("units: communes.csv: %v", err))
		}
		cs = append(cs, Commune{Code: row[0], Name: row[1], Kind: row[2], Population: n, FormerProvince: row[4]})
	}
	for _, row := range rows(mergedCSV) {
		if last := len(fs) - 1; last >= 0 && fs[last].Code == row[0] {
			fs[last].New = append(fs[last].New, row[5])
			continue
		}
		fs = append(fs, Former{
			Code: row[0], Name: row[1], DistrictCode: row[2], District: row[3], Province: row[4], New: []string{row[5]},
		})
	}
	return cs, fs
}

func rows(text string) [][]string {
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("units: embedded table: %v", err))
	}
	return all[1:]
}
