package verify

import "strings"

// advice says what whoever finds a difference does next. The checker never mends: a row
// that does not agree is evidence.
func advice(table string) string {
	for _, a := range advices {
		for name := range strings.FieldsSeq(a.tables) {
			if name == table {
				return a.do
			}
		}
	}
	return keepEvidence
}

const keepEvidence = "Đừng sửa dòng này. Sao lưu ngay làm chứng cứ, so với bản sao lưu trước, và báo thanh tra. / " +
	"Do not mend the row. Back up now as evidence, compare with an earlier backup, and tell the auditor."

var advices = []struct{ tables, do string }{
	{"audit_event audit_leaf audit_hash audit_seal audit_checkpoint checkpoint",
		"Nhật ký đã bị sửa: so với mốc mà người làm chứng giữ (ansinh witness show), sao lưu ngay và báo thanh tra; không niêm phong hay ký thêm trước khi rõ. / " +
			"The log was changed: compare with the witness's checkpoint, back up now, tell the auditor; sign nothing more until it is clear."},
	{"entry entry_key transfer",
		"Bút toán đã bị sửa: lấy bản đúng từ bản sao lưu trước đó hoặc từ biên nhận đã giao, rồi ghi bút toán đảo và bút toán đúng; không sửa dòng cũ. / " +
			"An entry was changed: find the true one in an earlier backup or in a receipt that was given out, then post a reversal and the right entry; leave the row."},
	{"balance account ledger_month month_total",
		"Số dư hay cờ của tài khoản bị sửa: các khoản chuyển vẫn là gốc; ngừng chi từ tài khoản này cho đến khi người quản trị cơ sở dữ liệu giải trình. / " +
			"A balance or a flag was changed; the transfers are the truth: pay nothing from this account until the database's owner has explained it."},
	{"hold hold_open hold_end",
		"Khoản giữ tiền bị sửa: đối chiếu với yêu cầu đã lập ra nó trước khi ghi sổ hay nhả. / A hold was changed: compare it with the request that made it before it is posted or released."},
	{"run payment payment_item payment_carry",
		"Đừng duyệt, đừng gửi đợt này. Nếu chưa gửi thì huỷ và lập lại; nếu đã gửi thì đối chiếu từng lệnh với sao kê và thu hồi phần sai. / " +
			"Do not approve or send this run. If it was not sent, void it and prepare it again; if it was, compare each order with the statement and recover what is wrong."},
	{"approval staff_key staff_key_request staff",
		"Chữ ký hay khoá không đứng vững: thu hồi khoá, hỏi trực tiếp người ký, và coi đợt liên quan là chưa duyệt. / " +
			"A signature or a key does not hold: revoke the key, ask the signer in person, and treat the run as not approved."},
	{"instruction bank_message bank_answer bank_rejection settlement settlement_line",
		"Giữ lệnh này lại, hỏi ngân hàng tệp mà họ đã nhận theo mã tin, và đối chiếu số tiền, số tài khoản. / " +
			"Hold the order back, ask the bank for the file that it received under this message id, and compare amounts and accounts."},
	{"statement statement_file statement_line match recon_break funds_request receipt receipt_evidence charge charge_event",
		"Xin ngân hàng bản sao kê gốc của ngày đó và nhập lại ở một máy khác để so từng dòng. / " +
			"Ask the bank for that day's statement again, import it on another machine, and compare line by line."},
	{"voucher redemption vendor",
		"Tạm khoá phiếu hay tiểu thương này (ansinh voucher block, ansinh market vendor suspend) và đối chiếu với sổ cái. / " +
			"Block the voucher or the vendor for now and compare with the ledger."},
	{"list list_row entitlement entitlement_step decision person life_event payee paid_before rate_edition rate_confirmation review_decision",
		"Lấy danh sách, quyết định hay biểu mức gốc trên giấy ra so; giữ các khoản chi của người này lại cho đến khi rõ. / " +
			"Compare with the list, the decision or the decree on paper; hold this person's payments until it is clear."},
}
