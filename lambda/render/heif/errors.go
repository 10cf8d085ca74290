package heif

import "fmt"

// DamagedError says what is wrong with a file.
type DamagedError string

func (e DamagedError) Error() string { return "damaged HEIF: " + string(e) }

// UnsupportedError says what a file has that is not read.
type UnsupportedError string

func (e UnsupportedError) Error() string { return "unsupported HEIF: " + string(e) }

// LimitError says which limit a picture exceeds.
type LimitError string

func (e LimitError) Error() string { return "HEIF beyond a limit: " + string(e) }

func damagedf(format string, args ...any) error { return DamagedError(fmt.Sprintf(format, args...)) }

func unsupportedf(format string, args ...any) error {
	return UnsupportedError(fmt.Sprintf(format, args...))
}

func limitf(format string, args ...any) error { return LimitError(fmt.Sprintf(format, args...)) }
