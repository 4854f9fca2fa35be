package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/text"
	"ansinh.vn/money"
)

// Alert is something about a run as a whole: what keeps it from being approved, or what
// whoever approves should know. Alerts are leads, not proof.
type Alert struct {
	Code  string `json:"code"`
	Stops bool   `json:"stops"` // approving is refused until it is settled
	VI    string `json:"vi"`
	EN    string `json:"en"`
}

// The codes of alerts.
const (
	AlertFund        = "fund_short"       // a fund does not reach
	AlertProvisional = "provisional_rate" // a rate that nobody has confirmed
	AlertDeviates    = "deviates"         // far from the last six runs
	AlertManyNew     = "many_new"         // many are paid for the first time
	AlertThreshold   = "near_threshold"   // just below where another approval is needed
	AlertSplit       = "split"            // below it only because the month is paid in several runs
	AlertHours       = "after_hours"      // prepared, submitted or approved at night or on a weekend
	AlertAtOnce      = "approved_at_once" // signed seconds after it was submitted
)

// How far a run may depart from those before, and from a threshold.
var (
	deviatesInN     = decimal.RequireFromString("0.2")
	deviatesInTotal = decimal.RequireFromString("0.5")
	manyNew         = decimal.RequireFromString("0.1")
	nearThreshold   = decimal.RequireFromString("0.95")
)

// Alerts looks at a run that was summarized.
func Alerts(ctx context.Context, q pg.Queryer, s Summary) (list []Alert, err error) {
	defer pg.Wrap(&err, "payout: alerts of run %d", s.Run.ID)
	r := s.Run
	for _, f := range s.Funds {
		if f.Short > 0 {
			list = append(list, Alert{AlertFund, true, fmt.Sprintf("Kinh phí %s còn %s, thiếu %s", f.Scheme, f.Balance.Format(), f.Short.Format()),
				fmt.Sprintf("The fund of %s holds %s and is short of %s", f.Scheme, f.Balance.Format(), f.Short.Format())})
		}
	}
	var open int
	err = q.QueryRow(ctx, `select count(*) from unnest($1::text[]) s where not exists (select from rate_confirmation c where c.set_id = s)`, r.ProvisionalSets).Scan(&open)
	if err != nil {
		return nil, err
	}
	if open > 0 {
		list = append(list, Alert{AlertProvisional, true, "Đợt dùng mức hưởng chưa ai xác nhận theo văn bản", "The run uses rates that nobody has confirmed"})
	}
	deviates, err := deviation(ctx, q, r)
	if err != nil {
		return nil, err
	}
	if deviates != nil {
		list = append(list, *deviates)
	}
	for _, x := range s.Attention {
		if x.Key == SeeNew && r.N >= 20 && decimal.NewFromInt(int64(x.N)).GreaterThan(manyNew.Mul(decimal.NewFromInt(int64(r.N)))) && r.Month > 0 {
			list = append(list, Alert{AlertManyNew, false, fmt.Sprintf("%d trong %d người được chi lần đầu", x.N, r.N),
				fmt.Sprintf("%d of %d are paid for the first time", x.N, r.N)})
		}
	}
	near, err := byThreshold(ctx, q, r)
	if err != nil {
		return nil, err
	}
	return append(append(list, near...), byClock(s)...), nil
}

