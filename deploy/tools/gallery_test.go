package tools

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	// startDeadline bounds a first start on a busy machine, with its upload.
	startDeadline = time.Minute
	// galleryDeadline bounds the rendering of every sample in every preset.
	galleryDeadline = 3 * time.Minute
)

// picture is one preview as the page shows it.
type picture struct {
	Path, State, Caption string
	Width                int // in pixels, 0 of a picture that was not decoded
}

// ofVariant is what the page says of a variant: its name, its bytes and, of another format
// than the preset's own, how much that is in comparison.
var ofVariant = regexp.MustCompile(`^(@2x\s+[0-9.]+ [kM]?B\s*|(@2x)?\.(avif|webp)\s+[0-9.]+ [kM]?B\s+([+−][1-9][0-9]*|0) %)$`)

// TestGalleryShowsEveryPicture runs the whole system as `make run` does and
// opens its page in a browser, when nothing is rendered yet and again when all
// of it is stored.
func TestGalleryShowsEveryPicture(t *testing.T) {
	for _, front := range []string{"", "edge"} {
		t.Run("FRONT="+front, func(t *testing.T) { showsEveryPicture(t, front) })
	}
}

func showsEveryPicture(t *testing.T, front string) {
	site := run(t, front)
	browser := open(t)
	for _, visit := range []string{"first", "second"} {
		ctx, cancel := context.WithTimeout(browser, galleryDeadline)
		defer cancel()
		if err := chromedp.Do(ctx, chromedp.Navigate(site), chromedp.WaitReady(`body[data-pending="0"]`)); err != nil {
			t.Fatalf("%s visit: %v", visit, err)
		}
		pictures, err := chromedp.Run(ctx, chromedp.Evaluate[[]picture](`[...document.querySelectorAll("figure")].map((f) => ({
			Path: f.querySelector("a").pathname,
			State: f.querySelector("img").dataset.state,
			Width: f.querySelector("img").naturalWidth,
			Caption: f.querySelector("figcaption").innerText,
		}))`))
		if err != nil {
			t.Fatalf("%s visit: %v", visit, err)
		}
		// Ten samples in at least the four presets that presets.yaml names.
		if len(pictures) < 40 {
			t.Errorf("%s visit: %d pictures, want 40 or more", visit, len(pictures))
		}
		variants, err := chromedp.Run(ctx, chromedp.Evaluate[[]picture](`[...document.querySelectorAll(".variants tr")].map((line) => ({
			Path: line.querySelector("a").pathname,
			State: line.dataset.state,
			Caption: line.innerText,
		}))`))
		if err != nil {
			t.Fatalf("%s visit: %v", visit, err)
		}
		// Three of each of the presets thumb and card and five of hero, for ten samples.
		if len(variants) != 110 {
			t.Errorf("%s visit: %d variants, want 110", visit, len(variants))
		}
		for _, v := range variants {
			if v.State != "loaded" || !ofVariant.MatchString(v.Caption) {
				t.Errorf("%s visit: %s is %q: %s", visit, v.Path, v.State, v.Caption)
			}
		}
		for _, p := range pictures {
			if p.State != "loaded" || p.Width == 0 {
				t.Errorf("%s visit: %s is %q and %d pixels wide: %s", visit, p.Path, p.State, p.Width, p.Caption)
			}
			if visit == "second" && !strings.HasPrefix(p.Caption, "cached") && !strings.HasPrefix(p.Caption, "stored") {
				t.Errorf("%s visit: %s was rendered again: %s", visit, p.Path, p.Caption)
			}
		}
	}
}

