package bank

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"ansinh.vn/bank/iso20022"
)

// Rail is a way to pay. The message id is the idempotency key for ever: submitting the
// same id with the same bytes again gives the first answer.
type Rail interface {
	// Local tells whether the rail works inside this database. A local rail does its
	// work in the transaction that it is given; any other is called outside of every
	// transaction, with nil.
	Local() bool

	// Submit hands a message over. ErrUnknown means that it may or may not have
	// arrived: ask with Status, do not send again. Any other error means that the
	// message has certainly not been taken.
	Submit(ctx context.Context, tx pgx.Tx, m Message) (Answer, error)

	// Status asks what became of a message. ErrNoMessage means that the other side
	// has certainly never received it.
	Status(ctx context.Context, tx pgx.Tx, messageID string) (Answer, error)

	// Cancel asks to stop a message that is not yet executed. The answer's state is
	// Cancelled if it worked, else what the message is now.
	Cancel(ctx context.Context, tx pgx.Tx, messageID string) (Answer, error)
}

// ErrUnknown says that the answer was lost: the message may or may not have arrived.
var ErrUnknown = errors.New("no answer from the bank: it may or may not have the message, ask for its status before anything else")

// ErrNoMessage says that the other side has certainly never received the message.
var ErrNoMessage = errors.New("the bank does not know this message")

// State is how far a message has come.
type State string

// The states of a message; the database enforces the steps between them.
const (
	Made      State = "made"     // written here, not yet sent
	Sent      State = "sent"     // handed over, no answer yet
	Accepted  State = "accepted" // the whole
	Part      State = "part"     // some transfers were refused
	Rejected  State = "rejected" // the whole
	Unknown   State = "unknown"  // the answer was lost
	Cancelled State = "cancelled"
)

// Answer is what a rail says about a message.
type Answer struct {
	State  State
	Reason string // in the bank's words; "" when there is nothing to say
	Raw    []byte // the answer as it came, a pain.002 from a bank
	// Rejected holds the refused transfers when State is Part. Of a message that is
	// Rejected as a whole it may be empty.
	Rejected []iso20022.TransactionStatus
}
