package prew

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Engine counts the engines whose previews were meant to take the place of stored ones. Raise
// it where a change of the engine, or of a preset's default, shall make `purge --changed`
// delete what was rendered before; leave it where stored previews are good enough to stay.
const Engine = 1

// Fingerprint is a hash of everything that makes a resolved preset's previews what they are:
// the fields that differ from their defaults, the file of the watermark, and Engine.
// Of a watermark in the bucket it has the key: see MarkedFingerprint. A new field leaves it as it was for
// all presets that do not use the field.
func (p Preset) Fingerprint() string {
	var text strings.Builder
	fmt.Fprintf(&text, "engine=%d", Engine)
	for _, f := range fields {
		if value := f.get(p); value != f.get(defaults) {
			fmt.Fprintf(&text, "\n%s=%s", f.name, value)
		}
	}
	if p.Mark != "" {
		fmt.Fprintf(&text, "\nmark=%x", sha256.Sum256([]byte(p.Mark)))
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:16]) // 128 bits are more than any number of presets needs
}

// MarkedFingerprint is a fingerprint with the ETag of the watermark that the bucket has. Gateways
// record it so; etag is empty if the bucket has none.
func MarkedFingerprint(fingerprint, etag string) string {
	return fingerprint + "." + strings.Trim(etag, `"`)
}

// UnmarkedFingerprint is a recorded fingerprint without such an ETag.
func UnmarkedFingerprint(recorded string) string {
	fingerprint, _, _ := strings.Cut(recorded, ".")
	return fingerprint
}

// IsPreset reports whether a name has the form of a preset's or a variant's.
func IsPreset(name string) bool { return variantName.MatchString(name) }

// RecordName is where gateways keep, below the folder of the previews, which fingerprint each
// preset has and since when. No preset has a name that begins with a dot.
const RecordName = ".presets.json"

// MaxRecord is the longest record that is read, in bytes: some 10,000 presets.
const MaxRecord = 1 << 20
