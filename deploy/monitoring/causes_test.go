package monitoring

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sys/unix"

	"prew"
	"prew/deploy/local/gameday"
	"prew/deploy/local/stack"
	"prew/nginx"
)

// TestEachAlertFiresByItsCause breaks four real systems, in the ways that the alerts are for, and
// sees them fire in a real Prometheus, for which time goes sixty times faster.
func TestEachAlertFiresByItsCause(t *testing.T) {
	rules := fasterRules(t)
	parts := []struct {
		name      string
		renderers int
		do        func(*testing.T, *broken)
		*broken
	}{
		{"Redis and gateways", 2, redisAndGateways, nil},
		{"a crowd and the function", 2, crowdAndFunction, nil},
		{"S3", 16, slowAndGone, nil}, // so many that some slow renders end in each second
		{"processes, files, disk and nginx", 2, allElse, nil},
	}
	for i := range parts { // all before any is broken, which keeps the machine busy
		t.Setenv("PREW_INVOKES", strconv.Itoa(parts[i].renderers/gateways))
		parts[i].broken = start(t, parts[i].renderers, rules)
	}
	var breaking sync.WaitGroup
	for _, part := range parts {
		breaking.Go(func() { t.Run(part.name, func(t *testing.T) { part.do(t, part.broken) }) })
	}
	breaking.Wait()
	fired := map[string]bool{}
	for _, part := range parts {
		for _, name := range part.fired {
			fired[name] = true
		}
	}
	alerts, err := readAlerts()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		if !fired[a.Alert] {
			t.Errorf("%s fires by no cause here", a.Alert)
		}
	}
}

// gateways is how many each system has.
const gateways = 2

func redisAndGateways(t *testing.T, b *broken) {
	b.begin(t, "redis-down")
	b.put(t, "a.png") // nobody can be told of it
	b.fires(t, "PrewRedisDistrusted", "PrewRendersWithoutLease", "PrewPhotosKeepPreviews")
	again, err := stack.StartRedisAt(b.System.Redis.Addr, b.State)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Stop)
	b.begin(t, "redis-full")
	b.fires(t, "PrewRedisRefuses")
	b.begin(t, "gateway-down")
	b.fires(t, "PrewGatewayGone")
	b.System.Kill(b.System.Gateways[0].Process)
	b.fires(t, "PrewGatewaysGone", "PrewNginxFailing")
}

func crowdAndFunction(t *testing.T, b *broken) {
	b.begin(t, "flood")
	b.fires(t, "PrewRefusing", "PrewQueueLong", "PrewInvokesAtLimit")
	b.begin(t, "function-throttled")
	b.fires(t, "PrewThrottled")
}

func slowAndGone(t *testing.T, b *broken) {
	b.begin(t, gameday.S3Slow)
	b.fires(t, "PrewRendersSlow")
	b.begin(t, "s3-down")
	b.fires(t, "PrewS3Errors", "PrewFailing")
}

// allElse has processes of the function that never live long, and beside them a gateway whose
// function panics and whom many clients wait for, with an nginx for whose cache the disk is too
// small, until that is gone.
func allElse(t *testing.T, b *broken) {
	ctx, cancel := context.WithCancel(t.Context())
	var renewing sync.WaitGroup
	defer renewing.Wait()
	defer cancel()
	renewing.Go(func() {
		for ctx.Err() == nil {
			if err := b.System.Emulator.Renew(); err != nil {
				t.Error(err)
			}
			select {
			case <-time.After(300 * time.Millisecond): // as long as some renders
			case <-ctx.Done():
			}
		}
	})
	purges, listen := freeAddr(t), freeAddr(t)
	gateway := panicking(t, b.System, purges)
	front, err := stack.StartNginxWith(stack.Beside{Purges: purges}, filepath.Join(t.TempDir(), "nginx"), nginx.Site{
		Listen: listen, Gateways: []string{gateway.Addr},
		Previews: stack.StoreAt(b.System.S3.Addr, stack.Bucket), CacheSize: "8000000g",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(front.Stop)
	beside := &broken{Day: &gameday.Day{System: &stack.Stack{Nginx: front, Gateways: []*stack.Gateway{gateway}}, State: t.TempDir(), Rules: b.Rules, Every: b.Every}}
	if beside.prometheus, err = beside.Watch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(beside.prometheus.Stop)
	awaitScrape(t, beside.prometheus)
	ask := func(ctx context.Context, path string) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+gateway.Addr+path, nil)
		if err != nil {
			t.Error(err)
			return
		}
		if response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request); err == nil {
			response.Body.Close()
		}
	}
	b.put(t, "panics.png")
	b.put(t, "hangs.png")
	ask(ctx, "/prew/thumb/panics.png")
	beside.fires(t, "PrewPanics", "PrewCacheDiskFull", "PrewNginxDiskFull")
	front.Stop()
	b.put(t, "a.png") // the gateway that hears of it tells the others
	beside.fires(t, "PrewPurgesNotInNginx", "PrewNginxesGone", "PrewNginxGone")
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", gateway.PID()))
	if err != nil {
		t.Fatal(err)
	}
	const clients = 100
	files := uint64(len(open)+clients) * 10 / 9
	if err := unix.Prlimit(gateway.PID(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: files}, nil); err != nil {
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	defer waiting.Wait()
	defer cancel()
	for range clients {
		waiting.Go(func() {
			for ctx.Err() == nil {
				ask(ctx, "/prew/thumb/hangs.png")
			}
		})
	}
	beside.fires(t, "PrewFilesRunOut")
	b.fires(t, "PrewColdStarts")
	b.fired = append(b.fired, beside.fired...)
}

