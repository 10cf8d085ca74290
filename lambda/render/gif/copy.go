package gif

// CopyAnimation returns the pictures of the file that was opened last, once Next has put all
// of them on the screen, as a file without metadata: without comments, texts and what other
// applications than browsers have in it. It is nil if there was an error, or if the file is
// not whole up to its trailer.
func (d *Decoder) CopyAnimation() []byte {
	if d.err != nil || d.frames < 2 {
		return nil
	}
	const screen = 13
	var p picture
	file := d.file
	if _, err := p.read(file); err != nil {
		return nil
	}
	rest := file[screen:]
	if flags := file[10]; flags&0x80 != 0 {
		rest = rest[3*(2<<(flags&7)):]
	}
	out := append([]byte(nil), file[:len(file)-len(rest)]...)
	for len(rest) > 0 {
		whole, kept := rest, true
		switch rest[0] {
		case blockTrailer:
			return append(out, blockTrailer)
		case blockExtension:
			if len(rest) < 2 {
				return nil
			}
			kept = rest[1] == extensionControl || rest[1] == extensionApplication && loops(rest[2:])
			rest = skip(rest[2:])
		case blockPicture:
			coded, err := p.readNext(rest)
			if err != nil {
				return nil
			}
			rest = skip(coded)
		default:
			return nil
		}
		if kept {
			out = append(out, whole[:len(whole)-len(rest)]...)
		}
	}
	return nil
}
