package web

import (
	"fmt"
	"strconv"
	"strings"

	"ansinh.vn/money"
	"ansinh.vn/reconcile"
)

type breaksPage struct {
	Breaks   []reconcile.Break
	N        int
	In, Out  money.VND // money that came and that left, unexplained
	Oldest   int       // days
	Proposed int
	Settled  bool
	Next     string
}

// breaks lists what reconciliation could not explain, the oldest first.
func (s *Server) breaks(v *visit) error {
	after, err := cursor(v.r.FormValue("after"))
	if err != nil {
		return err
	}
	d := breaksPage{Settled: v.r.FormValue("settled") == "1"}
	got, err := reconcile.Breaks(v.ctx, s.cfg.Pool, reconcile.BreakFilter{Office: v.office(), Settled: d.Settled,
		After: reconcile.BreakID(after), Limit: pageSize + 1}, v.now())
	if err != nil {
		return err
	}
	if d.Breaks = got; len(got) > pageSize {
		d.Breaks = got[:pageSize]
		d.Next = "/breaks?after=" + strconv.FormatInt(int64(d.Breaks[pageSize-1].ID), 10)
		if d.Settled {
			d.Next += "&settled=1"
		}
	}
	if err := s.cfg.Pool.QueryRow(v.ctx, `
		select count(*), coalesce(sum(amount) filter (where amount > 0), 0)::bigint, coalesce(-sum(amount) filter (where amount < 0), 0)::bigint,
		       coalesce(max($2::date - opened_on), 0), count(*) filter (where state = 'proposed')
		from recon_break where state <> 'settled' and ($1 = '' or office = $1)`, v.office(), v.now()).
		Scan(&d.N, &d.In, &d.Out, &d.Oldest, &d.Proposed); err != nil {
		return err
	}
	return v.page("breaks", view{Title: "Chênh lệch", Data: d})
}

type breakPageData struct {
	Break      reconcile.Break
	MayPropose bool
	MayConfirm bool
	OwnHand    bool // this person proposed it
	ProposedBy string
	Ways       []way
	Problem    *problem
	Note       string
}

// way is one action that settles a break.
type way struct{ Value, VI, EN string }

var schemeNames = map[string]string{"btxh": "trợ giúp xã hội", "htxh": "hưu trí xã hội", "ncc": "người có công"}

func waysFor(b reconcile.Break) []way {
	ways := []way{{reconcile.ActionNote, "Giải trình ngoài sổ, không chuyển tiền", "Explained outside the books"}}
	if b.Amount < 0 {
		ways = append(ways, way{reconcile.ActionFee, "Phí ngân hàng", "Bank fee"},
			way{reconcile.ActionFeePaid, "Trả phí cho tổ chức chi trả", "Fee of the payment organisation"})
		for _, scheme := range []string{"btxh", "htxh", "ncc"} {
			ways = append(ways, way{reconcile.ActionSurrender + scheme, "Nộp trả ngân sách kinh phí cuối năm: " + schemeNames[scheme], "Year end, back to the budget"})
		}
	}
	if b.Amount > 0 {
		ways = append(ways,
			way{reconcile.ActionSendBack, "Trả lại người gửi", "Send it back"},
			way{reconcile.ActionReturn, "Là tiền hoàn trả của một lệnh chi", "A return of an instruction"},
			way{reconcile.ActionRecover, "Người hưởng nộp lại tiền chi thừa", "A person gives back what was overpaid"},
			way{reconcile.ActionDeposit, "Nộp tiền mặt tại quỹ vào ngân hàng", "The office's cash brought to the bank"})
		for _, scheme := range []string{"btxh", "htxh", "ncc"} {
			ways = append(ways, way{reconcile.ActionFund + scheme, "Kinh phí " + schemeNames[scheme], "Funds for " + scheme})
		}
	}
	return ways
}

func (s *Server) breakOf(v *visit) (d breakPageData, err error) {
	id, err := v.id("id")
	if err != nil {
		return d, err
	}
	got, err := reconcile.Breaks(v.ctx, s.cfg.Pool, reconcile.BreakFilter{Office: v.office(), ID: reconcile.BreakID(id), Settled: true}, v.now())
	if err != nil {
		return d, err
	}
	if len(got) != 1 {
		return d, errNoPage
	}
	d.Break = got[0]
	d.MayPropose = d.Break.State != "settled" && v.person.Has(accountant)
	d.MayConfirm = d.Break.State == "proposed" && v.person.Has(accountant, chairman)
	if by := d.Break.ProposedBy; by != nil {
		d.OwnHand = *by == int64(v.person.ID)
		if err := s.cfg.Pool.QueryRow(v.ctx, `select name from staff where id = $1`, *by).Scan(&d.ProposedBy); err != nil {
			return d, err
		}
	}
	d.Ways = waysFor(d.Break)
	return d, nil
}

func (s *Server) breakPage(v *visit) error {
	d, err := s.breakOf(v)
	if err != nil {
		return err
	}
	return v.page("break", view{Title: fmt.Sprintf("Chênh lệch %d", d.Break.ID), Data: d})
}

// proposeBreak writes down how a break should be settled.
func (s *Server) proposeBreak(v *visit) error {
	d, err := s.breakOf(v)
	if err != nil {
		return err
	}
	action, note := v.r.FormValue("action"), strings.TrimSpace(v.r.FormValue("note"))
	named := action == reconcile.ActionReturn || action == reconcile.ActionRecover || action == reconcile.ActionFeePaid
	reference := strings.TrimSpace(v.r.FormValue("reference"))
	if named {
		action += reference
	}
	if note == "" || action == "" || (named && reference == "") {
		d.Problem = refuse("Chưa đủ để đề nghị", "The proposal is not complete", "Chọn cách xử lý và ghi lý do; hoàn trả thì cần mã lệnh chi, thu hồi thì cần mã người nộp, phí thì cần mã kênh chi.")
		d.Note = note
		return v.pageWrite("break", d.Problem.Status, view{Title: fmt.Sprintf("Chênh lệch %d", d.Break.ID), Data: d})
	}
	store := reconcile.Store{Pool: s.cfg.Pool}
	if err := store.Propose(v.ctx, d.Break.ID, action, note, int64(v.person.ID), v.now()); err != nil {
		return err
	}
	v.tell("Đã đề nghị; cần người thứ hai xác nhận.", "Proposed; a second person has to confirm.")
	return v.see("/breaks")
}

// confirmBreak settles a proposed break; the database wants a second person.
func (s *Server) confirmBreak(v *visit) error {
	d, err := s.breakOf(v)
	if err != nil {
		return err
	}
	store := reconcile.Store{Pool: s.cfg.Pool}
	if err := store.Confirm(v.ctx, d.Break.ID, int64(v.person.ID), v.now()); err != nil {
		return err
	}
	v.tell("Đã xử lý chênh lệch và ghi sổ.", "Settled and posted.")
	return v.see("/breaks")
}
