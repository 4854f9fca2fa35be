package reconcile

import "ansinh.vn/ledger"

func bankAccount(office string) ledger.Account {
	return ledger.Account{Code: "112." + office, Name: "Tiền gửi ngân hàng " + office, Type: "asset", Office: office}
}

func suspenseAccount(office string) ledger.Account {
	return ledger.Account{Code: "3381." + office, Name: "Chờ xử lý " + office, Type: "liability", Office: office}
}

func feeAccount(office string) ledger.Account {
	return ledger.Account{Code: "6118." + office, Name: "Phí ngân hàng " + office, Type: "expense", Office: office}
}

func fundAccount(office, scheme string) ledger.Account {
	return ledger.Account{Code: "366." + office + "." + scheme, Name: "Kinh phí " + scheme + " " + office, Type: "liability",
		NoOverdraft: true, Office: office, Fund: scheme, Scheme: scheme}
}
