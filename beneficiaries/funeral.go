package beneficiaries

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/money"
)

// FuneralCategory is the one-off support of whoever buries a recipient of monthly
// assistance (NĐ 20/2021 Đ11, NĐ 176/2025).
const FuneralCategory = "MAITANG"

// FuneralOffer tells a clerk that a family may be owed the funeral support. It pays
// nothing: the clerk makes the decision, and another person confirms it.
type FuneralOffer struct {
	ID         int64
	Person     PersonID
	Name       string
	Office     string
	OfficeName string
	Died       *time.Time
	OfferedAt  time.Time
	State      string // open, decided, declined, withdrawn
	DecisionNo string
	Draft      int64 // the decision that is drafted, 0 when none is
}

// OfferFuneral offers the support after a death, once for each, where the person had a
// right to monthly assistance in the month of death and nobody has decided yet.
func OfferFuneral(ctx context.Context, tx pgx.Tx, e LifeEvent, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: offer the funeral support of person %d", e.Person)
	if e.Kind != "death" {
		return nil
	}
	_, err = tx.Exec(ctx, `
		insert into funeral_offer (person_id, event_id, offered_at)
		select @person, @event, @now
		 where exists (select from entitlement t where t.person_id = @person and t.scheme in ('btxh', 'htxh') and t.category <> @funeral
		                  and entitlement_in_force(t, date_trunc('month', coalesce(@died::date, @day::date))::date))
		   and not exists (select from entitlement t where t.person_id = @person and t.category = @funeral)
		   and not exists (select from funeral_offer o where o.person_id = @person and o.state in ('open', 'decided', 'declined'))
		on conflict do nothing`,
		pgx.StrictNamedArgs{"person": e.Person, "event": e.ID, "now": now, "day": day(now), "died": nullDay(e.On), "funeral": FuneralCategory})
	return err
}

// CloseFuneralOffers closes the offers for which a decision has been confirmed, or a
// list has brought the support.
func CloseFuneralOffers(ctx context.Context, q pg.Queryer, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: close funeral offers")
	_, err = q.Exec(ctx, `
		update funeral_offer o set state = 'decided', decision_no = coalesce(nullif(t.decision_no, ''), 'theo danh sách'), closed_by = 'system', closed_at = $1
		  from entitlement t where t.person_id = o.person_id and t.category = $2 and o.state = 'open'`, now, FuneralCategory)
	return err
}

// DraftFuneral drafts the decision that an offer suggests, for a month; another person
// confirms it with its number.
func DraftFuneral(ctx context.Context, pool *pgxpool.Pool, offer int64, month money.Month, by string, now time.Time) (id RulingID, err error) {
	defer pg.Wrap(&err, "beneficiaries: draft the decision of funeral offer %d", offer)
	o, err := FuneralOfferByID(ctx, pool, offer)
	if err != nil {
		return 0, err
	}
	if o.State != "open" {
		return 0, ErrSettled
	}
	why := "Hỗ trợ chi phí mai táng"
	if o.Died != nil {
		why += fmt.Sprintf(" (mất ngày %s)", o.Died.Format("02/01/2006"))
	}
	return DraftRuling(ctx, pool, Ruling{Kind: RuleGrant, Person: o.Person, Scheme: SocialAssistance, Category: FuneralCategory, From: month, Last: month,
		Reason: why}, by, now)
}

// DeclineFuneral closes an offer without a decision, with the reason.
func DeclineFuneral(ctx context.Context, pool *pgxpool.Pool, offer int64, reason, by string, now time.Time) (err error) {
	defer pg.Wrap(&err, "beneficiaries: decline funeral offer %d", offer)
	if strings.TrimSpace(reason) == "" {
		return ErrReason
	}
	return pg.Tx(ctx, pool, func(tx pgx.Tx) error {
		var person PersonID
		err := tx.QueryRow(ctx, `update funeral_offer set state = 'declined', reason = $2, closed_by = $3, closed_at = $4
			 where id = $1 and state = 'open' returning person_id`, offer, reason, by, now).Scan(&person)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrSettled
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: now, Actor: by, Kind: "person.funeral_declined", Subject: fmt.Sprintf("person:%d", person),
			Payload: map[string]any{"offer": offer, "reason": reason}})
	})
}

const offerColumns = `
	select o.id, o.person_id, p.name, p.office, f.name, p.died_on, o.offered_at, o.state, o.decision_no,
	       coalesce((select max(d.id) from decision d where d.person_id = o.person_id and d.category = 'MAITANG' and d.refused_at is null), 0)
	  from funeral_offer o join person p on p.id = o.person_id join office f on f.code = p.office`

// FuneralOffers that are open, oldest first.
func FuneralOffers(ctx context.Context, q pg.Queryer, office string) (_ []FuneralOffer, err error) {
	defer pg.Wrap(&err, "beneficiaries: funeral offers")
	rows, err := q.Query(ctx, offerColumns+` where o.state = 'open' and ($1 = '' or p.office = $1) order by o.id limit 200`, office)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[FuneralOffer])
}

// FuneralOfferByID is one offer, open or not.
func FuneralOfferByID(ctx context.Context, q pg.Queryer, id int64) (o FuneralOffer, err error) {
	rows, err := q.Query(ctx, offerColumns+` where o.id = $1`, id)
	if err != nil {
		return o, err
	}
	o, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[FuneralOffer])
	if errors.Is(err, pgx.ErrNoRows) {
		return o, ErrNoCorrection
	}
	return o, err
}
