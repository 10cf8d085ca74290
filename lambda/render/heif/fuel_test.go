package heif

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// spinning is a module of a function "f" that turns a loop for ever, after instructions
// whose bytes look like one, and of a global that it has already.
var spinning = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x04\x01\x60\x00\x00" + // a type: of nothing to nothing
	"\x03\x02\x01\x00" + // a function of it
	"\x06\x06\x01\x7f\x01\x41\x00\x0b" + // a global
	"\x07\x05\x01\x01f\x00\x00" + // its name
	"\x0a\x18\x01\x16\x00" +
	"\x41\x03\x1a" + // i32.const 3, drop
	"\x42\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f\x1a" + // i64.const of ten bytes, drop
	"\x03\x40\x0c\x00\x0b\x0b") // loop, br 0, end; end

func TestLoopsEndWithoutFuel(t *testing.T) {
	rewritten, err := fuelled(spinning)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	m, err := r.Instantiate(ctx, rewritten)
	if err != nil {
		t.Fatal(err)
	}
	fuel := m.ExportedGlobal("fuel").(api.MutableGlobal)
	fuel.Set(1_000_000)
	if _, err := m.ExportedFunction("f").Call(ctx); err == nil || int64(fuel.Get()) != -1 {
		t.Errorf("%v, with %d left", err, int64(fuel.Get()))
	}
}

// TestModulesThatAreCutOff rewrites every beginning of a codec's module that has a few
// bytes, and some that have more: what is cut off is an error, and never a panic.
func TestModulesThatAreCutOff(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(libavif))
	if err != nil {
		t.Fatal(err)
	}
	module, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for n := 0; n < len(module); n += 1 + n/100 {
		if _, err := fuelled(module[:n]); err == nil {
			whole++ // cut between two sections
		}
	}
	if whole > 20 {
		t.Errorf("%d beginnings are whole", whole)
	}
}
