package payout

import (
	"strconv"
	"strings"
	"time"

	"ansinh.vn/money"
)

// decree335 is the month NĐ 335/2026 takes the place of NĐ 20/2021.
var decree335 = money.NewMonth(2026, time.October)

// appendArticle writes which article makes the line.
func (c *Calc) appendArticle(b []byte, l *line) []byte {
	switch {
	case l.row != nil:
		b = append(b, l.row.instrument...)
		return append(append(b, "; "...), l.level.instrument...)
	case l.level != nil:
		return append(b, l.level.instrument...)
	case l.merit != nil:
		return append(b, l.merit.instrument...)
	case l.scheme == nccScheme:
		return append(b, "Pháp lệnh 02/2020/UBTVQH14 Đ6"...)
	case l.instead.times > 0 && l.instead.scheme != l.scheme, l.scheme == htxhScheme:
		return append(b, "NĐ 176/2025/NĐ-CP"...)
	}
	decree, article := "NĐ 20/2021/NĐ-CP", " Đ8"
	if l.month >= decree335 {
		decree = "NĐ 335/2026/NĐ-CP"
	}
	if l.instead.times > 0 {
		article = " Đ6"
	}
	return append(append(b, decree...), article...)
}

// appendExplanation says in one Vietnamese sentence how the amount came about: level,
// coefficient, month and what changed.
func (c *Calc) appendExplanation(b []byte, l *line) []byte {
	switch {
	case l.kind == Funeral:
		b = append(b, "Hỗ trợ chi phí mai táng, tháng "...)
	case l.kind == Regular && l.amount > 0:
		b = append(b, "Tháng "...)
	case l.kind == Arrears:
		b = append(b, "Truy lĩnh tháng "...)
	default:
		b = append(b, "Truy thu tháng "...)
	}
	b = append(appendMonth(b, l.month), ": "...)
	if l.paid != 0 || l.amount < 0 {
		b = append(b, "được hưởng "...)
	}
	b = c.appendFormula(b, l)
	if l.paid != 0 {
		b = appendVND(append(b, ", đã chi "...), l.paid)
		if l.amount > 0 {
			b = appendVND(append(b, ", còn được lĩnh "...), l.amount)
		} else {
			b = appendVND(append(b, ", chi thừa "...), -l.amount)
		}
	}
	b = c.appendCause(b, l)
	if c.isProvisional(l) {
		b = append(b, " (mức tạm tính, chưa đối chiếu văn bản đã ký)"...)
	}
	return append(b, '.')
}

// appendFormula writes what is owed as level × coefficient, or the literal rate.
func (c *Calc) appendFormula(b []byte, l *line) []byte {
	owed := l.amount + l.paid
	switch {
	case l.row != nil:
		b = appendVND(append(b, "mức chuẩn "...), l.level.amount)
		b = appendCoefficient(append(b, " × hệ số "...), l.row)
		if l.row.group == singleParent {
			b = append(strconv.AppendInt(append(b, " × "...), int64(l.n), 10), " con"...)
		}
	case l.level != nil:
		b = append(b, "trợ cấp hưu trí xã hội "...)
		return appendVND(b, owed)
	case l.merit != nil:
		b = appendVND(append(b, "mức quy định "...), l.merit.amount)
		if l.merit.perUnit {
			b = append(strconv.AppendInt(append(b, " × "...), int64(l.n), 10), " thâm niên"...)
		} else if l.merit.percent > 0 {
			b = append(strconv.AppendInt(append(b, " (tỷ lệ tổn thương "...), int64(l.merit.percent), 10), "%)"...)
		}
		if owed == l.merit.amount { // said already
			return b
		}
	default:
		return append(b, "0 đ"...)
	}
	if l.times > 1 {
		b = append(strconv.AppendInt(append(b, ", "...), int64(l.times), 10), " suất"...)
	}
	return appendVND(append(b, " = "...), owed)
}

