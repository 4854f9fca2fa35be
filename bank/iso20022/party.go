package iso20022

// party reads Dbtr, Cdtr, Ownr, …: the name, straight or inside Pty.
func (s *scanner) party(a *Account) error {
	return s.children(func(local string) error {
		switch local {
		case "Nm":
			return s.str(&a.Name)
		case "Pty":
			return s.party(a)
		}
		return s.skip()
	})
}

// account reads DbtrAcct, CdtrAcct, Acct: Id is a choice of IBAN and Othr.
func (s *scanner) account(a *Account, more func(local string) error) error {
	return s.children(func(local string) error {
		switch local {
		case "Id":
			return s.children(func(local string) error {
				switch local {
				case "IBAN":
					a.IBAN = true
					return s.str(&a.Number)
				case "BBAN", "UPIC": // versions of before 2009
					return s.str(&a.Number)
				case "Othr":
					return s.children(func(local string) error {
						if local == "Id" {
							return s.str(&a.Number)
						}
						return s.skip()
					})
				}
				return s.skip()
			})
		case "Ccy":
			return s.code(&a.Currency)
		case "Nm":
			return s.str(&a.Name)
		}
		if more != nil {
			return more(local)
		}
		return s.skip()
	})
}

// agent reads DbtrAgt, CdtrAgt, Svcr: the bank of an account.
func (s *scanner) agent(a *Account) error {
	return s.children(func(local string) error {
		if local != "FinInstnId" {
			return s.skip()
		}
		return s.children(func(local string) error {
			switch local {
			case "BIC", "BICFI":
				return s.str(&a.BIC)
			case "Nm":
				return s.str(&a.Bank)
			case "ClrSysMmbId":
				return s.children(func(local string) error {
					if local == "MmbId" {
						return s.str(&a.BIN)
					}
					return s.skip()
				})
			}
			return s.skip()
		})
	})
}

// reason reads StsRsnInf or RtrInf: a code, a proprietary one, and text.
func (s *scanner) reason(r *Reason, more func(local string) error) error {
	return s.children(func(local string) error {
		switch local {
		case "Rsn":
			return s.children(func(local string) error {
				switch local {
				case "Cd":
					return s.code(&r.Code)
				case "Prtry":
					return s.str(&r.Proprietary)
				}
				return s.skip()
			})
		case "AddtlInf":
			return s.list(&r.Info)
		}
		if more != nil {
			return more(local)
		}
		return s.skip()
	})
}

// list appends the text of a repeated element.
func (s *scanner) list(to *[]string) error {
	if len(*to) >= maxList {
		return s.errorf("more than %d texts in one element", maxList)
	}
	b, err := s.bytes()
	if err == nil && len(b) > 0 {
		*to = append(*to, string(b))
	}
	return err
}

// maxList bounds small repetitions: memo lines, reasons, charges, balances.
const maxList = 1000
