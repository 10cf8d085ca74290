package bmp

// The second byte of a pair whose first is 0; what is above is a run of that many
// pixels as they are (Microsoft, "Bitmap Compression").
const (
	rleEndOfLine = 0
	rleEnd       = 1
	rleDelta     = 2
)

// readRLE decodes the pixels, a byte each, in the order of the file's rows. A pixel
// that the file jumps over has index 0: Windows draws on a bitmap that is zeros
// when it is new, and ImageMagick, by which libvips reads BMP, shows the same;
// browsers leave it transparent. A run that is longer than its row is cut. It
// returns a DamagedError if the file ends before it says so and before the last
// pixel.
func (d *Decoder) readRLE() error {
	l := &d.layout
	d.indices = make([]uint8, l.width*l.height)

	four := l.compression == compressionRLE4
	in := d.file[min(l.pixels, len(d.file)):]
	x, y := 0, 0
	for y < l.height {
		if len(in) < 2 {
			if y == l.height-1 && x >= l.width {
				return nil
			}
			return damagedf("it ends in its stored row %d of %d", y, l.height)
		}
		count, value := int(in[0]), in[1]
		in = in[2:]
		row := d.indices[y*l.width : (y+1)*l.width]
		switch {
		case count > 0:
			upper, lower := value, value
			if four {
				upper, lower = value>>4, value&0xf
			}
			for i := range min(count, l.width-x) {
				if i&1 == 0 {
					row[x+i] = upper
				} else {
					row[x+i] = lower
				}
			}
			x = min(x+count, l.width)
		case value == rleEndOfLine:
			x, y = 0, y+1
		case value == rleEnd:
			return nil
		case value == rleDelta:
			if len(in) < 2 {
				return damagedf("it ends in its stored row %d of %d", y, l.height)
			}
			x, y = min(x+int(in[0]), l.width), y+int(in[1])
			in = in[2:]
		default:
			count := int(value)
			length := count
			if four {
				length = (count + 1) / 2
			}
			run := in[:min(length, len(in))]
			fits := min(count, l.width-x)
			for i := range fits {
				at := i
				if four {
					at = i / 2
				}
				if at >= len(run) {
					return damagedf("it ends in its stored row %d of %d", y, l.height)
				}
				switch {
				case !four:
					row[x+i] = run[at]
				case i&1 == 0:
					row[x+i] = run[at] >> 4
				default:
					row[x+i] = run[at] & 0xf
				}
			}
			x += fits
			in = in[min(length+length&1, len(in)):] // filled up to 16 bits
		}
	}
	return nil
}
