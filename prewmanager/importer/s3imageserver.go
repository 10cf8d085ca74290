package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"prew"
)

// s3imageserver are the addresses of Coccodrillo's s3imageserver: /<handler>/<file>?w&h&c&f,
// with the handlers that its config.json names. A file is one segment of the path.
type s3imageserver struct {
	handlers []handler
}

type handler struct {
	Name   string
	Prefix string
	AWS    struct {
		Bucket string `json:"bucket_name"`
		Folder string `json:"file_path"`
	}
	OutputFormat string   `json:"output_format"`
	ErrorImage   string   `json:"error_image"`
	Allowed      []string `json:"allowed_formats"`
}

func newS3ImageServer(config io.Reader) (service, error) {
	if config == nil {
		return nil, errors.New("its config.json has the handlers, expected it before the logs")
	}
	var c struct{ Handlers []handler }
	if err := json.NewDecoder(config).Decode(&c); err != nil {
		return nil, err
	}
	if len(c.Handlers) == 0 {
		return nil, errors.New("no handlers, expected at least one")
	}
	for i := range c.Handlers {
		h := &c.Handlers[i]
		if h.Prefix = strings.Trim(h.Prefix, "/"); h.Prefix == "" {
			h.Prefix = h.Name
		}
		if h.Prefix == "" || h.AWS.Bucket == "" {
			return nil, fmt.Errorf("handler %d: expected a name or prefix, and a bucket_name", i+1)
		}
		if h.AWS.Folder = strings.Trim(h.AWS.Folder, "/"); h.AWS.Folder != "" {
			h.AWS.Folder += "/"
		}
	}
	return s3imageserver{c.Handlers}, nil
}

// shown are the parameters that say how a picture is shown. The token t is none of them.
var shown = []string{"w", "h", "c", "f"}

// fileTypes are the files that a handler serves unless it says which.
var fileTypes = []string{".png", ".jpg", ".jpeg", ".gif", ".webp"}

func (s s3imageserver) read(target string) (address, error) {
	full, query, _ := strings.Cut(target, "?")
	for i, h := range s.handlers {
		file, ok := strings.CutPrefix(full, "/"+h.Prefix+"/")
		if !ok || file == "" || strings.Contains(file, "/") {
			continue
		}
		types := fileTypes
		if len(h.Allowed) > 0 {
			types = h.Allowed
		}
		if !slices.Contains(types, path.Ext(file)) {
			return address{}, errNoAddress
		}
		var a address
		a.bucket, a.prefix, a.key = h.AWS.Bucket, h.AWS.Folder, file
		said := strings.Join(parameters(query, shown), "&")
		if err := checkLiteral(h.Prefix, said); err != nil {
			return a, err
		}
		a.alias, a.options = "/"+h.Prefix+"/{key}", strconv.Itoa(i)+"?"+said
		if said != "" {
			a.alias += "?" + said
		}
		return a, nil
	}
	return address{}, errNoAddress
}

const (
	longestSide    = 3064 // of its pictures, in pixels
	defaultQuality = 75   // of all of them
)

func (s s3imageserver) means(options string) (m meaning, err error) {
	index, query, _ := strings.Cut(options, "?")
	i, err := strconv.Atoi(index)
	if err != nil {
		return m, err
	}
	m.Fit, m.Quality = prew.Cover, defaultQuality
	var width, height float64
	format := s.handlers[i].OutputFormat
	for parameter := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		switch name {
		case "w":
			width = min(number(value), longestSide)
		case "h":
			height = min(number(value), longestSide)
		case "c":
			if !slices.Contains([]string{"1", "t", "true", "y", "yes", "on"}, strings.ToLower(value)) {
				m.Fit = prew.Contain
			}
		case "f":
			if slices.Contains([]string{"jpg", "png", "webp"}, value) { // it takes no others
				format = value
			}
		}
	}
	if format == "" {
		format = "webp"
	}
	if err := m.format(format); err != nil {
		return m, err
	}
	if err := m.sides(width, height, 1); err != nil {
		return m, err
	}
	return m, m.finish()
}
