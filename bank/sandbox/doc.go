// Package sandbox is a bank to run against: a peer process that speaks HTTP and ISO
// 20022, keeps accounts, refuses, returns and makes mistakes, the same ones for the same
// seed. It shares with An Sinh only the message formats, never code that decides.
//
// Every request carries "Authorization: Bearer <token>". Errors are JSON
// {"error":"…"} with a status of 4xx. Accounts are named BIN-NUMBER in a path, such as
// 970436-1020304050; the BIN may be left out for the bank's own.
//
//	POST /accounts                        {"bank","account","name","kind":"agency"|"vendor","notify"} opens one; again is the same
//	GET  /accounts/{acct}                 {"bank","account","name","balance","entries"}
//	GET  /accounts/{acct}/statements/{day}     camt.053.001.08 of a day that is over; 404 before that
//	GET  /accounts/{acct}/notifications/{day}  camt.054.001.08 of a day so far
//
//	POST /payments                        pain.001 in; pain.002.001.10 out: ACCP, PART or RJCT. The same message again gets the same answer
//	GET  /payments/{id}                   pain.002 of how it stands now; 404 when never received
//	POST /payments/{id}/cancel            stops what is not yet executed; pain.002 with CANC, or as it stands
//
//	POST /credit                          {"bank","account","amount","memo","name","reference"}: money from outside, such as funds from the treasury
//	POST /qr-pay                          {"payload"} or {"bank","account","amount","memo"}; also "payer_name","payer_account","payer_bank","at","fault","key"
//
//	GET  /clock, POST /clock              {"day":"2026-11-03"} or {"at":"2026-11-03T08:00:00+07:00"}: ends the days between; an earlier day changes nothing
//	GET  /faults, POST /faults            Faults, and "returns":{"<account>":"MD07"} for accounts by name
//	POST /notify                          {"url","profile":"sepay"|"hmac","secret"}: where notices go from now on
//	POST /notices/flush                   sends what is late now and waits until all are delivered or given up
//	GET  /healthz                         no token needed
//
// A batch is debited on its execution day, as one line or a line a transfer; returns,
// fees and strangers' money are booked when a day ends. The statement of a day can be
// had as soon as the clock stands on a later one.
package sandbox
