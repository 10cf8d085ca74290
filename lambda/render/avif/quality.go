package avif

// alike are qualities with the quantisers with which a picture has the SSIMULACRA 2 of package
// jpeg's 4:2:0 JPEG of that quality, both held to the planes that were encoded: the means over ten
// photographs without loss (of CID22), of 512 pixels. Those of single ones lie about 10 around them,
// those of drawings up to 40 above. At 20, 50, 70, 80, 90 and 95 the AVIF has 0.63, 0.66, 0.71, 0.72,
// 0.77 and 0.85 of the JPEG's bytes (medians). Both ends are those of AV1, and the last one looks like
// a JPEG of 100.
var alike = [...]struct{ quality, quantiser int }{
	{1, 255}, {5, 250}, {10, 217}, {20, 175}, {35, 146}, {50, 129}, {60, 116},
	{70, 98}, {80, 73}, {85, 57}, {90, 35}, {95, 19}, {98, 4}, {100, 1},
}

// quantiserOf is the index of the quantiser of a quality, between those of alike.
func quantiserOf(quality int) int {
	i := 1
	for alike[i].quality < quality {
		i++
	}
	a, b := alike[i-1], alike[i]
	return a.quantiser + (b.quantiser-a.quantiser)*(quality-a.quality)/(b.quality-a.quality)
}

// alphaQuantiser is the quantiser of alpha beside colours of a quantiser. Over black, white and a
// chessboard a picture has the best SSIMULACRA 2 for its bytes with that of its colours where alpha
// is a shape cut out, which two thirds of it make 4 % larger, and with two thirds of it where alpha
// is full of texture, which its colours' makes 6 % larger.
func alphaQuantiser(quantiser int) int { return max(quantiser*4/5, 1) }
