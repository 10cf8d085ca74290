package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// printRows prints the rows of one promise.
func printRows(out io.Writer, rows []row) {
	for _, r := range rows {
		mark := "kept  "
		if !r.Kept {
			mark = "BROKEN"
		}
		fmt.Fprintf(out, "  %s  %s: %s\n", mark, r.Asked, r.Measured)
	}
}

// printTable prints every row, with its size where it differs from the row before.
func printTable(out io.Writer, rows []row) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "promise\tsize\tasked\tmeasured\t")
	last := ""
	for _, r := range rows {
		number, about := fmt.Sprint(r.Promise), r.Size
		if number+about == last {
			number, about = "", ""
		}
		last = fmt.Sprint(r.Promise) + r.Size
		broken := ""
		if !r.Kept {
			broken = "BROKEN"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", number, about, r.Asked, r.Measured, broken)
	}
	table.Flush()
}
