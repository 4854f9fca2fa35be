package web

import (
	"slices"

	"ansinh.vn/staff"
)

// Short names, so that the table below reads as a table.
const (
	clerk       = staff.Clerk
	accountant  = staff.Accountant
	chairman    = staff.Chairman
	auditor     = staff.Auditor
	operator    = staff.Operator
	vendorAdmin = staff.VendorAdmin
)

// navEntries are the pages that the bar at the top offers, to whom they are open.
var navEntries = []struct {
	Nav
	who who
}{
	{Nav{"/", "Trang chủ", "Home"}, allStaff},
	{Nav{"/lists", "Danh sách", "Lists"}, only(clerk, accountant, chairman, auditor)},
	{Nav{"/reviews", "Cần xem lại", "Reviews"}, only(clerk, chairman, auditor)},
	{Nav{"/decisions", "Quyết định", "Decisions"}, only(clerk, accountant, chairman, auditor)},
	{Nav{"/runs", "Đợt chi trả", "Runs"}, only(clerk, accountant, chairman, auditor)},
	{Nav{"/cases", "Xác minh", "Cases"}, only(clerk, accountant, chairman, auditor)},
	{Nav{"/recoveries", "Thu hồi", "Recoveries"}, only(clerk, accountant, chairman, auditor)},
	{Nav{"/breaks", "Chênh lệch", "Breaks"}, only(accountant, chairman, auditor)},
	{Nav{"/books", "Sổ kế toán", "Books"}, only(accountant, chairman, auditor)},
	{Nav{"/closings", "Đối chiếu", "Reconciliation"}, only(accountant, chairman, auditor)},
	{Nav{"/markets", "Chợ", "Markets"}, only(vendorAdmin, auditor)},
	{Nav{"/staff", "Nhân sự", "Staff"}, only(operator, chairman, auditor)},
}

