// Package importer reads the access logs of another image service and writes the presets
// that answer its addresses: what they ask for, with the addresses as aliases. It asks no
// server anything.
//
// A log is read as it comes. Addresses that differ in their keys alone have one alias, so
// what is kept is bounded however long a log is, and whatever somebody has put into it.
//
// A service has a file of its own, which takes its addresses apart (address) and says what
// they mean (meaning). line.go reads lines, place.go says where photos lie, write.go writes
// the presets and report.go what is not as it was.
package importer

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"prew"
)

const (
	// maxLine is the longest line that is read, in bytes: CloudFront takes addresses of up to
	// 8,192 and headers of 20 kB, and a log has some of both.
	maxLine = 64 << 10

	// maxShapes is how many aliases are kept at most while a log is read; a site has some
	// hundreds. With the longest aliases these are some 20 MB.
	maxShapes = 10_000

	// maxAlias is the longest alias that is kept, in bytes, which is prew's own limit.
	maxAlias = 1024

	// maxReasons is how many reasons are counted each for itself.
	maxReasons = 100

	// maxExample is how much of an example is kept, in bytes.
	maxExample = 300
)

// Importer collects what the logs of one service ask for.
type Importer struct {
	from    string
	prefix  string
	service service

	shapes  map[string]*shape // by alias
	reasons map[string]*tally // of addresses that are none of the service's or can't be read
	skipped map[string]*tally // lines that are about no picture that was sent

	requests int // for pictures that were sent
	dropped  int // requests whose alias was too rare to be kept
}

// shape is an alias, with what it means.
type shape struct {
	alias string
	tally
	meaning
	place
	err error // why no preset can have the meaning
}

// tally counts requests and keeps the first as an example.
type tally struct {
	count   int
	example string
}

// New prepares the import from a service, which is one of Services. The configuration is the
// service's own, or nil; a log below a path such as /img has addresses that begin with it.
func New(from string, config io.Reader, path string) (*Importer, error) {
	prepare, ok := services[from]
	if !ok {
		return nil, fmt.Errorf("unknown service %q, expected one of %s", from, strings.Join(Services(), ", "))
	}
	of, err := prepare(config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	if path = strings.TrimRight(path, "/"); path != "" && !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("path %q, expected a slash at its start", path)
	}
	if err := checkLiteral(path); err != nil {
		return nil, fmt.Errorf("path %q: %w", path, err)
	}
	return &Importer{from: from, prefix: path, service: of,
		shapes: map[string]*shape{}, reasons: map[string]*tally{}, skipped: map[string]*tally{}}, nil
}

// presetLine matches what stands on a line of imgproxy's file of presets and in no log.
var presetLine = regexp.MustCompile(`(?m)^[A-Za-z0-9_-]+=[a-z_-]+:`)

// IsConfig reports whether a file that begins so is the configuration of a service and not a
// log.
func IsConfig(from string, head []byte) bool {
	switch from {
	case "s3imageserver":
		return true // it can't do without
	case "imgproxy":
		return presetLine.Match(head)
	}
	return false
}

// Read reads a log to its end, plain or packed with gzip.
func (i *Importer) Read(log io.Reader) error {
	in := bufio.NewReaderSize(log, maxLine)
	if magic, _ := in.Peek(2); string(magic) == "\x1f\x8b" {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		in = bufio.NewReaderSize(unpacked, maxLine)
	}
	lines := lines{columns: standardColumns}
	for {
		line, err := in.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			count(i.skipped, fmt.Sprintf("a line of more than %d bytes", maxLine), string(line[:maxExample]))
			for err == bufio.ErrBufferFull {
				_, err = in.ReadSlice('\n')
			}
			line = nil
		}
		if len(line) > 0 {
			i.line(&lines, strings.TrimRight(string(line), "\r\n"))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (i *Importer) line(lines *lines, line string) {
	r, ok := lines.read(line)
	switch {
	case !ok && (line == "" || line[0] == '#'):
	case !ok:
		count(i.skipped, "a line of another form than nginx's, JSON or CloudFront's", line)
	case r.method != "" && r.method != "GET" && r.method != "HEAD":
		count(i.skipped, "a request that is no GET or HEAD", r.target)
	case r.status != 0 && r.status != 200 && r.status != 206 && r.status != 304:
		count(i.skipped, "a request that was not answered with a picture (status "+strconv.Itoa(r.status)+")", r.target)
	default:
		i.requests++
		if err := i.request(r.target); err != nil {
			count(i.reasons, err.Error(), r.target)
		}
	}
}

var (
	errKey      = errors.New("a key that no photo can have")
	errAlias    = fmt.Errorf("an address of which more than %d bytes are not its key", maxAlias)
	errSpelling = errors.New("an address in a spelling that no alias can have")
	errPlace    = errors.New("a bucket or folder whose name no source can have")
)

// request counts one request for the alias that its address has.
func (i *Importer) request(target string) error {
	below, ok := strings.CutPrefix(target, i.prefix)
	if !ok || !strings.HasPrefix(below, "/") {
		return errNoAddress
	}
	a, err := i.service.read(below)
	if err != nil {
		return err
	}
	key := a.key
	if a.decoded {
		key = prew.Escape(key)
	}
	if _, err := prew.ParsePath("/prew/x/" + key); err != nil {
		return errKey
	}
	alias := i.prefix + a.alias
	if s, ok := i.shapes[alias]; ok {
		s.count++
		return nil
	}
	switch {
	case len(alias) > maxAlias:
		return errAlias
	case !a.place.valid():
		return errPlace
	}
	if len(i.shapes) >= maxShapes {
		i.dropRare()
	}
	s := &shape{alias: strings.Clone(alias), tally: tally{1, cut(target)}, place: a.place.clone()}
	s.meaning, s.err = i.service.means(a.options)
	i.shapes[s.alias] = s
	return nil
}

// dropRare makes room for half of the aliases, by forgetting those that are rarest so far
// (lossy counting: Manku and Motwani, "Approximate Frequency Counts over Data Streams",
// 2002). So invented addresses can't displace those that pages use.
func (i *Importer) dropRare() {
	for rare := 1; len(i.shapes) > maxShapes/2; rare *= 2 {
		for alias, s := range i.shapes {
			if s.count <= rare {
				i.dropped += s.count
				delete(i.shapes, alias)
			}
		}
	}
}

// count adds a request to the tally of a reason.
func count(reasons map[string]*tally, reason, example string) {
	t, ok := reasons[reason]
	if !ok && len(reasons) >= maxReasons {
		reason = "other reasons"
		t, ok = reasons[reason]
	}
	if !ok {
		t = &tally{example: cut(example)}
		reasons[strings.Clone(reason)] = t
	}
	t.count++
}

// cut is a copy of what is kept of an example.
func cut(example string) string {
	if len(example) > maxExample {
		return example[:maxExample] + "..."
	}
	return strings.Clone(example)
}