// TestGalleryReplacesAPhoto presses the button of the first photo, and sees its previews come
// anew.
func TestGalleryReplacesAPhoto(t *testing.T) {
	site := run(t, "")
	ctx, cancel := context.WithTimeout(open(t), galleryDeadline)
	defer cancel()
	shown := `document.querySelector("tbody figure img").naturalWidth + "x" + document.querySelector("tbody figure img").naturalHeight + " " + document.querySelector("tbody figure img").src`
	if err := chromedp.Do(ctx, chromedp.Navigate(site), chromedp.WaitReady(`body[data-pending="0"]`)); err != nil {
		t.Fatal(err)
	}
	before, err := chromedp.Run(ctx, chromedp.Evaluate[string](shown))
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for deadline := time.Now().Add(startDeadline); !strings.HasPrefix(said, "Replaced in ") && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		click := `(() => { const b = document.querySelector("button.replace"); if (b.textContent === "Replace" && !b.disabled) b.click(); return b.textContent; })()`
		if said, err = chromedp.Run(ctx, chromedp.Evaluate[string](click)); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.HasPrefix(said, "Replaced in ") {
		t.Fatalf("the button says %q", said)
	}
	t.Log(said)
	if err := chromedp.Do(ctx, chromedp.WaitReady(`body[data-pending="0"]`)); err != nil {
		t.Fatal(err)
	}
	after, err := chromedp.Run(ctx, chromedp.Evaluate[string](shown))
	if err != nil || after == before {
		t.Errorf("the page shows %s as before, %v", after, err)
	}
}

// TestGalleryIsForWideScreensAndPhones looks at six presets of photos with long names, one of
// them damaged, as a person does.
func TestGalleryIsForWideScreensAndPhones(t *testing.T) {
	for _, front := range []string{"", "edge"} {
		t.Run("FRONT="+front, func(t *testing.T) { isForScreens(t, front) })
	}
}

