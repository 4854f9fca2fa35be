package beneficiaries

import "fmt"

// RuledError is a decision that the law or the record does not allow; it says why.
type RuledError struct {
	Reason string // English, as commands tell it
	vi     string
}

func (e *RuledError) Error() string { return e.Reason }

// Refused tells the command line to leave with the exit code of a refusal.
func (e *RuledError) Refused() bool { return true }

// Words says why in Vietnamese, as pages tell it.
func (e *RuledError) Words() string {
	if e.vi != "" {
		return e.vi
	}
	if vi, ok := ruledWords[e.Reason]; ok {
		return vi
	}
	return e.Reason
}

// ruled words a refusal in both languages; its format is the key of the Vietnamese one.
func ruled(format string, args ...any) *RuledError {
	e := &RuledError{Reason: fmt.Sprintf(format, args...)}
	if vi, ok := ruledWords[format]; ok {
		e.vi = fmt.Sprintf(vi, args...)
	}
	return e
}

// ruledWords are the refusals in Vietnamese, by the English.
var ruledWords = map[string]string{
	"%q is no category of scheme %q":                                                                                   "%q không phải đối tượng của chính sách %q",
	"%q is no kind of decision":                                                                                        "%q không phải loại quyết định",
	"%q is no kind of payee: self, guardian or recipient":                                                              "%q không phải loại người nhận",
	"%q is no kind of re-assessment: disability, study, poverty or other":                                              "%q không phải loại rà soát",
	"%q is no result: kept, changed, ended or refused":                                                                 "%q không phải kết quả rà soát",
	"%q is no way to pay: bank or cash":                                                                                "%q không phải hình thức chi: chọn tiền mặt hoặc tài khoản",
	"a change is about one entitlement: name it":                                                                       "Điều chỉnh chỉ về một khoản: chọn khoản đó",
	"a change of the payee needs its reason":                                                                           "Ghi lý do đổi người nhận",
	"a decision needs its number, its day and who signed it":                                                           "Quyết định phải có số, ngày và người ký",
	"a decision needs its reason in words":                                                                             "Ghi lý do của quyết định",
	"a decision needs the month from which it counts":                                                                  "Chọn tháng bắt đầu áp dụng",
	"a draft of this kind about this person waits already: confirm or refuse it first":                                 "Đã có dự thảo cùng loại về người này đang chờ: xử lý dự thảo đó trước",
	"a guardian collects for a child under 16: afterwards the person collects, or authorises somebody":                 "Người giám hộ chỉ nhận thay cho trẻ em dưới 16 tuổi; từ 16 tuổi người hưởng tự nhận hoặc ủy quyền",
	"a guardian needs a name, the ground (child or incapacitated) and the paper that says so":                          "Người giám hộ phải có họ tên, căn cứ và giấy tờ chứng minh",
	"a guardian's right has no end but sixteen years, or a decision":                                                   "Quyền của người giám hộ không ghi hạn: hết khi đủ 16 tuổi hoặc có thay đổi khác",
	"a refusal needs its reason":                                                                                       "Ghi lý do",
	"a signer needs a name, a capacity (chairman or acting), and days in order":                                        "Người ký phải có họ tên, tư cách ký và ngày đúng thứ tự",
	"a suspension needs its ground: uncollected, detained, refused_assessment or other":                                "Chọn căn cứ tạm dừng",
	"a transfer needs the other office":                                                                                "Chọn xã, phường nơi chuyển đến",
	"an authorisation holds at most 12 months":                                                                         "Giấy ủy quyền có hạn tối đa 12 tháng",
	"an authorised recipient needs a name, a personal number, the authorisation's number and the day on which it ends": "Người được ủy quyền phải có họ tên, số định danh, số giấy ủy quyền và ngày hết hạn",
	"an entitlement named is not this person's":                                                                        "Có khoản được chọn không phải của người này",
	"an office receives whom another has transferred: the draft comes by itself":                                       "Quyết định tiếp nhận tự có khi xã khác chuyển đến",
	"another change of this person's payee waits: confirm or refuse it first":                                          "Đã có đề nghị đổi người nhận đang chờ: xử lý đề nghị đó trước",
	"entitlement %d (%s from %s): %s":                                                                                  "Khoản %d (%s từ tháng %s): %s",
	"it begins with %s":                                                                                                "bắt đầu từ tháng %s",
	"it ends with %s":                                                                                                  "hết hạn sau tháng %s",
	"it has ended with %s":                                                                                             "đã thôi sau tháng %s",
	"it is not suspended":                                                                                              "không bị tạm dừng",
	"it is of office %s":                                                                                               "thuộc đơn vị %s",
	"it is suspended already":                                                                                          "đang tạm dừng",
	"it is suspended from %s only":                                                                                     "chỉ tạm dừng từ tháng %s",
	"it is suspended: resume or stop it first":                                                                         "đang tạm dừng: khôi phục hoặc thôi hưởng trước",
	"no drafted grant of the office waits to be posted":                                                                "Không có dự thảo nào chờ niêm yết",
	"number %s of %d is used for another decision of this kind about this person":                                      "Số %s năm %d đã dùng cho quyết định khác cùng loại về người này",
	"number of children to 30, percentage and units of seniority to 100":                                               "Số con đến 30; tỷ lệ và thâm niên đến 100",
	"only an active chairman of the office, or of the province, confirms its decisions":                                "Chỉ chủ tịch của đơn vị, hoặc người duyệt của tỉnh, ban hành quyết định",
	"only staff of the person's office confirm a change of the payee":                                                  "Chỉ cán bộ của đơn vị quản lý người hưởng được xác nhận",
	"paying to an account needs the bank and the account number":                                                       "Chi vào tài khoản phải có ngân hàng và số tài khoản",
	"say where the list hangs":                                                                                         "Ghi nơi niêm yết",
	"say why the list is taken down":                                                                                   "Ghi lý do gỡ danh sách",
	"signer %d may not sign for this office on %s: add who may with 'ansinh decision signer'":                          "Người ký số %d không được ký cho đơn vị này ngày %s",
	"the change is already confirmed or refused":                                                                       "Thay đổi này đã được xử lý",
	"the decision is already confirmed or refused":                                                                     "Quyết định này đã được xử lý",
	"the decision would be signed in the future":                                                                       "Ngày ký còn ở tương lai",
	"the last month is before the first":                                                                               "Tháng cuối trước tháng đầu",
	"the list was not posted for two working days before %s, or an objection is not settled":                           "Danh sách chưa niêm yết đủ hai ngày làm việc trước ngày %s, hoặc còn ý kiến chưa trả lời",
	"the number of the one who collects is not a personal number of 12 digits":                                         "Số định danh của người nhận thay phải có 12 chữ số",
	"the person has %s from %s already: change it instead":                                                             "Người này đã hưởng %s từ tháng %s: dùng quyết định điều chỉnh",
	"the person has nothing that this decision could be about":                                                         "Người này không có khoản nào để quyết định như vậy",
	"the person is with office %s, which decides about them":                                                           "Người này thuộc đơn vị %s, do đơn vị đó quyết định",
	"the person would be entitled in two communes for the same month: one has to stop first":                           "Người này sẽ hưởng ở hai xã trong cùng một tháng: một xã phải dừng trước",
	"there is no office %q":                                                                                            "Không có đơn vị %q",
	"there is no such change":                                                                                          "Không có thay đổi này",
	"there is no such decision":                                                                                        "Không có quyết định này",
	"there is no such objection, or it is settled":                                                                     "Không có ý kiến này, hoặc đã trả lời",
	"there is no such public list":                                                                                     "Không có danh sách niêm yết này",
	"there is no such re-assessment, or it is done":                                                                    "Không có lần rà soát này, hoặc đã xong",
	"this record was merged into person %d: change that one":                                                           "Hồ sơ này đã gộp vào hồ sơ %d: sửa ở hồ sơ đó",
	"this record was merged into person %d: decide about that one":                                                     "Hồ sơ này đã gộp vào hồ sơ %d: quyết định ở hồ sơ đó",
	"what the person is entitled to changed since the decision was drafted: refuse it and draft another":               "Khoản hưởng đã thay đổi từ khi soạn: không ban hành bản này, soạn bản khác",
	"who acts for the chairman needs the number of the authorisation and the day on which it ends":                     "Người ký thay phải có số giấy ủy quyền và ngày hết hạn",
	"who drafted a decision cannot confirm it: ask the chairman":                                                       "Người soạn quyết định không được tự ban hành",
	"who proposed a change of the payee cannot confirm it: ask another person":                                         "Người đề nghị đổi người nhận không được tự xác nhận",
	"write down the answer":                                                                                            "Ghi câu trả lời",
	"write down what is objected":                                                                                      "Ghi nội dung ý kiến",
}
