package av1

import "math"

// scans are the orders in which coefficients are written, by the logarithm of the side minus 2:
// along diagonals, each the other way than the one before (section 5.11.41).
var scans = func() (all [4][]uint16) {
	for size := range all {
		n := 4 << size
		for d := range 2*n - 1 {
			for i := range d + 1 {
				r := i
				if d&1 == 0 {
					r = d - i
				}
				if c := d - r; r < n && c < n {
					all[size] = append(all[size], uint16(r*n+c))
				}
			}
		}
	}
	return all
}()

// order is what each coefficient says about the others if it is the last one, row by row.
type order struct {
	ends    []int16  // how many there are in the order of the scan, with itself; behind 16, there are none
	extents []uint16 // how many rows they have, and columns<<8
	spared  []int16  // all ones where bits are worth half

	reaches []uint8 // how many rows and columns those have that are not behind it, in the order of the scan
}

// orders are those of scans.
var orders = func() (all [4]order) {
	for size, scan := range scans {
		o := order{make([]int16, max(32, len(scan))), make([]uint16, len(scan)), make([]int16, len(scan)), make([]uint8, len(scan))}
		for i := range o.ends {
			o.ends[i] = math.MaxInt16
		}
		side := uint16(4) << size
		for i, at := range scan {
			o.ends[at] = int16(i + 1)
			o.reaches[i] = uint8(at/side + at%side + 1)
			if at/side+at%side < 1<<size {
				o.spared[at] = -1
			}
			o.extents[at] = at/side + 1 | (at%side+1)<<8
		}
		all[size] = o
	}
	return all
}()
