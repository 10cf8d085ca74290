package av1

import "encoding/binary"

// tile is a part of the picture that is decoded without the others, in samples.
type tile struct{ left, top, right, bottom int }

// tiles are how a picture is divided into tiles of one size, but for those at its end.
type tiles struct {
	columns, rows           int // superblocks of the picture
	columnsLog, rowsLog     int // of how many tiles there may be
	leastColumns, leastRows int // the fewest that there may be, as logarithms
	mostColumns, mostRows   int
}

// What a tile may have at most, in superblocks of 64x64, and how many of them there may be each way
// (AV1 specification, section 3: MAX_TILE_WIDTH, MAX_TILE_AREA, MAX_TILE_COLS and MAX_TILE_ROWS).
const (
	maxTileColumns     = 4096 / 64
	maxTileSuperblocks = 4096 * 2304 / (64 * 64)
	maxTiles           = 64
)

// manySuperblocks is from how many superblocks on, of a megapixel, a picture has two tiles, which are
// encoded and decoded at the same time: a preview of 1440 pixels takes an AVIF's encoder as long as all
// else. Three photographs of 3 to 6 megapixels had 0.16 % more bytes for that, of 1.2 to 1.6 megapixels
// 0.36 %.
const manySuperblocks = 1 << 20 / (64 * 64)

// divide divides a picture of superblocks into the fewest tiles, or more by extra logarithms. A large
// one has two at least, beside or above one another so that their border is short.
func (t *tiles) divide(columns, rows int, extra [2]int) {
	t.columns, t.rows = columns, rows
	t.leastColumns, t.mostColumns = doublings(maxTileColumns, columns), doublings(1, min(columns, maxTiles))
	t.columnsLog = min(t.leastColumns+extra[0], t.mostColumns)
	least := max(t.leastColumns, doublings(maxTileSuperblocks, columns*rows))
	t.leastRows, t.mostRows = max(least-t.columnsLog, 0), doublings(1, min(rows, maxTiles))
	t.rowsLog = min(t.leastRows+extra[1], t.mostRows)
	switch {
	case columns*rows < manySuperblocks || t.columnsLog+t.rowsLog > 0:
	case columns >= rows:
		t.columnsLog = 1
	default:
		t.rowsLog = 1
	}
}

// doublings is how often a number has to be doubled to reach a target.
func doublings(from, target int) (n int) {
	for from<<n < target {
		n++
	}
	return n
}

// size is the size of tiles, in superblocks.
func (t *tiles) size() (wide, high int) {
	return (t.columns + 1<<t.columnsLog - 1) >> t.columnsLog, (t.rows + 1<<t.rowsLog - 1) >> t.rowsLog
}

// across is how many tiles lie beside one another.
func (t *tiles) across() int {
	wide, _ := t.size()
	return (t.columns + wide - 1) / wide
}

// count is how many there are. Their logarithms may be of more.
func (t *tiles) count() int {
	_, high := t.size()
	return t.across() * ((t.rows + high - 1) / high)
}

// at is tile i, which may reach beyond the picture.
func (t *tiles) at(i int) tile {
	wide, high := t.size()
	x, y := i%t.across()*wide*64, i/t.across()*high*64
	return tile{x, y, x + wide*64, y + high*64}
}

// write writes how the picture is divided (tile_info in section 5.9.15).
func (t *tiles) write(w *bitWriter) {
	w.flag(true) // uniform_tile_spacing_flag
	increments := func(from, to, most int) {
		for ; from < to; from++ {
			w.flag(true)
		}
		if to < most {
			w.flag(false)
		}
	}
	increments(t.leastColumns, t.columnsLog, t.mostColumns)
	increments(t.leastRows, t.rowsLog, t.mostRows)
	if t.columnsLog+t.rowsLog > 0 {
		w.write(0, t.columnsLog+t.rowsLog)  // context_update_tile_id
		w.write(uint32(tileSizeBytes-1), 2) // tile_size_bytes_minus_1
	}
}

// tileSizeBytes is how many bytes the size of a tile has.
const tileSizeBytes = 4

// appendTile appends the symbols of a tile to a tile group (section 5.11.1). Before all but the last
// stands how many bytes they have.
func appendTile(group, symbols []byte, last bool) []byte {
	if !last {
		group = binary.LittleEndian.AppendUint32(group, uint32(len(symbols)-1))
	}
	return append(group, symbols...)
}
