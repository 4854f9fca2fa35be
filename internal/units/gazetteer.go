package units

import "ansinh.vn/identity"

// Gazetteer is the map of communes before and after July 2025 in the form that matching
// takes.
func Gazetteer() *identity.Gazetteer {
	var all []identity.Unit
	for _, f := range Formers() {
		province := "Tỉnh Bạc Liêu"
		if f.Province == "96" {
			province = "Tỉnh Cà Mau"
		}
		for _, c := range f.Became() {
			all = append(all, identity.Unit{OldCode: f.Code, OldName: f.Name, OldDistrict: f.District, OldProvince: province, NewCode: c.Code, NewName: c.Name})
		}
	}
	return identity.NewGazetteer(all)
}
