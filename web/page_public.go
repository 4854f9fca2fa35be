package web

import (
	"fmt"
	"strconv"

	"ansinh.vn/beneficiaries"
)

type publicListsPage struct {
	Lists   []beneficiaries.PublicList
	MayPost bool
	Waiting int // drafted grants that are not yet posted
}

// publicLists are the lists that hang or hung out.
func (s *Server) publicLists(v *visit) error {
	d := publicListsPage{MayPost: v.person.Has(clerk) && v.office() != ""}
	var err error
	if d.Lists, err = beneficiaries.PublicLists(v.ctx, s.cfg.Pool, v.office()); err != nil {
		return err
	}
	if d.Waiting, err = beneficiaries.GrantsToPost(v.ctx, s.cfg.Pool, v.office()); err != nil {
		return err
	}
	return v.page("public-lists", view{Title: "Niêm yết", Data: d})
}

func (s *Server) postList(v *visit) error {
	if v.office() == "" {
		return refuse("Chỉ xã, phường niêm yết", "Only a commune posts", "Đăng nhập bằng tài khoản của xã.")
	}
	id, err := beneficiaries.PostGrants(v.ctx, s.cfg.Pool, s.cfg.Secrets, v.office(), v.r.FormValue("place"), v.person.Actor(), v.now())
	if err != nil {
		return err
	}
	v.tell("Đã lập danh sách niêm yết; in ra và treo lên.", "Made; print it and hang it out.")
	return v.see(fmt.Sprintf("/public-lists/%d", id))
}

type publicListPage struct {
	List     beneficiaries.PublicList
	MayTake  bool
	MayReply bool
	Running  bool
}

func (s *Server) publicList(v *visit) error {
	d, err := s.publicListOf(v)
	if err != nil {
		return err
	}
	return v.page("public-list", view{Title: "Niêm yết", Data: d})
}

func (s *Server) publicListOf(v *visit) (d publicListPage, err error) {
	id, err := v.id("id")
	if err != nil {
		return d, err
	}
	if d.List, err = beneficiaries.PublicListByID(v.ctx, s.cfg.Pool, id); err != nil {
		return d, err
	}
	d.MayTake, d.MayReply = v.person.Has(clerk), v.person.Has(clerk, chairman)
	d.Running = d.List.EndedAt == nil && !v.now().After(d.List.UntilOn)
	return d, v.mayOffice(d.List.Office)
}

func (s *Server) printPublicList(v *visit) error {
	d, err := s.publicListOf(v)
	if err != nil {
		return err
	}
	return v.page("public-list-print", view{Title: d.List.Title, Bare: true, Scripts: []string{"print.js"}, Data: d})
}

func (s *Server) takeObjection(v *visit) error {
	d, err := s.publicListOf(v)
	if err != nil {
		return err
	}
	row, err := strconv.Atoi(v.r.FormValue("row"))
	if err != nil {
		row = 0
	}
	if _, err := beneficiaries.TakeObjection(v.ctx, s.cfg.Pool, d.List.ID, row, v.r.FormValue("words"), v.person.Actor(), v.now()); err != nil {
		return err
	}
	v.tell("Đã ghi ý kiến; quyết định chờ trả lời.", "Recorded.")
	return v.see(fmt.Sprintf("/public-lists/%d", d.List.ID))
}

func (s *Server) answerObjection(v *visit) error {
	d, err := s.publicListOf(v)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(v.r.FormValue("objection"), 10, 64)
	if err != nil {
		return errNoPage
	}
	for _, o := range d.List.Objections {
		if o.ID == id {
			if err := beneficiaries.SettleObjection(v.ctx, s.cfg.Pool, id, v.r.FormValue("answer"), v.person.Actor(), v.now()); err != nil {
				return err
			}
			v.tell("Đã ghi trả lời.", "Answered.")
			return v.see(fmt.Sprintf("/public-lists/%d", d.List.ID))
		}
	}
	return errNoPage
}
