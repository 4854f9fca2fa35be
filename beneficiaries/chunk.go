package beneficiaries

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/secret"
	"ansinh.vn/money"
)

// chunkWriter turns the lines of a chunk into rows of the tables, all by sets.
type chunkWriter struct {
	*listImport
	known *known

	people  []*someone // by line; nil for a quarantined one
	fresh   []*someone // made in this chunk, in order
	touched []*someone // known before, with something to fill or correct
	rowIDs  []RowID
	first   []RowID // duplicate_of by line, 0 for none

	newPlaces     [][]any // entitlement, by COPY
	movedPlaces   []placeUpdate
	paid          [][]any
	payees        [][]any
	endedPayees   []int64
	changes       [][]any
	changesByKind map[string]int
}

// placeUpdate is an entitlement that this version carries on.
type placeUpdate struct {
	id   int64
	row  RowID
	line *line
	last money.Month
}

// resolve decides whom every line is about and what it changes.
func (w *chunkWriter) resolve(ctx context.Context) error {
	n := len(w.chunk)
	w.people, w.first, w.changesByKind = make([]*someone, n), make([]RowID, n), map[string]int{}
	for i := range w.chunk {
		r := &w.chunk[i]
		if r.reason != "" {
			continue
		}
		s, fresh := w.who(w.known, r)
		w.people[i] = s
		if fresh {
			w.fresh = append(w.fresh, s)
		}
	}
	ids, err := takeIDs[PersonID](ctx, w.tx, "person_id_seq", len(w.fresh))
	if err != nil {
		return err
	}
	for i, s := range w.fresh {
		s.id = ids[i]
	}
	if w.rowIDs, err = takeIDs[RowID](ctx, w.tx, "list_row_id_seq", n); err != nil {
		return err
	}
	for i := range w.chunk {
		r, s := &w.chunk[i], w.people[i]
		if r.mends != 0 {
			w.mended[r.mends] = w.rowIDs[i]
		}
		if s == nil {
			continue
		}
		at := place{s.id, r.category}
		if earlier, ok := w.taken[at]; ok {
			w.first[i] = earlier
			w.result.Duplicates++
			r.warn("trùng với một dòng trước trong danh sách")
			continue
		}
		w.taken[at] = w.rowIDs[i]
		if s.line == nil && s.fill == nil {
			s.fill = r
			s.rename = len(s.places) > 0 && !s.identified
			w.touched = append(w.touched, s)
		}
		if err := w.entitle(s, r, w.rowIDs[i]); err != nil {
			return err
		}
		if _, done := w.paidTo[s.id]; !done {
			w.paidTo[s.id] = w.rowIDs[i]
			if err := w.pay(s, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeIDs draws ids from a sequence, in order.
func takeIDs[ID ~int64](ctx context.Context, tx pgx.Tx, sequence string, n int) ([]ID, error) {
	if n == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `select nextval($1::regclass) from generate_series(1, $2)`, sequence, n)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	slices.Sort(ids)
	return ids, err
}

// entitle gives a person the place that a line says, new or carried on.
func (w *chunkWriter) entitle(s *someone, r *line, row RowID) error {
	var at *entitled
	for i := range s.places {
		p := &s.places[i]
		if p.category != r.category {
			continue
		}
		if p.first == r.first {
			at = p
			break
		}
		if p.last == 0 || r.first <= p.last {
			at = p
		}
	}
	if at == nil {
		w.newPlaces = append(w.newPlaces, []any{int64(s.id), w.office, w.scheme, r.category, r.first.First(), monthOrNil(r.last),
			r.children, r.injury, r.seniority, r.decisionNo, nullDay(r.decisionOn), int64(w.id), int64(row)})
		from := max(r.first, w.opening)
		if r.paid > 0 && r.paidThrough >= from {
			w.paid = append(w.paid, []any{int64(s.id), w.scheme, r.category, from.First(), r.paidThrough.First(), int64(r.paid), int64(w.id)})
		}
		if w.version > 1 {
			return w.change(s, r.category, "added", nil)
		}
		return nil
	}
	last := r.last
	if at.last != 0 && last == 0 {
		last = at.last
		r.warn("đã có quyết định thôi hưởng từ sau tháng %s", at.last)
	}
	w.movedPlaces = append(w.movedPlaces, placeUpdate{at.id, row, r, last})
	fields := map[string][2]string{}
	differ := func(field, before, after string) {
		if before != after {
			fields[field] = [2]string{before, after}
		}
	}
	differ("huong_tu", at.first.String(), r.first.String())
	differ("huong_den", at.last.String(), last.String())
	differ("so_con", number(at.children), number(r.children))
	differ("ty_le", number(at.injury), number(r.injury))
	differ("tham_nien", number(at.seniority), number(r.seniority))
	differ("so_quyet_dinh", at.decisionNo, r.decisionNo)
	if !s.identified {
		differ("ho_ten", s.name, r.name)
		differ("ngay_sinh", s.birth, r.birth.String())
	}
	if w.version > 1 && at.list != w.id && len(fields) > 0 {
		return w.change(s, r.category, "changed", fields)
	}
	return nil
}

// change keeps what this version changed; the payee's part joins the row's.
func (w *chunkWriter) change(s *someone, category, kind string, fields map[string][2]string) error {
	if fields == nil {
		fields = map[string][2]string{}
	}
	w.changes = append(w.changes, []any{int64(w.id), int64(s.id), category, kind, fields})
	w.changesByKind[kind]++
	return nil
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func monthOrNil(m money.Month) *time.Time {
	if m == 0 {
		return nil
	}
	t := m.First()
	return &t
}

// write puts the chunk into the tables, each by one statement.
func (w *chunkWriter) write(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		w.writePeople, w.writeRows, w.writeMended, w.writePlaces, w.writePayees, w.writeChanges,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	for kind, n := range w.changesByKind {
		w.result.Changes[kind] += n
	}
	return nil
}

func (w *chunkWriter) writePeople(ctx context.Context) error {
	_, err := w.tx.CopyFrom(ctx, pgx.Identifier{"person"},
		[]string{"id", "number_enc", "number_idx", "other_enc", "other_idx", "other_kind", "name", "name_key", "birth", "sex",
			"ethnicity", "office", "hamlet", "address", "phone", "e_identity", "first_list"},
		pgx.CopyFromSlice(len(w.fresh), func(i int) ([]any, error) {
			s := w.fresh[i]
			var numberEnc, numberIdx, otherEnc, otherIdx []byte
			var kind *string
			if s.number != "" {
				numberEnc, numberIdx = w.sealNumber(s.number)
			}
			switch {
			case s.claimed != "":
				otherEnc, otherIdx = w.sealNumber(s.claimed)
				kind = ptr("claimed")
			case s.old != "":
				otherEnc, otherIdx = w.sealNumber(s.old)
				kind = ptr("old")
			}
			return []any{int64(s.id), numberEnc, numberIdx, otherEnc, otherIdx, kind, s.name, nameKey(s.name), orNil(s.birth), orNil(s.sex),
				s.line.ethnic, w.office, s.hamlet, s.line.address, s.line.phone, s.line.eIdentity, int64(w.id)}, nil
		}))
	if err != nil || len(w.touched) == 0 {
		return err
	}
	return w.updatePeople(ctx)
}

// updatePeople fills what was missing about known people, and takes over what a
// newer version corrects about those whom the register has not confirmed; they
// are asked about again.
func (w *chunkWriter) updatePeople(ctx context.Context) error {
	n := len(w.touched)
	ids, names, namekeys := make([]int64, n), make([]*string, n), make([]*string, n)
	births, sexes, hamlets, addresses, phones := make([]*string, n), make([]*string, n), make([]string, n), make([]string, n), make([]string, n)
	encs, idxs := make([][]byte, n), make([][]byte, n)
	again, eIdentities := make([]bool, n), make([]*bool, n)
	for i, s := range w.touched {
		r := s.fill
		ids[i], hamlets[i], addresses[i], phones[i] = int64(s.id), r.hamlet, r.address, r.phone
		eIdentities[i] = r.eIdentity
		birth := r.birth.String()
		switch {
		case s.identified:
		case s.rename && (nameKey(s.name) != nameKey(r.name) || birth != "" && birth != s.birth || r.sex != "" && s.sex != "" && string(r.sex) != s.sex):
			names[i], namekeys[i] = ptr(r.name), ptr(nameKey(r.name))
			births[i], sexes[i] = orNil(birth), orNil(string(r.sex))
			again[i] = true
		default:
			if len(birth) > len(s.birth) && (s.birth == "" || birth[:4] == s.birth[:4]) {
				births[i] = ptr(birth)
			}
			if s.sex == "" {
				sexes[i] = orNil(string(r.sex))
			}
		}
		if s.setNumber != "" {
			encs[i], idxs[i] = w.sealNumber(s.setNumber)
			again[i] = again[i] || !s.identified
		}
	}
	_, err := w.tx.Exec(ctx, `
		update person p
		   set name = coalesce(u.name, p.name), name_key = coalesce(u.name_key, p.name_key),
		       birth = coalesce(u.birth, p.birth), sex = coalesce(u.sex, p.sex),
		       hamlet = case when p.hamlet = '' then u.hamlet else p.hamlet end,
		       address = case when p.address = '' then u.address else p.address end,
		       phone = case when u.phone = '' then p.phone else u.phone end, e_identity = coalesce(u.e_identity, p.e_identity),
		       number_enc = coalesce(p.number_enc, u.enc), number_idx = coalesce(p.number_idx, u.idx),
		       register_outcome = case when u.again then 'unchecked' else p.register_outcome end,
		       register_evidence = case when u.again then '{}' else p.register_evidence end,
		       checked_at = case when u.again then null else p.checked_at end,
		       settled = case when u.again then null else p.settled end,
		       settled_by = case when u.again then null else p.settled_by end,
		       settled_at = case when u.again then null else p.settled_at end
		  from unnest(@ids::bigint[], @names::text[], @keys::text[], @births::text[], @sexes::text[], @hamlets::text[], @addresses::text[],
		              @phones::text[], @encs::bytea[], @idxs::bytea[], @again::boolean[], @identities::boolean[])
		         as u(id, name, name_key, birth, sex, hamlet, address, phone, enc, idx, again, e_identity)
		 where p.id = u.id and p.id = any(@ids)
		   and (u.again or u.birth is not null or u.sex is not null or u.enc is not null
		        or (p.hamlet = '' and u.hamlet <> '') or (p.address = '' and u.address <> '') or (u.phone <> '' and u.phone <> p.phone)
		        or u.e_identity <> coalesce(p.e_identity, not u.e_identity))`,
		pgx.StrictNamedArgs{"ids": ids, "names": names, "keys": namekeys, "births": births, "sexes": sexes, "hamlets": hamlets,
			"addresses": addresses, "phones": phones, "encs": encs, "idxs": idxs, "again": again, "identities": eIdentities})
	return err
}

func (w *chunkWriter) writeRows(ctx context.Context) error {
	_, err := w.tx.CopyFrom(ctx, pgx.Identifier{"list_row"},
		[]string{"id", "list_id", "sheet", "row_no", "state", "person_id", "cells", "repairs", "warnings", "cell", "reason", "duplicate_of"},
		pgx.CopyFromSlice(len(w.chunk), func(i int) ([]any, error) {
			r := &w.chunk[i]
			state, person, cell, reason, first := "imported", (*int64)(nil), (*string)(nil), (*string)(nil), (*int64)(nil)
			if r.reason != "" {
				state, cell, reason = "quarantined", &r.cell, &r.reason
			} else {
				person = ptr(int64(w.people[i].id))
			}
			if w.first[i] != 0 {
				first = ptr(int64(w.first[i]))
			}
			repairs := []byte("[]")
			if len(r.repairs) > 0 {
				var err error
				if repairs, err = json.Marshal(r.repairs); err != nil {
					return nil, err
				}
			}
			warnings := r.warnings
			if warnings == nil {
				warnings = []string{}
			}
			return []any{int64(w.rowIDs[i]), int64(w.id), r.sheet, r.number, state, person, sealCells(w.box, r.cells), repairs, warnings, cell, reason, first}, nil
		}))
	return err
}

// writeMended closes the gaps that this chunk corrects.
func (w *chunkWriter) writeMended(ctx context.Context) error {
	if len(w.mended) == 0 {
		return nil
	}
	var from, to []int64
	for _, r := range w.chunk {
		if id, ok := w.mended[r.mends]; ok && r.mends != 0 {
			from, to = append(from, int64(r.mends)), append(to, int64(id))
		}
	}
	_, err := w.tx.Exec(ctx, `
		update list_row r set corrected_by = u.id from unnest($1::bigint[], $2::bigint[]) as u(mends, id)
		 where r.id = u.mends and r.id = any($1) and r.corrected_by is null`, from, to)
	return err
}

func (w *chunkWriter) writePlaces(ctx context.Context) error {
	_, err := w.tx.CopyFrom(ctx, pgx.Identifier{"entitlement"},
		[]string{"person_id", "office", "scheme", "category", "first_month", "last_month", "children", "injury_percent", "seniority_units",
			"decision_no", "decision_on", "list_id", "row_id"}, pgx.CopyFromRows(w.newPlaces))
	if err != nil {
		return err
	}
	if err := w.carryPlaces(ctx); err != nil || len(w.paid) == 0 {
		return err
	}
	return w.writePaid(ctx)
}

// carryPlaces brings known entitlements to what this version says.
func (w *chunkWriter) carryPlaces(ctx context.Context) error {
	n := len(w.movedPlaces)
	if n == 0 {
		return nil
	}
	ids, rows, firsts, lasts := make([]int64, n), make([]int64, n), make([]time.Time, n), make([]*time.Time, n)
	children, injuries, seniorities := make([]*int, n), make([]*int, n), make([]*int, n)
	numbers, days := make([]string, n), make([]*time.Time, n)
	for i, u := range w.movedPlaces {
		ids[i], rows[i], firsts[i], lasts[i] = u.id, int64(u.row), u.line.first.First(), monthOrNil(u.last)
		children[i], injuries[i], seniorities[i] = u.line.children, u.line.injury, u.line.seniority
		numbers[i], days[i] = u.line.decisionNo, nullDay(u.line.decisionOn)
	}
	_, err := w.tx.Exec(ctx, `
		update entitlement e
		   set first_month = u.first, last_month = u.last, children = u.children, injury_percent = u.injury, seniority_units = u.seniority,
		       decision_no = u.no, decision_on = u.day, list_id = @list, row_id = u.row, dropped_by = null
		  from unnest(@ids::bigint[], @rows::bigint[], @firsts::date[], @lasts::date[], @children::int[], @injuries::int[],
		              @seniorities::int[], @numbers::text[], @days::date[])
		         as u(id, row, first, last, children, injury, seniority, no, day)
		 where e.id = u.id and e.id = any(@ids)`,
		pgx.StrictNamedArgs{"list": w.id, "ids": ids, "rows": rows, "firsts": firsts, "lasts": lasts, "children": children,
			"injuries": injuries, "seniorities": seniorities, "numbers": numbers, "days": days})
	return err
}

// writePaid keeps the months that were settled before this system took over.
// Only a new place brings some: from then on the payments here tell.
func (w *chunkWriter) writePaid(ctx context.Context) error {
	n := len(w.paid)
	people, schemes, groups := make([]int64, n), make([]string, n), make([]string, n)
	firsts, lasts, amounts := make([]time.Time, n), make([]time.Time, n), make([]int64, n)
	for i, p := range w.paid {
		people[i], schemes[i], groups[i] = p[0].(int64), p[1].(string), p[2].(string)
		firsts[i], lasts[i], amounts[i] = p[3].(time.Time), p[4].(time.Time), p[5].(int64)
	}
	_, err := w.tx.Exec(ctx, `
		insert into paid_before (person_id, scheme, category, first_month, last_month, amount, list_id)
		select *, @list::bigint from unnest(@people::bigint[], @schemes::text[], @groups::text[], @firsts::date[], @lasts::date[], @amounts::bigint[])
		on conflict do nothing`,
		pgx.StrictNamedArgs{"list": w.id, "people": people, "schemes": schemes, "groups": groups, "firsts": firsts, "lasts": lasts, "amounts": amounts})
	return err
}

func (w *chunkWriter) writeChanges(ctx context.Context) error {
	if len(w.changes) == 0 {
		return nil
	}
	_, err := w.tx.CopyFrom(ctx, pgx.Identifier{"list_change"}, []string{"list_id", "person_id", "category", "change", "fields"}, pgx.CopyFromRows(w.changes))
	return err
}

func (w *chunkWriter) sealNumber(number string) (enc, idx []byte) {
	return w.box.Seal(secret.PersonNumber, number), w.box.Index(secret.PersonNumber, number)
}

func ptr[T any](v T) *T { return &v }

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
