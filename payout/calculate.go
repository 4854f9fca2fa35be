package payout

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"ansinh.vn/money"
)

// Named is a file and the name it is refused by.
type Named struct {
	Name string
	io.Reader
}

// CalculateInput is what people are, what they are entitled to and what they were paid,
// as CSV files.
type CalculateInput struct {
	People, Entitlements, Paid Named
	Month                      money.Month
	KnownOn                    time.Time
	WithProvisional            bool
	Rules                      Rules
	Rates                      *Rates // nil means EmbeddedRates
}

// Calculated counts what Calculate read and wrote.
type Calculated struct {
	People       int       `json:"people"`
	Entitlements int       `json:"entitlements"`
	Paid         int       `json:"paid"`
	PersonMonths int64     `json:"person_months"`
	Lines        int64     `json:"lines"`
	Total        money.VND `json:"total"`
}

// Calculate writes, as CSV, what is owed minus what was paid for every month from each
// person's first entitlement to in.Month, before any set-off. Columns: person_number,
// scheme, category, month, amount, kind, article, explanation; rows by person number,
// month, scheme and category, whatever the order of the input. A *Refusal names the
// file, line and column of bad input, and then nothing has been written.
func Calculate(in CalculateInput, out io.Writer) (Calculated, error) {
	rates := in.Rates
	if rates == nil {
		rates = EmbeddedRates()
	}
	c := NewCalc(rates, in.Rules, in.KnownOn, in.WithProvisional, in.Month)
	b, err := readBook(c, in)
	if err != nil {
		return Calculated{}, err
	}
	done := Calculated{People: len(b.people), Entitlements: len(b.ents), Paid: len(b.paid)}
	w := bufio.NewWriterSize(out, 1<<18)
	if _, err := w.WriteString("person_number,scheme,category,month,amount,kind,article,explanation\n"); err != nil {
		return done, err
	}
	if err := b.write(c, in.Month, w, &done); err != nil {
		return done, err
	}
	return done, w.Flush()
}

// chunk is how many people one goroutine computes at a time.
const chunk = 2048

// write computes chunks of people on every core and writes them in order.
func (b *book) write(c *Calc, month money.Month, w io.Writer, done *Calculated) error {
	order := make([]int32, len(b.people))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int { return cmp.Compare(b.people[i].number, b.people[j].number) })
	type part struct {
		text  []byte
		count Calculated
	}
	texts := make(chan []byte, 2*runtime.GOMAXPROCS(0)) // to write into again
	workers := make(chan *subtraction, runtime.GOMAXPROCS(0)+1)
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(runtime.GOMAXPROCS(0) + 1) // and the writer
	parts := make(chan chan part, 2*runtime.GOMAXPROCS(0))
	g.Go(func() error {
		for next := range parts {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case p := <-next:
				if _, err := w.Write(p.text); err != nil {
					return err
				}
				select {
				case texts <- p.text[:0]:
				default:
				}
				done.PersonMonths += p.count.PersonMonths
				done.Lines += p.count.Lines
				done.Total += p.count.Total
			}
		}
		return nil
	})
	for from := 0; from < len(order) && ctx.Err() == nil; from += chunk {
		result := make(chan part, 1)
		people := order[from:min(from+chunk, len(order))]
		g.Go(func() error {
			s, p := &subtraction{Calc: c}, part{}
			select {
			case s = <-workers:
			default:
			}
			select {
			case p.text = <-texts:
			default:
			}
			for _, i := range people {
				var err error
				if p.text, err = b.person(s, p.text, int(i), month, &p.count); err != nil {
					return err
				}
			}
			result <- p
			select {
			case workers <- s:
			default:
			}
			return nil
		})
		select {
		case parts <- result:
		case <-ctx.Done():
		}
	}
	close(parts)
	return g.Wait()
}

// who is the i-th of the people as the subtraction needs them; their paid rows are
// written into paid.
func (b *book) who(i int, paid []settledMonth) person {
	p, entsFrom, paidFrom := &b.people[i], int32(0), int32(0)
	if i > 0 {
		entsFrom, paidFrom = b.people[i-1].ents, b.people[i-1].paid
	}
	for _, x := range b.paid[paidFrom:p.paid] {
		cat := b.cats.all[x.cat]
		paid = append(paid, settledMonth{category: cat.category, name: cat.name, month: x.month, amount: x.amount})
	}
	return person{born: p.born, last: p.last, ents: b.ents[entsFrom:p.ents], paid: paid}
}

// person appends the rows of the i-th of the people.
func (b *book) person(s *subtraction, text []byte, i int, month money.Month, count *Calculated) ([]byte, error) {
	p, who := &b.people[i], b.who(i, s.paid[:0])
	s.paid = who.paid
	lines, err := s.run(who, 0, month)
	if err != nil {
		return text, refuse("person %s: %v", p.number, err)
	}
	if len(who.ents) > 0 {
		first := slices.MinFunc(who.ents, func(a, b entitled) int { return cmp.Compare(a.first, b.first) }).first
		count.PersonMonths += int64(max(0, month-first+1))
	}
	for i := range lines {
		l := &lines[i]
		text = append(appendCSV(text, p.number), ',')
		text = append(append(text, Schemes[l.scheme]...), ',')
		text = append(appendCSV(text, l.name), ',')
		text = append(appendISOMonth(text, l.month), ',')
		text = append(strconv.AppendInt(text, int64(l.amount), 10), ',')
		text = append(append(text, l.kind...), ",\""...)
		says := s.sentence(l)
		text = append(append(text, says.article...), "\",\""...)
		text = append(append(text, says.text...), "\"\n"...)
		count.Lines++
		count.Total += l.amount
	}
	return text, nil
}

// appendCSV quotes s only where it has to.
func appendCSV(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return append(b, s...)
	}
	return append(append(append(b, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}

func appendISOMonth(b []byte, m money.Month) []byte {
	year, month := int64(m.Year()), int64(m.Month())
	b = append(strconv.AppendInt(b, year, 10), '-')
	if month < 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, month, 10)
}
