// Package look names what presets do to a photo beside shrinking it, with sharp's own
// operations: looks compares the pictures, and peers what they cost.
package look

// Look is a look of ours, and sharp's.
type Look struct {
	Preset string // its fields, as in a PRESET_<NAME> variable
	Fit    string // of sharp's resize: inside, or contain, which pads with Ground
	Does   []any  // sharp's methods, each with its arguments
	Unlike string // why ours is another picture, "" where it is held to sharp's
}

// Asked is what a worker is asked for beside a size: a look, and what is none.
type Asked struct {
	Look
	Position string // of sharp's resize where it covers a box, "" for the middle
	Focus    string // the point that an editor has set in the photo, for gravity: focus
	Animated bool   // sharp takes all frames, in place of the first
	Chroma   string // of sharp's AVIF, "" for 4:2:0
	Alone    bool   // the photo is made small before the clock starts, and an AVIF of that is encoded
}

// Ground is the background of what is padded.
const Ground = "#e9c46a"

func does(method string, arguments ...any) []any { return []any{append([]any{method}, arguments...)} }

// All are the looks that sharp has. Those of colour are CSS's, and of the luma of JPEGs, as
// are linear and recomb with its weights. sharp's modulate and tint turn colours in LCh and
// Lab, and its greyscale is of linear light: they are shown, and not held against. A crop that
// looks for what matters is none of them: sharp's keeps another part, which is no worse.
var All = []Look{
	{"blur=0.5", "inside", does("blur", 0.5), ""},
	{"blur=2", "inside", does("blur", 2), ""},
	{"blur=20", "inside", does("blur", 20), ""},
	{"sharpen=60", "inside", unsharp(0.6), ""},
	{"sharpen=100", "inside", unsharp(1), ""},
	{"brightness=20", "inside", does("linear", 1.2, 0), ""},
	{"contrast=30", "inside", does("linear", 1.3, -0.3*127.5), ""},
	{"saturation=40", "inside", saturated(1.4), ""},
	{"saturation=-60", "inside", saturated(0.4), ""},
	{"brightness=10,saturation=40", "inside", does("modulate", map[string]any{"brightness": 1.1, "saturation": 1.4}),
		"sharp's modulate is in LCh, ours CSS's brightness() and saturate()"},
	{"saturation=-100", "inside", saturated(0), ""},
	{"tone=sepia", "inside", does("recomb", [3][3]float64{weighed(1.351), weighed(1.203), weighed(0.937)}), ""},
	{"tone=grey", "inside", does("greyscale"), "sharp's greyscale is of linear light, ours of the luma of JPEGs"},
	{"tone=#c03080", "inside", does("tint", "#c03080"), "sharp's tint has one chroma for all that is bright and dark, ours goes from black over the colour to white"},
	{"trim=20", "inside", does("trim", map[string]any{"threshold": 20}), ""},
	{"watermark=" + mark, "inside", does("composite", []any{map[string]any{"mark": mark}}), ""},
	{"border=8,border-colour=" + Ground, "inside", drawn("over", `<rect width="100%" height="100%" fill="none" stroke="`+Ground+`" stroke-width="16"/>`), ""},
	{"radius=40", "inside", drawn("dest-in", `<rect width="100%" height="100%" rx="40"/>`), ""},
	{"circle=true", "inside", drawn("dest-in", `<ellipse cx="50%" cy="50%" rx="50%" ry="50%"/>`), ""},
	{"fit=pad,background=" + Ground, "contain", does("flatten", map[string]any{"background": Ground}), ""},
}

// mark is the watermark's file, as seen from the root of the checkout.
const mark = "docs/presets/mark.png"

// drawn lays an SVG that is as large as the preview on it.
func drawn(blend, svg string) []any {
	return does("composite", []any{map[string]any{"blend": blend, "input": "<svg>" + svg + "</svg>"}})
}

// luma are the weights of luma (JFIF 1.02).
var luma = [3]float64{0.299, 0.587, 0.114}

// weighed is a row of recomb that makes a channel of luma alone.
func weighed(by float64) (row [3]float64) {
	for c, weight := range luma {
		row[c] = by * weight
	}
	return row
}

// saturated is CSS's saturate(), about luma.
func saturated(by float64) []any {
	var matrix [3][3]float64
	for c := range matrix {
		matrix[c] = weighed(1 - by)
		matrix[c][c] += by
	}
	return does("recomb", matrix)
}

// unsharp is sharp's sharpen without its thresholds.
func unsharp(amount float64) []any {
	return does("sharpen", map[string]any{"sigma": 1, "m1": amount, "m2": amount, "x1": 0, "y2": 1e4, "y3": 1e4})
}
