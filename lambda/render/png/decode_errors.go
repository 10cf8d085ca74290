package png

import "fmt"

// UnsupportedError says what of a PNG this decoder does not know.
type UnsupportedError string

func (e UnsupportedError) Error() string { return "unsupported PNG: " + string(e) }

// DamagedError says what is broken in a PNG, and where.
type DamagedError string

func (e DamagedError) Error() string { return "damaged PNG: " + string(e) }

// LimitError says which limit a PNG exceeds.
type LimitError string

func (e LimitError) Error() string { return "PNG above a limit: " + string(e) }

func limitf(format string, args ...any) error {
	return LimitError(fmt.Sprintf(format, args...))
}

func damagedf(format string, args ...any) error {
	return DamagedError(fmt.Sprintf(format, args...))
}

func unsupportedf(format string, args ...any) error {
	return UnsupportedError(fmt.Sprintf(format, args...))
}

const (
	errShort  = DamagedError("its data ends before the picture")
	errCode   = DamagedError("its data has a code that stands for nothing")
	errCodes  = DamagedError("a block's codes are none")
	errFilter = DamagedError("a row has a filter that there is not")
	errFar    = DamagedError("its data is copied from before its beginning")
)