// appendCause says what changed, where something did.
func (c *Calc) appendCause(b []byte, l *line) []byte {
	switch {
	case l.times == 0 && c.isOneOff(l.category):
		return append(b, "; khoản chi một lần, không thuộc tháng này"...)
	case l.times == 0 && l.month > l.last:
		return appendMonth(append(b, "; người hưởng đã mất, chỉ hưởng đến hết tháng "...), l.last)
	case l.instead.times > 0:
		return append(b, "; đã có khoản cùng loại mức cao hơn hoặc bằng, chỉ hưởng một khoản"...)
	case l.times == 0 && l.decided:
		return append(b, "; đối tượng này không có mức hưởng cho tháng và độ tuổi này"...)
	case l.times == 0:
		return append(b, "; không có quyết định cho hưởng tháng này"...)
	case l.paid == 0 && l.kind == Arrears:
		return append(b, "; tháng này chưa chi"...)
	case l.paid != 0:
		return c.appendDifference(b, l)
	case l.kind == Funeral || l.times == 0 || (l.row != nil && l.row.group == oneOff):
		return b
	case l.before.times == 0:
		return append(b, "; bắt đầu hưởng từ tháng này"...)
	case l.row != nil && l.before.row != nil && l.row.scaled != l.before.row.scaled:
		b = appendCoefficient(append(b, "; hệ số đổi từ "...), l.before.row)
		b = appendCoefficient(append(b, " thành "...), l.row)
		if l.age != l.before.age {
			b = strconv.AppendInt(append(b, " do đủ "...), int64(l.age), 10)
			b = append(b, " tuổi"...)
		}
		return b
	case l.level != nil && l.before.level != nil && l.level.amount != l.before.level.amount:
		return appendLevels(b, l.before.level, l.level)
	case l.merit != nil && l.before.merit != nil && l.merit.amount != l.before.merit.amount:
		b = appendVND(append(b, "; mức quy định đổi từ "...), l.before.merit.amount)
		return appendVND(append(b, " thành "...), l.merit.amount)
	}
	return b
}

// appendDifference says why what was paid is not what is owed: another level, another
// coefficient, or neither.
func (c *Calc) appendDifference(b []byte, l *line) []byte {
	var levels []levelRow
	switch {
	case l.row != nil:
		levels = c.rates.levels
	case l.level != nil:
		levels = c.rates.pension
	}
	for i := range levels {
		old := &levels[i]
		if old.from > l.month || old.amount == l.level.amount {
			continue
		}
		was := old.amount
		if l.row != nil {
			var err error
			if was, err = old.times(l.row, max(l.n, 1)); err != nil {
				continue
			}
		}
		if was*money.VND(l.times) == l.paid {
			return appendLevels(b, old, l.level)
		}
	}
	if l.row != nil {
		for i := range c.rates.btxh {
			other := &c.rates.btxh[i]
			if other.family != l.row.family || other.scaled == l.row.scaled {
				continue
			}
			if was, err := l.level.times(other, max(l.n, 1)); err == nil && was*money.VND(l.times) == l.paid {
				b = appendCoefficient(append(b, "; hệ số đúng là "...), l.row)
				return appendCoefficient(append(b, ", đã chi theo hệ số "...), other)
			}
		}
	}
	if l.merit != nil {
		for i := range c.rates.merit {
			old := &c.rates.merit[i]
			if old.code != l.merit.code || old.percent != l.merit.percent || old.from > l.month || old.amount == l.merit.amount {
				continue
			}
			was := old.amount * money.VND(l.times)
			if old.perUnit {
				was *= money.VND(l.n)
			}
			if was == l.paid {
				b = appendVND(append(b, "; mức quy định đổi từ "...), old.amount)
				b = appendVND(append(b, " thành "...), l.merit.amount)
				return append(append(b, " theo "...), l.merit.instrument...)
			}
		}
	}
	return append(b, "; số đã chi khác số được hưởng"...)
}

func appendLevels(b []byte, from, to *levelRow) []byte {
	b = appendVND(append(b, "; mức đổi từ "...), from.amount)
	b = appendVND(append(b, " thành "...), to.amount)
	return append(append(b, " theo "...), to.instrument...)
}

// isProvisional tells whether a rate of the line is not yet confirmed.
func (c *Calc) isProvisional(l *line) bool { return len(c.provisional(nil, l)) > 0 }

// provisional appends the sets of the line's rates that are not yet confirmed.
func (c *Calc) provisional(sets []int, l *line) []int {
	add := func(d dated) {
		if c.rates.Sets[d.set].Provisional {
			sets = append(sets, d.set)
		}
	}
	if l.row != nil {
		add(l.row.dated)
	}
	if l.level != nil {
		add(l.level.dated)
	}
	if l.merit != nil {
		add(l.merit.dated)
	}
	return sets
}

// appendMonth writes "11/2026".
func appendMonth(b []byte, m money.Month) []byte {
	month := int64(m.Month())
	if month < 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(append(strconv.AppendInt(b, month, 10), '/'), int64(m.Year()), 10)
}

// appendVND writes "1.350.000 đ".
func appendVND(b []byte, v money.VND) []byte {
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	var buf [20]byte
	plain := strconv.AppendInt(buf[:0], int64(v), 10)
	for i, d := range plain {
		if i > 0 && (len(plain)-i)%3 == 0 {
			b = append(b, '.')
		}
		b = append(b, d)
	}
	return append(b, " đ"...)
}

// appendCoefficient writes "1,5".
func appendCoefficient(b []byte, row *btxhRow) []byte {
	b = strconv.AppendInt(b, row.scaled/coefficientScale, 10)
	if rest := row.scaled % coefficientScale; rest > 0 {
		tail := strconv.FormatInt(coefficientScale+rest, 10)[1:]
		b = append(append(b, ','), strings.TrimRight(tail, "0")...)
	}
	return b
}
