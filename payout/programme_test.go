package payout

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

func (b *bundle) numberOf(p PersonID) string {
	b.Helper()
	var enc []byte
	b.scan(&enc, `select number_enc from person where id = $1`, p)
	plain, err := b.box.Open(secret.PersonNumber, enc)
	b.check(err)
	return plain
}

func (b *bundle) programme(code, kind, of string, amounts map[string]money.VND) {
	b.Helper()
	b.check(DefineProgramme(b.ctx, b.pool, Programme{Code: code, Name: "Quà Tết 2027", Kind: kind, DecisionNo: "9/QĐ-CTN", DecidedOn: day("2026-10-10"), SignedBy: "Chủ tịch nước",
		Month: month("2026-11"), ListedOn: day("2026-10-20"), Office: of, Amounts: amounts}, "staff:clerk.vinhloc", b.now))
}

func onlyProgramme(code string) func(*PrepareInput) {
	return func(in *PrepareInput) { in.Schemes = []Scheme{Scheme(code)} }
}

func TestAProgrammeIsPaidOnceFromItsOwnFund(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	p, merit := b.person(receives()), b.person(someone{rights: []Entitlement{right(NCC, "LS_TN1"), right(BTXH, "KT_N")}})
	b.programme("tet2027", Gift, "", map[string]money.VND{"ncc": 600_000, "btxh": 300_000})
	if err := DefineProgramme(b.ctx, b.pool, Programme{Code: "btxh", Name: "x", Kind: Gift, DecisionNo: "1", DecidedOn: b.now, SignedBy: "y", Month: month("2026-11"), ListedOn: b.now}, "x", b.now); err == nil {
		t.Error("a programme took a scheme's name")
	}
	if _, err := b.tryPrepare(onlyProgramme("tet2027")); err == nil || !strings.Contains(err.Error(), "not confirmed") {
		t.Errorf("prepared before it was confirmed: %v", err)
	}
	n, err := TakeEntitled(b.ctx, b.pool, "tet2027", "staff:clerk.vinhloc", b.now)
	b.check(err)
	if n != 2 {
		t.Errorf("%d on the list", n)
	}
	if err := ConfirmProgramme(b.ctx, b.pool, "tet2027", "staff:chairman.vinhloc", b.now); err == nil {
		t.Error("a commune's chairman confirmed a programme of the province")
	}
	b.check(ConfirmProgramme(b.ctx, b.pool, "tet2027", "staff:chairman.province", b.now))
	if _, err := TakeEntitled(b.ctx, b.pool, "tet2027", "staff:clerk.vinhloc", b.now); err == nil {
		t.Error("the list is still open")
	}
	r := b.submit(b.prepare(onlyProgramme("tet2027")))
	if r.N != 2 || r.Total != 900_000 || !slices.Equal(r.Schemes, []string{"tet2027"}) {
		t.Errorf("run %+v", r)
	}
	var short *ErrFunds
	if _, err := b.approve(r, b.chairman); !errors.As(err, &short) || short.Account != "366."+office+".tet2027" || short.Short != 900_000 {
		t.Errorf("paid from another fund: %v", err)
	}
	b.funds("tet2027", 1_000_000)
	r, err = b.approve(r, b.chairman)
	b.check(err)
	if got := b.balance("366." + office + ".tet2027"); got != 100_000 {
		t.Errorf("left %d", got)
	}
	if _, err := b.tryPrepare(onlyProgramme("tet2027")); !errors.Is(err, ErrNothing) {
		t.Errorf("paid again: %v", err)
	}
	// it changes nothing about what the month owes
	b.wants(b.owedTo(p, office, "2026-11"), `{"2026-07":60000,"2026-08":60000,"2026-09":60000,"2026-10":60000,"2026-11":810000}`)
	_ = merit
	b.instruct(r, b.bank)
	b.nothingIsLost()
	found, err := ProgrammeByCode(b.ctx, b.pool, "tet2027")
	b.check(err)
	if found.PaidN != 2 || found.Paid != 900_000 || found.N != 2 {
		t.Errorf("%+v", found)
	}
}

