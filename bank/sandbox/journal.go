package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// record is one line of the journal: an order that changed the bank, on the day it
// came. Doing all of them again brings the same bank back, because chance depends on
// the seed alone.
type record struct {
	Op    string          `json:"op"`
	Day   string          `json:"day"`
	Event int64           `json:"event,omitempty"`
	JSON  json.RawMessage `json:"json,omitempty"`
	XML   []byte          `json:"xml,omitempty"`
	ID    string          `json:"id,omitempty"`
}

type journal struct{ *os.File }

// openJournal brings the bank back and opens the journal for more. A torn last line,
// of an order that was never answered, is cut off.
func (b *Bank) openJournal(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("sandbox: journal: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "journal.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("sandbox: journal: %w", err)
	}
	good, err := b.replayFrom(f)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.Seek(good, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("sandbox: journal: %w", err)
	}
	b.journal = &journal{f}
	return nil
}

// replayFrom does every whole record again and returns where the last one ends.
func (b *Bank) replayFrom(r io.Reader) (good int64, err error) {
	b.replay = true
	defer func() { b.replay = false }()
	in := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return good, nil
		}
		if err != nil {
			return good, err
		}
		var rec record
		if err := json.Unmarshal(bytes.TrimSpace(line), &rec); err != nil {
			return good, fmt.Errorf("line %d: %w", n, err)
		}
		if err := b.again(rec); err != nil {
			return good, fmt.Errorf("line %d: %w", n, err)
		}
		good += int64(len(line))
	}
}

func (b *Bank) again(rec record) error {
	day, err := time.Parse(time.DateOnly, rec.Day)
	if err != nil {
		return err
	}
	switch {
	case rec.Op == "seed":
		var seed uint64
		if err := json.Unmarshal(rec.JSON, &seed); err != nil {
			return err
		}
		if dice(seed) != b.dice {
			return fmt.Errorf("this is the journal of seed %d, not of %d", seed, b.dice)
		}
		if b.at.IsZero() {
			b.day = day
		} else {
			b.setClock(dayTime(day))
		}
		return nil
	case day.After(b.day):
		at := b.at
		if err := b.advance(dayTime(day)); err != nil {
			return err
		}
		if at.IsZero() {
			b.at = at
		}
	}
	if rec.Event != 0 {
		b.event = rec.Event
	}
	op, known := orders[rec.Op]
	if !known {
		return fmt.Errorf("order %q is not known", rec.Op)
	}
	_, err = op(b, rec)
	var refused *refusal
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// keep writes an order down, durably, before it is done.
func (b *Bank) keep(rec record) error {
	if b.journal == nil || b.replay {
		return nil
	}
	if at, err := b.journal.Seek(0, io.SeekCurrent); err != nil {
		return err
	} else if at == 0 {
		seed := record{Op: "seed", Day: b.day.Format(time.DateOnly), JSON: json.RawMessage(fmt.Sprint(uint64(b.dice)))}
		if err := b.journal.write(seed); err != nil {
			return err
		}
	}
	rec.Day, rec.Event = b.day.Format(time.DateOnly), b.event
	if err := b.journal.write(rec); err != nil {
		return err
	}
	return b.journal.Sync()
}

func (j *journal) write(rec record) error {
	line, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	_, err = j.Write(append(line, '\n'))
	return err
}
