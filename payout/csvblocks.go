package payout

import (
	"runtime"

	"golang.org/x/sync/errgroup"
)

// eachBlock reads the blocks of t on every core and takes what was read of them in the
// order of the file. The error is that of the first block that has one, whichever core
// was faster.
func eachBlock[T any](t *csvTable, read func(*csvRows) (T, error), take func(T)) error {
	type result struct {
		read T
		err  error
	}
	results := make(chan chan result, 2*runtime.GOMAXPROCS(0))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0) + 1) // and the one that takes
	stopped := make(chan struct{})
	g.Go(func() error {
		for next := range results {
			r := <-next
			if r.err != nil {
				close(stopped)
				return r.err
			}
			take(r.read)
		}
		return nil
	})
	rows, more, err := t.csvRows, true, error(nil) // the rows after the header
	for more && err == nil {
		block, to := rows, make(chan result, 1)
		block.rec = nil
		select {
		case <-stopped:
			more = false
			continue
		case results <- to:
		}
		g.Go(func() error {
			var r result
			r.read, r.err = read(&block)
			to <- r
			return nil
		})
		more, err = t.block(&rows)
	}
	close(results)
	if first := g.Wait(); first != nil {
		return first
	}
	return err
}
