// Package plane holds one channel of a picture, the form in which pictures go
// from a decoder through the resampler to an encoder.
package plane

// Plane is one channel of a picture: Height rows of Width samples of eight bits,
// row y beginning at Pix[y*Stride]. The last row need not have Stride samples.
type Plane struct {
	Pix           []uint8
	Stride        int
	Width, Height int
}

// Row is the samples of row y.
func (p Plane) Row(y int) []uint8 {
	at := y * p.Stride
	return p.Pix[at : at+p.Width : at+p.Width]
}
