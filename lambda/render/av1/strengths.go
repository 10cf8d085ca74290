package av1

// strengths are those of some quantisers with which previews look the best. The levels of
// deblocking of others lie between theirs, and their cdef is that of the nearest.
//
// They were fitted to photographs that came without loss (of CID22 and CLIC), for the best SSIMULACRA
// 2, and of what is as good for the least Butteraugli. Luma is deblocked about half as strongly as
// for the best PSNR, and hardly has cdef, which costs details that both measures miss; chroma has as
// much as it likes.
var strengths = [...]struct {
	quantiser    int
	luma, chroma int // levels of deblocking
	damping      int
	directed     [2]directed // of luma and of chroma
}{
	{1, 0, 0, 3, [2]directed{}},
	{40, 1, 2, 3, [2]directed{}},
	{60, 1, 3, 3, [2]directed{}},
	{80, 2, 5, 3, [2]directed{{0, 0}, {4, 0}}},
	{100, 3, 7, 3, [2]directed{{0, 0}, {4, 1}}},
	{120, 4, 12, 3, [2]directed{{0, 0}, {6, 2}}},
	{150, 7, 20, 4, [2]directed{{0, 0}, {8, 4}}},
	{180, 10, 30, 4, [2]directed{{4, 0}, {8, 4}}},
	{210, 14, 40, 4, [2]directed{{6, 1}, {8, 4}}},
	{255, 24, 63, 4, [2]directed{{8, 2}, {8, 4}}},
}

// strengthsOf are those of a quantiser from 1 to 255, of a picture that is grey or not.
func strengthsOf(quantiser int, mono bool) filters {
	i := 1
	for strengths[i].quantiser < quantiser {
		i++
	}
	low, high := &strengths[i-1], &strengths[i]
	span, part := high.quantiser-low.quantiser, quantiser-low.quantiser
	between := func(a, b int) int { return (a*(span-part) + b*part + span/2) / span }
	luma, chroma := between(low.luma, high.luma), between(low.chroma, high.chroma)
	nearest := low
	if 2*part > span {
		nearest = high
	}
	f := filters{levels: [4]int{luma, luma}, damping: nearest.damping, luma: nearest.directed[0]}
	if !mono {
		f.levels[2], f.levels[3], f.chroma = chroma, chroma, nearest.directed[1]
	}
	return f
}
