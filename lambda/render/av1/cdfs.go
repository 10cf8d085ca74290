package av1

// cdfs are the probabilities of all symbols, which become those of the picture as it is written.
// Their indices are the contexts of the AV1 specification, section 8.3.2; the sizes of transforms
// and partitions are logarithms, the smallest of which is 0. Rows are as in default_cdfs.go. In those
// of coefficients, an index of two is the plane, luma or chroma, but for the second one of end16 to
// end1024, which is 0 for all transforms of both directions.
type cdfs struct {
	lumaMode      [5][5][14]uint16 // by the modes above and to the left
	angleDelta    [8][8]uint16
	chromaMode    [13][14]uint16
	chromaModeCfL [13][15]uint16
	partition8    [4][5]uint16     // of squares of 8
	partition     [3][4][11]uint16 // of squares of 16, 32 and 64
	transform     [3][13][6]uint16 // by the size and the mode of luma
	skip          [3][3]uint16
	size8         [3][3]uint16    // of transforms, in blocks of 8
	size          [3][3][4]uint16 // of transforms, in blocks of 16, 32 and 64
	cflSign       [9]uint16
	cflAlpha      [6][17]uint16
	deltaQ        [5]uint16

	lumaPalette   [7][3][3]uint16    // whether there is one, by the size of the block in halves
	chromaPalette [2][3]uint16       // the same, by whether there is one of luma
	paletteSize   [2][7][8]uint16    // how many colours there are, by the plane and the size of the block
	paletteColour [2][7][5][9]uint16 // by the plane and how many there are: rows are as long as that of 8

	allZero [5][13][3]uint16
	end16   [2][2][6]uint16 // eob_pt_16, as those that follow
	end64   [2][2][8]uint16
	end256  [2][2][10]uint16
	end1024 [2][2][12]uint16
	endBit  [5][2][9][3]uint16 // eob_extra
	signDC  [2][3][3]uint16
	last    [5][2][4][4]uint16  // coeff_base_eob
	base    [5][2][42][5]uint16 // coeff_base
	rangeOf [4][2][21][5]uint16 // coeff_br
}

// reset sets the probabilities with which a picture of a quantiser's index begins.
func (c *cdfs) reset(quantiser int) {
	c.lumaMode, c.angleDelta = defaultLumaMode, defaultAngleDelta
	c.chromaMode, c.chromaModeCfL = defaultChromaMode, defaultChromaModeCfL
	c.partition8, c.partition = defaultPartition8, defaultPartition
	c.transform, c.skip, c.size8, c.size = defaultTransform, defaultSkip, defaultSize8, defaultSize
	c.cflSign, c.cflAlpha, c.signDC = defaultCfLSign, defaultCfLAlpha, defaultSignDC
	c.lumaPalette, c.chromaPalette = defaultLumaPalette, defaultChromaPalette
	c.paletteSize, c.paletteColour = defaultPaletteSize, defaultPaletteColour
	c.deltaQ = defaultDeltaQ
	of := 3
	switch { // init_coeff_cdfs, section 6.8.2
	case quantiser <= 20:
		of = 0
	case quantiser <= 60:
		of = 1
	case quantiser <= 120:
		of = 2
	}
	c.allZero, c.end16, c.end64, c.end256, c.end1024 = defaultAllZero[of], defaultEnd16[of], defaultEnd64[of], defaultEnd256[of], defaultEnd1024[of]
	c.endBit, c.last, c.base, c.rangeOf = defaultEndBit[of], defaultLast[of], defaultBase[of], defaultRange[of]
}
