package beneficiaries

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// RulingID names one decision (quyết định) about what somebody is entitled to. Example: 41.
type RulingID int64

// RulingKind says what a decision does.
type RulingKind string

// The kinds of a decision, in the order of a right's life.
const (
	RuleGrant    RulingKind = "grant"    // hưởng
	RuleChange   RulingKind = "change"   // điều chỉnh mức, nhóm
	RuleSuspend  RulingKind = "suspend"  // tạm dừng (TT 02/2021 Đ2.3)
	RuleResume   RulingKind = "resume"   // hưởng lại
	RuleStop     RulingKind = "stop"     // thôi hưởng
	RuleTransfer RulingKind = "transfer" // thôi chi và chuyển hồ sơ sang xã khác (NĐ 335/2026 Đ8)
	RuleReceive  RulingKind = "receive"  // xã mới tiếp nhận
)

// RulingKinds lists them all.
var RulingKinds = []RulingKind{RuleGrant, RuleChange, RuleSuspend, RuleResume, RuleStop, RuleTransfer, RuleReceive}

// The grounds to suspend (TT 02/2021 Đ2.3).
const (
	GroundUncollected = "uncollected"        // ba tháng liền không nhận
	GroundDetained    = "detained"           // bị tạm giam từ một tháng
	GroundRefused     = "refused_assessment" // từ chối đánh giá lại
	GroundOther       = "other"
)

// Ruling is one decision about one person. Until it is confirmed it changes nothing.
type Ruling struct {
	ID             RulingID    `json:"id"`
	Office         string      `json:"office"`
	OfficeName     string      `json:"office_name"`
	Kind           RulingKind  `json:"kind"`
	Person         PersonID    `json:"person"`
	Name           string      `json:"name"`
	Entitlements   []int64     `json:"entitlements"`
	From           money.Month `json:"from_month"` // the first month that it changes; of a stop the month after the last one paid
	Scheme         string      `json:"scheme"`
	Category       string      `json:"category"`
	Last           money.Month `json:"last_month"`
	Children       *int        `json:"children"`
	InjuryPercent  *int        `json:"injury_percent"`
	SeniorityUnits *int        `json:"seniority_units"`
	Ground         string      `json:"ground"`
	Reason         string      `json:"reason"`
	ToOffice       string      `json:"to_office"`
	Follows        RulingID    `json:"follows"`
	NeedsPosting   bool        `json:"needs_posting"`
	DraftedBy      string      `json:"drafted_by"`
	DraftedAt      time.Time   `json:"drafted_at"`

	Number      string          `json:"number"`
	SignedOn    *time.Time      `json:"signed_on"`
	SignerID    int64           `json:"signer_id"`
	ConfirmedBy string          `json:"confirmed_by"`
	ConfirmedAt *time.Time      `json:"confirmed_at"`
	Effect      json.RawMessage `json:"effect"`
	RefusedBy   string          `json:"refused_by"`
	RefusedAt   *time.Time      `json:"refused_at"`
	RefusedWhy  string          `json:"refused_why"`
}

// State is "draft", "confirmed" or "refused".
func (r Ruling) State() string {
	switch {
	case r.ConfirmedAt != nil:
		return "confirmed"
	case r.RefusedAt != nil:
		return "refused"
	}
	return "draft"
}

// LastPaid is the last month before the decision takes effect.
func (r Ruling) LastPaid() money.Month { return r.From - 1 }

// What every decision may be refused for.
var (
	ErrNoRuling  = &RuledError{Reason: "there is no such decision"}
	ErrOwnRuling = &RuledError{Reason: "who drafted a decision cannot confirm it: ask the chairman"}
	ErrRuled     = &RuledError{Reason: "the decision is already confirmed or refused"}
)

const rulingColumns = `
	select d.id, d.office, o.name as office_name, d.kind, d.person_id as person, p.name, d.entitlements, d.from_month as from,
	       coalesce(d.scheme, '') scheme, coalesce(d.category, '') category, d.last_month as last, d.children, d.injury_percent, d.seniority_units,
	       d.ground, d.reason, coalesce(d.to_office, '') to_office, coalesce(d.follows, 0) follows, d.needs_posting, d.drafted_by, d.drafted_at,
	       coalesce(d.number, '') number, d.signed_on, coalesce(d.signer_id, 0) signer_id, coalesce(d.confirmed_by, '') confirmed_by, d.confirmed_at,
	       d.effect, coalesce(d.refused_by, '') refused_by, d.refused_at, coalesce(d.refused_why, '') refused_why
	  from decision d join person p on p.id = d.person_id join office o on o.code = d.office `

// RulingFilter narrows Rulings; zero fields do not.
type RulingFilter struct {
	Office string
	Person PersonID
	State  string // draft, confirmed, refused
	Kind   RulingKind
	Before RulingID // cursor
	Limit  int      // 0: 50
}

// Rulings lists decisions, newest first.
func Rulings(ctx context.Context, q pg.Queryer, f RulingFilter) (_ []Ruling, err error) {
	defer pg.Wrap(&err, "beneficiaries: decisions")
	rows, err := q.Query(ctx, rulingColumns+`
		 where (@office = '' or d.office = @office) and (@person = 0 or d.person_id = @person) and (@kind = '' or d.kind = @kind)
		   and (@before = 0 or d.id < @before)
		   and (@state = '' or @state = case when d.confirmed_at is not null then 'confirmed' when d.refused_at is not null then 'refused' else 'draft' end)
		 order by d.id desc limit @limit`,
		pgx.StrictNamedArgs{"office": f.Office, "person": int64(f.Person), "kind": string(f.Kind), "before": int64(f.Before), "state": f.State,
			"limit": limitOr(f.Limit, 50)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Ruling])
}

// RulingByID reads one, or ErrNoRuling.
func RulingByID(ctx context.Context, q pg.Queryer, id RulingID) (Ruling, error) {
	return readRuling(ctx, q, id, "")
}

func readRuling(ctx context.Context, q pg.Queryer, id RulingID, lock string) (_ Ruling, err error) {
	defer pg.Wrap(&err, "beneficiaries: decision %d", id)
	rows, err := q.Query(ctx, rulingColumns+` where d.id = $1 `+lock, id)
	if err != nil {
		return Ruling{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Ruling])
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNoRuling
	}
	return r, err
}

// Held is an entitlement as decisions have left it.
type HeldRight struct {
	Entitlement
	Suspended  bool        `json:"suspended"`
	CeasedFrom money.Month `json:"ceased_from"` // zero: in force
}

// RightsOf lists what a person is entitled to, as decisions have left it.
func RightsOf(ctx context.Context, q pg.Queryer, person PersonID) (_ []HeldRight, err error) {
	defer pg.Wrap(&err, "beneficiaries: rights of person %d", person)
	rows, err := q.Query(ctx, `
		select e.id, e.office, e.scheme, e.category, e.first_month, e.last_month, e.children, e.injury_percent, e.seniority_units,
		       e.decision_no, e.decision_on, e.suspended, e.ceased_from
		  from entitlement e join person p on p.id = e.person_id where coalesce(p.merged_into, p.id) = $1
		 order by e.scheme, e.category, e.first_month, e.id`, person)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h HeldRight, err error) {
		err = row.Scan(&h.ID, &h.Office, &h.Scheme, &h.Category, &h.FirstMonth, &h.LastMonth, &h.Children, &h.InjuryPercent, &h.SeniorityUnits,
			&h.DecisionNo, &h.DecisionOn, &h.Suspended, &h.CeasedFrom)
		return h, err
	})
}