// routes is the whole table of pages: what exists and who may call it. A test walks
// every line with every role.
func (s *Server) routes() []route {
	money := only(clerk, accountant, chairman, auditor)
	return append(slices.Concat(s.documentRoutes(), s.decisionRoutes(), s.recoveryRoutes()), []route{
		{"GET", "/sign-in", anyone, s.signInForm},
		{"POST", "/sign-in", anyone, s.signIn},
		{"POST", "/sign-out", allStaff, s.signOut},
		{"GET", "/", allStaff, s.home},

		{"GET", "/lists", money, s.lists},
		{"POST", "/lists", only(clerk), s.uploadList},
		{"GET", "/lists/{id}", money, s.list},
		{"GET", "/lists/{id}/quarantine", only(clerk), s.quarantineFile},
		{"GET", "/lists/{id}/changes", money, s.changesFile},
		{"POST", "/lists/{id}/verdict", only(clerk, accountant, chairman), s.decideList},
		{"GET", "/people", money, s.findPeople},
		{"POST", "/people", money, s.findPeople},
		{"GET", "/people/{id}", money, s.person},
		{"POST", "/people/{id}/number", only(clerk, accountant, auditor), s.showNumber},
		{"GET", "/accounts", money, s.accounts},
		{"POST", "/accounts/shared", only(clerk, accountant), s.acceptShared},
		{"GET", "/register", money, s.register},
		{"POST", "/register/extracts", only(clerk), s.makeExtract},
		{"POST", "/register/checked", only(clerk), s.takeChecked},
		{"GET", "/life-events", money, s.lifeEvents},
		{"POST", "/life-events/{id}/correct", only(clerk), s.proposeCorrection},
		{"POST", "/corrections/{id}", only(clerk, chairman), s.decideCorrection},
		{"POST", "/funeral-offers/{id}", only(clerk), s.answerOffer},
		{"GET", "/quality", money, s.quality},
		{"GET", "/outreach", money, s.outreaches},
		{"POST", "/outreach", only(clerk), s.makeOutreach},
		{"GET", "/outreach/{id}", money, s.outreach},
		{"GET", "/outreach/{id}/print", money, s.printOutreach},
		{"POST", "/outreach/{id}/stops", only(clerk), s.addStop},
		{"GET", "/outreach/{id}/people/{person}", money, s.visitForm},
		{"POST", "/outreach/{id}/people/{person}", only(clerk), s.noteVisit},
		{"GET", "/reviews", only(clerk, chairman, auditor), s.reviews},
		{"GET", "/reviews/{id}", only(clerk, chairman, auditor), s.review},
		{"POST", "/reviews/{id}", only(clerk), s.settleReview},
		{"POST", "/merges/{id}", only(clerk, chairman), s.confirmMerge},

		{"GET", "/runs", money, s.runs},
		{"GET", "/runs/{id}", money, s.run},
		{"GET", "/runs/{id}/payments", money, s.payments},
		{"GET", "/runs/{id}/statement", only(chairman, auditor), s.runStatement},
		{"POST", "/runs/{id}/submit", only(clerk, accountant), s.submitRun},
		{"POST", "/runs/{id}/approve", only(chairman), s.approveRun},
		{"POST", "/runs/{id}/reject", only(chairman), s.rejectRun},
		{"GET", "/payments/{id}", money, s.payment},
		{"POST", "/payments/{id}", only(clerk, accountant), s.holdPayment},
		{"GET", "/payments/{id}/receipt", money, s.paymentReceipt},

		{"GET", "/breaks", only(accountant, chairman, auditor), s.breaks},
		{"GET", "/breaks/{id}", only(accountant, chairman, auditor), s.breakPage},
		{"POST", "/breaks/{id}/propose", only(accountant), s.proposeBreak},
		{"POST", "/breaks/{id}/confirm", only(accountant, chairman), s.confirmBreak},
		{"GET", "/books", only(accountant, chairman, auditor), s.books},
		{"GET", "/books/form", only(accountant, chairman, auditor), s.book},
		{"GET", "/closings", only(accountant, chairman, auditor), s.closings},
		{"GET", "/closings/{account}/{day}", only(accountant, chairman, auditor), s.closing},
		{"GET", "/closings/{account}/{day}/file", only(accountant, chairman, auditor), s.closingFile},
		{"POST", "/closings/{account}/{day}", only(accountant), s.closeDay},
		{"GET", "/entries/{id}", only(accountant, chairman, auditor), s.entry},
		{"GET", "/entries/{id}/receipt", only(accountant, chairman, auditor), s.entryReceipt},

		{"GET", "/markets", only(vendorAdmin, auditor), s.markets},
		{"GET", "/stalls/{id}/card", only(vendorAdmin), s.stallCard},

		{"GET", "/me", allStaff, s.me},
		{"POST", "/me/password", allStaff, s.changePassword},
		{"POST", "/me/keys", allStaff, s.requestKey},
		{"GET", "/staff", only(operator, chairman, auditor), s.staffList},
		{"POST", "/staff/{login}/disable", only(operator), s.disableStaff},
		{"POST", "/key-requests/{id}", only(operator, chairman), s.decideKey},
		{"POST", "/keys/{id}/revoke", allStaff, s.revokeKey},

		{"GET", "/phieu", anyone, s.balance},
		{"POST", "/phieu", anyone, s.showBalance},

		{"GET", "/cho/sign-in", anyone, s.vendorSignInForm},
		{"POST", "/cho/sign-in", anyone, s.vendorSignIn},
		{"POST", "/cho/sign-out", vendors, s.vendorSignOut},
		{"GET", "/cho", vendors, s.keypad},
		{"POST", "/cho/charges", vendors, s.createCharge},
		{"GET", "/cho/charges/{id}", vendors, s.charge},
		{"GET", "/cho/charges/{id}/state", vendors, s.chargeState},
		{"GET", "/cho/charges/{id}/events", vendors, s.chargeEvents},
		{"POST", "/cho/charges/{id}/cancel", vendors, s.cancelCharge},
		{"GET", "/cho/day", vendors, s.vendorDay},
		{"GET", "/cho/day.csv", vendors, s.vendorDayCSV},
		{"GET", "/cho/voucher", vendors, s.voucherForm},
		{"POST", "/cho/voucher", vendors, s.redeemVoucher},
		{"GET", "/cho/cards", vendors, s.vendorCards},
		{"GET", "/cho/cards/{id}", vendors, s.vendorCard},
	}...)
}
