package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
)

// Sheet is the reconciliation statement (bảng đối chiếu) of one account on one day: the
// bank's balance, less what explains the difference, is the balance of the books.
type Sheet struct {
	Account    bank.RailAccountID `json:"account_id"`
	Office     string             `json:"office"`
	OfficeName string             `json:"office_name"`
	Number     string             `json:"account"` // masked
	Day        time.Time          `json:"day"`
	Bank       money.VND          `json:"bank"`      // at the end of the day, by the statements
	Items      []SheetItem        `json:"items"`     // what stands between bank and books
	Explained  money.VND          `json:"explained"` // their sum
	Books      money.VND          `json:"books"`     // ledger account 112 at the end of the day
	Suspense   []SheetItem        `json:"suspense"`  // in the books, and still to be explained
	Transit    money.VND          `json:"transit"`   // sent, in no statement by that day
	Ready      bool               `json:"ready"`     // it agrees, and every line until then is explained
	Why        string             `json:"why,omitempty"`
	ClosedBy   string             `json:"-"` // "" while open
	ClosedAt   time.Time          `json:"-"`
}

// SheetItem is a break that the sheet names.
type SheetItem struct {
	Break  BreakID   `db:"id" json:"break"`
	Kind   string    `db:"kind" json:"kind"`
	Amount money.VND `db:"amount" json:"amount"`
	Since  time.Time `db:"since" json:"since"`
	Age    int       `db:"age" json:"age"` // days on the sheet's day
	Owner  string    `db:"owner" json:"owner"`
	Note   string    `db:"note" json:"note"`
}

// DaySheet makes the statement of a day, or gives the one that the day was closed with.
func DaySheet(ctx context.Context, q pg.Queryer, account bank.RailAccountID, on time.Time) (s Sheet, err error) {
	defer pg.Wrap(&err, "reconciliation statement of account %d on %s", account, on.Format(time.DateOnly))
	var kept []byte
	err = q.QueryRow(ctx, `select c.sheet, s.name, c.closed_at from closed_day c join staff s on s.id = c.closed_by where c.rail_account_id = $1 and c.on_day = $2`,
		account, on).Scan(&kept, &s.ClosedBy, &s.ClosedAt)
	if err == nil {
		return s, json.Unmarshal(kept, &s)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return s, err
	}
	return drawSheet(ctx, q, account, on)
}

func drawSheet(ctx context.Context, q pg.Queryer, account bank.RailAccountID, on time.Time) (s Sheet, err error) {
	s = Sheet{Account: account, Day: on}
	var first, reach *time.Time
	var opening, waiting money.VND
	var left int
	err = q.QueryRow(ctx, `
		select ra.office, o.name, ra.account_no, first.from_day, last.to_day, coalesce(first.opening, 0),
		       coalesce((select sum(case when l.credit then l.amount else -l.amount end)::bigint from statement_line l
		                 where l.rail_account_id = ra.id and l.booked_on <= $2), 0),
		       coalesce((select sum(case when l.credit then l.amount else -l.amount end)::bigint from statement_line l
		                 join statement st on st.id = l.statement_id and l.n > st.explained and not st.finished
		                 where l.rail_account_id = ra.id and l.booked_on <= $2), 0),
		       (select count(*) from statement st where st.rail_account_id = ra.id and st.state = 'accepted' and not st.finished)
		from rail_account ra join office o on o.code = ra.office
		left join statement first on first.rail_account_id = ra.id and first.chain_no = 1
		left join lateral (select st.to_day from statement st where st.rail_account_id = ra.id and st.state = 'accepted'
		                   order by st.chain_no desc limit 1) last on true
		where ra.id = $1 and ra.kind = 'bank'`, account, on).
		Scan(&s.Office, &s.OfficeName, &s.Number, &first, &reach, &opening, &s.Bank, &waiting, &left)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, refuse("account %d is not a bank account of ours", account)
	}
	if err != nil {
		return s, err
	}
	s.Number = maskAccount(s.Number)
	if s.Bank, err = s.Bank.Add(opening); err != nil {
		return s, err
	}
	if s.Books, err = ledger.BalanceOn(ctx, q, bankAccount(s.Office).Code, on); err != nil && !errors.Is(err, ledger.ErrNoAccount) {
		return s, err
	}
	if s.Items, err = sheetItems(ctx, q, account, on, `b.kind = 'opening-balance' and split_part(b.subject, ':', 2)::bigint in
		(select id from statement where rail_account_id = @account)`); err != nil {
		return s, err
	}
	if s.Suspense, err = sheetItems(ctx, q, account, on, `l.rail_account_id = @account and l.booked_on <= @on`); err != nil {
		return s, err
	}
	for _, i := range s.Items {
		if s.Explained, err = s.Explained.Add(i.Amount); err != nil {
			return s, err
		}
	}
	if s.Transit, err = ledger.BalanceOn(ctx, q, fmt.Sprintf("3389.r%d", account), on); err != nil && !errors.Is(err, ledger.ErrNoAccount) {
		return s, err
	}
	switch difference := s.Bank - s.Explained - s.Books; {
	case first == nil:
		s.Why = "chưa có sao kê nào của tài khoản này: nhập sao kê trước"
	case on.Before(*first):
		s.Why = "sao kê đầu tiên bắt đầu từ ngày " + first.Format("02/01/2006")
	case reach.Before(on):
		s.Why = "sao kê mới đến ngày " + reach.Format("02/01/2006") + ": nhập sao kê của ngày này trước"
	case left > 0:
		s.Why = "còn dòng sao kê chưa đối chiếu, cộng lại " + waiting.Format() + ": chạy đối chiếu trước"
	case difference != 0:
		s.Why = "ngân hàng và sổ còn lệch " + difference.Format() + ": tìm bút toán ghi thẳng vào tài khoản 112"
	default:
		s.Ready = true
	}
	return s, nil
}

