package importer

import (
	"strconv"
	"strings"

	"prew"
)

// sizes are the addresses of services that were made by hand: /300x200/<key>, /300x/<key> and
// /x200/<key>. A size of two sides is filled, as in the example of Amazon's that most of them
// follow.
type sizes struct{}

func (sizes) read(target string) (address, error) {
	path, _, _ := strings.Cut(target, "?")
	size, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	width, height, ok := strings.Cut(size, "x")
	if !ok || size == "x" || !digits(width) || !digits(height) {
		return address{}, errNoAddress
	}
	return address{alias: "/" + size + "/{key}", key: key, options: size}, nil
}

func (sizes) means(options string) (m meaning, err error) {
	width, height, _ := strings.Cut(options, "x")
	m.Fit = prew.Cover
	if err := m.sides(number(width), number(height), 1); err != nil {
		return m, err
	}
	return m, m.finish()
}

// digits reports whether a text is a whole number or empty.
func digits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || '9' < c {
			return false
		}
	}
	return len(text) <= 9
}

// number reads a number, which is 0 where the text is none.
func number(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return n
}