func TestAnEmergencyIsPaidFirstAndCheckedAfterwards(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	strange := func(s *someone) { s.outcome = "not_found" }
	p, q := b.person(receives()), b.person(receives(strange))
	b.programme("bao8", Emergency, office, nil)
	list := fmt.Sprintf("so_dinh_danh,ho_ten,so_tien,ly_do\n%s,Nguyễn Thị Số 1,2.000.000,sập nhà\n%s,Nguyễn Thị Số 2,2000000,sập nhà\n", b.numberOf(p), b.numberOf(q))
	for name, wrong := range map[string]string{
		"chưa có":   strings.Replace(list, b.numberOf(p), "095199999999", 1),
		"người tên": strings.Replace(list, "Số 1", "Khác", 1),
		"trùng với": list + b.numberOf(p) + ",Nguyễn Thị Số 1,1,x\n",
		"số tiền":   strings.Replace(list, "2.000.000", "hai triệu", 1),
		"lý do":     strings.Replace(list, "sập nhà", "", 1),
	} {
		n, problems, err := TakeList(b.ctx, b.pool, b.box, "bao8", "ap.csv", strings.NewReader(wrong), "staff:clerk.vinhloc", b.now)
		if err != nil || n != 0 || len(problems) == 0 || !strings.Contains(problems[0].Why, name) {
			t.Errorf("%s: %d taken, %+v, %v", name, n, problems, err)
		}
	}
	n, problems, err := TakeList(b.ctx, b.pool, b.box, "bao8", "ap.csv", strings.NewReader(list), "staff:clerk.vinhloc", b.now)
	b.check(err)
	if n != 2 || len(problems) != 0 {
		t.Fatalf("%d taken, %+v", n, problems)
	}
	if err := ConfirmProgramme(b.ctx, b.pool, "bao8", "staff:clerk.vinhloc", b.now); !errors.Is(err, ErrOwnProgramme) {
		t.Errorf("confirmed by who drafted it: %v", err)
	}
	b.check(ConfirmProgramme(b.ctx, b.pool, "bao8", "staff:chairman.province", b.now))
	r := b.submit(b.prepare(onlyProgramme("bao8")))
	if r.N != 2 || r.Total != 4_000_000 {
		t.Errorf("not paid first: %+v", r)
	}
	b.funds("bao8", 5_000_000)
	_, err = b.approve(r, b.chairman)
	b.check(err)
	odd, err := Discrepancies(b.ctx, b.pool, "bao8", "")
	b.check(err)
	if len(odd) != 1 || odd[0].Person != q || odd[0].Paid != 2_000_000 || odd[0].Outcome != "not_found" {
		t.Errorf("to be checked: %+v", odd)
	}
	b.check(CheckGranted(b.ctx, b.pool, "bao8", q, 0, "nhà không sập", "staff:clerk.vinhloc", b.now))
	b.check(CheckGranted(b.ctx, b.pool, "bao8", p, 2_500_000, "mức sập hoàn toàn", "staff:clerk.vinhloc", b.now))
	if err := CheckGranted(b.ctx, b.pool, "bao8", p, 1, "x", "staff:clerk.vinhloc", b.now); err == nil {
		t.Error("checked twice")
	}
	r = b.submit(b.prepare(onlyProgramme("bao8")))
	_, err = b.approve(r, b.chairman)
	b.check(err)
	if got := b.balance("1388.p" + fmt.Sprint(q)); got != 2_000_000 {
		t.Errorf("owed back %d", got)
	}
	if got := b.paymentOf(p).Amount; got != 500_000 {
		t.Errorf("paid %d more", got)
	}
	b.nothingIsLost()
}

func TestTwoMonthsTogetherBeforeTet(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	here, _ := b.signers()
	p, dies := b.person(receives()), b.person(receives())
	together := func(in *PrepareInput) { in.Month, in.Months, in.MonthsBy = month("2026-11"), 2, "CT 36/CT-TTg" }
	if _, err := b.tryPrepare(together, func(in *PrepareInput) { in.MonthsBy = " " }); err == nil {
		t.Error("two months without a paper")
	}
	if _, err := b.tryPrepare(together, func(in *PrepareInput) { in.Months = 3 }); err == nil {
		t.Error("three months")
	}
	r := b.approved(together)
	if r.Months != 2 || r.Total != 2*(monthDue+810_000) {
		t.Errorf("run %+v", r)
	}
	d := b.paymentOf(p)
	if last := d.Lines[len(d.Lines)-1]; last.Month != month("2026-12") || last.Amount != 810_000 || last.Kind != Regular {
		t.Errorf("the second month: %+v", last)
	}
	if _, err := b.tryPrepare(func(in *PrepareInput) { in.Month = month("2026-12") }); !errors.Is(err, ErrNothing) {
		t.Errorf("December paid again: %v", err)
	}
	if _, err := pgOwner(b).Exec(b.ctx, `update run set months = 1`); err == nil {
		t.Error("a run's months changed")
	}
	// who dies in November, or is stopped from December, gives December back
	b.exec(`update person set died_on = '2026-11-20', register_outcome = 'deceased' where id = $1`, dies)
	b.wants(b.owedTo(dies, office, "2027-01"), `{"2027-01":810000}`) // not known by October
	b.now = b.now.AddDate(0, 2, 0)
	b.wants(b.owedTo(dies, office, "2027-01"), `{"2026-12":-810000}`)
	b.ruling(beneficiaries.Ruling{Kind: beneficiaries.RuleStop, Person: beneficiaries.PersonID(p), From: month("2026-12")}, here)
	b.wants(b.owedTo(p, office, "2027-01"), `{"2026-12":-810000}`)
}

func TestTheCalendarSaysWhatIsDueAndWhatIsLate(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.signers()
	child := b.person(receives(func(s *someone) { s.birth = "2010-11-20" }))
	b.person(receives(func(s *someone) { s.birth = "1951-11" }))
	b.draft(beneficiaries.Ruling{Kind: beneficiaries.RuleStop, Person: beneficiaries.PersonID(child), From: month("2026-12")})
	_, err := beneficiaries.SetReassessment(b.ctx, b.pool, beneficiaries.Reassessment{Person: beneficiaries.PersonID(child), Kind: "disability", DueOn: day("2026-11-05")}, "staff:x", b.now)
	b.check(err)
	b.now = b.now.AddDate(0, 0, 20) // 9 November
	c, err := CalendarOf(b.ctx, b.pool, office, month("2026-11"), b.now)
	b.check(err)
	var got []string
	for _, x := range c.Tasks {
		line := fmt.Sprintf("%s %s %d/%d", x.Due.Format("01-02"), x.Kind, x.Done, x.Of)
		if x.Late {
			line += " late"
		}
		got = append(got, line)
	}
	want := []string{"10-25 list 0/1 late", "10-27 decision_stop 0/1 late", "11-01 age_16 0/1 late", "11-01 age_75 0/1 late", "11-05 reassessment_disability 0/1 late",
		"11-20 report 0/1", "11-25 list 0/1"}
	if !slices.Equal(got, want) {
		out, _ := json.MarshalIndent(got, "", " ")
		t.Errorf("%s", out)
	}
}
