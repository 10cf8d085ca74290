package heif

import "encoding/binary"

// appendFile appends to dst a file of one coded picture and nothing else: what the codecs'
// programs are given. So they see no grid, turn, crop, alpha or profile: those are this
// package's, for both codecs alike. kind is the item's, brand the file's; stream appends
// the picture's bytes.
func appendFile(dst []byte, brand, kind string, properties []property, stream func(dst []byte) ([]byte, error)) ([]byte, error) {
	start := len(dst)
	begin := func(kind string) (at int) {
		at = len(dst)
		dst = append(dst, 0, 0, 0, 0)
		dst = append(dst, kind...)
		return at
	}
	end := func(at int) { binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at)) }
	text := func(s string) { dst = append(dst, s...) }

	at := begin("ftyp")
	text(brand + "\x00\x00\x00\x00" + brand + "mif1miaf")
	end(at)

	meta := begin("meta")
	text("\x00\x00\x00\x00")
	at = begin("hdlr")
	text("\x00\x00\x00\x00\x00\x00\x00\x00pict\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	end(at)
	at = begin("pitm")
	text("\x00\x00\x00\x00\x00\x01")
	end(at)
	at = begin("iloc") // offset and length of four bytes; one item, of one piece
	text("\x00\x00\x00\x00\x44\x00\x00\x01\x00\x01\x00\x00\x00\x01")
	offset := len(dst)
	text("\x00\x00\x00\x00\x00\x00\x00\x00")
	end(at)
	at = begin("iinf")
	text("\x00\x00\x00\x00\x00\x01")
	entry := begin("infe")
	text("\x02\x00\x00\x00\x00\x01\x00\x00" + kind + "\x00")
	end(entry)
	end(at)
	at = begin("iprp")
	list := begin("ipco")
	for _, p := range properties {
		one := begin(p.kind)
		dst = append(dst, p.body...)
		end(one)
	}
	end(list)
	list = begin("ipma")
	text("\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01")
	dst = append(dst, byte(len(properties)))
	for i, p := range properties {
		number := byte(i + 1)
		if p.essential {
			number |= 0x80
		}
		dst = append(dst, number)
	}
	end(list)
	end(at)
	end(meta)

	at = begin("mdat")
	begun := len(dst)
	var err error
	if dst, err = stream(dst); err != nil {
		return nil, err
	}
	end(at)
	binary.BigEndian.PutUint32(dst[offset:], uint32(begun-start))
	binary.BigEndian.PutUint32(dst[offset+4:], uint32(len(dst)-begun))
	return dst, nil
}

// sizeProperty is a property ispe.
func sizeProperty(width, height int) property {
	body := make([]byte, 4, 12)
	body = binary.BigEndian.AppendUint32(body, uint32(width))
	body = binary.BigEndian.AppendUint32(body, uint32(height))
	return property{box{"ispe", body}, false}
}

// colourProperty is a property colr of code points.
func colourProperty(n nclx) property {
	body := []byte("nclx")
	for _, v := range []int{n.primaries, n.transfer, n.matrix} {
		body = binary.BigEndian.AppendUint16(body, uint16(v))
	}
	range_ := byte(0)
	if n.full {
		range_ = 0x80
	}
	return property{box{"colr", append(body, range_)}, false}
}
