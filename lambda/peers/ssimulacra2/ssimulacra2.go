// Package ssimulacra2 says how good a compressed picture looks beside its original: by
// SSIMULACRA 2.1 of Jon Sneyers (github.com/cloudinary/ssimulacra2), which was fitted to
// what people said of JPEGs, WebPs, AVIFs and others. Of all measures in the open it
// agrees with them best.
//
// 100 is the original, 90 what can't be told from it, 70 a good picture, 50 a middling
// one and 30 a bad one; it may be below zero.
package ssimulacra2

import "math"

// scales is how many sizes of the picture are compared, each half of the one before.
const scales = 6

// least is the shortest side, in pixels, of a picture that is made smaller still.
const least = 8

// Original is a picture that others are compared with.
type Original struct {
	levels []level
	blur   blur
}

// level is a picture at one size: X, Y and B of XYB, and their blurred means and squares.
type level struct {
	width, height int
	xyb           [3][]float32
	mean, square  [3][]float32
}

// New takes the original: red, green and blue of each pixel, 0 to 255 in sRGB, which
// need not be whole numbers. Its sides are at least 8 pixels.
func New(rgb []float64, width, height int) *Original {
	o := new(Original)
	pyramid(rgb, width, height, func(l level) {
		for c, p := range l.xyb {
			l.mean[c] = o.blur.of(p, l.width, l.height)
			l.square[c] = o.blur.of(product(p, p), l.width, l.height)
		}
		o.levels = append(o.levels, l)
	})
	return o
}

// Score compares a picture of the original's size with it.
func (o *Original) Score(rgb []float64) float64 {
	// errors are the means, and the fourth roots of the means of fourth powers, of
	// three errors at each pixel, by channel and size.
	var errors [3][scales][2][3]float64
	n := 0
	pyramid(rgb, o.levels[0].width, o.levels[0].height, func(l level) {
		for c, p := range l.xyb {
			was := &o.levels[n]
			mean := o.blur.of(p, l.width, l.height)
			square := o.blur.of(product(p, p), l.width, l.height)
			both := o.blur.of(product(p, was.xyb[c]), l.width, l.height)
			errors[c][n] = compare(was, c, p, mean, square, both)
		}
		n++
	})
	sum, i := 0.0, 0
	for c := range errors {
		for _, norms := range errors[c][:n] {
			for _, of := range norms {
				for _, e := range of {
					sum += weights[i] * e
					i++
				}
			}
		}
	}
	sum *= 0.9562382616834844
	sum = 2.326765642916932*sum - 0.020884521182843837*sum*sum + 6.248496625763138e-05*sum*sum*sum
	if sum <= 0 {
		return 100
	}
	return 100 - 10*math.Pow(sum, 0.6276336467831387)
}

// compare measures three errors of a channel: that of the structural similarity, edges
// where the original is smooth, and smoothness where it has edges.
func compare(was *level, c int, p, mean, square, both []float32) (norms [2][3]float64) {
	const c2 = 0.0009
	var sums [2][3]float64
	add := func(i int, e float64) {
		sums[0][i] += e
		sums[1][i] += e * e * e * e
	}
	for i, wasMean := range was.mean[c] {
		difference := wasMean - mean[i]
		luminance := 1 - difference*difference
		structure := (2*(both[i]-wasMean*mean[i]) + c2) /
			((was.square[c][i] - wasMean*wasMean) + (square[i] - mean[i]*mean[i]) + c2)
		add(0, max(1-float64(luminance*structure), 0))
		edge := (1+math.Abs(float64(p[i]-mean[i])))/(1+math.Abs(float64(was.xyb[c][i]-wasMean))) - 1
		if edge > 0 {
			add(1, edge)
		} else {
			add(2, -edge)
		}
	}
	pixels := float64(len(p))
	for i := range 3 {
		norms[0][i] = sums[0][i] / pixels
		norms[1][i] = math.Sqrt(math.Sqrt(sums[1][i] / pixels))
	}
	return norms
}

