package av1

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// encodeTiles encodes all tiles, so many at once. Their symbols are the same whatever that number is.
// A panic in any of them, whose goroutine would take the process with it, is one of the caller's,
// once all have ended.
func (e *Encoder) encodeTiles(atOnce int) {
	count := e.tiles.count()
	for len(e.symbols) < count {
		e.symbols = append(e.symbols, nil)
	}
	e.symbols = e.symbols[:count]
	for len(e.others) < atOnce-1 {
		e.others = append(e.others, new(Encoder))
	}

	var next atomic.Int32
	work := func(w *Encoder) (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("av1: a tile: %v\n%s", v, debug.Stack())
			}
		}()
		for {
			i := int(next.Add(1)) - 1
			if i >= count {
				return nil
			}
			e.symbols[i] = append(e.symbols[i][:0], w.encodeTile(e.tiles.at(i))...)
		}
	}
	errs := make([]error, atOnce)
	var working sync.WaitGroup
	for i, w := range e.others[:atOnce-1] {
		w.picture = e.picture
		working.Go(func() { errs[i] = work(w) })
	}
	errs[atOnce-1] = work(e)
	working.Wait()
	for _, w := range e.others[:atOnce-1] {
		w.picture = picture{} // so that it keeps no planes
	}
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
}
