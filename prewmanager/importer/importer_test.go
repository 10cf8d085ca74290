package importer

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"prew"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew")

// configs are the configurations in testdata, by service.
var configs = map[string]string{"imgproxy": "imgproxy.presets", "s3imageserver": "s3imageserver.config.json"}

// open prepares the import of a service with its configuration in testdata.
func open(t testing.TB, from string) *Importer {
	t.Helper()
	var config io.Reader
	if name, ok := configs[from]; ok {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		config = bytes.NewReader(text)
	}
	of, err := New(from, config, "")
	if err != nil {
		t.Fatal(err)
	}
	return of
}

// sourceLine matches a line of the presets that says which source to set.
var sourceLine = regexp.MustCompile(`(?m)^# (SOURCE_[A-Z0-9_]+)="(.*)"$`)

// load reads presets, and the sources that they say are to be set, as gateway and nginx do.
func load(t testing.TB, text string) prew.Presets {
	t.Helper()
	presets, err := prew.LoadPresets("presets.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var environ []string
	for _, match := range sourceLine.FindAllStringSubmatch(text, -1) {
		environ = append(environ, match[1]+"="+match[2])
	}
	root := ""
	sources, err := prew.ReadSources(prew.Places{Bucket: "previews", SourcePrefix: &root}, environ)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := sources.CheckPresets(presets); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if want := strings.Count(text, "\n# SOURCE_"); len(sources.All()) != want+1 {
		t.Fatalf("%d sources, want %d and the default one\n%s", len(sources.All()), want, text)
	}
	return presets
}

// golden compares a text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// TestLogsBecomePresets imports a log of each service. Golden files have the presets, the
// report, and what each address that was answered means by these presets.
func TestLogsBecomePresets(t *testing.T) {
	for _, from := range Services() {
		t.Run(from, func(t *testing.T) {
			log, err := os.ReadFile("testdata/" + from + ".log")
			if err != nil {
				t.Fatal(err)
			}
			of := open(t, from)
			if err := of.Read(bytes.NewReader(log)); err != nil {
				t.Fatal(err)
			}
			var presets, report, addresses strings.Builder
			if _, err := of.WritePresets(&presets); err != nil {
				t.Fatal(err)
			}
			unanswered, err := of.WriteReport(&report)
			if err != nil {
				t.Fatal(err)
			}
			loaded, answered := load(t, presets.String()), 0
			for _, target := range asked(string(log)) {
				path, aliased := loaded.Address(target)
				ref, err := prew.ParsePath(path)
				if _, known := loaded.Get(ref.Preset); aliased && known && err == nil && wanted(t, of, target) == path {
					answered++
					fmt.Fprintf(&addresses, "%s\n\t%s\n", target, path)
				} else if wanted(t, of, target) != "" {
					t.Errorf("%s means %q, want %q", target, path, wanted(t, of, target))
				}
			}
			if answered != of.requests-unanswered {
				t.Errorf("%d of %d addresses have a preset, want %d", answered, of.requests, of.requests-unanswered)
			}
			golden(t, from+".yaml", presets.String())
			golden(t, from+".report", report.String())
			golden(t, from+".addresses", addresses.String())
		})
	}
}

// asked are the targets of a log that were answered with a picture.
func asked(log string) (targets []string) {
	read := lines{columns: standardColumns}
	for line := range strings.Lines(log) {
		r, ok := read.read(strings.TrimSuffix(line, "\n"))
		if ok && (r.method == "GET" || r.method == "HEAD") && (r.status == 200 || r.status == 206 || r.status == 304) {
			targets = append(targets, r.target)
		}
	}
	return targets
}

// wanted is the path that an address should mean, by the preset that has its alias, or empty
// where no preset has it.
func wanted(t *testing.T, of *Importer, target string) string {
	t.Helper()
	a, err := of.service.read(target)
	if err != nil {
		return ""
	}
	key := a.key
	if a.decoded {
		key = prew.Escape(key)
	}
	if _, err := prew.ParsePath("/prew/x/" + key); err != nil {
		return ""
	}
	presets, _ := of.presets()
	for _, p := range presets {
		for _, s := range p.shapes {
			if s.alias == a.alias {
				return "/prew/" + p.name + "/" + key
			}
		}
	}
	return ""
}

func TestLogBelowAPathHasItInItsAliases(t *testing.T) {
	of, err := New("sizes", nil, "/img/")
	if err != nil {
		t.Fatal(err)
	}
	log := combined("GET", "/img/10x10/a.jpg", 200) + combined("GET", "/10x10/a.jpg", 200) + combined("GET", "/imgs/10x10/a.jpg", 200)
	if err := of.Read(strings.NewReader(log)); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if n, err := of.WritePresets(&out); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if path, _ := load(t, out.String()).Address("/img/10x10/a.jpg"); path != "/prew/w10h10_cover/a.jpg" {
		t.Errorf("it means %q\n%s", path, out.String())
	}
}

func combined(method, target string, status int) string {
	return fmt.Sprintf("192.0.2.1 - - [27/Nov/2026:10:00:00 +0000] \"%s %s HTTP/1.1\" %d 5120 \"-\" \"curl/8\"\n", method, target, status)
}

// TestInventedAddressesDoNotDisplaceThoseOfPages reads a log in which most addresses have a
// size of their own, among them one that pages use.
func TestInventedAddressesDoNotDisplaceThoseOfPages(t *testing.T) {
	const invented = 5 * maxShapes
	of := open(t, "thumbor")
	read, write := io.Pipe()
	go func() {
		for n := range invented {
			io.WriteString(write, combined("GET", fmt.Sprintf("/unsafe/%dx%d/a.jpg", n%1000+1, n/1000+1), 200))
			if n%10 == 0 {
				io.WriteString(write, combined("GET", "/unsafe/300x200/smart/a.jpg", 200))
			}
		}
		write.Close()
	}()
	if err := of.Read(read); err != nil {
		t.Fatal(err)
	}
	if len(of.shapes) > maxShapes {
		t.Errorf("%d aliases are kept, limit is %d", len(of.shapes), maxShapes)
	}
	if s := of.shapes["/unsafe/300x200/smart/{key}"]; s == nil || s.count != invented/10 {
		t.Errorf("what pages use: %+v, want %d requests", s, invented/10)
	}
	var out strings.Builder
	unanswered, err := of.WriteReport(&out)
	if err != nil || unanswered != of.dropped || !strings.Contains(out.String(), "of forms that are too rare") {
		t.Errorf("%d unanswered, %d dropped, %v\n%s", unanswered, of.dropped, err, out.String())
	}
}

func TestSourcesAreBounded(t *testing.T) {
	of := open(t, "imgproxy")
	for n := range maxSources + 2 {
		for range maxSources + 2 - n {
			if err := of.request(fmt.Sprintf("/_/w:10/plain/s3://photos-%d/a.jpg", n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out strings.Builder
	if _, err := of.WritePresets(&out); err != nil || strings.Count(out.String(), "# SOURCE_") != maxSources || !strings.Contains(out.String(), "SOURCE_PHOTOS_0=") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if unanswered, err := of.WriteReport(io.Discard); unanswered != 2+1 || err != nil {
		t.Errorf("%d unanswered, %v, want those of the two rarest sources", unanswered, err)
	}
}

func TestReasonsAreBounded(t *testing.T) {
	of := open(t, "imgproxy")
	var log strings.Builder
	for n := range 5 * maxReasons {
		log.WriteString(combined("GET", fmt.Sprintf("/_/o%d:1/plain/a.jpg", n), 200))
		log.WriteString(combined("GET", "/"+strings.Repeat("x", n)+"\x1b[2J", 200))
	}
	log.WriteString(combined("GET", "/_/w:10/"+strings.Repeat("a", maxLine), 200))
	if err := of.Read(strings.NewReader(log.String())); err != nil {
		t.Fatal(err)
	}
	if len(of.reasons) > maxReasons+1 || len(of.skipped) > maxReasons+1 {
		t.Errorf("%d and %d reasons, limit is %d", len(of.reasons), len(of.skipped), maxReasons)
	}
	var out strings.Builder
	if _, err := of.WriteReport(&out); err != nil || strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "a line of more than 65536 bytes") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if lines := strings.Count(out.String(), "\n"); lines > 7*maxReasons {
		t.Errorf("a report of %d lines", lines)
	}
}

func TestPackedLogIsRead(t *testing.T) {
	var packed bytes.Buffer
	gz := gzip.NewWriter(&packed)
	io.WriteString(gz, combined("GET", "/10x10/a.jpg", 200))
	gz.Close()
	of := open(t, "sizes")
	if err := of.Read(&packed); err != nil || of.requests != 1 {
		t.Errorf("%d requests, %v", of.requests, err)
	}
}

func TestConfigurationsAreChecked(t *testing.T) {
	for _, test := range []struct{ from, config, want string }{
		{"nginx", "", `unknown service "nginx", expected one of imagor, imgproxy, s3imageserver, serverless-image-handler, sizes, thumbor`},
		{"s3imageserver", "", "s3imageserver: its config.json has the handlers, expected it before the logs"},
		{"s3imageserver", `{"handlers": []}`, "s3imageserver: no handlers, expected at least one"},
		{"s3imageserver", `{"handlers": [{"name": "a"}]}`, "s3imageserver: handler 1: expected a name or prefix, and a bucket_name"},
		{"imgproxy", "nonsense", `imgproxy: line 1: "nonsense", expected a preset as name=option:argument/option:argument`},
		{"sizes", "a=b", "sizes: it has no configuration that says what its addresses mean, expected logs alone"},
	} {
		var config io.Reader
		if test.config != "" {
			config = strings.NewReader(test.config)
		}
		if _, err := New(test.from, config, ""); err == nil || err.Error() != test.want {
			t.Errorf("%s, %s: %v, want %s", test.from, test.config, err, test.want)
		}
	}
	if _, err := New("sizes", nil, "img"); err == nil || err.Error() != `path "img", expected a slash at its start` {
		t.Error(err)
	}
}

func TestConfigurationDiffersFromALog(t *testing.T) {
	for _, test := range []struct {
		from, head string
		want       bool
	}{
		{"imgproxy", "# presets\ndefault=quality:80\n", true},
		{"imgproxy", combined("GET", "/_/w:10/plain/a.jpg?x=rs:1", 200), false},
		{"imgproxy", `{"method":"GET","uri":"/_/w:10/plain/a.jpg"}`, false},
		{"s3imageserver", "{", true},
		{"thumbor", "default=quality:80\n", false},
	} {
		if got := IsConfig(test.from, []byte(test.head)); got != test.want {
			t.Errorf("%s, %.40q: %v", test.from, test.head, got)
		}
	}
}

// FuzzLogs checks for any log of each service that what is written of it can be loaded, and that
// no request is lost.
func FuzzLogs(f *testing.F) {
	for _, from := range Services() {
		log, err := os.ReadFile("testdata/" + from + ".log")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(from, string(log))
	}
	f.Add("sizes", combined("GET", "/10x10/a.jpg", 200)+combined("GET", "/10X10/a.jpg", 200)+"\x1f\x8b")
	f.Fuzz(func(t *testing.T, from, log string) {
		if services[from] == nil {
			return
		}
		of := open(t, from)
		of.Read(strings.NewReader(log)) // an error is for what says it is gzip and is none
		var out strings.Builder
		n, err := of.WritePresets(&out)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			load(t, out.String())
		}
		unanswered, err := of.WriteReport(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		answered := 0
		for _, s := range of.shapes {
			if s.err == nil {
				answered += s.count
			}
		}
		if answered+unanswered != of.requests {
			t.Errorf("%d answered and %d not, of %d", answered, unanswered, of.requests)
		}
	})
}
