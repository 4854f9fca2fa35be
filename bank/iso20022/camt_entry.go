package iso20022

func (c *camtReader) entry() (*Entry, error) {
	e := &Entry{}
	direction, seen := "", false
	err := c.children(func(local string) error {
		switch local {
		case "NtryRef":
			return c.str(&e.Ref)
		case "Amt":
			seen = true
			return c.amount(&e.Amount, &e.Currency)
		case "CdtDbtInd":
			return c.code(&direction)
		case "RvslInd":
			return c.flag(&e.Reversal)
		case "Sts":
			return c.status(&e.Status)
		case "BookgDt":
			return c.day(&e.BookedOn)
		case "ValDt":
			return c.day(&e.ValueOn)
		case "AcctSvcrRef":
			return c.str(&e.ServicerRef)
		case "BkTxCd":
			return c.transactionCode(&e.Code)
		case "Chrgs":
			return c.charges(&e.Charges)
		case "NtryDtls", "TxDtls": // TxDtls stood alone in .01
			if local == "TxDtls" {
				return c.detail(e)
			}
			return c.children(func(local string) error {
				switch local {
				case "Btch":
					return c.batch(e)
				case "TxDtls":
					return c.detail(e)
				}
				return c.skip()
			})
		case "AddtlNtryInf":
			return c.str(&e.Info)
		}
		return c.skip()
	})
	if err != nil {
		return nil, err
	}
	if !seen {
		return nil, c.errorf("an entry has no amount")
	}
	switch direction {
	case "CRDT":
		e.Credit = true
	case "DBIT":
	case "":
		e.Credit, e.NoDirection = true, true
	default:
		return nil, c.errorf("an entry is neither credit nor debit but %q", direction)
	}
	for i := range e.Details {
		d := &e.Details[i]
		if d.direction == "" {
			d.Credit = e.Credit
		} else {
			d.Credit = d.direction == "CRDT"
		}
	}
	return e, nil
}

// status is plain text up to version .06 and a choice of Cd and Prtry from .07.
func (c *camtReader) status(p *string) error {
	return c.deep(p)
}

// deep reads the first text of an element or of its descendants.
func (s *scanner) deep(p *string) error {
	s.content = s.content[:0]
	depth := len(s.stack)
	for {
		if _, _, err := s.next(true); err != nil {
			return err
		}
		if len(s.stack) < depth {
			break
		}
	}
	*p = s.short(trim(s.content))
	return nil
}

func (c *camtReader) transactionCode(t *TransactionCode) error {
	return c.children(func(local string) error {
		switch local {
		case "Domn":
			return c.children(func(local string) error {
				switch local {
				case "Cd":
					return c.code(&t.Domain)
				case "Fmly":
					return c.children(func(local string) error {
						switch local {
						case "Cd":
							return c.code(&t.Family)
						case "SubFmlyCd":
							return c.code(&t.SubFamily)
						}
						return c.skip()
					})
				}
				return c.skip()
			})
		case "Prtry":
			return c.children(func(local string) error {
				switch local {
				case "Cd":
					return c.code(&t.Proprietary)
				case "Issr":
					return c.code(&t.Issuer)
				}
				return c.skip()
			})
		}
		return c.skip()
	})
}

// charges reads Chrgs: amounts straight below it up to .02, in Rcrd from .04.
func (c *camtReader) charges(to *[]Charge) error {
	var own Charge
	has := false
	read := func(ch *Charge, has *bool) func(local string) error {
		direction := ""
		return func(local string) error {
			switch local {
			case "Amt":
				*has = true
				return c.amount(&ch.Amount, &ch.Currency)
			case "CdtDbtInd":
				err := c.code(&direction)
				ch.Credit = direction == "CRDT"
				return err
			case "ChrgInclInd":
				return c.flag(&ch.Included)
			}
			return c.skip()
		}
	}
	ownRead := read(&own, &has)
	err := c.children(func(local string) error {
		if local != "Rcrd" {
			return ownRead(local)
		}
		if len(*to) >= maxList {
			return c.errorf("more than %d charges", maxList)
		}
		var ch Charge
		with := false
		err := c.children(read(&ch, &with))
		if with {
			*to = append(*to, ch)
		}
		return err
	})
	if has {
		*to = append(*to, own)
	}
	return err
}

func (c *camtReader) batch(e *Entry) error {
	if len(e.Batches) >= maxList {
		return c.errorf("more than %d batches in one entry", maxList)
	}
	var b Batch
	direction := ""
	err := c.children(func(local string) error {
		switch local {
		case "MsgId":
			return c.str(&b.MessageID)
		case "PmtInfId":
			return c.str(&b.PaymentID)
		case "NbOfTxs":
			return c.count(&b.N)
		case "TtlAmt":
			return c.nullAmount(&b.Total, nil)
		case "CdtDbtInd":
			return c.code(&direction)
		}
		return c.skip()
	})
	b.Credit = direction == "CRDT"
	e.Batches = append(e.Batches, b)
	return err
}
