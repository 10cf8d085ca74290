package heif

// view is what is shown of the pixels that an item has, and how it is turned: a part of
// them, in their own axes, mirrored and then with its axes exchanged.
type view struct {
	x, y, width, height int
	mirrorsX, mirrorsY  bool
	transposes          bool
}

// turn is a view's turn as a value of EXIF's tag Orientation (EXIF 2.32, 4.6.4).
func (v view) turn() int {
	// By whether it transposes, mirrors along y and along x.
	turns := [2][2][2]int{{{1, 2}, {4, 3}}, {{5, 8}, {6, 7}}}
	at := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return turns[at(v.transposes)][at(v.mirrorsY)][at(v.mirrorsX)]
}

// mirror mirrors what is seen, along its x or y.
func (v *view) mirror(alongX bool) {
	if alongX != v.transposes {
		v.mirrorsX = !v.mirrorsX
	} else {
		v.mirrorsY = !v.mirrorsY
	}
}

// apply does to a view what a property asks for (ISO/IEC 23008-12, section 6.5), if the
// property is one that does.
func (v *view) apply(p property) error {
	r := reader{data: p.body}
	switch p.kind {
	case "irot": // against the clock, by quarters
		for range r.uint(1) & 3 {
			v.mirror(true)
			v.transposes = !v.transposes
		}
	case "imir": // 0 exchanges top and bottom, 1 left and right
		v.mirror(r.uint(1)&1 != 0)
	case "clap":
		return v.crop(&r)
	}
	if r.short {
		return damagedf("property %q is cut off", p.kind)
	}
	return nil
}

// crop cuts what is seen to a clean aperture, whose numbers are fractions (ISO/IEC
// 14496-12, section 12.1.4). Parts of pixels are dropped as libheif does.
func (v *view) crop(r *reader) error {
	var n [8]int
	for i := range n {
		n[i] = r.uint(4)
	}
	for i := 1; i < len(n); i += 2 {
		if n[i] == 0 {
			return damagedf("it is cut to a fraction of nothing")
		}
	}
	width, height := v.width, v.height
	if v.transposes {
		width, height = height, width
	}
	// The middle of the aperture is off that of the picture; offsets are signed.
	along := func(side, num, den, offset, offsetDen int) (from, size int) {
		size = min((2*num+den)/(2*den), side)
		offset = int(int32(offset))
		from = floorDiv(2*offset+(side-size)*offsetDen, 2*offsetDen)
		end := min(from+size, side)
		from = max(from, 0)
		return from, end - from
	}
	x, w := along(width, n[0], n[1], n[4], n[5])
	y, h := along(height, n[2], n[3], n[6], n[7])
	if w < 1 || h < 1 {
		return damagedf("it is cut to nothing")
	}
	if v.transposes {
		x, y, w, h = y, x, h, w
	}
	if v.mirrorsX {
		x = v.width - x - w
	}
	if v.mirrorsY {
		y = v.height - y - h
	}
	v.x, v.y, v.width, v.height = v.x+x, v.y+y, w, h
	return nil
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