// pyramid yields a picture in all its sizes. It is made smaller in linear light.
func pyramid(rgb []float64, width, height int, yield func(l level)) {
	var light [3][]float32
	for c := range light {
		light[c] = make([]float32, width*height)
		for i := range light[c] {
			light[c][i] = linear(rgb[3*i+c])
		}
	}
	for n := 0; n < scales && width >= least && height >= least; n++ {
		if n > 0 {
			w, h := (width+1)/2, (height+1)/2
			for c, p := range light {
				light[c] = halved(p, width, height)
			}
			width, height = w, h
		}
		yield(level{width: width, height: height, xyb: toXYB(light)})
	}
}

// halved makes a pixel of every four. At an odd edge the last one counts twice.
func halved(p []float32, width, height int) []float32 {
	w, h := (width+1)/2, (height+1)/2
	half := make([]float32, w*h)
	for y := range h {
		above, below := p[2*y*width:][:width], p[min(2*y+1, height-1)*width:][:width]
		for x := range w {
			next := min(2*x+1, width-1)
			half[y*w+x] = (above[2*x] + above[next] + below[2*x] + below[next]) / 4
		}
	}
	return half
}

// finer is how many steps of the table of light a level of 255 has.
const finer = 16

// lights are the light of sRGB's levels (IEC 61966-2-1).
var lights = func() (t [255*finer + 2]float32) {
	for i := range t {
		v := float64(i) / (255 * finer)
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		t[i] = float32(v)
	}
	return t
}()

// linear is the light of a level from 0 to 255.
func linear(v float64) float32 {
	v *= finer
	i := int(v)
	return lights[i] + float32(v-float64(i))*(lights[i+1]-lights[i])
}

// toXYB converts light to JPEG XL's XYB (ISO/IEC 18181-1, annex L), whose channels are
// then brought to the range from 0 to 1.
func toXYB(light [3][]float32) (xyb [3][]float32) {
	const bias = 0.0037930732552754493
	root := math.Cbrt(bias)
	pixels := len(light[0])
	for c := range xyb {
		xyb[c] = make([]float32, pixels)
	}
	for i := range pixels {
		r, g, b := float64(light[0][i]), float64(light[1][i]), float64(light[2][i])
		l := math.Cbrt(0.3*r+0.622*g+0.078*b+bias) - root
		m := math.Cbrt(0.23*r+0.692*g+0.078*b+bias) - root
		s := math.Cbrt(0.24342268924547819*r+0.20476744424496821*g+0.5518098665095536*b+bias) - root
		x, y := (l-m)/2, (l+m)/2
		xyb[0][i] = float32(14*x + 0.42)
		xyb[1][i] = float32(y + 0.01)
		xyb[2][i] = float32(s - y + 0.55)
	}
	return xyb
}

func product(a, b []float32) []float32 {
	p := make([]float32, len(a))
	for i, v := range a {
		p[i] = v * b[i]
	}
	return p
}

// weights are those of the errors, in the order in which Score adds them.
var weights = [3 * scales * 2 * 3]float64{
	0, 0.0007376606707406586, 0, 0, 0.0007793481682867309, 0,
	0, 0.0004371155730107379, 0, 1.1041726426657346, 0.00066284834129271, 0.00015231632783718752,
	0, 0.0016406437456599754, 0, 1.8422455520539298, 11.441172603757666, 0,
	0.0007989109436015163, 0.000176816438078653, 0, 1.8787594979546387, 10.94906990605142, 0,
	0.0007289346991508072, 0.9677937080626833, 0, 0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053,
	0.0004550992113792063, 0, 0, 0.0013648766163243398, 0, 0,

	0, 0, 0, 7.466890328078848, 0, 17.445833984131262,
	0.0006235601634041466, 0, 0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264,
	225.20515300849274, 0, 0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985,
	176.39317598450694, 0, 0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408,
	0, 0, 0, 34.77906344483772, 44.835625328877896, 0,
	0, 0, 0, 0, 0, 0,

	0, 0.0008680556573291698, 0, 0, 0, 0,
	0, 0.0005313191874358747, 0, 0.00016533814161379112, 0, 0,
	0, 0, 0, 0.0004179171803251336, 0.0017290828234722833, 0,
	0.0020827005846636437, 0, 0, 8.826982764996862, 23.19243343998926, 0,
	95.1080498811086, 0.9863978034400682, 0.9834382792465353, 0.0012286405048278493, 171.2667255897307, 0.9807858872435379,
	0, 0, 0, 0.0005130064588990679, 0, 0.00010854057858411537,
}
