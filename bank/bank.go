// Package bank owns what passes between an office and its bank: the accounts that money
// moves on, the messages sent and their answers, the notices received, and the one
// reading of every statement format. It never decides what a line means for a payment
// and never posts: reconcile does.
package bank
