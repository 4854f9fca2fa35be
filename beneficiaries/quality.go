package beneficiaries

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// Quality is how good the data about the people of one list is, as numbers: đúng
// (agrees with the register), đủ (complete), sạch (no duplicates and no
// contradictions), sống (checked within the month). A person counts once a scheme.
type Quality struct {
	Office string `json:"office"`
	Name   string `json:"name"`
	Scheme string `json:"scheme"`
	People int    `json:"people"`

	Right    int `json:"right"`    // đúng
	Complete int `json:"complete"` // đủ
	Clean    int `json:"clean"`    // sạch
	Alive    int `json:"alive"`    // sống

	// why somebody is not right: what the register said, by outcome
	Mismatch  int `json:"mismatch"`
	Review    int `json:"review"`
	NotFound  int `json:"not_found"`
	Unchecked int `json:"unchecked"`
	Ended     int `json:"ended"` // deceased or absent, and still on the list

	// why somebody is not complete; one person may lack several
	NoNumber  int `json:"no_number"`
	NoBirth   int `json:"no_birth"` // none, or the year alone
	NoSex     int `json:"no_sex"`
	NoHamlet  int `json:"no_hamlet"`
	NoPayee   int `json:"no_payee"`   // nobody to collect, or a bank without its account
	NoDecided int `json:"no_decided"` // no number of the decision

	// why somebody is not clean
	Twice      int `json:"twice"`   // the same number or person as another
	Claimed    int `json:"claimed"` // a number that is another's
	TwoOffices int `json:"two_offices"`
	Shared     int `json:"shared"`  // an account of several people without a reason
	Holder     int `json:"holder"`  // the account is in somebody else's name
	Waiting    int `json:"waiting"` // rows in quarantine: of the list, not among the people

	Oldest *time.Time `json:"oldest"` // when the one longest unchecked was last checked
}

