package beneficiaries

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/internal/pg"
	"ansinh.vn/internal/secret"
)

// write puts what is decided into the database once there are at least some.
func (s *syncing) write(ctx context.Context, least int) error {
	for len(s.written) >= least && len(s.written) > 0 {
		n := min(len(s.written), 2*writeSize)
		lot := slices.Clone(s.written[:n])
		slices.SortFunc(lot, func(a, b verdict) int { return cmp.Compare(a.person.id, b.person.id) })
		var fresh map[string]int
		err := pg.Tx(ctx, s.pool, func(tx pgx.Tx) (err error) {
			fresh, err = s.writeLot(ctx, tx, lot)
			return err
		})
		if err != nil {
			return err
		}
		s.written = s.written[:copy(s.written, s.written[n:])]
		s.result.Asked += n
		s.result.Deaths += fresh["death"]
		s.result.Moves += fresh["move"]
		s.result.Absences += fresh["absence"]
		for _, v := range lot {
			s.result.Outcomes[v.outcome]++
		}
		if s.Progress != nil {
			s.Progress(s.result.Asked, s.total)
		}
	}
	return nil
}

// holder is who has a number now.
type holder struct {
	id        PersonID
	confirmed bool // the register said so
}

// writeLot writes one lot whole: people in the order of their ids, so that two
// lots never wait for each other in a circle.
func (s *syncing) writeLot(ctx context.Context, tx pgx.Tx, lot []verdict) (map[string]int, error) {
	indexes := make([][]byte, len(lot))
	ids := make([]int64, len(lot))
	var adopted [][]byte
	for i, v := range lot {
		ids[i] = int64(v.person.id)
		if v.record != nil && v.record.Number != "" { // the police may confirm a person without one
			indexes[i] = s.box.Index(secret.PersonNumber, v.record.Number)
			adopted = append(adopted, indexes[i])
		}
	}
	if err := planBySet(ctx, tx); err != nil {
		return nil, err
	}
	holders, has, err := lockPeople(ctx, tx, ids, adopted)
	if err != nil {
		return nil, err
	}
	losers := contest(lot, indexes, holders, has)
	if len(losers) > 0 {
		_, err := tx.Exec(ctx, `
			update person set other_enc = coalesce(other_enc, number_enc), other_idx = coalesce(other_idx, number_idx),
			       other_kind = coalesce(other_kind, 'claimed'), number_enc = null, number_idx = null
			 where id = any($1)`, losers)
		if err != nil {
			return nil, err
		}
	}
	if err := s.update(ctx, tx, lot, indexes, has); err != nil {
		return nil, err
	}
	var events []LifeEvent
	for _, v := range lot {
		if r := v.record; r != nil && (v.outcome == Deceased || v.outcome == Moved || v.outcome == Absent) {
			c := Candidate{Died: r.Died, Standing: r.Standing, MovedTo: v.evidence.MovedTo, Since: r.MovedOn}
			events = append(events, eventOf(v.person.id, v.outcome, c, s.Name, s.By, s.Now))
		}
	}
	fresh, err := recordEvents(ctx, tx, events)
	if err != nil {
		return nil, err
	}
	if err := s.closeTransactions(ctx, tx); err != nil {
		return nil, err
	}
	return fresh, s.note(ctx, tx, lot)
}

// lockPeople locks the lot and whoever holds a number that it adopts, and says
// who holds which number.
func lockPeople(ctx context.Context, tx pgx.Tx, ids []int64, numbers [][]byte) (holders map[index]holder, has map[PersonID]index, err error) {
	rows, err := tx.Query(ctx, `select id from person where number_idx = any($1) union select unnest($2::bigint[])`, numbers, ids)
	if err != nil {
		return nil, nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, nil, err
	}
	// by the primary key a scan over an array goes in the order of the ids
	if rows, err = tx.Query(ctx, `
		select id, number_idx, register_outcome in ('match', 'old_number', 'moved', 'deceased', 'absent')
		  from person where id = any($1) for update`, all); err != nil {
		return nil, nil, err
	}
	holders, has = map[index]holder{}, map[PersonID]index{}
	var h holder
	var number []byte
	_, err = pgx.ForEachRow(rows, []any{&h.id, &number, &h.confirmed}, func() error {
		if number != nil {
			holders[index(number)], has[h.id] = h, index(number)
		}
		return nil
	})
	return holders, has, err
}

// contest settles who gets a number that two persons would have. Whoever the
// register confirms takes it from one who only claims it; the second who is
// confirmed is a duplicate. It returns who loses their number.
func contest(lot []verdict, indexes [][]byte, holders map[index]holder, has map[PersonID]index) (losers []int64) {
	takes := map[index]PersonID{}
	inLot := map[PersonID]int{}
	for i, v := range lot {
		inLot[v.person.id] = i
	}
	// who is confirmed under the number that they have comes first
	for i, v := range lot {
		if indexes[i] != nil && has[v.person.id] == index(indexes[i]) {
			takes[index(indexes[i])] = v.person.id
		}
	}
	for i := range lot {
		v := &lot[i]
		if indexes[i] == nil {
			continue
		}
		number := index(indexes[i])
		h, held := holders[number]
		_, asked := inLot[h.id]
		if other, taken := takes[number]; taken && other != v.person.id {
			v.duplicate(other)
			indexes[i] = nil
			continue
		}
		if held && h.id != v.person.id && !asked && h.confirmed {
			v.duplicate(h.id)
			indexes[i] = nil
			continue
		}
		takes[number] = v.person.id
		if held && h.id != v.person.id {
			losers = append(losers, int64(h.id))
		}
	}
	// and who is confirmed under another number lets go of the one that they had
	for i, v := range lot {
		if old, had := has[v.person.id]; had && indexes[i] != nil && old != index(indexes[i]) {
			losers = append(losers, int64(v.person.id))
		}
	}
	slices.Sort(losers)
	return slices.Compact(losers)
}

