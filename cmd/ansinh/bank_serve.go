package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"ansinh.vn/bank/sandbox"
	"ansinh.vn/money"
)

// bankServeCmd runs the sandbox bank as a process of its own. The first line of
// stdout is "listening URL" once it answers.
type bankServeCmd struct {
	Listen           string    `default:"127.0.0.1:7082" help:"Where to listen; port 0 takes a free one."`
	Seed             uint64    `default:"1" help:"Which faults happen; the same seed, the same ones."`
	TokenFile        string    `required:"" type:"path" placeholder:"FILE" help:"The bearer token that guards it; made when the file is not there."`
	StateDir         string    `type:"path" placeholder:"DIR" help:"Keep a journal here and come back from it after a restart."`
	Day              string    `placeholder:"DAY" help:"First day of the virtual clock, YYYY-MM-DD; without it, today."`
	BIN              string    `name:"bin" default:"970436" help:"The bank's own BIN."`
	Details          string    `default:"batch" enum:"batch,details" help:"How a batch is debited: one line, or one line that lists its transfers (${enum})."`
	Fee              money.VND `default:"22000" help:"Fee a batch in đồng; negative for none."`
	Faults           string    `default:"some" enum:"none,some" help:"Whether things go wrong (${enum}); POST /faults sets each share."`
	Notify           string    `placeholder:"URL" help:"Where notices of incoming money go, such as http://127.0.0.1:8080/notices/sepay."`
	NotifyProfile    string    `default:"sepay" enum:"sepay,hmac" help:"How notices are written and signed (${enum})."`
	NotifySecretFile string    `type:"existingfile" placeholder:"FILE" help:"The secret that signs notices."`
}

func (c *bankServeCmd) Run(ctx context.Context, a *app) (err error) {
	cfg := sandbox.Config{
		Seed: c.Seed, BIN: c.BIN, Day: c.Day, Dir: c.StateDir, Details: c.Details, Fee: c.Fee,
		Notify: sandbox.Notify{URL: c.Notify, Profile: c.NotifyProfile}, Log: slog.New(slog.NewTextHandler(a.Err, nil)),
	}
	if c.Faults == "none" {
		cfg.Faults = &sandbox.Faults{}
	}
	if c.Notify != "" {
		if c.NotifySecretFile == "" {
			return usageError("--notify needs --notify-secret-file: notices are never sent unsigned")
		}
		secret, err := os.ReadFile(c.NotifySecretFile)
		if err != nil {
			return err
		}
		cfg.Notify.Secret = strings.TrimSpace(string(secret))
	}
	l, err := listen(c.Listen)
	if err != nil {
		return err
	}
	defer l.Close()
	if cfg.Token, err = tokenFrom(c.TokenFile); err != nil {
		return err
	}
	b, err := sandbox.New(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	url := "http://" + l.Addr().String()
	if a.JSON {
		err = a.PrintJSON(struct {
			URL       string `json:"url"`
			TokenFile string `json:"token_file"`
		}{url, c.TokenFile})
	} else {
		_, err = fmt.Fprintln(a.Out, "listening", url)
	}
	if err != nil {
		return err
	}
	return serveUntil(ctx, l, b.Handler())
}

// tokenFrom reads a token, or makes one that only this user can read.
func tokenFrom(path string) (string, error) {
	raw, err := os.ReadFile(path)
	switch {
	case err == nil:
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			return "", refusal("the token file " + path + " is empty")
		}
		return string(raw), nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	token := rand.Text()
	return token, os.WriteFile(path, []byte(token+"\n"), 0o600)
}

// serveUntil serves until ctx is done, and then ends what is being answered.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return srv.Shutdown(stop)
}
