package importer

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// address is what a service's address says, still in the service's words: each field is a part
// of the address. Addresses that differ in their keys alone have one alias and one meaning.
type address struct {
	alias   string // what matches it (prew.Alias)
	key     string // of its photo: as it is spelt, or decoded where decoded is true
	decoded bool
	options string // what it says of the preview
	place          // where its photo lies
}

// service knows the addresses of one other service.
type service interface {
	// read takes an address apart. It is errNoAddress for what is none of the service's.
	read(target string) (address, error)
	// means says what the options of an address ask for.
	means(options string) (meaning, error)
}

var errNoAddress = errors.New("no address of a picture of this service")

// services makes each service of its configuration, which is nil where there is none.
var services = map[string]func(config io.Reader) (service, error){
	"imgproxy":                 newImgproxy,
	"thumbor":                  without(thumbor{signed: true}),
	"imagor":                   without(thumbor{signed: true, imagor: true}),
	"serverless-image-handler": without(serverless{}),
	"s3imageserver":            newS3ImageServer,
	"sizes":                    without(sizes{}),
}

// Services lists the services that Import knows, in the order of the alphabet.
func Services() []string { return slices.Sorted(maps.Keys(services)) }

func without(of service) func(io.Reader) (service, error) {
	return func(config io.Reader) (service, error) {
		if config != nil {
			return nil, errors.New("it has no configuration that says what its addresses mean, expected logs alone")
		}
		return of, nil
	}
}

// checkWild returns an error for a segment that {*} does not match: one that no key could have
// either.
func checkWild(segment string) error {
	decoded, err := url.PathUnescape(segment)
	if err != nil || decoded == "" || decoded == "." || decoded == ".." || strings.Contains(segment, "#") ||
		strings.ContainsFunc(decoded, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '/' || r == '\\' }) {
		return errSpelling
	}
	return nil
}

// checkLiteral returns an error for a literal that no alias can have, so that it is reported with
// the others and not when the presets are loaded.
func checkLiteral(literals ...string) error {
	for _, literal := range literals {
		for _, c := range []byte(literal) {
			if c <= ' ' || c >= 0x7f || strings.IndexByte(`"\#{}`, c) >= 0 {
				return fmt.Errorf("%q in an address, which no alias can spell", rune(c))
			}
		}
	}
	return nil
}
