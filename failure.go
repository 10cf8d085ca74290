package prew

import (
	"iter"
	"maps"
	"time"
)

// Code is the word for a failure: in the function's result, beside the lease
// in Redis, and in the X-Prew-Error header of an answer.
type Code string

// The codes, by where they arise: in the path, in the function, between the
// gateway and the function.
const (
	PathRefused   Code = "path_refused"
	PresetUnknown Code = "preset_unknown"

	SourceMissing     Code = "source_missing"
	SourceUnsupported Code = "source_unsupported" // no image, or of a kind that is not read
	SourceDamaged     Code = "source_damaged"
	SourceTooLarge    Code = "source_too_large"
	RequestInvalid    Code = "request_invalid"
	StorageFailed     Code = "storage_failed"

	Busy          Code = "busy"           // too many wait in this gateway already
	Throttled     Code = "throttled"      // the function has no place free
	RenderFailed  Code = "render_failed"  // the function crashed or was not reached
	RenderGarbage Code = "render_garbage" // the function's answer can't be read
	NotStored     Code = "not_stored"     // it said it was done and no object is there
	TimedOut      Code = "timed_out"
)

// Drawing is what an answer shows in place of a picture that there is none of.
type Drawing string

const (
	Slashed   Drawing = "slashed"   // not found
	Exclaimed Drawing = "exclaimed" // something is wrong with the photo or the renderer
	Waiting   Drawing = "waiting"   // busy, come again
)

// Failure is how a failure is answered.
type Failure struct {
	Status  int // of HTTP
	Drawing Drawing
	Keep    time.Duration // how long it is remembered; zero: for nobody who comes later
}

// failures is the one table from a code to its answer. A photo that is missing may
// be uploaded any moment, so that is remembered for as long as a page may show
// it late; one that can't be rendered stays so until it is another photo, and
// its ETag tells. Anything that may pass by itself is not remembered.
var failures = map[Code]Failure{
	PathRefused:       {404, Slashed, 0},
	PresetUnknown:     {404, Slashed, 0},
	SourceMissing:     {404, Slashed, 10 * time.Second},
	SourceUnsupported: {422, Exclaimed, 10 * time.Minute},
	SourceDamaged:     {422, Exclaimed, 10 * time.Minute},
	SourceTooLarge:    {422, Exclaimed, 10 * time.Minute},
	RequestInvalid:    {502, Exclaimed, 0},
	StorageFailed:     {502, Exclaimed, 0},
	Busy:              {503, Waiting, 0},
	Throttled:         {503, Waiting, 0},
	RenderFailed:      {502, Exclaimed, 0},
	RenderGarbage:     {502, Exclaimed, 0},
	NotStored:         {502, Exclaimed, 0},
	TimedOut:          {504, Exclaimed, 0},
}

// FailureOf returns how the failure with a code is answered, and the code under
// which it is. A code that is not in the table, as a newer function or gateway
// may send, is answered as a render that failed.
func FailureOf(code Code) (Code, Failure) {
	if f, ok := failures[code]; ok {
		return code, f
	}
	return RenderFailed, failures[RenderFailed]
}

// Known says whether a code is in the table.
func (c Code) Known() bool {
	_, ok := failures[c]
	return ok
}

// Codes yields every code there is, in no order.
func Codes() iter.Seq[Code] { return maps.Keys(failures) }
