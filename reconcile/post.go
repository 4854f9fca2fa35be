package reconcile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/audit"
	"ansinh.vn/bank"
	"ansinh.vn/bank/iso20022"
	"ansinh.vn/internal/pg"
	"ansinh.vn/ledger"
	"ansinh.vn/money"
	"ansinh.vn/payout"
)

// postTransferSuffix marks the message that carries a list's money.
const postTransferSuffix = "-T"

// PostTransfer moves the money of a cash list to the post office, which pays it out.
type PostTransfer struct {
	List        string // message id of the list
	BIN         string // the post office's bank
	Account     string
	Name        string
	RequestedOn time.Time
	By          string
	Now         time.Time
}

// OrderPostTransfer makes the bank message that gives the post office the money of a
// list, once a list, and returns its id; bank.Send hands it over.
func (s *Store) OrderPostTransfer(ctx context.Context, in PostTransfer) (messageID string, err error) {
	defer pg.Wrap(&err, "order the transfer for list %s", in.List)
	err = pg.Tx(ctx, s.Pool, func(tx pgx.Tx) error {
		var list int64
		var office string
		var total money.VND
		err := tx.QueryRow(ctx, `
			select m.id, ra.office, m.total from bank_message m join rail_account ra on ra.id = m.rail_account_id
			where m.message_id = $1 and m.kind = 'list' for update of m`, in.List).Scan(&list, &office, &total)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse("%s is not a cash list", in.List)
		}
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `select m.message_id from post_transfer t join bank_message m on m.id = t.bank_message_id where t.list = $1`, list).Scan(&messageID)
		if err == nil || !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		from, err := bank.AccountOf(ctx, tx, office, "bank")
		if err != nil {
			return err
		}
		messageID = in.List + postTransferSuffix
		var b bytes.Buffer
		head := iso20022.Initiation{MessageID: messageID, CreatedAt: in.Now, Initiator: from.Name, ExecuteOn: in.RequestedOn,
			Debtor: from.Name, DebtorBIN: from.BIN, DebtorAccount: from.Account, N: 1, Total: total}
		err = iso20022.WritePain001(&b, head, func(yield func(iso20022.Transfer, error) bool) {
			yield(iso20022.Transfer{EndToEndID: messageID, Amount: total, BIN: in.BIN, Account: in.Account, Name: in.Name,
				Memo: in.List + " chi tra tien mat"}, nil)
		})
		if err != nil {
			return err
		}
		key, err := bank.Make(ctx, tx, bank.Message{ID: messageID, Kind: "pain001", Content: b.Bytes(), N: 1, Total: total, Account: from}, in.Now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into post_transfer (list, bank_message_id) values ($1, $2)`, list, key); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{At: in.Now, Actor: in.By, Kind: "post.transfer", Subject: "message:" + messageID,
			Payload: map[string]any{"list": in.List, "amount": total}})
	})
	return messageID, err
}

// postDebit: the money of a cash list went to the post office. Gates: the message is
// such a transfer of this account, not debited before, the list's amount.
func postDebit(ctx context.Context, f *facts, l line) (*verdict, error) {
	if l.Credit || f.messages[l.message()] == nil {
		return nil, nil
	}
	var list string
	var account bank.RailAccountID
	var total money.VND
	var debited bool
	err := f.tx.QueryRow(ctx, `
		select lm.message_id, m.rail_account_id, m.total,
		       exists (select from match where rule = 'post-debit' and target = lm.message_id and not undone(match))
		from post_transfer t join bank_message m on m.id = t.bank_message_id join bank_message lm on lm.id = t.list
		where m.message_id = $1`, l.message()).Scan(&list, &account, &total, &debited)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case debited || f.used[list+":out"]:
		return broken("duplicate-debit", "the money of list %s was debited before", list), nil
	case account != l.Account || total != l.Amount:
		return broken("amount-differs", "list %s is for %s", list, total.Format()), nil
	}
	f.used[list+":out"] = true
	return &verdict{target: list, follow: func(ctx context.Context) error {
		_, err := payout.RecordDebits(ctx, f.tx, list, l.BookedOn, l.ref(), f.by, f.now)
		return err
	}}, nil
}

var listReference = regexp.MustCompile(`AS[0-9A-Z]{8,33}`)

// postReturn: the post office gives back what nobody collected. Gates: the memo names a
// list of this office, the amount is what its uncollected rows come to, once.
func postReturn(ctx context.Context, f *facts, l line) (*verdict, error) {
	if !l.Credit {
		return nil, nil
	}
	squeezed := squeeze(l.Memo + " " + l.EndToEndID)
	if !listReference.MatchString(squeezed) {
		return nil, nil
	}
	rows, err := f.tx.Query(ctx, `
		select m.message_id, ra.id rail,
		       coalesce((select sum(i.amount)::bigint from instruction i where i.bank_message_id = m.id and i.state = 'uncollected'), 0) uncollected,
		       exists (select from match where rule = 'post-return' and target = m.message_id and not undone(match)) seen
		from bank_message m join rail_account ra on ra.id = m.rail_account_id
		where m.kind = 'list' and ra.office = $1 order by m.id`, l.Office)
	if err != nil {
		return nil, err
	}
	type list struct {
		MessageID   string `db:"message_id"`
		Rail        int64  `db:"rail"`
		Uncollected money.VND
		Seen        bool
	}
	lists, err := pgx.CollectRows(rows, pgx.RowToStructByName[list])
	if err != nil {
		return nil, err
	}
	var named []list
	for _, c := range lists {
		if strings.Contains(squeezed, squeeze(c.MessageID)) {
			named = append(named, c)
		}
	}
	switch {
	case len(named) == 0:
		return nil, nil
	case len(named) > 1:
		return broken("ambiguous", "the memo names more than one cash list"), nil
	case named[0].Seen || f.used[named[0].MessageID+":back"]:
		return broken("unknown-credit", "the rest of list %s came back before", named[0].MessageID), nil
	case named[0].Uncollected != l.Amount:
		return broken("amount-differs", "of list %s %s was not collected", named[0].MessageID, named[0].Uncollected.Format()), nil
	}
	transit := ledger.Account{Code: fmt.Sprintf("3389.r%d", named[0].Rail), Name: "Tiền đang chuyển", Type: "liability", Office: l.Office}
	f.used[named[0].MessageID+":back"] = true
	return &verdict{target: named[0].MessageID, follow: func(ctx context.Context) error {
		return f.post(ctx, l, "post.returned", "Bưu điện trả lại tiền không có người nhận", bankAccount(l.Office), transit)
	}}, nil
}
