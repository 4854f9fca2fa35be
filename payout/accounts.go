package payout

import (
	"fmt"

	"ansinh.vn/bank"
	"ansinh.vn/ledger"
)

// The accounts of DESIGN's money table; codes carry surrogate ids, never numbers of people.

func bankAccount(office string) ledger.Account {
	return ledger.Account{Code: "112." + office, Name: "Tiền gửi ngân hàng " + office, Type: "asset", Office: office}
}

func fund(office string, s Scheme) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("366.%s.%s", office, s), Name: fmt.Sprintf("Kinh phí %s %s", s, office), Type: "liability",
		NoOverdraft: true, Office: office, Fund: string(s), Scheme: string(s)}
}

func revenue(office string, s Scheme) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("511.%s.%s", office, s), Name: fmt.Sprintf("Thu %s %s", s, office), Type: "revenue",
		Office: office, Fund: string(s), Scheme: string(s)}
}

func expense(office string, s Scheme) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("611.%s.%s", office, s), Name: fmt.Sprintf("Chi %s %s", s, office), Type: "expense",
		Office: office, Fund: string(s), Scheme: string(s)}
}

func payable(person int64) ledger.Account {
	code := fmt.Sprintf("p%d", person)
	return ledger.Account{Code: "3388." + code, Name: "Phải trả người hưởng", Type: "liability", Owner: code}
}

func receivable(person int64) ledger.Account {
	code := fmt.Sprintf("p%d", person)
	return ledger.Account{Code: "1388." + code, Name: "Phải thu người hưởng", Type: "asset", Owner: code}
}

func inTransit(a bank.RailAccountID, office string) ledger.Account {
	return ledger.Account{Code: fmt.Sprintf("3389.r%d", a), Name: "Đang chuyển", Type: "liability", Office: office}
}

// cashInHand is money at the desk that is not yet at the bank.
func cashInHand(office string) ledger.Account {
	return ledger.Account{Code: "1111." + office, Name: "Tiền mặt " + office, Type: "asset", NoOverdraft: true, Office: office}
}

// suspense is money that came and that nobody has explained.
func suspense(office string) ledger.Account {
	return ledger.Account{Code: "3381." + office, Name: "Chờ xử lý " + office, Type: "liability", Office: office}
}
