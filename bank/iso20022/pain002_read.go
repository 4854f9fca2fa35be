package iso20022

import "io"

// ReadPain002 reads a payment status report, any version, and gives each transaction
// to each as it comes. The report that it returns has everything else.
func ReadPain002(r io.Reader, lim Limits, each func(TransactionStatus) error) (*StatusReport, error) {
	s, err := newScanner(r, lim)
	if err != nil {
		return nil, err
	}
	rep := &StatusReport{}
	err = s.message(func(local, ns string) error {
		if local != "CstmrPmtStsRpt" {
			return s.errorf("this is a <%s>, not a payment status report (pain.002)", local)
		}
		if len(ns) > 5 && ns[:5] == "pain." {
			rep.Version = Version(ns[5:])
		}
		return s.children(func(local string) error {
			switch local {
			case "GrpHdr":
				return s.children(func(local string) error {
					switch local {
					case "MsgId":
						return s.str(&rep.MessageID)
					case "CreDtTm":
						return s.when(&rep.CreatedAt)
					case "InitgPty":
						var a Account
						err := s.party(&a)
						rep.Initiator = a.Name
						return err
					}
					return s.skip()
				})
			case "OrgnlGrpInfAndSts":
				return s.originalGroup(rep)
			case "OrgnlPmtInfAndSts":
				return s.batchStatus(rep, each)
			}
			return s.skip()
		})
	})
	if err != nil {
		return nil, err
	}
	if rep.OriginalMessageID == "" {
		return nil, &SyntaxError{Msg: "the status report does not say which message it answers (OrgnlMsgId)"}
	}
	return rep, nil
}

func (s *scanner) originalGroup(rep *StatusReport) error {
	return s.children(func(local string) error {
		switch local {
		case "OrgnlMsgId":
			return s.str(&rep.OriginalMessageID)
		case "OrgnlMsgNmId":
			return s.str(&rep.OriginalName)
		case "OrgnlNbOfTxs":
			return s.count(&rep.OriginalN)
		case "OrgnlCtrlSum":
			return s.nullAmount(&rep.OriginalTotal, nil)
		case "GrpSts":
			return s.code((*string)(&rep.Group))
		case "StsRsnInf":
			return s.reasons(&rep.Reasons)
		case "NbOfTxsPerSts":
			return s.statusCount(&rep.Counts)
		}
		return s.skip()
	})
}

func (s *scanner) batchStatus(rep *StatusReport, each func(TransactionStatus) error) error {
	if len(rep.Batches) >= s.lim.Repeats {
		return s.errorf("more than %d batches", s.lim.Repeats)
	}
	var b BatchStatus
	err := s.children(func(local string) error {
		switch local {
		case "OrgnlPmtInfId":
			return s.str(&b.ID)
		case "OrgnlNbOfTxs":
			return s.count(&b.N)
		case "OrgnlCtrlSum":
			return s.nullAmount(&b.Total, nil)
		case "PmtInfSts":
			return s.code((*string)(&b.Status))
		case "StsRsnInf":
			return s.reasons(&b.Reasons)
		case "NbOfTxsPerSts":
			return s.statusCount(&b.Counts)
		case "TxInfAndSts":
			t := TransactionStatus{BatchID: b.ID}
			if err := s.transactionStatus(&t); err != nil || each == nil {
				return err
			}
			return each(t)
		}
		return s.skip()
	})
	rep.Batches = append(rep.Batches, b)
	return err
}

func (s *scanner) transactionStatus(t *TransactionStatus) error {
	return s.children(func(local string) error {
		switch local {
		case "OrgnlInstrId":
			return s.str(&t.InstructionID)
		case "OrgnlEndToEndId":
			return s.str(&t.EndToEndID)
		case "TxSts":
			return s.code((*string)(&t.Status))
		case "StsRsnInf":
			return s.reasons(&t.Reasons)
		case "AcctSvcrRef":
			return s.str(&t.ServicerRef)
		case "OrgnlTxRef":
			return s.children(func(local string) error {
				if local != "Amt" {
					return s.skip()
				}
				return s.children(func(local string) error {
					if local == "InstdAmt" {
						return s.nullAmount(&t.Amount, &t.Currency)
					}
					return s.skip()
				})
			})
		}
		return s.skip()
	})
}

func (s *scanner) reasons(to *[]Reason) error {
	if len(*to) >= maxList {
		return s.errorf("more than %d reasons", maxList)
	}
	var r Reason
	err := s.reason(&r, nil)
	*to = append(*to, r)
	return err
}

func (s *scanner) statusCount(to *[]StatusCount) error {
	if len(*to) >= maxList {
		return s.errorf("more than %d counts", maxList)
	}
	var c StatusCount
	err := s.children(func(local string) error {
		switch local {
		case "DtldNbOfTxs":
			return s.count(&c.N)
		case "DtldSts":
			return s.code((*string)(&c.Status))
		case "DtldCtrlSum":
			return s.nullAmount(&c.Total, nil)
		}
		return s.skip()
	})
	*to = append(*to, c)
	return err
}
