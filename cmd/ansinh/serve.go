package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ansinh.vn/bank/notice"
	"ansinh.vn/identity/registry"
	"ansinh.vn/web"
)

func init() {
	command("serve", "Phục vụ các trang, API và báo có của ngân hàng / serve pages, the API and bank notices.", &serveCmd{})
	command("storybook", "Mọi trang với dữ liệu mẫu / every page with sample data.", &storybookCmd{})
}

type serveCmd struct {
	Listen       string `help:"Address and port." default:"127.0.0.1:8080" env:"ANSINH_LISTEN"`
	TLS          bool   `name:"tls" help:"Browsers reach this by https, through a proxy that ends TLS: Secure cookies and HSTS." env:"ANSINH_TLS"`
	TrustProxy   bool   `help:"Take the client's address from the proxy's X-Forwarded-For." env:"ANSINH_TRUST_PROXY"`
	Register     string `help:"How to know the population register when it calls back: the file it gave us. Default DATA-DIR/register.json, if it is there." env:"ANSINH_REGISTER_ACCESS" type:"path" placeholder:"FILE"`
	MetricsToken string `help:"Bearer token that opens /metrics to other machines." env:"ANSINH_METRICS_TOKEN"`
}

func (c *serveCmd) Run(ctx context.Context, a *app) error {
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	pool, err := a.DB(ctx)
	if err != nil {
		return err
	}
	box, err := a.Secrets()
	if err != nil {
		return err
	}
	keys, err := a.logKeys()
	if err != nil {
		return err
	}
	if !c.TLS && !loopback(listener) {
		fmt.Fprintln(a.Err, "ansinh: serving plain http beyond this machine: passwords can be read on the way; put a proxy with TLS before it and add --tls")
	}
	register, name, err := c.register(a)
	if err != nil {
		return err
	}
	site := web.New(web.Config{Pool: pool, Secrets: box, Clock: a.Now, TLS: c.TLS, TrustProxy: c.TrustProxy, Register: register, RegisterName: name,
		MetricsToken: c.MetricsToken, Notices: noticeSecrets(os.Getenv), LogKeys: keys,
		Log: slog.New(slog.NewJSONHandler(a.Err, nil))})
	defer site.Close()
	fmt.Fprintf(a.Err, "An Sinh: http://%s/\n", listener.Addr())
	return serveHTTP(ctx, listener, site, site.Close)
}

// register is whose callbacks are taken; nobody's where no access to a register is set up.
func (c *serveCmd) register(a *app) (*registry.Client, string, error) {
	path := c.Register
	if path == "" {
		path = filepath.Join(a.DataDir, "register.json")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, "", nil
		}
	}
	access, client, err := a.register(path)
	return client, access.ReceiverID, err
}

// noticeSecrets reads ANSINH_NOTICE_PAYOS, ANSINH_NOTICE_CASSO_V1 and so on.
func noticeSecrets(getenv func(string) string) map[string]string {
	secrets := map[string]string{}
	for _, provider := range notice.Providers {
		secrets[provider] = getenv("ANSINH_NOTICE_" + strings.ToUpper(strings.ReplaceAll(provider, "-", "_")))
	}
	return secrets
}

type storybookCmd struct {
	Listen string `help:"Address and port." default:"127.0.0.1:8081"`
}

func (c *storybookCmd) Run(ctx context.Context, a *app) error {
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Err, "An Sinh, các trang mẫu: http://%s/\n", listener.Addr())
	return serveHTTP(ctx, listener, web.Storybook(), func() {})
}

// listen takes the port, and says what to do when somebody else has it.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: stop that one, or choose another port with --listen 127.0.0.1:8088", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s may not be used by this user: choose a port above 1023 with --listen", address)
	case err != nil:
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

func loopback(l net.Listener) bool {
	t, ok := l.Addr().(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

// serveHTTP answers until ctx ends, then lets running requests finish. closing ends the
// event streams, which would never finish by themselves.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler, closing func()) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second, // event streams set their own with each write
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(closing)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}
