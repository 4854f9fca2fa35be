package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/mod/sumdb/tlog"

	"ansinh.vn/audit"
)

func init() {
	command("witness", "Người làm chứng cho nhật ký của nơi khác, không cần cơ sở dữ liệu / a witness of another office's log, without a database.", &witnessCmd{})
}

type witnessCmd struct {
	Init  witnessInitCmd  `cmd:"" help:"Lập người làm chứng / make a witness with a key of its own."`
	Trust witnessTrustCmd `cmd:"" help:"Nhận khoá mà nơi giữ nhật ký đã công bố / take a key that a log's owner published."`
	Sign  witnessSignCmd  `cmd:"" help:"Ký xác nhận một mốc trong tệp / co-sign the checkpoint in a file."`
	Serve witnessServeCmd `cmd:"" help:"Ký xác nhận qua mạng (C2SP tlog-witness) / co-sign over the network."`
	Show  witnessShowCmd  `cmd:"" help:"Mốc cuối cùng đã xác nhận / the last checkpoint that it co-signed."`
}

// witnessState is where a witness keeps its key and what it has seen.
type witnessState struct {
	State string `help:"The witness's own directory, where the log's owner cannot write." required:"" type:"path" placeholder:"DIR"`
}

type witnessInitCmd struct {
	witnessState `embed:""`
	Name         string `help:"Its name, such as thanhtra.example.vn/chung-kien." required:""`
}

func (c *witnessInitCmd) Run(a *app) error {
	w, err := audit.MakeWitness(c.State, c.Name)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(map[string]string{"name": w.Name, "key": w.Key})
	}
	fmt.Fprintln(a.Out, w.Key)
	fmt.Fprintln(a.Err, "ansinh: the log's owner puts this line into keys/witness.pub of its data directory")
	return nil
}

type witnessTrustCmd struct {
	witnessState `embed:""`
	Key          []string `arg:"" help:"Verifier keys, as the log's owner published them (KEY, or 'KEY until SIZE' for a retired one)."`
}

func (c *witnessTrustCmd) Run(a *app) error {
	w, err := audit.OpenWitness(c.State)
	if err != nil {
		return err
	}
	origins := []string{}
	for _, key := range c.Key {
		origin, err := w.Trust(key)
		if err != nil {
			return err
		}
		origins = append(origins, origin)
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"logs": origins})
	}
	for _, o := range origins {
		fmt.Fprintln(a.Out, o)
	}
	return nil
}

type witnessSignCmd struct {
	witnessState `embed:""`
	File         string `arg:"" help:"A consistency proof from the last checkpoint it has (ansinh proof consistency), or the first checkpoint." type:"existingfile"`
	Out          string `help:"The file to write the co-signed checkpoint to; stdout when left out." type:"path" placeholder:"FILE"`
}

func (c *witnessSignCmd) Run(a *app) error {
	w, err := audit.OpenWitness(c.State)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	old, proof, signed, err := witnessed(b)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	line, err := w.Cosign(old, proof, signed, a.Now())
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	signed = append(signed, line...)
	if c.Out != "" {
		return writeWhole(c.Out, func(to io.Writer) error { _, err := to.Write(signed); return err })
	}
	if a.JSON {
		return a.PrintJSON(map[string]any{"name": w.Name, "note": string(signed)})
	}
	_, err = a.Out.Write(signed)
	return err
}

// witnessed reads what a witness is given: a consistency proof, or a bare checkpoint.
func witnessed(b []byte) (old int64, proof tlog.TreeProof, signed []byte, err error) {
	var c audit.Consistency
	if json.Unmarshal(b, &c) != nil {
		return 0, nil, b, nil
	}
	if c.Format != audit.ConsistencyFormat {
		return 0, nil, nil, refusal("not a consistency proof")
	}
	for _, text := range c.Proof {
		h, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(h) != tlog.HashSize {
			return 0, nil, nil, refusal("its proof is not one of hashes")
		}
		proof = append(proof, tlog.Hash(h))
	}
	old, err = audit.CheckpointSize([]byte(c.Old))
	return old, proof, []byte(c.New), err
}

type witnessServeCmd struct {
	witnessState `embed:""`
	Listen       string `help:"Address and port." default:"127.0.0.1:7083"`
}

func (c *witnessServeCmd) Run(ctx context.Context, a *app) error {
	w, err := audit.OpenWitness(c.State)
	if err != nil {
		return err
	}
	l, err := listen(c.Listen)
	if err != nil {
		return err
	}
	defer l.Close()
	url := "http://" + l.Addr().String()
	if a.JSON {
		err = a.PrintJSON(map[string]string{"url": url, "key": w.Key})
	} else {
		_, err = fmt.Fprintln(a.Out, "listening", url)
	}
	if err != nil {
		return err
	}
	return serveUntil(ctx, l, w.ServeHTTP(a.Now))
}

type witnessShowCmd struct {
	witnessState `embed:""`
	Log          string `arg:"" help:"The log's name, the first line of its checkpoints."`
}

func (c *witnessShowCmd) Run(a *app) error {
	w, err := audit.OpenWitness(c.State)
	if err != nil {
		return err
	}
	last, err := w.Last(c.Log)
	if err != nil {
		return err
	}
	if last == nil {
		return refusal("it has not co-signed any checkpoint of " + c.Log)
	}
	if a.JSON {
		return a.PrintJSON(map[string]string{"name": w.Name, "log": c.Log, "note": string(last)})
	}
	_, err = a.Out.Write(last)
	return err
}
