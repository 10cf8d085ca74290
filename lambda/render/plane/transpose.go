package plane

// Transpose writes the columns of src to the rows of dst, which is as wide as
// src is high and as high as src is wide.
func Transpose(dst, src Plane) {
	// Square by square, so that the rows of both stay in the nearest cache: a
	// whole column of src would touch a line of it for every sample.
	const square = 32
	for y0 := 0; y0 < src.Height; y0 += square {
		y1 := min(y0+square, src.Height)
		for x0 := 0; x0 < src.Width; x0 += square {
			for x := x0; x < min(x0+square, src.Width); x++ {
				row := dst.Row(x)[y0:y1]
				at := y0*src.Stride + x
				for i := range row {
					row[i] = src.Pix[at]
					at += src.Stride
				}
			}
		}
	}
}
