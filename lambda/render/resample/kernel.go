package resample

import "math"

// Kernel is the function that weighs the samples around a point. Where a picture
// shrinks it is widened by as much, so that every sample counts.
type Kernel uint16

const (
	Lanczos    Kernel = iota // a sinc windowed by the middle lobe of another, three lobes
	CatmullRom               // the cubic through the samples (Keys 1981, a = -1/2)
	Bilinear                 // a triangle
	Box                      // how much of a sample is covered
	repeated                 // the sample that is nearest, or the two that are
	gaussian                 // the bell, by its deviation: gaussian+n is n 256ths of a sample
)

// bell is the Gaussian whose standard deviation is sigma samples, at most 200, to the
// nearest 256th.
func bell(sigma float64) Kernel { return gaussian + max(Kernel(sigma*sigmaUnit+0.5), 1) }

const (
	sigmaUnit = 256

	// bellReach is how many halves of its deviation a bell reaches: beyond them lies less
	// than a thousandth of it.
	bellReach = 7
)

// sigma is the deviation of a bell where a sample is so wide, in the unit of width.
func (k Kernel) sigma(width int64) float64 {
	return float64(int64(k-gaussian)*width) / sigmaUnit
}

// The numbers of this file are the same on every processor: Go forbids a compiler
// to fuse a product with an addition across an explicit conversion (The Go
// Programming Language Specification, "Floating-point operators"), and math.Sin
// is kept out, whose own code has no such conversions.

// reach is the distance from which on the kernel is zero. A distance is counted
// in any unit in which a sample is sample wide and the kernel, whose lobes are a
// sample wide where nothing shrinks, is widened to width, sample or more; both
// are even.
func (k Kernel) reach(sample, width int64) int64 {
	if k > gaussian {
		return max(int64(k-gaussian)*width*bellReach/(2*sigmaUnit), 1)
	}
	switch k {
	case Lanczos:
		return 3 * width
	case CatmullRom:
		return 2 * width
	case Bilinear:
		return width
	case repeated:
		return sample/2 + 1
	}
	return (sample + width) / 2
}

// fill sets values to the kernel at distance, distance + sample and so on, all
// nearer than its reach, in the same unit. They are not normalised.
func (k Kernel) fill(values []float64, distance, sample, width int64) {
	x, step, perWidth := float64(distance), float64(sample), 1/float64(width)
	if k > gaussian {
		perSigma := 1 / k.sigma(width)
		for i := range values {
			at := float64(x * perSigma)
			values[i] = exponential(float64(at*at) / 2)
			x += step
		}
		return
	}
	switch k {
	case Lanczos:
		perWidth *= lobe
		for i := range values {
			at := float64(math.Abs(x) * perWidth)
			n := int(at)
			values[i] = lobes[n] + float64((at-float64(n))*(lobes[n+1]-lobes[n]))
			x += step
		}
	case CatmullRom:
		for i := range values {
			values[i] = catmullRom(float64(math.Abs(x) * perWidth))
			x += step
		}
	case Bilinear:
		for i := range values {
			values[i] = 1 - float64(math.Abs(x)*perWidth)
			x += step
		}
	case repeated:
		for i := range values {
			values[i] = 1
		}
	case Box:
		edge := float64(sample+width) / 2
		for i := range values {
			values[i] = min(edge-math.Abs(x), step)
			x += step
		}
	}
}

// lobe is how many points of a lobe of lanczos are held ready. A straight line
// from one to the next is nowhere further from it than 3e-6, a twentieth of the
// unit that weights are rounded to.
const lobe = 512

// lobes are lanczos at 0, 1/lobe, 2/lobe and so on: computing it for every
// weight took a fifth of the time of a preview. One point more than three lobes
// have is there for a distance that rounding moves to their end.
var lobes = func() (points [3*lobe + 2]float64) {
	for i := range 3*lobe + 1 {
		points[i] = lanczos(float64(i) / lobe)
	}
	return points
}()

// lanczos is sinc(x) sinc(x/3) for x from 0 to 3 (Duchon 1979).
func lanczos(x float64) float64 {
	// Below this the square of x is nothing beside 1.
	if x < 1e-8 {
		return 1
	}
	n := math.Floor(x + 0.5)
	sine := sinPi(x - n)
	if n == 1 || n == 3 {
		sine = -sine
	}
	third := x / 3
	if third > 0.5 {
		third = 1 - third
	}
	return sine * sinPi(third) * 3 / (math.Pi * math.Pi * x * x)
}

// sinPi is the sine of πx for x from -1/2 to 1/2, to within 1e-11: its Taylor
// series.
func sinPi(x float64) float64 {
	const (
		π  = math.Pi
		c1 = π
		c3 = -c1 * π * π / (2 * 3)
		c5 = -c3 * π * π / (4 * 5)
		c7 = -c5 * π * π / (6 * 7)
		c9 = -c7 * π * π / (8 * 9)
		cB = -c9 * π * π / (10 * 11)
		cD = -cB * π * π / (12 * 13)
		cF = -cD * π * π / (14 * 15)
	)
	z := float64(x * x)
	sum := cD + float64(cF*z)
	sum = cB + float64(sum*z)
	sum = c9 + float64(sum*z)
	sum = c7 + float64(sum*z)
	sum = c5 + float64(sum*z)
	sum = c3 + float64(sum*z)
	sum = c1 + float64(sum*z)
	return x * sum
}

// catmullRom is the cubic for x from 0 to 2.
func catmullRom(x float64) float64 {
	if x < 1 {
		return 1 + float64(x*x*(float64(1.5*x)-2.5))
	}
	return 2 + float64(x*(float64(x*(2.5-float64(0.5*x)))-4))
}

// exponential is e to the power of -x for x from 0 to 8, to within 1e-12: the Taylor
// series at a 32nd of x, squared five times. math.Exp has code of its own on some
// processors.
func exponential(x float64) float64 {
	x /= 32
	sum := 1.0
	for n := 9; n > 0; n-- {
		sum = 1 - float64(x*sum)/float64(n)
	}
	for range 5 {
		sum = float64(sum * sum)
	}
	return sum
}
