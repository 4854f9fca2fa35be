package main

import (
	"context"
	"errors"
	"fmt"

	"ansinh.vn/beneficiaries"
	"ansinh.vn/identity/registry"
)

type registerSubscribe struct {
	Event  string `arg:"" help:"death or move." enum:"death,move"`
	Office string `help:"Only people of this commune; default everybody." placeholder:"CODE"`
	Access string `help:"How to reach the register. Default DATA-DIR/register.json." env:"ANSINH_REGISTER_ACCESS" type:"path" placeholder:"FILE"`
	By     string `help:"Who asks, by login." placeholder:"LOGIN"`
}

func (c *registerSubscribe) Run(ctx context.Context, a *app) error {
	access, client, err := a.register(c.Access)
	if err != nil {
		return err
	}
	callback := access.Callback("on-subscribe")
	if callback == "" {
		return refusal("the access file has no callback_url: the address at which the register reaches 'ansinh serve'")
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	event := map[string]string{"death": registry.EventDeath, "move": registry.EventMove}[c.Event]
	err = beneficiaries.Subscribe(ctx, pool, beneficiaries.Subscribing{Register: client, Name: access.ReceiverID, Callback: callback, Event: event,
		Office: c.Office, By: by, Now: a.Now()})
	if errors.Is(err, beneficiaries.ErrSubscribed) {
		return refusal("đã nhờ sổ đăng ký báo tin này rồi; xem 'ansinh register subscriptions'")
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(a.Out, "Đã nhờ; sổ đăng ký sẽ xác nhận về", callback)
	return nil
}

type registerUnsubscribe struct {
	Subscription int64  `arg:"" help:"Which, as 'register subscriptions' numbers them."`
	Access       string `help:"How to reach the register. Default DATA-DIR/register.json." env:"ANSINH_REGISTER_ACCESS" type:"path" placeholder:"FILE"`
	By           string `help:"Who asks, by login." placeholder:"LOGIN"`
}

func (c *registerUnsubscribe) Run(ctx context.Context, a *app) error {
	_, client, err := a.register(c.Access)
	if err != nil {
		return err
	}
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	if err := beneficiaries.Unsubscribe(ctx, pool, client, c.Subscription, by, a.Now()); err != nil {
		return err
	}
	fmt.Fprintln(a.Out, "Đã thôi nhận tin.")
	return nil
}

type registerSubscriptions struct{}

func (c *registerSubscriptions) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := beneficiaries.Subscriptions(ctx, pool)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	for _, s := range list {
		fmt.Fprintf(a.Out, "%4d  %-20s %-7s %-8s %s %s\n", s.ID, s.Event, orAll(s.Office), s.State, s.AskedAt.Format("02/01/2006"), s.Reason)
	}
	return nil
}

func orAll(office string) string {
	if office == "" {
		return "cả tỉnh"
	}
	return office
}

type registerExtracts struct {
	Office string `help:"Only lists of this commune." placeholder:"CODE"`
}

func (c *registerExtracts) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := beneficiaries.Extracts(ctx, pool, c.Office, 200)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	for _, e := range list {
		fmt.Fprintf(a.Out, "%4d  %s  %-7s %6d người  %s  %s  sha256 %x\n", e.ID, e.At.Format("02/01/2006"), orAll(e.Office), e.People, e.FileName, e.SentTo, e.SHA256)
		for _, r := range e.Returns {
			fmt.Fprintf(a.Out, "      trả lại %s: %d người có kết quả, %d chưa; tình trạng ngày %s; %s  sha256 %x\n",
				r.At.Format("02/01/2006"), r.Answered, r.Unanswered, r.TrueOn.Format("02/01/2006"), r.CheckedBy, r.SHA256)
		}
	}
	return nil
}

type registerEvents struct {
	Office string `help:"Only people of this commune." placeholder:"CODE"`
	Kind   string `help:"death, move, absence or alive." placeholder:"KIND"`
	Limit  int    `help:"The newest so many." default:"50"`
}

func (c *registerEvents) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	list, err := beneficiaries.Events(ctx, pool, beneficiaries.EventFilter{Office: c.Office, Kind: c.Kind, Limit: c.Limit})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(list)
	}
	for _, e := range list {
		fmt.Fprintf(a.Out, "%5d  %-8s %-10s  %s (%s), biết ngày %s, %s%s\n", e.ID, e.Kind, e.Day(), e.Name, e.OfficeName, e.KnownOn.Format("02/01/2006"), e.Source, map[bool]string{true: ", đã đính chính"}[e.ReversedAt != nil])
	}
	return nil
}

type registerCorrect struct {
	Event  int64  `arg:"" help:"Which death, as 'register events' numbers them."`
	Reason string `help:"How it is known that it was told wrongly." required:"" placeholder:"TEXT"`
	By     string `help:"Who proposes, by login." placeholder:"LOGIN" required:""`
}

func (c *registerCorrect) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	id, err := beneficiaries.ProposeCorrection(ctx, pool, c.Event, c.Reason, by, a.Now())
	if errors.Is(err, beneficiaries.ErrNoCorrection) || errors.Is(err, beneficiaries.ErrSettled) {
		return refusal(fmt.Sprintf("tin số %d không phải tin báo tử còn hiệu lực, hoặc đang chờ một đề nghị đính chính khác", c.Event))
	}
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]int64{"correction": id})
	}
	fmt.Fprintf(a.Out, "Đề nghị đính chính số %d; cần một người khác xác nhận: ansinh register confirm %d --by …\n", id, id)
	return nil
}

type registerConfirm struct {
	Correction int64  `arg:"" help:"Which correction."`
	Refuse     bool   `help:"The death stands."`
	By         string `help:"Who decides, by login: not who proposed." placeholder:"LOGIN" required:""`
}

func (c *registerConfirm) Run(ctx context.Context, a *app) error {
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	by, err := a.actor(ctx, c.By)
	if err != nil {
		return err
	}
	err = beneficiaries.DecideCorrection(ctx, pool, c.Correction, !c.Refuse, by, a.Now())
	switch {
	case errors.Is(err, beneficiaries.ErrOwnCorrection):
		return refusal("người đề nghị không tự xác nhận; cần một người khác")
	case errors.Is(err, beneficiaries.ErrNoCorrection):
		return refusal(fmt.Sprintf("không có đề nghị đính chính số %d đang chờ", c.Correction))
	case err != nil:
		return err
	}
	if err := applyLifeEvents(ctx, pool, by, a.Now()); err != nil {
		return err
	}
	if c.Refuse {
		fmt.Fprintln(a.Out, "Giữ nguyên tin báo tử.")
		return nil
	}
	fmt.Fprintln(a.Out, "Đã đính chính. Trước khi chi tiếp, hỏi lại sổ dân cư: ansinh sync")
	return nil
}
