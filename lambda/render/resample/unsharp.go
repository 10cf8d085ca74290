package resample

// Luma writes the luma of a row of pixels (JFIF 1.02), a sample for each.
func Luma(luma, pixels []uint8) { lumas(luma, pixels[:channels*len(luma)]) }

// Unsharp adds to the colours of a row of pixels what their luma differs from what it is when
// it is soft, times an amount in 256ths, which is below 32,768. Alpha stays.
func Unsharp(pixels, luma, soft []uint8, amount int) {
	unsharp(pixels[:channels*len(luma)], luma, soft[:len(luma)], amount)
}

// What the colours of a pixel have of its luma, in 65536ths.
const redLuma, greenLuma, blueLuma = 19595, 38470, 7471

func lumasPlain(luma, pixels []uint8) {
	for x := range luma {
		pixel := pixels[channels*x:][:channels:channels]
		luma[x] = uint8((redLuma*int(pixel[0]) + greenLuma*int(pixel[1]) + blueLuma*int(pixel[2]) + 1<<15) >> 16)
	}
}

func unsharpPlain(pixels, luma, soft []uint8, amount int) {
	for x, s := range soft {
		more := (amount*(int(luma[x])-int(s)) + 1<<7) >> 8
		pixel := pixels[channels*x:][:channels:channels]
		for c := range 3 {
			pixel[c] = uint8(min(max(int(pixel[c])+more, 0), 0xff))
		}
	}
}
