package iso20022

import "fmt"

// SyntaxError says what is wrong with a file and on which line.
type SyntaxError struct {
	Line int    // from 1; 0 when it concerns the whole file
	Msg  string // what is wrong
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}

// Refused marks the input, not the program, as the cause.
func (e *SyntaxError) Refused() bool { return true }

// FieldError says which field of which transfer cannot be written, and why.
type FieldError struct {
	Transfer   int    // from 1; 0 for the head
	EndToEndID string // "" for the head
	Field      string // the standard's name, such as "InstdAmt"
	Problem    string
}

func (e *FieldError) Error() string {
	if e.Transfer == 0 {
		return fmt.Sprintf("%s: %s", e.Field, e.Problem)
	}
	return fmt.Sprintf("transfer %d (%s): %s: %s", e.Transfer, e.EndToEndID, e.Field, e.Problem)
}

// Refused marks the input, not the program, as the cause.
func (e *FieldError) Refused() bool { return true }
