package main

import "math"

// lab is a colour in CIELAB under D65.
type lab struct{ l, a, b float64 }

// labOf is the colour of an sRGB pixel whose samples go from 0 to 255
// (IEC 61966-2-1, CIE 15).
func labOf(red, green, blue float64) lab {
	r, g, b := linear(red), linear(green), linear(blue)
	// The sums of the rows are the white, which makes grey exactly neutral.
	x := (0.4124564*r + 0.3575761*g + 0.1804375*b) / 0.9504700
	y := (0.2126729*r + 0.7151522*g + 0.0721750*b) / 1.0000001
	z := (0.0193339*r + 0.1191920*g + 0.9503041*b) / 1.0888300
	fx, fy, fz := labCurve(x), labCurve(y), labCurve(z)
	return lab{116*fy - 16, 500 * (fx - fy), 200 * (fy - fz)}
}

// linear takes the transfer function of sRGB off a sample.
func linear(v float64) float64 {
	v /= 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func labCurve(t float64) float64 {
	const d = 6.0 / 29
	if t > d*d*d {
		return math.Cbrt(t)
	}
	return t/(3*d*d) + 4.0/29
}

// ciede2000 is the difference of two colours by CIEDE2000 with all weights 1, in the
// steps of Sharma, Wu and Dalal (The CIEDE2000 Color-Difference Formula:
// Implementation Notes, Supplementary Test Data, and Mathematical Observations, 2005).
// About 1 is just seen.
func ciede2000(one, two lab) float64 {
	const pow7of25 = 25 * 25 * 25 * 25 * 25 * 25 * 25
	root7 := func(c float64) float64 {
		c7 := math.Pow(c, 7)
		return math.Sqrt(c7 / (c7 + pow7of25))
	}
	// Step 1: chroma and hue, with a stretched where the colours are near grey.
	g := 0.5 * (1 - root7((math.Hypot(one.a, one.b)+math.Hypot(two.a, two.b))/2))
	a1, a2 := (1+g)*one.a, (1+g)*two.a
	c1, c2 := math.Hypot(a1, one.b), math.Hypot(a2, two.b)
	h1, h2 := hue(one.b, a1), hue(two.b, a2)

	// Step 2: the differences of lightness, chroma and hue.
	dl, dc, dh := two.l-one.l, c2-c1, 0.0
	if c1*c2 != 0 {
		switch dh = h2 - h1; {
		case dh > 180:
			dh -= 360
		case dh < -180:
			dh += 360
		}
	}
	dH := 2 * math.Sqrt(c1*c2) * sin(dh/2)

	// Step 3: the weights at the mean of the colours.
	l, c, h := (one.l+two.l)/2, (c1+c2)/2, h1+h2
	if c1*c2 != 0 {
		switch {
		case math.Abs(h1-h2) <= 180:
			h /= 2
		case h < 360:
			h = (h + 360) / 2
		default:
			h = (h - 360) / 2
		}
	}
	t := 1 - 0.17*cos(h-30) + 0.24*cos(2*h) + 0.32*cos(3*h+6) - 0.20*cos(4*h-63)
	turn := 30 * math.Exp(-((h-275)/25)*((h-275)/25))
	sl := 1 + 0.015*(l-50)*(l-50)/math.Sqrt(20+(l-50)*(l-50))
	sc := 1 + 0.045*c
	sh := 1 + 0.015*c*t
	rt := -sin(2*turn) * 2 * root7(c)
	x, y, z := dl/sl, dc/sc, dH/sh
	return math.Sqrt(x*x + y*y + z*z + rt*y*z)
}

// hue is an angle in degrees from 0 to 360, 0 for grey.
func hue(b, a float64) float64 {
	h := math.Atan2(b, a) * 180 / math.Pi
	if h < 0 {
		h += 360
	}
	return h
}

func sin(degrees float64) float64 { return math.Sin(degrees * math.Pi / 180) }

func cos(degrees float64) float64 { return math.Cos(degrees * math.Pi / 180) }