// sheetItems are breaks that were open at the end of the day.
func sheetItems(ctx context.Context, q pg.Queryer, account bank.RailAccountID, on time.Time, which string) ([]SheetItem, error) {
	rows, err := q.Query(ctx, `
		select b.id, b.kind, b.amount, coalesce(l.booked_on, b.opened_on) since, @on::date - coalesce(l.booked_on, b.opened_on) age, b.owner,
		       concat_ws('; ', nullif(b.note, ''), nullif(l.memo, '')) note
		from recon_break b left join statement_line l on l.id = b.line_id
		where `+which+`
		  and (b.state <> 'settled' or (b.settled_at at time zone 'Asia/Ho_Chi_Minh')::date > @on::date)
		order by b.id`, pgx.StrictNamedArgs{"account": account, "on": on})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[SheetItem])
}

// CloseDay keeps the day's statement for ever and writes its hash into the log. A
// *Refusal says what is still missing; a day that is closed already stays as it was.
func (s *Store) CloseDay(ctx context.Context, account bank.RailAccountID, on time.Time, by int64, now time.Time) (out Sheet, err error) {
	defer pg.Wrap(&err, "close %s of account %d", on.Format(time.DateOnly), account)
	err = pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(26009, 0)`); err != nil { // no reconciliation meanwhile
			return err
		}
		out, err = DaySheet(ctx, tx, account, on)
		if err != nil || out.ClosedBy != "" {
			return err
		}
		if !out.Ready {
			return refuse("chưa khóa được ngày %s: %s", on.Format("02/01/2006"), out.Why)
		}
		content, err := json.Marshal(out)
		if err != nil {
			return err
		}
		var sum []byte
		if err := tx.QueryRow(ctx, `
			insert into closed_day (rail_account_id, on_day, bank, books, explained, sheet, sha256, closed_by, closed_at)
			values (@account, @on, @bank, @books, @explained, @sheet, sha256(@sheet), @by, @now) returning sha256`,
			pgx.StrictNamedArgs{"account": account, "on": on, "bank": out.Bank, "books": out.Books, "explained": out.Explained,
				"sheet": content, "by": by, "now": now}).Scan(&sum); err != nil {
			return err
		}
		who, err := actor(ctx, tx, by)
		if err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{At: now, Actor: who, Kind: "day.closed", Subject: fmt.Sprintf("account:%d:%s", account, on.Format(time.DateOnly)),
			Payload: map[string]any{"bank": out.Bank, "books": out.Books, "explained": out.Explained, "sha256": fmt.Sprintf("%x", sum)}}); err != nil {
			return err
		}
		out, err = DaySheet(ctx, tx, account, on)
		return err
	})
	return out, err
}
