package webp

// Copy returns the picture of the file that was opened last as a file without metadata:
// its coded data as it is. Nothing of what says which colours its numbers mean comes with
// it, so that they mean sRGB.
//
// It is nil for a frame of an animation and for a picture that could not be decoded.
// Whether one that has not been decoded is damaged it does not see.
func (d *Decoder) Copy() []byte {
	p := &d.picture
	if d.err != nil || p.animated {
		return nil
	}
	if p.lossless != nil {
		return assemble(p.width, p.height, false, nil, []namedChunk{{"VP8L", p.lossless}})
	}
	var picture []namedChunk
	if p.alpha != nil {
		picture = append(picture, namedChunk{"ALPH", p.alpha})
	}
	return assemble(p.width, p.height, p.alpha != nil, nil, append(picture, namedChunk{"VP8 ", p.lossy}))
}