// panicking starts a gateway beside those of a system whose function panics, as nobody knows a
// photo for which the real one does, or never answers. It tells an nginx of purges.
func panicking(t *testing.T, system *stack.Stack, purges string) *stack.Gateway {
	t.Helper()
	end := make(chan struct{})
	function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request prew.RenderRequest
		if err := json.NewDecoder(r.Body).Decode(&request); err == nil && strings.Contains(request.SrcKey, "hangs") {
			<-end
		}
		json.NewEncoder(w).Encode(prew.RenderResult{Error: &prew.RenderError{Code: prew.RenderPanic, Message: "panic"}})
	}))
	t.Cleanup(function.Close)
	t.Cleanup(func() { close(end) })
	metrics := freeAddr(t)
	gateway, err := stack.StartGateway(t.TempDir(), "gateway", append(system.S3.Env(), "PREW_REDIS="+system.Redis.Addr, "PREW_BUCKET="+stack.Bucket,
		"PREW_FUNCTION=panics", "AWS_ENDPOINT_URL_LAMBDA="+function.URL, "PREW_METRICS_LISTEN="+metrics, "PREW_NGINX=http://"+purges))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Kill)
	gateway.Metrics = metrics
	return gateway
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// awaitScrape returns when Prometheus has been at all of its targets, so that it sees what counts
// from then on.
func awaitScrape(t *testing.T, p *stack.Prometheus) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		seen, err := p.Range(t.Context(), "min(up) > 0", time.Now(), time.Now(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) > 0 {
			return
		}
	}
	t.Fatal("Prometheus has not been at all of its targets within a minute")
}

// broken is a system with visitors that something happens to.
type broken struct {
	*gameday.Day
	prometheus *stack.Prometheus
	fired      []string // alerts
}

// start starts a system in which any fault may begin, with visitors.
func start(t *testing.T, renderers int, rules string) *broken {
	t.Helper()
	slow, err := gameday.Find(gameday.S3Slow)
	if err != nil {
		t.Fatal(err)
	}
	b := &broken{Day: &gameday.Day{Fault: slow, State: t.TempDir(), Renderers: renderers, NewEvery: 400 * time.Millisecond, Rules: rules, Every: 15 * time.Second / faster}}
	config := stack.Config{Dir: b.State, Listen: freeAddr(t), Renderers: renderers, Gateways: gateways, Events: true}
	b.Configure(&config)
	if b.System, err = stack.Start(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.System.Stop)
	b.put(t, "a.png")
	presets, err := stack.Presets()
	if err != nil {
		t.Fatal(err)
	}
	b.Presets = presets.Names()
	for _, preset := range b.Presets {
		b.Shown = append(b.Shown, prew.Ref{Preset: preset, Key: "a.png"}.Path())
	}
	if b.prometheus, err = b.Watch(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.prometheus.Stop)
	ctx, leave := context.WithCancel(t.Context())
	var visiting sync.WaitGroup
	visiting.Go(func() { b.Visit(ctx) })
	t.Cleanup(func() {
		leave()
		visiting.Wait()
	})
	return b
}

// put puts a photo into S3, in the place of the one that is there.
func (b *broken) put(t *testing.T, key string) {
	t.Helper()
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	bucket := stack.Bucket
	_, err := b.System.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: aws.String(prew.DefaultSourcePrefix + key), Body: bytes.NewReader(photo.Bytes()), ContentType: aws.String("image/png"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// begin has a fault begin. It goes on until the test ends, or end is called and it needs somebody
// to go on.
func (b *broken) begin(t *testing.T, name string) (end func()) {
	t.Helper()
	fault, err := gameday.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var going sync.WaitGroup
	going.Go(func() {
		if err := fault.Begin(ctx, b.Day); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	end = func() {
		cancel()
		going.Wait()
	}
	t.Cleanup(end)
	return end
}

// fires waits until alerts have fired.
func (b *broken) fires(t *testing.T, names ...string) {
	t.Helper()
	began := time.Now()
	const patience = 3 * time.Minute // on an idle machine it takes a minute at most
	missing := slices.Clone(names)
	for ; time.Since(began) < patience; time.Sleep(100 * time.Millisecond) {
		alerts, err := b.prometheus.Alerts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		missing = slices.DeleteFunc(missing, func(name string) bool {
			fires := slices.ContainsFunc(alerts, func(a stack.Alert) bool { return a.Name == name && a.Firing })
			if fires {
				t.Logf("%s fires after %.1f s", name, time.Since(began).Seconds())
			}
			return fires
		})
		if len(missing) == 0 {
			b.fired = append(b.fired, names...)
			return
		}
	}
	t.Errorf("after %v %v have not fired", patience, missing)
}

// fasterRules is a file with the rules of alerts.yaml in which a minute is a second.
func fasterRules(t *testing.T) (file string) {
	t.Helper()
	durations := regexp.MustCompile(`(\n +for: |\[)([0-9]+)([mh])`)
	text := durations.ReplaceAllStringFunc(string(alertsFile), func(said string) string {
		parts := durations.FindStringSubmatch(said)
		unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour}[parts[3]]
		var n int
		if _, err := fmt.Sscan(parts[2], &n); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s%ds", parts[1], int((time.Duration(n) * unit / faster).Seconds()))
	})
	file = filepath.Join(t.TempDir(), "alerts.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// faster is how much faster time goes for the rules: a minute of theirs is a second.
const faster = 60
