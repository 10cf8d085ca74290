package png

// Verify, called before the first row, has Finish look at the end of the data as well,
// which shows no pixel but is part of a file that every decoder takes. Copy needs it.
func (d *Decoder) Verify() { d.verify = true }

// Copy returns the picture of the file that was opened last, without its metadata: its
// header, palette, transparency and data as they are. Nothing of what says which
// colours its numbers mean comes with it, so that they mean sRGB.
//
// It is nil unless the file was verified and finished without an error, and is whole up
// to IEND: one of which the decoder passed over something that concerns the picture is
// not, and neither is one of whose animation the first frame lies elsewhere.
func (d *Decoder) Copy(file []byte) []byte {
	m := &d.storage
	if !d.sound || d.kind != "IDAT" {
		return nil
	}
	out := append(make([]byte, 0, len(file)), signature...)
	transparencies, data := 0, false
	for rest := file[len(signature):]; ; {
		c, after := cut(rest)
		if c.sum == nil {
			return nil
		}
		kept := false
		switch {
		case c.is("IHDR"):
			kept = true
		case c.is("IDAT"):
			kept, data = true, true
		case c.is("IEND"):
			if len(c.data) > 0 || c.wrong() {
				return nil
			}
			return append(out, rest[:len(rest)-len(after)]...)
		case !c.ancillary() && data:
			return nil
		case c.is("PLTE"):
			if kept = m.colourType == typePalette; kept && len(c.data) > 3<<m.depth {
				return nil
			}
		case c.is("tRNS") && !data:
			if transparencies++; transparencies > 1 {
				return nil
			}
			kept = m.keyed || m.clear
		}
		if kept && c.wrong() {
			return nil
		}
		if kept {
			out = append(out, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
}
