package prew

import (
	"iter"
	"maps"
	"time"
)

// Code names a failure: in the function's result, in Redis, and in the
// X-Prew-Error header of an answer.
type Code string

// The codes, by where they arise: in the path, in what shows who may see it, in the
// function, between the gateway and the function.
const (
	PathRefused   Code = "path_refused"
	PresetUnknown Code = "preset_unknown"

	AccessMissing Code = "access_missing" // no token, or no signature
	AccessRefused Code = "access_refused" // one that is not valid, or not for this
	AccessExpired Code = "access_expired" // one that was valid

	SourceMissing     Code = "source_missing"
	SourceUnsupported Code = "source_unsupported" // no image, or in a format that is not read
	SourceDamaged     Code = "source_damaged"
	SourceTooLarge    Code = "source_too_large"
	SourceArchived    Code = "source_archived"  // in an archive of the store, such as Glacier
	WatermarkFailed   Code = "watermark_failed" // the preset's is missing in the bucket, or is none that can be drawn
	RequestInvalid    Code = "request_invalid"
	StorageFailed     Code = "storage_failed"
	StorageBusy       Code = "storage_busy" // the store asks to slow down
	KMSDenied         Code = "kms_denied"   // the object's KMS key can't be used

	Busy          Code = "busy"           // admission control: the gateway is full
	Throttled     Code = "throttled"      // Lambda throttled the invocation
	RenderFailed  Code = "render_failed"  // the function crashed or was not reached
	RenderPanic   Code = "render_panic"   // the function panicked: a bug, ours or of a decoder
	RenderGarbage Code = "render_garbage" // the function's answer can't be read
	NotStored     Code = "not_stored"     // reported as stored, but not in the store
	TimedOut      Code = "timed_out"
)

// Drawing names what the placeholder of a failure shows.
type Drawing string

const (
	Slashed   Drawing = "slashed"   // not found
	Exclaimed Drawing = "exclaimed" // something is wrong with the photo or the renderer
	Waiting   Drawing = "waiting"   // busy, come again
)

// Failure says how a failure is answered.
type Failure struct {
	Status  int // of HTTP
	Drawing Drawing
	Keep    time.Duration // in the negative cache; zero: later requests try again
}

// failures maps every code to its answer. A missing photo may be uploaded at any
// moment, so it is remembered only as long as a page may show the photo late. A
// photo that can't be rendered stays so until it is replaced, and its ETag shows
// that; one that comes out of an archive keeps its ETag, and is looked for as often
// as a missing one. So is a watermark, which fails all previews of its preset until somebody
// uploads another. A failure that may pass by itself is not remembered, nor is a
// panic: it is the program's fault, and its mending must show at once.
var failures = map[Code]Failure{
	PathRefused:       {404, Slashed, 0},
	PresetUnknown:     {404, Slashed, 0},
	AccessMissing:     {401, Exclaimed, 0},
	AccessRefused:     {403, Exclaimed, 0},
	AccessExpired:     {403, Exclaimed, 0},
	SourceMissing:     {404, Slashed, 10 * time.Second},
	SourceUnsupported: {422, Exclaimed, 10 * time.Minute},
	SourceDamaged:     {422, Exclaimed, 10 * time.Minute},
	SourceTooLarge:    {422, Exclaimed, 10 * time.Minute},
	SourceArchived:    {422, Exclaimed, 10 * time.Second},
	WatermarkFailed:   {502, Exclaimed, 10 * time.Second},
	RequestInvalid:    {502, Exclaimed, 0},
	StorageFailed:     {502, Exclaimed, 0},
	StorageBusy:       {503, Waiting, 0},
	KMSDenied:         {502, Exclaimed, 0},
	Busy:              {503, Waiting, 0},
	Throttled:         {503, Waiting, 0},
	RenderFailed:      {502, Exclaimed, 0},
	RenderPanic:       {502, Exclaimed, 0},
	RenderGarbage:     {502, Exclaimed, 0},
	NotStored:         {502, Exclaimed, 0},
	TimedOut:          {504, Exclaimed, 0},
}

// FailureOf returns the answer to the failure with a code, and the code that the
// answer carries. A code that is not in the table, which a newer function or
// gateway may send, is answered as RenderFailed.
func FailureOf(code Code) (Code, Failure) {
	if f, ok := failures[code]; ok {
		return code, f
	}
	return RenderFailed, failures[RenderFailed]
}

// Known reports whether a code is in the table.
func (c Code) Known() bool {
	_, ok := failures[c]
	return ok
}

// Codes yields every code in the table, in no order.
func Codes() iter.Seq[Code] { return maps.Keys(failures) }
