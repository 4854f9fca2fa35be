package iso20022

import "io"

// StatementHandler receives a camt.052, .053 or .054 as it is read. Nil functions are
// not called; an error from one stops the reading and is returned as it is.
type StatementHandler struct {
	// Begin is called before the first entry of a statement. In files that keep the
	// standard's order everything but Info is known by then.
	Begin func(*Statement) error
	// Entry is called for each entry; the entry is the callee's to keep.
	Entry func(*Statement, *Entry) error
	// End is called when the statement is complete.
	End func(*Statement) error
}

// ReadStatements reads bank statements of any version from .01 to .13 by local names.
// It does not judge: an unknown status, a date that cannot be read or a missing
// balance is left for the caller. A *SyntaxError says that the file is not such a
// message, is damaged, or passes a limit.
func ReadStatements(r io.Reader, lim Limits, h StatementHandler) error {
	s, err := newScanner(r, lim)
	if err != nil {
		return err
	}
	c := camtReader{scanner: s, h: h}
	return s.message(func(local, ns string) error {
		switch local {
		case "BkToCstmrStmt", "BkToCstmrStmtV01":
			c.kind, c.element = "camt053", "Stmt"
		case "BkToCstmrDbtCdtNtfctn", "BkToCstmrDbtCdtNtfctV01":
			c.kind, c.element = "camt054", "Ntfctn"
		case "BkToCstmrAcctRpt":
			c.kind, c.element = "camt052", "Rpt"
		default:
			return s.errorf("this is a <%s>, not a bank statement", local)
		}
		if len(ns) > 5 && ns[:5] == "camt." {
			c.version = ns[5:]
		}
		return c.message()
	})
}

type camtReader struct {
	*scanner
	h             StatementHandler
	kind, element string
	version       string
	messageID     string
	page          string
	last          bool
}

func (c *camtReader) message() error {
	return c.children(func(local string) error {
		switch local {
		case "GrpHdr":
			return c.children(func(local string) error {
				switch local {
				case "MsgId":
					return c.str(&c.messageID)
				case "MsgPgntn":
					return c.pagination(&c.page, &c.last)
				}
				return c.skip()
			})
		case c.element:
			return c.statement()
		}
		return c.skip()
	})
}

func (c *camtReader) pagination(page *string, last *bool) error {
	return c.children(func(local string) error {
		switch local {
		case "PgNb":
			return c.str(page)
		case "LastPgInd":
			return c.flag(last)
		}
		return c.skip()
	})
}

func (c *camtReader) statement() error {
	st := &Statement{Kind: c.kind, Version: c.version, MessageID: c.messageID, Page: c.page, LastPage: c.last}
	begun := false
	begin := func() error {
		if begun || c.h.Begin == nil {
			return nil
		}
		begun = true
		return c.h.Begin(st)
	}
	err := c.children(func(local string) error {
		switch local {
		case "Id":
			return c.str(&st.ID)
		case "StmtPgntn", "NtfctnPgntn", "RptPgntn":
			st.Page = ""
			return c.pagination(&st.Page, &st.LastPage)
		case "ElctrncSeqNb":
			return c.str(&st.Sequence)
		case "LglSeqNb":
			return c.str(&st.LegalSeq)
		case "CreDtTm":
			return c.when(&st.CreatedAt)
		case "CpyDplctInd":
			return c.code(&st.Copy)
		case "FrToDt":
			return c.children(func(local string) error {
				switch local {
				case "FrDtTm", "FrDt":
					return c.when(&st.From)
				case "ToDtTm", "ToDt":
					return c.when(&st.To)
				}
				return c.skip()
			})
		case "Acct":
			return c.account(&st.Account, func(local string) error {
				switch local {
				case "Ownr":
					return c.party(&st.Account)
				case "Svcr":
					return c.agent(&st.Account)
				}
				return c.skip()
			})
		case "Bal":
			return c.balance(st)
		case "Ntry":
			if err := begin(); err != nil {
				return err
			}
			e, err := c.entry()
			if err != nil || c.h.Entry == nil {
				return err
			}
			return c.h.Entry(st, e)
		case "AddtlStmtInf", "AddtlNtfctnInf", "AddtlRptInf":
			return c.str(&st.Info)
		}
		return c.skip()
	})
	if err != nil {
		return err
	}
	if err := begin(); err != nil || c.h.End == nil {
		return err
	}
	return c.h.End(st)
}

// balance reads one Bal. A missing CdtDbtInd means credit, as banks that leave it out
// mean it; the amount is signed.
func (c *camtReader) balance(st *Statement) error {
	if len(st.Balances) >= maxList {
		return c.errorf("more than %d balances in one statement", maxList)
	}
	var b Balance
	debit := ""
	err := c.children(func(local string) error {
		switch local {
		case "Tp":
			return c.children(func(local string) error {
				if local != "CdOrPrtry" {
					return c.skip()
				}
				return c.children(func(string) error { return c.code(&b.Code) })
			})
		case "Amt":
			return c.amount(&b.Amount, &b.Currency)
		case "CdtDbtInd":
			return c.code(&debit)
		case "Dt":
			return c.day(&b.On)
		}
		return c.skip()
	})
	if debit == "DBIT" {
		b.Amount = b.Amount.Neg()
	}
	st.Balances = append(st.Balances, b)
	return err
}
