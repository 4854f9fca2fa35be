package payout

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/internal/pg"
)

// write puts payments and their lines into the run by COPY.
func (p *preparation) write(ctx context.Context, tx pgx.Tx, due []payment) error {
	if len(due) == 0 {
		return nil
	}
	if err := p.number(ctx, tx, due); err != nil {
		return err
	}
	if err := p.writeReasons(ctx, tx, due); err != nil {
		return err
	}
	at := 0
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"payment"}, []string{"id", "run_id", "person_id", "nth", "payee_id", "payee_name", "payee_kind",
		"rail", "bank_bin", "account_enc", "account_idx", "holder_name", "regular", "owed", "clawback", "set_off", "carried", "amount",
		"state", "hold_reasons", "attention", "leaf", "changed_at"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if at == len(due) {
				return nil, nil
			}
			d := &due[at]
			at++
			state := Ready
			if len(d.holds) > 0 {
				state = Held
				p.heldN++
				p.held += d.amount
			} else {
				p.n++
				p.total += d.amount
				p.lines.add(d)
			}
			leaf := d.leaf()
			return []any{int64(d.id), int64(p.id), d.candidate.id, d.nth + 1, d.payee, d.payeeName, d.payeeKind, d.way, d.bin, d.accountEnc,
				d.accountIdx, d.holder, int64(d.regular), int64(d.owed), int64(d.clawback), int64(d.setOff), int64(d.carried), int64(d.amount),
				string(state), orNone(d.holds), orNone(d.attention), leaf[:], p.in.Now}, nil
		}))
	if err != nil {
		return err
	}
	if err := p.writeItems(ctx, tx, due); err != nil {
		return err
	}
	return p.writeCarried(ctx, tx, due)
}

// number takes ids ahead, so that payments and lines can be copied one after the other.
func (p *preparation) number(ctx context.Context, tx pgx.Tx, due []payment) error {
	rows, err := tx.Query(ctx, `select nextval('payment_id_seq') from generate_series(1, $1)`, len(due))
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[PaymentID])
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for i := range due {
		due[i].id = ids[i]
	}
	return nil
}

// writeReasons keeps the sentences that are new. They are committed at once, outside of
// the run's transaction: runs prepared side by side share them and must not wait for
// each other, unless the pool has no connection to spare.
func (p *preparation) writeReasons(ctx context.Context, tx pgx.Tx, due []payment) error {
	var articles, sentences []string
	for _, d := range due {
		for _, x := range d.items {
			if _, known := p.reasons[x.reason]; known {
				continue
			}
			p.reasons[x.reason] = 0
			article, sentence, _ := strings.Cut(x.reason, "\x00")
			articles, sentences = append(articles, article), append(sentences, sentence)
		}
	}
	if len(articles) == 0 {
		return nil
	}
	var q pg.Queryer = tx
	if p.aside != nil {
		q = p.aside
	} else if conn, err := p.spare(ctx); err == nil {
		defer conn.Release()
		q = conn
	} else if !errors.Is(err, errBusy) {
		return err
	}
	_, err := q.Exec(ctx, `
		insert into line_reason (article, explanation)
		select article, explanation from unnest($1::text[], $2::text[]) as r(article, explanation)
		where not exists (select from line_reason k where k.explanation = r.explanation and k.article = r.article)
		order by explanation, article
		on conflict do nothing`, articles, sentences)
	if err != nil {
		return err
	}
	rows, err := q.Query(ctx, `
		select k.id, k.article, k.explanation
		from unnest($1::text[], $2::text[]) as r(article, explanation) join line_reason k using (explanation, article)`, articles, sentences)
	if err != nil {
		return err
	}
	var id int64
	var article, sentence string
	_, err = pgx.ForEachRow(rows, []any{&id, &article, &sentence}, func() error {
		p.reasons[article+"\x00"+sentence] = id
		return nil
	})
	return err
}

func (p *preparation) writeItems(ctx context.Context, tx pgx.Tx, due []payment) error {
	at, line := 0, 0
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"payment_item"},
		[]string{"payment_id", "scheme", "category", "month", "amount", "set_off", "kind", "reason_id"},
		pgx.CopyFromFunc(func() ([]any, error) {
			for at < len(due) && line == len(due[at].items) {
				at, line = at+1, 0
			}
			if at == len(due) {
				return nil, nil
			}
			x := &due[at].items[line]
			line++
			return []any{int64(due[at].id), string(x.scheme), x.category, x.month.First(), int64(x.amount), int64(x.setOff), string(x.kind),
				p.reasons[x.reason]}, nil
		}))
	return err
}

func (p *preparation) writeCarried(ctx context.Context, tx pgx.Tx, due []payment) error {
	var from, to, amounts []int64
	for _, d := range due {
		for _, x := range d.candidate.carried {
			from, to, amounts = append(from, int64(x.from)), append(to, int64(d.id)), append(amounts, int64(x.amount))
		}
	}
	if len(from) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `
		insert into payment_carry (from_payment, to_payment, amount)
		select * from unnest($1::bigint[], $2::bigint[], $3::bigint[])`, from, to, amounts)
	return err
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
