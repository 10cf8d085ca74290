package tools

import (
	"bytes"
	"context"
	"fmt"
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
var ofVariant = regexp.MustCompile(`^(@2x\s+[0-9.]+ [kM]?B\s*|(@2x)?\.webp\s+[0-9.]+ [kM]?B\s+[+−][0-9]+ %)$`)

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
		// Three of each of the presets thumb, card and hero, for ten samples.
		if len(variants) != 90 {
			t.Errorf("%s visit: %d variants, want 90", visit, len(variants))
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

// run starts the system on a free port, with a state of its own, and returns
// the address of its page once it is announced.
func run(t *testing.T, front string) string {
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
