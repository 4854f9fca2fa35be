// Package iso20022 reads and writes the bank messages that An Sinh exchanges: pain.001
// (a credit transfer initiation) and pain.002 (its status) out and in, camt.053 and
// camt.054 (statement and notification) in, and out for the sandbox bank. It streams:
// memory does not grow with the number of transactions. It knows no database, no clock
// and no network.
//
// Readers match elements by local name, so that one reader serves every version of a
// message, and are bounded by [Limits]: a document type, an entity of its own, deep
// nesting, endless attributes or text are refused. A file that a reader refuses yields
// a *[SyntaxError] with the line.
package iso20022
