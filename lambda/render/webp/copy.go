package webp

import "encoding/binary"

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

// CopyAnimation returns the frames of the file that was opened last, once Next has composed
// all of them, as a file without metadata: their coded data as it is. It is nil if there was
// an error.
func (d *Decoder) CopyAnimation() []byte {
	p := &d.picture
	if d.err != nil || len(d.frames) < 2 || d.composed < len(d.frames) {
		return nil
	}
	var frames []namedChunk
	flags := byte(hasAnimation)
	for _, chunk := range d.frames {
		f := container{width: p.width, height: p.height}
		if f.readFrame(chunk) != nil {
			return nil
		}
		if !f.solid || !f.covers() {
			flags |= hasAlpha
		}
		payload := chunk[:frameHead:frameHead]
		if f.alpha != nil {
			payload = namedChunk{"ALPH", f.alpha}.append(payload)
		}
		if f.lossy != nil {
			payload = namedChunk{"VP8 ", f.lossy}.append(payload)
		} else {
			payload = namedChunk{"VP8L", f.lossless}.append(payload)
		}
		frames = append(frames, namedChunk{"ANMF", payload})
	}
	head := binary.LittleEndian.AppendUint16(make([]byte, 4), uint16(d.loops))
	chunks := append(extendedChunks(p.width, p.height, flags, nil), namedChunk{"ANIM", head})
	return fileOf(append(chunks, frames...))
}