// Qualities returns one Quality an office and scheme, in that order; office ""
// is all of them. today decides what "within the month" is: checked on or after
// the same day of the month before.
func Qualities(ctx context.Context, q pg.Queryer, office string, today time.Time) (_ []Quality, err error) {
	defer pg.Wrap(&err, "beneficiaries: data quality")
	rows, err := q.Query(ctx, `
		with due as materialized (
		    select distinct e.person_id, e.office, e.scheme, bool_or(e.decision_no = '') over (partition by e.person_id, e.office, e.scheme) as undecided
		      from entitlement e
		     where e.dropped_by is null and e.ceased_from is null and (e.last_month is null or e.last_month >= date_trunc('month', @today::date)) and (@office = '' or e.office = @office)
		), offices as materialized (
		    select person_id from entitlement
		     where dropped_by is null and ceased_from is null and (last_month is null or last_month >= date_trunc('month', @today::date))
		     group by person_id having count(distinct office) > 1
		), shared as materialized (
		    select account_idx from payee where ended_at is null and account_idx is not null group by account_idx
		    having count(distinct person_id) > 1
		), state as (
		    select d.office, d.scheme,
		           coalesce(p.register_outcome in ('match', 'old_number', 'moved') or p.settled = 'pay', false) as ok,
		           p.register_outcome as outcome, p.settled,
		           p.number_idx is null as no_number, coalesce(length(p.birth), 0) < 10 as no_birth, p.sex is null as no_sex, p.hamlet = '' as no_hamlet,
		           y.id is null or y.way = 'bank' and (y.account_enc is null or y.bank_bin is null) as no_payee, d.undecided,
		           p.register_outcome = 'duplicate' as twice, p.other_kind is not distinct from 'claimed' as claimed, o.person_id is not null as two_offices,
		           coalesce(y.way = 'bank' and y.shared_reason = '', false) and s.account_idx is not null as shared,
		           coalesce(y.way = 'bank' and y.holder_verdict = 'different', false) as holder,
		           coalesce(p.checked_at >= @today::date - interval '1 month', false) as alive, p.checked_at
		      from due d
		      join person p on p.id = d.person_id and p.merged_into is null
		      left join payee y on y.person_id = p.id and y.ended_at is null
		      left join offices o on o.person_id = p.id
		      left join shared s on s.account_idx = y.account_idx
		), sums as (
		    select office, scheme, count(*) as people, count(*) filter (where ok) as fine,
		           count(*) filter (where not (no_number or no_birth or no_sex or no_hamlet or no_payee or undecided)) as complete,
		           count(*) filter (where not (twice or claimed or two_offices or shared or holder)) as clean,
		           count(*) filter (where alive) as alive,
		           count(*) filter (where outcome = 'mismatch' and not ok) as mismatch, count(*) filter (where outcome = 'review' and not ok) as review,
		           count(*) filter (where outcome = 'not_found' and not ok) as not_found, count(*) filter (where outcome = 'unchecked' and not ok) as unchecked,
		           count(*) filter (where outcome in ('deceased', 'absent')) as ended,
		           count(*) filter (where no_number) as no_number, count(*) filter (where no_birth) as no_birth, count(*) filter (where no_sex) as no_sex,
		           count(*) filter (where no_hamlet) as no_hamlet, count(*) filter (where no_payee) as no_payee, count(*) filter (where undecided) as undecided,
		           count(*) filter (where twice) as twice, count(*) filter (where claimed) as claimed, count(*) filter (where two_offices) as two_offices,
		           count(*) filter (where shared) as shared, count(*) filter (where holder) as holder, min(checked_at) as oldest
		      from state group by office, scheme
		), waiting as (
		    select l.office, l.scheme, count(*) as n
		      from list l join list_row r on r.list_id = l.id
		     where l.kind in ('list', 'correction') and r.state = 'quarantined' and r.corrected_by is null
		       and (@office = '' or l.office = @office)
		       and coalesce(case when l.kind = 'correction' then l.previous end, l.id)
		           in (select distinct on (n.office, n.scheme) n.id from list n where n.kind = 'list' order by n.office, n.scheme, n.version desc)
		     group by l.office, l.scheme
		)
		select coalesce(s.office, w.office), f.name, coalesce(s.scheme, w.scheme), coalesce(s.people, 0), coalesce(s.fine, 0), coalesce(s.complete, 0),
		       coalesce(s.clean, 0), coalesce(s.alive, 0), coalesce(s.mismatch, 0), coalesce(s.review, 0), coalesce(s.not_found, 0), coalesce(s.unchecked, 0),
		       coalesce(s.ended, 0), coalesce(s.no_number, 0), coalesce(s.no_birth, 0), coalesce(s.no_sex, 0), coalesce(s.no_hamlet, 0), coalesce(s.no_payee, 0),
		       coalesce(s.undecided, 0), coalesce(s.twice, 0), coalesce(s.claimed, 0), coalesce(s.two_offices, 0), coalesce(s.shared, 0), coalesce(s.holder, 0),
		       coalesce(w.n, 0), s.oldest
		  from sums s full join waiting w on w.office = s.office and w.scheme = s.scheme
		  join office f on f.code = coalesce(s.office, w.office)
		 order by 1, 3`,
		pgx.StrictNamedArgs{"office": office, "today": day(today)})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Quality])
}

// SumQuality adds qualities up under an empty office and scheme.
func SumQuality(all []Quality) (t Quality) {
	for _, q := range all {
		t.People += q.People
		t.Right += q.Right
		t.Complete += q.Complete
		t.Clean += q.Clean
		t.Alive += q.Alive
		t.Mismatch += q.Mismatch
		t.Review += q.Review
		t.NotFound += q.NotFound
		t.Unchecked += q.Unchecked
		t.Ended += q.Ended
		t.NoNumber += q.NoNumber
		t.NoBirth += q.NoBirth
		t.NoSex += q.NoSex
		t.NoHamlet += q.NoHamlet
		t.NoPayee += q.NoPayee
		t.NoDecided += q.NoDecided
		t.Twice += q.Twice
		t.Claimed += q.Claimed
		t.TwoOffices += q.TwoOffices
		t.Shared += q.Shared
		t.Holder += q.Holder
		t.Waiting += q.Waiting
		if q.Oldest != nil && (t.Oldest == nil || q.Oldest.Before(*t.Oldest)) {
			t.Oldest = q.Oldest
		}
	}
	return t
}

// PerMille is part of whole in thousandths, rounded down so that 1000 means all;
// of nobody it is 1000.
func PerMille(part, whole int) int {
	if whole == 0 {
		return 1000
	}
	return part * 1000 / whole
}
