package render

import (
	"math"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/webp"
)

// typicalLoss has what a preview loses in the mean at some qualities, in millionths, as package
// likeness has it; those of the others lie between. It says where a search begins and how far it
// goes on.
var typicalLoss = [...]struct{ quality, loss int }{
	{leastAuto, 180_000}, {25, 125_000}, {40, 90_000}, {55, 62_000}, {65, 50_000}, {75, 37_500}, {82, 28_500}, {88, 19_500}, {93, 12_000}, {97, 6_700}, {mostAuto, 5_500},
}

// The qualities among which is searched, and how often. Below the least there is nothing that
// anybody would want to see, whatever the measure says.
const (
	leastAuto = 15
	mostAuto  = 98
	tries     = 4
)

// probe finds out what a format loses: by what decoders show of a sample, or about that.
type probe struct {
	shown func(e *engine, sample []plane.Plane, quality int) []plane.Plane

	// share is what the whole picture loses of that, in thousandths: of a JPEG and a WebP the
	// geometric mean over 42 photographs at qualities from 75 to 93, in a WebP less than all because
	// the edges of squares that were no neighbours cost likeness. Of an AVIF the filters are left
	// out, and matrices lose what the measure does not see: it is what gives its previews the
	// SSIMULACRA 2 of the others in the mean. That of single photographs is 2 % around it in a JPEG
	// and 7 in a WebP, and from 60 down 5 lower, so that they get a little more than they need.
	// Where an encoder changes, make bench-auto shows it: 8 % are a point of SSIMULACRA 2 between
	// the means of two formats.
	share int
}

var (
	probeJPEG = probe{func(e *engine, sample []plane.Plane, quality int) []plane.Plane { return e.jpeg.Shown(sample, quality) }, 1000}
	probeWebP = probe{(*engine).shownWebP, 925}
	probeAVIF = probe{func(e *engine, sample []plane.Plane, quality int) []plane.Plane { return e.avif.Shown(sample, quality) }, 1050}
)

// qualityOf is the quality at which planes are encoded: the preset's, or the lowest one at which
// they are as alike as the preset says. That is found on a sample of them.
func (e *engine) qualityOf(planes []plane.Plane, preset prew.Preset, p probe) int {
	if preset.Quality != prew.AutoQuality {
		return preset.Quality
	}
	sample := e.meter.Sample(planes)
	wanted := int(math.Round((1 - preset.Likeness) * 1e6))
	return searchQuality(wanted, func(quality int) int {
		return e.meter.Loss(p.shown(e, sample, quality)) * p.share / 1000
	})
}

// searchQuality finds the lowest quality that loses no more than wanted, in a few tries. Losses
// fall as qualities rise, about as typicalLoss does, each picture's by another factor. Where
// the tries are not enough to know the quality, it is the one that they foretell.
func searchQuality(wanted int, lossAt func(quality int) int) int {
	low, high := leastAuto-1, mostAuto // what loses too much, and what does not, or is the most there is
	quality := min(typicalQuality(wanted), mostAuto-1)
	for range tries {
		quality = min(max(quality, low+1), high)
		if quality == high {
			break
		}
		loss := lossAt(quality)
		if loss <= wanted {
			high = quality
		} else {
			low = quality
		}
		quality = typicalQuality(wanted * typicalLossOf(quality) / max(loss, 1))
	}
	return min(max(quality, low+1), high)
}

// typicalLossOf is the loss of a quality.
func typicalLossOf(quality int) int {
	i := 1
	for typicalLoss[i].quality < quality {
		i++
	}
	a, b := typicalLoss[i-1], typicalLoss[i]
	return a.loss + (b.loss-a.loss)*(quality-a.quality)/(b.quality-a.quality)
}

// typicalQuality is the lowest quality that loses no more.
func typicalQuality(loss int) int {
	quality := leastAuto
	for quality < mostAuto && typicalLossOf(quality) > loss {
		quality++
	}
	return quality
}

// shownWebP is what decoders show of a WebP of the least effort, which looks like one of others.
func (e *engine) shownWebP(sample []plane.Plane, quality int) []plane.Plane {
	file := e.webp.Encode(sample, webp.EncodeOptions{Quality: quality, Effort: webp.Fast})
	if _, err := e.sampled.Open(file); err != nil {
		panic(err) // it was written here
	}
	planes, err := e.sampled.Planes()
	if err != nil {
		panic(err)
	}
	return planes[:len(sample)]
}