func isForScreens(t *testing.T, front string) {
	for name, fields := range map[string]string{"STRIP": "width=500,height=100,fit=cover", "LARGE": "width=900", "SMART": "width=200,height=200,fit=cover,gravity=smart"} {
		t.Setenv("PRESET_"+name, fields)
	}
	photos := t.TempDir()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 1000, 700)), nil); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if err := os.WriteFile(filepath.Join(photos, fmt.Sprintf("a-photo-with_a.long name-%d.jpg", i)), picture.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(photos, "damaged.jpg"), picture.Bytes()[:50], 0o600); err != nil {
		t.Fatal(err)
	}
	site := run(t, front, "-photos", photos)
	ctx, cancel := context.WithTimeout(open(t), galleryDeadline)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1600, 900), chromedp.Navigate(site), chromedp.WaitReady(`body[data-pending="0"]`)); err != nil {
		t.Fatal(err)
	}
	holds := func(what, expression string) {
		t.Helper()
		if said, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression)); err != nil || said != "yes" {
			t.Errorf("%s: %s, %v", what, said, err)
		}
	}
	holds("the name of a photo breaks between words", `(() => {
		const name = document.querySelector("tbody th a"), broken = [];
		for (const text of [...name.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE)) {
			const range = document.createRange();
			range.selectNodeContents(text);
			if (range.getClientRects().length > 1) broken.push(text.data);
		}
		return name.getClientRects().length > 1 && broken.length === 0 ? "yes" : JSON.stringify([name.getClientRects().length, broken]);
	})()`)
	holds("names and headings stay in sight", `(() => {
		scrollTo(5000, 900);
		const heading = document.querySelector("thead th:last-child").getBoundingClientRect();
		const row = document.elementFromPoint(50, 500).closest("th[scope=row]");
		return scrollX > 50 && scrollY > 500 && heading.top === 0 && row && row.getBoundingClientRect().left === 0 ? "yes" : JSON.stringify([scrollX, scrollY, heading, row && row.textContent]);
	})()`)
	holds("the reason of an error", `(() => {
		const reason = [...document.querySelectorAll("tbody > tr")].find((r) => r.textContent.includes("damaged.jpg")).querySelector("figcaption");
		return /^source_(damaged|unsupported)\n(the photo is damaged|no image, or of a format that is not read)$/.test(reason.innerText) ? "yes" : reason.innerText;
	})()`)
	holds("the time of a render is the server's", `(() => {
		const sums = ["lease;dur=3.9, queue;dur=0.1, invoke;dur=20, fetch;dur=2.3, render;dur=10.1", "fetch;dur=1, render;dur=2.5", ""].map(rendering);
		return String(sums) === "24,3.5,NaN" ? "yes" : String(sums);
	})()`)
	holds("a preview at its own size", `(() => {
		const picture = document.querySelector("figure img");
		picture.click();
		const dialog = document.getElementById("own-size"), shown = dialog.querySelector("img");
		const width = shown.getBoundingClientRect().width * devicePixelRatio, name = shown.alt;
		dialog.querySelector("[data-step='1']").click();
		const next = shown.alt;
		dialog.querySelector("[data-step='0']").click();
		return width === picture.naturalWidth && name !== next && !dialog.open ? "yes" : JSON.stringify([width, picture.naturalWidth, name, next]);
	})()`)
	holds("one preset has a crop that the photo decided, and it is outlined", `(() => {
		const buttons = [...document.querySelectorAll("#photos > tr:first-child figcaption button")];
		const figure = buttons[0].closest("figure");
		buttons[0].click();
		const whole = figure.querySelector(".whole").getBoundingClientRect(), part = figure.querySelector(".whole span").getBoundingClientRect();
		const gone = figure.querySelector("a").offsetWidth === 0;
		const said = [buttons.length, whole.width / whole.height, part.width / whole.width, part.height / whole.height, (part.left - whole.left) / whole.width];
		const want = [1, 10 / 7, 0.7, 1, 0.15];
		return gone && whole.width > 100 && said.every((n, i) => Math.abs(n - want[i]) < 0.02) ? "yes" : JSON.stringify([said, gone, whole]);
	})()`)
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector(".whole img").naturalWidth === 1000`)); err != nil {
		t.Errorf("the photo behind the crop is not shown: %v", err)
	}
	holds("the preview is back", `(() => {
		const button = document.querySelector("figcaption button"), figure = button.closest("figure");
		button.click();
		return figure.querySelector("a").offsetWidth > 0 && figure.querySelector(".whole").offsetWidth === 0 ? "yes" : figure.innerHTML;
	})()`)
	holds("a preset less", `(() => {
		document.querySelectorAll("#chooser input")[1].click();
		const gone = document.querySelectorAll("#photos > tr:first-child > td")[1];
		const boxes = document.querySelectorAll("#chooser input").length;
		return gone.offsetWidth === 0 && boxes >= 6 && !location.hash.includes("card") && location.hash.includes("hero") ? "yes" : [gone.offsetWidth, boxes, location.hash].join();
	})()`)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844), chromedp.Reload(), chromedp.WaitReady(`body[data-pending="0"]`)); err != nil {
		t.Fatal(err)
	}
	holds("a phone has no scrolling to the side, and the names in sight", `(() => {
		scrollTo(0, scrollY + document.querySelector("#photos > tr > td:nth-child(4)").getBoundingClientRect().top);
		const name = document.querySelector("tbody th").getBoundingClientRect(), preset = document.querySelector("#photos > tr > td:nth-child(4) p").getBoundingClientRect();
		const wide = document.documentElement.scrollWidth;
		const cards = [...document.querySelectorAll("#photos > tr > td:nth-child(3)")].filter((c) => c.offsetWidth > 0).length;
		return wide <= 390 && name.top === 0 && Math.abs(preset.top - name.bottom) < 1 && cards === 0 ? "yes" : JSON.stringify([wide, name, preset, cards]);
	})()`)
}

// run starts the system on a free port, with arguments and a state of its own, and returns
// the address of its page once it is announced.
func run(t *testing.T, front string, arguments ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	command := exec.Command(filepath.Join(root, ".bin", "local"), "-front", front, "-port", strconv.Itoa(port), "-state", t.TempDir())
	command.Args = append(command.Args, arguments...)
	command.Dir, command.Stdout, command.Stderr = root, &output, &output
	if err := command.Start(); err != nil {
		t.Fatalf("%v: run make build", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	t.Cleanup(func() {
		command.Process.Signal(syscall.SIGTERM)
		err := <-ended
		if err != nil || t.Failed() {
			t.Errorf("the system ended with %v, having said\n%s", err, &output)
		}
	})
	site := fmt.Sprintf("http://localhost:%d/", port)
	for deadline := time.Now().Add(startDeadline); ; time.Sleep(50 * time.Millisecond) {
		response, err := http.Get(site)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return site
			}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatal("the system did not start")
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer: %v", site, err)
		}
	}
}

// open starts a browser that asks nobody but the page for anything.
func open(t *testing.T) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("headless", "new"),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(t.TempDir()),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // as root Chromium has none and refuses to start
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	browser, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("no Chromium: %v", err)
	}
	return browser
}
