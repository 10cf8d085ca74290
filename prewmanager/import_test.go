package main

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prew"
	"prew/prewmanager/importer"
)

func TestImportWritesPresetsAndSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	line := func(target string) string {
		return `192.0.2.1 - - [27/Nov/2026:10:00:00 +0000] "GET ` + target + ` HTTP/1.1" 200 5120 "-" "curl/8"` + "\n"
	}
	all := file("all.log", line("/300x200/a.jpg")+line("/300x200/b.jpg"))
	some := file("some.log", line("/300x200/a.jpg")+line("/robots.txt"))
	none := file("none.log", line("/robots.txt"))
	config := file("config.json", `{"handlers": [{"prefix": "h", "aws": {"bucket_name": "photos"}}]}`)
	of3 := file("h.log", line("/h/a.jpg?w=300"))
	presets := file("presets.conf", "thumb=w:90\n")
	imgproxy := file("imgproxy.log", line("/_/pr:thumb/plain/a.jpg"))
	for _, test := range []struct {
		args           []string
		stdin          string
		code           int
		stdout, stderr string // parts of them
	}{
		{[]string{"sizes", all}, "", 0, "# 2 requests\nw300h200_cover:\n  width: 300\n  height: 200\n  fit: cover\n  aliases:\n    - '/300x200/{key}' # 2\n", "2 of 2 requests answered, presets: 1, sources: 0\n"},
		{[]string{"sizes", all, all}, "", 0, "# 4 requests\nw300h200_cover:", "4 of 4 requests"},
		{[]string{"sizes", "-"}, line("/90x/a.jpg"), 0, "w90:", "1 of 1 request"},
		{[]string{"sizes", some}, "", 3, "w300h200_cover:", "  1  no address of a picture of this service\n     /robots.txt\n"},
		{[]string{"sizes", none}, "", 1, "", "prewmanager: no preset: no log has an address of sizes"},
		{[]string{"sizes", filepath.Join(dir, "missing")}, "", 1, "", "prewmanager: open "},
		{[]string{"s3imageserver", config, of3}, "", 0, `# SOURCE_PHOTOS="bucket=photos"`, "1 of 1 request answered"},
		{[]string{"s3imageserver", config}, "", 1, "", "config.json is no log, expected one after it, or - for stdin"},
		{[]string{"imgproxy", presets, imgproxy}, "", 0, "w90:", "1 of 1 request answered"},
		{[]string{"imgproxy", imgproxy}, "", 1, "", `preset "thumb": no preset has it`},
		{[]string{"nginx", all}, "", 2, "", `--from must be one of "imagor"`},
	} {
		cmd := itself(t, nil, append([]string{"import", "--from"}, test.args...)...)
		cmd.Stdin = strings.NewReader(test.stdin)
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("%q: exit code %d, want %d\n%s\n%s", test.args, code, test.code, stdout.String(), stderr.String())
		}
		if _, err := prew.LoadPresets("stdout", []byte(stdout.String()), nil); err != nil && (test.code == 0 || test.code == 3) {
			t.Errorf("%q: %v", test.args, err)
		}
	}
}

// BenchmarkImport imports a million lines of a log of each service, by the program itself. It
// measures the time, the processor time and the memory of the process.
func BenchmarkImport(b *testing.B) {
	const million = 1_000_000
	for _, from := range importer.Services() {
		b.Run(from, func(b *testing.B) {
			var args []string
			if from == "s3imageserver" {
				args = append(args, filepath.Join("importer", "testdata", "s3imageserver.config.json"))
			}
			args = append(args, writeLog(b, from, million))
			b.ResetTimer()
			var memory int
			var processor time.Duration
			for b.Loop() {
				cmd := exec.Command(os.Args[0], append([]string{"import", "--from", from}, args...)...)
				cmd.Env = []string{"PREWMANAGER_ITSELF=1"}
				cmd.Stdout = io.Discard
				if err := cmd.Start(); err != nil {
					b.Fatal(err)
				}
				ended := make(chan error)
				go func() { ended <- cmd.Wait() }()
				memory = max(memory, peakMemory(cmd.Process.Pid, ended))
				processor += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
			b.ReportMetric(processor.Seconds()/float64(b.N), "cpu-s")
			b.ReportMetric(float64(memory)/1e6, "MB-resident")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// peakMemory looks at a process until it has ended, and returns the most memory that it had, in
// bytes. What the system says of a process that has ended counts that of its parent too.
func peakMemory(pid int, ended <-chan error) (peak int) {
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
			var kB int
			fmt.Sscan(after, &kB)
			peak = max(peak, kB*1024)
		}
		select {
		case err := <-ended:
			if err != nil {
				panic(err)
			}
			return peak
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// writeLog writes a log of requests of a service for 100,000 photos in 200 sizes, as a page
// with several sizes makes them, and returns its path.
func writeLog(b *testing.B, from string, lines int) string {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), from+".log"))
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	for n := range lines {
		w, h, key := 50+n*7%200*5, 40+n*7%200*3, fmt.Sprintf("2026/%02d/photo-%05d.jpg", n%12+1, n*31%100_000)
		var target string
		switch from {
		case "imgproxy":
			source := base64.RawURLEncoding.EncodeToString([]byte("s3://shop-photos/" + key))
			if n%2 == 0 {
				source = "plain/s3://shop-photos/" + key + "@webp"
			}
			target = fmt.Sprintf("/%043d/rs:fill:%d:%d/g:no/q:80/%s", n, w, h, source)
		case "thumbor", "imagor":
			target = fmt.Sprintf("/%027d=/fit-in/%dx%d/smart/filters:quality(80):format(webp)/%s", n, w, h, key)
		case "serverless-image-handler":
			target = "/" + base64.StdEncoding.EncodeToString(fmt.Appendf(nil,
				`{"bucket":"shop-photos","key":"%s","edits":{"resize":{"width":%d,"height":%d,"fit":"cover"}}}`, key, w, h))
		case "s3imageserver":
			target = fmt.Sprintf("/h/photo-%05d.jpg?w=%d&h=%d&c=true&f=png", n*31%100_000, w, h)
		case "sizes":
			target = fmt.Sprintf("/%dx%d/%s", w, h, key)
		}
		const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
		switch n % 3 {
		case 0:
			fmt.Fprintf(out, "203.0.113.%d - - [27/Nov/2026:10:00:00 +0000] \"GET %s HTTP/1.1\" 200 51200 \"https://shop.example.com/\" \"%s\"\n", n%250, target, agent)
		case 1:
			fmt.Fprintf(out, "{\"time\":\"2026-11-27T10:00:00+00:00\",\"client\":\"203.0.113.5\",\"method\":\"GET\",\"uri\":\"%s\",\"status\":\"200\",\"bytes\":\"51200\",\"agent\":\"%s\"}\n", target, agent)
		case 2:
			path, query, _ := strings.Cut(target, "?")
			if query == "" {
				query = "-"
			}
			fmt.Fprintf(out, "2026-11-27\t10:00:00\tFRA56-P4\t5120\t203.0.113.77\tGET\td111111abcdef8.cloudfront.net\t%s\t200\t-\tMozilla/5.0\t%s\t-\tHit\n", path, query)
		}
	}
	if err := errors.Join(out.Flush(), file.Close()); err != nil {
		b.Fatal(err)
	}
	return file.Name()
}
