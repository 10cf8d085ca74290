package tools

import (
	"bytes"
	"context"
	"encoding/base64"
	"image/png"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// drawn is how the page shows a text that stands in for a photo, beside a preview of the photo.
type drawn struct {
	Path, State, Caption, Title string
	Address                     string // data:
	Longer                      int    // side of its picture, in pixels

	// Mean differences of 4x4 cells, of 255, from the preview as it is, mirrored and upside down.
	Apart [3]float64
}

// text is the last line of what a picture's title says.
var text = regexp.MustCompile(`\n[^ \n]{24,40}$`)

// TestGalleryDrawsStandIns checks that each text is drawn as a blur, and that these are nearer to
// their photos than to the same mirrored or upside down.
func TestGalleryDrawsStandIns(t *testing.T) {
	t.Setenv("PRESET_THUMBHASH", "format=thumbhash")
	t.Setenv("PRESET_BLURHASH", "format=blurhash")
	site := run(t, "")
	ctx, cancel := context.WithTimeout(open(t), galleryDeadline)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(site), chromedp.WaitReady(`body[data-pending="0"]`)); err != nil {
		t.Fatal(err)
	}
	all, err := chromedp.Run(ctx, chromedp.Evaluate[[]drawn](`(() => {
		const cells = (image, x = 1, y = 1) => {
			const context = Object.assign(document.createElement("canvas"), { width: 4, height: 4 }).getContext("2d");
			Object.assign(context, { imageSmoothingQuality: "high", fillStyle: "white" }).fillRect(0, 0, 4, 4);
			context.setTransform(x, 0, 0, y, x < 0 ? 4 : 0, y < 0 ? 4 : 0);
			context.drawImage(image, 0, 0, 4, 4);
			return [...context.getImageData(0, 0, 4, 4).data];
		};
		return [...document.querySelectorAll("tbody tr")].flatMap((row) => {
			const whole = row.querySelector('a[href^="/prew/preset_name_1/"] img');
			if (!whole) return [];
			const ways = [cells(whole), cells(whole, -1, 1), cells(whole, 1, -1)];
			return [...row.querySelectorAll('a[href^="/prew/thumbhash/"], a[href^="/prew/blurhash/"]')].map((link) => {
				const image = link.querySelector("img");
				const caption = link.parentElement.querySelector("figcaption");
				return {
					Path: link.pathname, State: image.dataset.state, Caption: caption.innerText, Title: caption.title,
					Address: link.closest("td").querySelector(".address:not([hidden]) code").textContent,
					Longer: Math.max(image.naturalWidth, image.naturalHeight),
					Apart: ways.map((want) => cells(image).reduce((sum, v, i) => sum + Math.abs(v - want[i]), 0) / want.length),
				};
			});
		});
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 20 {
		t.Errorf("%d are drawn, want two of each of ten samples", len(all))
	}
	for _, format := range []string{"thumbhash", "blurhash"} {
		var sum [3]float64
		for _, d := range all {
			if !strings.HasPrefix(d.Path, "/prew/"+format+"/") {
				continue
			}
			if d.State != "loaded" || d.Longer != 32 || !strings.HasSuffix(d.Caption, "text/plain") || !text.MatchString(d.Title) {
				t.Errorf("%+v", d)
			}
			encoded, ok := strings.CutPrefix(d.Address, "data:image/png;base64,")
			file, err := base64.StdEncoding.DecodeString(encoded)
			if size, notPNG := png.DecodeConfig(bytes.NewReader(file)); !ok || err != nil || notPNG != nil || max(size.Width, size.Height) != 32 || len(file) > 5000 {
				t.Errorf("%s: the address is %.60s, %v, %v, %+v, of %d bytes", d.Path, d.Address, err, notPNG, size, len(file))
			}
			for i, apart := range d.Apart {
				sum[i] += apart
			}
		}
		if sum[0] == 0 || sum[0] > 0.9*sum[1] || sum[0] > 0.9*sum[2] {
			t.Errorf("%s: from its photos, these mirrored and upside down it is apart by %.0f", format, sum)
		}
		t.Logf("%s: %.0f", format, sum)
	}
}
