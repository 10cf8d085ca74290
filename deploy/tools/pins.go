//go:build pins

// Package tools names what this module pins without being a tool: importing a
// module, even in a file that is never built, keeps it in go.mod and go.sum.
package tools

import (
	// Its testdata holds the sample photos of `make run`.
	_ "github.com/h2non/bimg"
)