// deviation compares a run with up to six before it; fewer than three say nothing.
func deviation(ctx context.Context, q pg.Queryer, r Run) (*Alert, error) {
	var runs int
	var n, total decimal.Decimal
	var meanN, meanTotal string
	err := q.QueryRow(ctx, `
		select count(*), coalesce(avg(n), 0)::text, coalesce(avg(total), 0)::text from (
		    select n, total from run where office = $1 and month < $2 and schemes = $3 and state in ('approved', 'instructed', 'closed') and n > 0
		    order by month desc, id desc limit 6) x`, r.Office, r.Month, r.Schemes).Scan(&runs, &meanN, &meanTotal)
	if err != nil || runs < 3 {
		return nil, err
	}
	if n, err = decimal.NewFromString(meanN); err != nil {
		return nil, err
	}
	if total, err = decimal.NewFromString(meanTotal); err != nil {
		return nil, err
	}
	far := func(is, mean, share decimal.Decimal) bool { return is.Sub(mean).Abs().GreaterThan(mean.Mul(share)) }
	if !far(decimal.NewFromInt(int64(r.N)), n, deviatesInN) && !far(r.Total.Decimal(), total, deviatesInTotal) {
		return nil, nil
	}
	mean, err := money.Round(total)
	if err != nil {
		return nil, err
	}
	return &Alert{AlertDeviates, false,
		fmt.Sprintf("Khác xa %d đợt trước: bình quân %s người, %s; đợt này %d người, %s", runs, n.Round(0), mean.Format(), r.N, r.Total.Format()),
		fmt.Sprintf("Far from the last %d runs: on average %s people and %s, now %d and %s", runs, n.Round(0), mean.Format(), r.N, r.Total.Format())}, nil
}

// byThreshold sees sums that stay just below where one more approval would be needed.
func byThreshold(ctx context.Context, q pg.Queryer, r Run) (list []Alert, err error) {
	var next *money.VND
	var others money.VND
	err = q.QueryRow(ctx, `
		select (select min(total_from) from approval_threshold where total_from > $3),
		       (select coalesce(sum(total), 0)::bigint from run where office = $1 and month = $2 and id <> $4 and state not in ('draft', 'rejected', 'void'))`,
		r.Office, r.Month, r.Total, r.ID).Scan(&next, &others)
	if err != nil || next == nil {
		return nil, err
	}
	if r.Total.Decimal().GreaterThanOrEqual(next.Decimal().Mul(nearThreshold)) {
		list = append(list, Alert{AlertThreshold, false, fmt.Sprintf("Chỉ còn thiếu %s là phải có thêm một người duyệt", (*next - r.Total).Format()),
			fmt.Sprintf("Only %s below the sum that needs another approval", (*next - r.Total).Format())})
	}
	if others > 0 && r.Total+others >= *next {
		list = append(list, Alert{AlertSplit, false, fmt.Sprintf("Cùng các đợt khác trong tháng là %s, vượt mức phải có thêm người duyệt", (r.Total + others).Format()),
			fmt.Sprintf("With the month's other runs it comes to %s, above the sum that needs another approval", (r.Total + others).Format())})
	}
	return list, nil
}

// byClock sees steps at unusual hours, and a signature given before anybody can have read.
func byClock(s Summary) (list []Alert) {
	odd := func(t time.Time) bool {
		t = t.In(text.Vietnam)
		return t.Hour() < 6 || t.Hour() >= 20 || t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
	}
	late := odd(s.Run.PreparedAt) || (s.Run.SubmittedAt != nil && odd(*s.Run.SubmittedAt))
	atOnce := false
	for _, a := range s.Approvals {
		late = late || odd(a.ApprovedAt)
		atOnce = atOnce || (s.Run.SubmittedAt != nil && a.ApprovedAt.Sub(*s.Run.SubmittedAt) < 3*time.Second)
	}
	if late {
		list = append(list, Alert{AlertHours, false, "Có bước làm ngoài giờ hoặc ngày nghỉ", "A step was taken at night or on a weekend"})
	}
	if atOnce {
		list = append(list, Alert{AlertAtOnce, false, "Ký chỉ vài giây sau khi trình", "Signed seconds after it was submitted"})
	}
	return list
}

// approvalsNeeded is what the total asks for, and one more for a run that departs from
// those before where the settings want that.
func approvalsNeeded(ctx context.Context, tx pgx.Tx, r Run) (n int, err error) {
	if err = tx.QueryRow(ctx, `select approvals from approval_threshold where total_from <= $1 order by total_from desc limit 1`, r.Total).Scan(&n); err != nil {
		return 0, err
	}
	s, err := LoadSettings(ctx, tx)
	if err != nil || !s.MoreEyes {
		return n, err
	}
	far, err := deviation(ctx, tx, r)
	if far != nil {
		n++
	}
	return n, err
}
