package beneficiaries

import (
	"bytes"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/secret"
)

// pay decides whether a line's payee is new to the person. A row of another
// scheme's list that says less than is known changes nothing.
func (w *chunkWriter) pay(s *someone, r *line) error {
	p := &r.payee
	kind, name := "self", r.name
	if p.recipient != "" {
		kind, name = "recipient", p.recipient
	}
	var accountEnc, accountIdx, numberEnc, numberIdx []byte
	if p.account != "" {
		accountEnc = w.box.Seal(secret.AccountNumber, p.account)
		accountIdx = accountIndex(w.box, p.bin, p.account)
	}
	if p.number != "" {
		numberEnc, numberIdx = w.sealNumber(string(p.number))
	}
	if now := s.payee; now != nil {
		sameAccount := now.way == p.way && now.bin == p.bin && bytes.Equal(now.account, accountIdx)
		samePayee := now.kind == kind && (kind == "self" || nameKey(now.name) == nameKey(name)) &&
			nameKey(now.holder) == nameKey(p.holder) && now.authorised == p.authorised && now.until == dayText(p.until)
		if sameAccount && (samePayee || now.scheme != w.scheme) {
			return nil
		}
		if now.scheme != w.scheme && (p.way == "cash" || p.account == "" || p.bin == "") {
			return nil
		}
		w.endedPayees = append(w.endedPayees, int64(now.id))
		if w.version > 1 && now.scheme == w.scheme {
			if err := w.payeeChange(s, r, now, accountIdx); err != nil {
				return err
			}
		}
	}
	w.payees = append(w.payees, []any{int64(s.id), kind, name, numberEnc, numberIdx, p.relation, p.authorised, nullDay(p.until), p.way,
		orNil(p.bin), accountEnc, accountIdx, p.holder, p.verdict, p.why, p.sharedReason, int64(w.id), w.Now})
	return nil
}

// payeeChange adds the changed payee to what this version changed.
func (w *chunkWriter) payeeChange(s *someone, r *line, now *currentPayee, account []byte) error {
	fields := map[string][2]string{}
	if !bytes.Equal(now.account, account) || now.bin != r.payee.bin {
		fields["so_tai_khoan"] = [2]string{now.bin, r.payee.bin + " " + secret.Mask(r.payee.account)}
	}
	if now.way != r.payee.way {
		fields["hinh_thuc"] = [2]string{now.way, r.payee.way}
	}
	if nameKey(now.holder) != nameKey(r.payee.holder) {
		fields["chu_tai_khoan"] = [2]string{now.holder, r.payee.holder}
	}
	if now.until != dayText(r.payee.until) {
		fields["uy_quyen_den"] = [2]string{now.until, dayText(r.payee.until)}
	}
	for i, c := range w.changes {
		if c[1] == int64(s.id) && c[2] == r.category {
			for k, v := range fields {
				w.changes[i][4].(map[string][2]string)[k] = v
			}
			return nil
		}
	}
	return w.change(s, r.category, "changed", fields)
}

func (w *chunkWriter) writePayees(ctx context.Context) error {
	return writePayees(ctx, w.tx, w.endedPayees, w.payees, w.Now)
}

// writePayees ends payees and begins their successors, in that order: a person
// has one at a time.
func writePayees(ctx context.Context, tx pgx.Tx, ended []int64, begun [][]any, now time.Time) error {
	if len(ended) > 0 {
		if _, err := tx.Exec(ctx, `update payee set ended_at = $2 where id = any($1)`, ended, now); err != nil {
			return err
		}
	}
	if len(begun) == 0 {
		return nil
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"payee"},
		[]string{"person_id", "kind", "name", "number_enc", "number_idx", "relation", "authorisation_no", "authorised_until", "way",
			"bank_bin", "account_enc", "account_idx", "holder_name", "holder_verdict", "holder_why", "shared_reason", "list_id", "since"},
		pgx.CopyFromRows(begun))
	return err
}

// accountIndex finds an account: the same digits at another bank are another one.
func accountIndex(box *secret.Box, bin, account string) []byte {
	return box.Index(secret.AccountNumber, bin+":"+account)
}
