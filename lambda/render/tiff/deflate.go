package tiff

import (
	"io"

	"github.com/klauspost/compress/flate"
)

// deflate unpacks zlib's format (RFC 1950). Its checksum is not looked at: it comes
// after the last row, and pixels that are all there are shown.
type deflate struct {
	inflater io.ReadCloser
}

func (z *deflate) reset(src *source) error {
	method, _ := src.next()
	flags, ok := src.next()
	if !ok || method&15 != 8 || flags&32 != 0 {
		return DamagedError("it has no header of zlib")
	}
	if z.inflater == nil {
		z.inflater = flate.NewReader(src)
		return nil
	}
	return z.inflater.(flate.Resetter).Reset(src, nil)
}

func (z *deflate) fill(dst []byte) error {
	_, err := io.ReadFull(z.inflater, dst)
	switch err {
	case nil:
		return nil
	case io.EOF, io.ErrUnexpectedEOF:
		return errEnd
	}
	return damagedf("deflate: %v", err)
}
