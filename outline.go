package prew

import (
	"strconv"
	"strings"
)

// Outline is what a page may know of a preview before it has it, so as to keep its place, and
// what of the photo was chosen for it: a field that is not known is zero.
type Outline struct {
	Width  int    `json:"width,omitempty"` // of the photo as it is seen, turned upright, in pixels
	Height int    `json:"height,omitempty"`
	Colour string `json:"colour,omitempty"` // the dominant one of the preview, #rrggbb in sRGB
	Crop   string `json:"crop,omitempty"`   // what the preview is of, where the photo decided it: left,top,width,height in pixels of the photo as it is seen
}

// mostDigits bounds the sides, and the places of a crop, that are believed: plane.MaxSide has five digits.
const mostDigits = 6

// OutlineOf reads an outline from the metadata of an object, by its names in small letters.
// Whoever may write to the bucket has made them: what is no side, no colour or no
// crop is not known.
func OutlineOf(metadata map[string]string) Outline {
	return Outline{
		readSide(metadata["prew-width"]), readSide(metadata["prew-height"]), writtenColour(metadata["prew-colour"]),
		writtenCrop(metadata["prew-crop"]),
	}
}

// Metadata is an outline as the metadata of an object, which OutlineOf reads.
func (o Outline) Metadata() map[string]string {
	metadata := map[string]string{}
	for _, field := range o.Fields() {
		if field.Value != "" {
			metadata[field.Metadata] = field.Value
		}
	}
	return metadata
}

// OutlineField is a field of an outline in words.
type OutlineField struct {
	Metadata string // its name in an object's metadata, behind x-amz-meta-
	Header   string // and in an answer
	Value    string // empty if it is not known, or is none that may be
}

// Fields are all fields of an outline.
func (o Outline) Fields() [4]OutlineField {
	return [4]OutlineField{
		{"prew-width", "X-Prew-Width", writtenSide(o.Width)},
		{"prew-height", "X-Prew-Height", writtenSide(o.Height)},
		{"prew-colour", "X-Prew-Colour", writtenColour(o.Colour)},
		{"prew-crop", "X-Prew-Crop", writtenCrop(o.Crop)},
	}
}

// readSide reads a side in pixels: a number without sign and zeros before it, or else 0.
func readSide(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || writtenSide(n) != text {
		return 0
	}
	return n
}

// writtenSide is a side in digits, or nothing for what is no side.
func writtenSide(side int) string {
	text := strconv.Itoa(side)
	if side <= 0 || len(text) > mostDigits {
		return ""
	}
	return text
}

// writtenColour is a colour as #rrggbb, in small letters, or nothing for what is none.
func writtenColour(text string) string {
	if len(text) != len("#rrggbb") || text[0] != '#' {
		return ""
	}
	for _, c := range []byte(text[1:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ""
		}
	}
	return text
}

// writtenCrop is a crop as left,top,width,height, or nothing for what is none. Its sides are
// sides, and it may begin at zero.
func writtenCrop(text string) string {
	numbers := strings.SplitN(text, ",", 5)
	if len(numbers) != 4 {
		return ""
	}
	for i, number := range numbers {
		if readSide(number) == 0 && (i >= 2 || number != "0") {
			return ""
		}
	}
	return text
}
