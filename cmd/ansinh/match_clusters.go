package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"ansinh.vn/identity"
	"ansinh.vn/internal/sheet"
	"ansinh.vn/internal/units"
)

// cluster finds the rows of one file that are about one person.
func (c *matchCmd) cluster(ctx context.Context, a *app, columns map[string]string) error {
	list, err := sheet.Open(c.List, listReading(columns))
	if err != nil {
		return err
	}
	defer list.Close()
	rows, remarks, err := listRows(list)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var report identity.Report
	people := map[string]bool{}
	err = writeWhole(c.Out, func(w io.Writer) error {
		buffer := bufio.NewWriterSize(w, 256<<10)
		out := csv.NewWriter(buffer)
		_ = out.Write([]string{"row_id", "cluster", "score", "reasons"}) // Error tells
		report, err = identity.Clusters(rows, identity.Options{Gazetteer: units.Gazetteer(), Today: a.Now().Year()}, time.Now, func(r identity.Cluster) error {
			people[r.First] = true
			return out.Write([]string{r.RowID, r.First, strconv.FormatFloat(r.Score, 'f', 6, 64), strings.Join(r.Reasons, "; ")})
		})
		if err != nil {
			return err
		}
		out.Flush()
		if err := out.Error(); err != nil {
			return err
		}
		return buffer.Flush()
	})
	if err != nil {
		return fmt.Errorf("match: write %s: %w", c.Out, err)
	}
	summary := matchSummary(report, remarks)
	summary.Clusters = len(people)
	if err := c.writeReport(summary); err != nil {
		return err
	}
	if a.JSON {
		return a.PrintJSON(summary)
	}
	fmt.Fprintf(a.Out, "%d dòng, %d người\n", len(rows), len(people))
	return nil
}