// duplicate makes the verdict that the register's person is another one here.
func (v *verdict) duplicate(of PersonID) {
	v.outcome, v.record = Duplicate, nil
	v.evidence.With = []PersonID{of}
	v.why("trong sổ đăng ký là cùng một người với người khác trong danh sách; đề nghị gộp")
}

// update writes the outcomes, and for those found what the register says.
func (s *syncing) update(ctx context.Context, tx pgx.Tx, lot []verdict, indexes [][]byte, has map[PersonID]index) error {
	n := len(lot)
	ids, outcomes, evidence, days := make([]int64, n), make([]string, n), make([]Evidence, n), make([]*string, n)
	encs, idxs := make([][]byte, n), make([][]byte, n)
	names, keys, births, sexes, ethnics, died := make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n), make([]*string, n)
	for i, v := range lot {
		ids[i], outcomes[i], evidence[i], days[i] = int64(v.person.id), string(v.outcome), v.evidence, orNil(v.asOf)
		r := v.record
		if r == nil {
			continue
		}
		if old, had := has[v.person.id]; indexes[i] != nil && (!had || old != index(indexes[i])) {
			encs[i], idxs[i] = s.box.Seal(secret.PersonNumber, r.Number), indexes[i]
		}
		if r.Name != v.person.name {
			names[i], keys[i] = ptr(r.Name), ptr(nameKey(r.Name))
		}
		births[i], sexes[i], ethnics[i], died[i] = orNil(r.Birth), orNil(r.Sex), orNil(r.Ethnicity), orNil(r.Died)
	}
	_, err := tx.Exec(ctx, `
		update person p
		   set register_outcome = u.outcome, register_evidence = u.evidence, as_of = u.day::date, checked_at = @now,
		       number_enc = coalesce(u.enc, p.number_enc), number_idx = coalesce(u.idx, p.number_idx),
		       other_enc = case when p.other_kind = 'claimed' and u.idx is not null then null else p.other_enc end,
		       other_idx = case when p.other_kind = 'claimed' and u.idx is not null then null else p.other_idx end,
		       other_kind = case when p.other_kind = 'claimed' and u.idx is not null then null else p.other_kind end,
		       name = coalesce(u.name, p.name), name_key = coalesce(u.name_key, p.name_key),
		       birth = coalesce(u.birth, p.birth), sex = coalesce(u.sex, p.sex), ethnicity = coalesce(u.ethnic, p.ethnicity),
		       died_on = coalesce(u.died::date, p.died_on),
		       settled = case when p.settled = 'stop' or u.outcome = p.register_outcome then p.settled end,
		       settled_by = case when p.settled = 'stop' or u.outcome = p.register_outcome then p.settled_by end,
		       settled_at = case when p.settled = 'stop' or u.outcome = p.register_outcome then p.settled_at end
		  from unnest(@ids::bigint[], @outcomes::text[], @evidence::jsonb[], @days::text[], @encs::bytea[], @idxs::bytea[],
		              @names::text[], @keys::text[], @births::text[], @sexes::text[], @ethnics::text[], @died::text[])
		         as u(id, outcome, evidence, day, enc, idx, name, name_key, birth, sex, ethnic, died)
		 where p.id = u.id and p.id = any(@ids)`,
		pgx.StrictNamedArgs{"now": s.Now, "ids": ids, "outcomes": outcomes, "evidence": evidence, "days": days, "encs": encs, "idxs": idxs,
			"names": names, "keys": keys, "births": births, "sexes": sexes, "ethnics": ethnics, "died": died})
	return err
}

// note counts the lot in the sync and leaves a trace whose digest covers every
// person's outcome.
func (s *syncing) note(ctx context.Context, tx pgx.Tx, lot []verdict) error {
	counts := map[Outcome]int{}
	digest := sha256.New()
	for _, v := range lot {
		counts[v.outcome]++
		fmt.Fprintf(digest, "%d %s %s\n", v.person.id, v.outcome, v.evidence.Message)
	}
	_, err := tx.Exec(ctx, `
		update sync set asked = asked + $2,
		       outcomes = (select jsonb_object_agg(k, coalesce((outcomes ->> k)::int, 0) + coalesce(($3::jsonb ->> k)::int, 0))
		                     from (select jsonb_object_keys(outcomes || $3::jsonb) as k) keys)
		 where id = $1`, s.result.ID, len(lot), counts)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{At: s.Now, Actor: s.By, Kind: "sync.written", Subject: fmt.Sprintf("sync:%d", s.result.ID),
		Payload: map[string]any{"people": len(lot), "first": lot[0].person.id, "last": lot[len(lot)-1].person.id,
			"outcomes": counts, "sha256": fmt.Sprintf("%x", digest.Sum(nil))}})
}
