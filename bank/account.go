package bank

// RailAccountID is the surrogate number of a rail account; ledger account 3389.r<id>
// is what is in transit on it. Example: 17.
type RailAccountID int64

// RailAccount is where an office's money moves.
type RailAccount struct {
	ID      RailAccountID
	Office  string // commune code, such as 31825
	Kind    string // "bank" or "post"
	BIN     string `db:"bank_bin"`   // six digits; "" for the post office
	Account string `db:"account_no"` // "" for the post office
	Name    string
}
