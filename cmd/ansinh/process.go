package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is one of our own programs run beside us: a sandbox register or bank, reached
// over HTTP as the real one would be.
type process struct {
	name  string
	first string // the first line it printed, once it listens
	cmd   *exec.Cmd
	done  chan error
}

// startProcess runs this very program with args and waits for the first line on its
// stdout, which it prints when it listens. Its log goes to logPath. It ends when we end,
// however we end.
func startProcess(ctx context.Context, name, logPath string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{name: name, cmd: exec.Command(self, args...), done: make(chan error, 1)}
	p.cmd.Stderr = log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	listening := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			select {
			case listening <- lines.Text():
			default:
			}
		}
		p.done <- p.cmd.Wait()
	}()
	select {
	case p.first = <-listening:
		return p, nil
	case err := <-p.done:
		return nil, fmt.Errorf("%s ended before it listened (%v); its log is %s", name, err, logPath)
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), p.stop())
	case <-time.After(3 * time.Minute):
		return nil, errors.Join(fmt.Errorf("%s does not listen after three minutes; its log is %s", name, logPath), p.stop())
	}
}

// stop asks the process to end and waits for it; what does not end in time is killed.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(10 * time.Second):
		return fmt.Errorf("%s did not end when asked: %w", p.name, p.cmd.Process.Kill())
	}
}
