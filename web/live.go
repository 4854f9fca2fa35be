package web

import "context"

// live lets Close end every open event stream, which a server's shutdown would
// otherwise wait for.
type live struct {
	done  context.Context
	close context.CancelFunc
}

func newLive() *live {
	ctx, cancel := context.WithCancel(context.Background())
	return &live{ctx, cancel}
}

// stream gives a context that ends with the request or with the server.
func (l *live) stream(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(l.done, cancel)
	return ctx, func() { stop(); cancel() }
}
