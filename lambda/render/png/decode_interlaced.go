package png

// passes are Adam7's (8.1): where the first pixel is, and how far apart the others are.
var passes = [7]struct{ x, y, dx, dy int }{
	{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
}

// decodeInterlaced decodes all passes into the whole picture.
func (d *Decoder) decodeInterlaced() error {
	n := d.channels()
	stride := d.frame.width * n
	d.whole = make([]uint8, stride*d.frame.height)
	line := make([]uint8, stride)
	for _, p := range passes {
		width := (d.frame.width - p.x + p.dx - 1) / p.dx
		if width <= 0 {
			continue
		}
		bytes := d.storage.rowBytes(width)
		d.newPass(bytes)
		for y := p.y; y < d.frame.height; y += p.dy {
			row, err := d.nextRow(bytes)
			if err != nil {
				return err
			}
			d.toBytes(line[:width*n], row)
			scatter(d.whole[y*stride+p.x*n:(y+1)*stride], line[:width*n], n, p.dx)
		}
	}
	d.decoded = d.frame.height
	return nil
}

// scatter writes pixels of n bytes, one or four, step pixels apart.
func scatter(dst, src []uint8, n, step int) {
	if n == 1 {
		for i, v := range src {
			dst[i*step] = v
		}
		return
	}
	for i := 0; i < len(src); i += 4 {
		*(*[4]uint8)(dst[i*step:]) = *(*[4]uint8)(src[i:])
	}
}
