package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// variantDeadline bounds the loading of one picture, and its rendering before that.
const variantDeadline = 30 * time.Second

// shown is the picture that the browser has chosen.
type shown struct {
	Path, Type string
	Width      int // of the file, in pixels
}

// TestBrowserGetsTheVariantThatFits shows what `prewmanager html` prints to a browser, on
// screens of several kinds. Where it says that it takes no AVIF or no WebP it gets another
// format from the same address, although it has a better one in its cache. The order of the rows counts: Chromium
// shows a file for a finer screen, once it has it, on a coarse one too.
func TestBrowserGetsTheVariantThatFits(t *testing.T) {
	site := run(t, "")
	browser := open(t)
	const own, jpeg, webp = "", "image/jpeg,image/*;q=0.8", "image/webp,image/*;q=0.8" // "": the browser's own Accept
	for _, test := range []struct {
		html   string // arguments of prewmanager html
		width  int64  // of the window, in CSS pixels
		scale  float64
		accept string
		want   shown
	}{
		{"card", 1000, 1, own, shown{"/prew/card/cardinal.jpg", "image/webp", 640}},
		{"card", 1000, 1, jpeg, shown{"/prew/card/cardinal.jpg", "image/jpeg", 640}},
		{"card", 1000, 1, own, shown{"/prew/card/cardinal.jpg", "image/webp", 640}},
		{"card", 1000, 2, own, shown{"/prew/card@2x/cardinal.jpg", "image/webp", 1280}},
		{"card", 1000, 2, jpeg, shown{"/prew/card@2x/cardinal.jpg", "image/jpeg", 1280}},
		{"card", 500, 3, own, shown{"/prew/card@2x/cardinal.jpg", "image/webp", 1280}},
		{"--picture card", 1000, 1, own, shown{"/prew/card.webp/cardinal.jpg", "image/webp", 640}},
		{"--picture card", 1000, 1, jpeg, shown{"/prew/card.webp/cardinal.jpg", "image/webp", 640}}, // its address says so
		{"--picture card", 1000, 2, own, shown{"/prew/card@2x.webp/cardinal.jpg", "image/webp", 1280}},
		{"hero", 400, 1, own, shown{"/prew/hero/cardinal.jpg", "image/avif", 1440}},
		{"hero", 400, 1, webp, shown{"/prew/hero/cardinal.jpg", "image/webp", 1440}},
		{"hero", 400, 1, jpeg, shown{"/prew/hero/cardinal.jpg", "image/jpeg", 1440}},
		{"hero", 1440, 2, own, shown{"/prew/hero@2x/cardinal.jpg", "image/avif", 0}},
		{"--picture hero", 400, 1, own, shown{"/prew/hero.avif/cardinal.jpg", "image/avif", 1440}},
		{"preset_name_1", 1000, 2, own, shown{"/prew/preset_name_1/cardinal.jpg", "image/jpeg", 320}},
	} {
		what := fmt.Sprintf("%s on %d CSS pixels of scale %g with Accept %q", test.html, test.width, test.scale, test.accept)
		got, err := show(browser, site, markup(t, test.html+" cardinal.jpg"), test.width, test.scale, test.accept)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if test.want.Width == 0 && got.Width > 1440 { // as large as the sample is
			got.Width = 0
		}
		if got != test.want {
			t.Errorf("%s: %+v, want %+v", what, got, test.want)
		}
	}
}

// markup is what prewmanager prints for a photo in a preset.
func markup(t *testing.T, arguments string) string {
	t.Helper()
	command := exec.Command(filepath.Join("..", "..", ".bin", "prewmanager"), append([]string{"html"}, strings.Fields(arguments)...)...)
	command.Env = append(command.Environ(), "PREW_PRESETS=../../presets.yaml")
	html, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, html)
	}
	return string(html)
}

// show puts HTML on a page and returns which picture the browser has loaded for it.
func show(browser context.Context, site, html string, width int64, scale float64, accept string) (shown, error) {
	ctx, cancel := context.WithTimeout(browser, variantDeadline)
	defer cancel()
	headers := network.Headers{}
	if accept != "" {
		headers["Accept"] = accept
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		return shown{}, err
	}
	// The page itself has nothing that asks for pictures.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800, chromedp.EmulateScale(scale)), chromedp.Navigate(site+"gallery/gallery.css")); err != nil {
		return shown{}, err
	}
	if _, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers}); err != nil {
		return shown{}, err
	}
	text, err := json.Marshal(html)
	if err != nil {
		return shown{}, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[shown](`new Promise((resolve, reject) => {
		document.body.innerHTML = `+string(text)+`;
		const image = document.querySelector("img");
		image.onerror = () => reject(new Error("not loaded: " + image.currentSrc));
		image.onload = async () => {
			const file = new Image(); // without a density its width is that of the file
			file.src = image.currentSrc;
			await file.decode();
			resolve({
				Path: new URL(image.currentSrc).pathname,
				Type: performance.getEntriesByName(image.currentSrc).at(-1).contentType,
				Width: file.naturalWidth,
			});
		};
	})`, chromedp.EvalAwaitPromise))
}
