package colour

// What is here is of the profile connection space: colours as they look on paper
// under the light D50, which is 1 for Y (ICC.1:2022, section 6.3).

// d50 is the white.
var d50 = vector{0.9642, 1, 0.8249}

// connectXYZ, connectLab and connectOldLab are the colours, in X, Y and Z, that the
// numbers of 0 to 1 mean which come out of a profile's table.
//
// Of connectXYZ they are X, Y and Z, of sixteen bits of which the first is in front of
// the point.
func connectXYZ(encoded vector) vector {
	for i := range encoded {
		encoded[i] *= 65535.0 / 32768
	}
	return encoded
}

// connectLab is for L*, a* and b*.
func connectLab(encoded vector) vector {
	return labToXYZ(vector{float64(100 * encoded[0]), float64(255*encoded[1]) - 128, float64(255*encoded[2]) - 128})
}

// connectOldLab is for those of a lut16Type, whose largest numbers are 0xff00.
func connectOldLab(encoded vector) vector {
	for i := range encoded {
		encoded[i] *= 65535.0 / 65280
	}
	return connectLab(encoded)
}

// labToXYZ is CIE 15, 8.2.1, with its white D50.
func labToXYZ(lab vector) vector {
	y := (lab[0] + 16) / 116
	v := vector{y + lab[1]/500, y, y - lab[2]/200}
	for i, t := range v {
		if t > 24.0/116 {
			v[i] = float64(float64(float64(t*t)*t) * d50[i])
		} else {
			v[i] = float64((t - 16.0/116) * (108.0 / 841) * d50[i])
		}
	}
	return v
}

// grey is the grey of lightness l*.
func grey(l float64) vector { return labToXYZ(vector{l, 0, 0}) }

// lightness is L* of a colour of luminance y.
func lightness(y float64) float64 {
	if y > 24.0/116*24/116*24/116 {
		return float64(116*power(y, 1.0/3)) - 16
	}
	return float64(y * (116 * 841.0 / 108))
}

// blackOf is what a device's black counts as: grey, and no lighter than middle grey.
func blackOf(xyz vector) vector { return grey(min(max(lightness(xyz[1]), 0), 50)) }

// perceptualBlack is the black of every table of version 4 for the perceptual
// intent (ICC.1:2022, 6.3.3).
var perceptualBlack = vector{0.00336, 0.0034731, 0.00287}

// compensation moves black to where nothing shines and leaves white in its place:
// each of X, Y and Z is scaled and shifted (ISO 18619).
func compensation(black vector) (scale, shift vector) {
	for i, white := range d50 {
		scale[i] = white / (white - black[i])
		shift[i] = -black[i] * scale[i]
	}
	return scale, shift
}
