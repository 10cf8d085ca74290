//go:build browser

package avif

import (
	"encoding/base64"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// shown are plain pictures of 67x35 with red, green, blue and alpha that a browser has of them.
var shown = []struct {
	name   string
	n      int
	halved bool
	alpha  uint8
	want   [4]int
}{
	{"grey", 1, false, 255, [4]int{120, 120, 120, 255}},
	{"4:2:0", 3, true, 255, [4]int{165, 107, 70, 255}},
	{"4:4:4", 3, false, 255, [4]int{165, 107, 70, 255}},
	{"grey with alpha", 1, false, 128, [4]int{120, 120, 120, 128}},
	{"4:2:0 with alpha", 3, true, 200, [4]int{165, 107, 70, 200}},
}

// apart is how far the pictures of a page lie from one another, in pixels, beginning at its top
// and its left.
const apart = 100

// page is a page of the pictures that are shown, in a folder of its own, beside more markup.
func page(t *testing.T, more string) (dir, file string) {
	t.Helper()
	colour := [3]uint8{120, 100, 160}
	var text strings.Builder
	text.WriteString("<body style='background: #fff'>")
	for i, p := range shown {
		planes := emptyPlanes(67, 35, p.n, p.halved)
		for i := range planes {
			fill(planes[i].Pix, colour[i])
		}
		o := EncodeOptions{Quality: 90}
		if p.alpha < 255 {
			o.Alpha = emptyPlanes(67, 35, 1, false)[0]
			fill(o.Alpha.Pix, p.alpha)
		}
		encoded := base64.StdEncoding.EncodeToString(new(Encoder).Encode(planes, o))
		fmt.Fprintf(&text, "<img alt='%s' style='position: absolute; left: %dpx; top: 0' src='data:image/avif;base64,%s'>\n", p.name, i*apart, encoded)
	}
	dir = t.TempDir()
	file = filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(text.String()+more), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

// script replaces the pictures of a page by what each is: its name, its size, and red, green, blue
// and alpha of its middle.
const script = `<script>onload = () => {
	const said = [...document.images].map((image) => {
		const canvas = document.createElement("canvas"), width = image.naturalWidth, height = image.naturalHeight;
		if (width === 0) return image.alt + ": nothing";
		canvas.width = width;
		canvas.height = height;
		const context = canvas.getContext("2d");
		context.drawImage(image, 0, 0);
		return [image.alt + ":", width, height, ...context.getImageData(width >> 1, height >> 1, 1, 1).data].join(" ");
	});
	document.body.innerText = "[" + said.join(";") + "]";
}</script>`

// TestChromiumShows: of plain pictures, Chromium has the colour and the alpha that was encoded.
func TestChromiumShows(t *testing.T) {
	needs(t, "chromium")
	dir, file := page(t, script)
	args := []string{"--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--user-data-dir=" + filepath.Join(dir, "profile"), "--dump-dom", "file://" + file}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // as root Chromium has none and refuses to start
	}
	out, err := exec.Command("chromium", args...).Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	said := regexp.MustCompile(`<body[^>]*>\[([^\]]*)\]`).FindSubmatch(out)
	if said == nil {
		t.Fatalf("the page says nothing: %s", out)
	}
	lines := strings.Split(string(said[1]), ";")
	if len(lines) != len(shown) {
		t.Fatalf("there are %d pictures, want %d: %s", len(lines), len(shown), said[1])
	}
	for i, p := range shown {
		name, numbers, _ := strings.Cut(lines[i], ": ")
		fields := strings.Fields(numbers)
		if name != p.name || len(fields) != 6 || fields[0] != "67" || fields[1] != "35" {
			t.Errorf("%q, want %s of 67x35", lines[i], p.name)
			continue
		}
		for c, want := range p.want {
			if got, err := strconv.Atoi(fields[2+c]); err != nil || got < want-2 || got > want+2 {
				t.Errorf("%s: %s, want %v", p.name, numbers, p.want)
				break
			}
		}
	}
}

// TestFirefoxShows: of plain pictures on white, Firefox has the colours that were encoded.
func TestFirefoxShows(t *testing.T) {
	firefox := "firefox"
	if _, err := exec.LookPath(firefox); err != nil {
		firefox = "firefox-esr" // as Debian names it
		needs(t, firefox)
	}
	dir, file := page(t, "")
	picture := filepath.Join(dir, "page.png")
	command := exec.Command(firefox, "--headless", "--no-remote", "--profile", dir, "--window-size", "600,100", "--screenshot", picture, "file://"+file)
	command.Env = append(os.Environ(), "HOME="+dir)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", firefox, err, out)
	}
	opened, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	m, err := png.Decode(opened)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range shown {
		r, g, b, _ := m.At(i*apart+33, 17).RGBA()
		for c, got := range []uint32{r, g, b} {
			want := (p.want[c]*p.want[3] + 255*(255-p.want[3])) / 255
			if off := int(got>>8) - want; off < -2 || off > 2 {
				t.Errorf("%s: %d %d %d, want %v on white", p.name, r>>8, g>>8, b>>8, p.want)
				break
			}
		}
	}
}

func fill(samples []uint8, v uint8) {
	for i := range samples {
		samples[i] = v
	}
}
