package jpeg

// The bases of the quantisation tables, row by row, as quality 50 would have them at a
// part of 1,000.
//
// They were found by search, for the fewest bytes at the likeness that the tables of
// ITU-T T.81, K.1, give: by SSIMULACRA 2, and by the PSNR of luma where that is the
// stricter, at the qualities 65 and 85, on previews of 47 photographs that came without
// loss (of CID22 and CLIC), some of them at a time. What was searched is smooth: eleven
// numbers of luma and seven of chroma, by the distance from the mean, a number after the
// other and then in smaller steps. Then the lowest frequencies of luma were moved back by
// a quarter of the way to K.1's, and the highest of chroma made finer by a sixth, for
// Butteraugli. K.1 is what one frequency alone must have to be seen, found with chroma of
// half as many samples; in photographs the lower ones hide more, and the higher ones less.
//
// What they save is in docs/performance.md.
var (
	lumaBase = [64]uint8{
		13, 16, 27, 30, 39, 41, 43, 41,
		16, 18, 29, 33, 41, 43, 45, 43,
		27, 29, 30, 39, 43, 45, 45, 47,
		30, 33, 39, 45, 45, 47, 45, 52,
		39, 41, 43, 45, 48, 47, 48, 58,
		41, 43, 45, 47, 47, 48, 56, 68,
		43, 45, 45, 45, 48, 56, 67, 88,
		41, 43, 47, 52, 58, 68, 88, 117,
	}

	// chroma420 is that of Cb and Cr with half as many samples as luma each way.
	chroma420 = [64]uint8{
		13, 24, 37, 38, 40, 45, 58, 75,
		24, 29, 38, 39, 41, 47, 59, 75,
		37, 38, 42, 42, 42, 50, 63, 76,
		38, 39, 42, 41, 45, 56, 69, 78,
		40, 41, 42, 45, 54, 64, 76, 81,
		45, 47, 50, 56, 64, 75, 79, 84,
		58, 59, 63, 69, 76, 79, 83, 88,
		75, 75, 76, 78, 81, 84, 88, 93,
	}

	// chroma444 is that of as many as luma has.
	chroma444 = [64]uint8{
		11, 25, 41, 51, 60, 71, 70, 69,
		25, 31, 43, 53, 62, 71, 70, 69,
		41, 43, 49, 57, 65, 71, 70, 69,
		51, 53, 57, 63, 71, 71, 70, 69,
		60, 62, 65, 71, 71, 70, 69, 69,
		71, 71, 71, 71, 70, 69, 69, 69,
		70, 70, 70, 70, 69, 69, 69, 69,
		69, 69, 69, 69, 69, 69, 69, 69,
	}
)

// parts are those, in thousandths, of some qualities from 30 on; those
// of the others lie between. They are fitted so that at each quality previews look, in the
// mean, as good as with T.81's tables, by SSIMULACRA 2 and by PSNR. libjpeg has 1,000 of
// T.81's at 50, 400 at 80 and 200 at 90 (jcparam.c, jpeg_quality_scaling).
var parts = [...]struct{ quality, part int }{
	{30, 1133}, {50, 795}, {60, 665}, {70, 525}, {80, 370}, {90, 193}, {95, 110}, {100, 0},
}

// scaleOf is the part of the bases for a quality of 1 to 100, in thousandths. Below 30 it
// grows as libjpeg's does.
func scaleOf(quality int) int {
	if quality < parts[0].quality {
		return parts[0].quality * parts[0].part / quality
	}
	i := 1
	for parts[i].quality < quality {
		i++
	}
	from, to := parts[i-1], parts[i]
	return from.part + (to.part-from.part)*(quality-from.quality)/(to.quality-from.quality)
}

// chooseSteps makes the tables of the picture that is laid out for a quality. Steps never
// have more than eight bits, as baseline demands.
func (e *Encoder) chooseSteps(quality int) {
	chroma := &chroma420
	if e.components[0].h == 1 {
		chroma = &chroma444
	}
	scale := scaleOf(quality)
	for tables, base := range [...]*[64]uint8{luminance: &lumaBase, chrominance: chroma} {
		var steps [64]uint8
		for at, step := range base {
			steps[at] = uint8(min(max((int(step)*scale+500)/1000, 1), 255))
		}
		e.quantisers[tables].set(&steps)
	}
}
