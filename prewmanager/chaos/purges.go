package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

// secret is that of the gateways' /events.
const secret = "a secret for chaos"

// purge is a photo that was replaced, and the purge that followed.
type purge struct {
	key     string // of the preview
	version int    // of the photo that took the other's place
	done    time.Time
}

// seen is an answer to a client of a preview whose photo has versions.
type seen struct {
	reply
	version int // of the photo that it was made from
}

// purgedIsGone is promise 14.
func purgedIsGone(ctx context.Context, t *trial) error {
	p := [...]struct{ previews, purges, clients, kills, restarts int }{
		tiny:  {8, 8, 12, 1, 1},
		small: {40, 60, 60, 8, 4},
		full:  {60, 200, 200, 20, 10},
	}[t.size]
	const (
		atOnce = 4 // purges
		soon   = time.Second
	)
	t.sized("%d photos replaced and purged, %d kills, %d restarts of redis, %d clients, 3 gateways behind nginx", p.purges, p.kills, p.restarts, p.clients)
	s, err := t.system(ctx, setup{gateways: 3, shortest: shortest, longest: longest, events: true})
	if err != nil {
		return err
	}
	failed := time.Now()
	if t.size != tiny { // so that queries about purges that fail have data
		if err := s.failPurges(ctx); err != nil {
			return err
		}
		defer func() { pause(ctx, time.Until(failed.Add(toldFor))) }()
	}
	keys := t.fresh(p.previews)
	for _, key := range keys {
		s.renderer.replace(key)
		// versitygw removes a folder that has become empty, perhaps while somebody stores the
		// next object in it. So no folder becomes empty.
		_, err := s.s3.Client().PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(stack.Bucket), Key: aws.String(path.Join(path.Dir(key), "stays")), Body: strings.NewReader("x")})
		if err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hits := make(chan bool, p.kills+p.restarts)
	faults, random := make(chan error, 1), fork(t.random)
	go func() {
		err := s.suffer(ctx, random, p.kills, p.restarts, hits)
		if err != nil {
			cancel(err)
		}
		faults <- err
	}()

	asking, stop := context.WithCancel(ctx)
	defer stop()
	answers := make([][]seen, p.clients)
	var clients sync.WaitGroup
	for i := range answers {
		random := fork(t.random)
		clients.Go(func() { answers[i] = s.look(asking, random, keys) })
	}
	var (
		mu     sync.Mutex // protects the rest
		purges []purge
		begun  int
		busy   = map[string]bool{} // keys that are being purged
	)
	var purging sync.WaitGroup
	for range atOnce {
		random := fork(t.random)
		purging.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				n, key := begun, keys[random.IntN(len(keys))]
				if n == p.purges {
					mu.Unlock()
					return
				}
				free := !busy[key]
				if free {
					begun += 2
					busy[key] = true
				}
				mu.Unlock()
				if !free {
					continue
				}
				for twice := range 2 { // the second time while clients wait for the preview
					pause(ctx, time.Duration(twice)*shortest/2)
					version := s.renderer.replace(key)
					done := s.purge(ctx, random, n/2+twice, key)
					mu.Lock()
					if done {
						purges = append(purges, purge{key, version, time.Now()})
					}
					t.say("%d of %d purges", len(purges), p.purges)
					mu.Unlock()
				}
				mu.Lock()
				delete(busy, key)
				mu.Unlock()
			}
		})
	}
	purging.Wait()
	if err := <-faults; err != nil {
		return err
	}
	pause(ctx, 2*soon) // what is too old by then is found
	stop()
	clients.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}

	var all tally
	doomed, late, kills := 0, 0, 0
	var oldest time.Duration
	for _, of := range answers {
		for _, r := range of {
			all.add([]reply{r.reply})
			if r.status == http.StatusBadGateway && s.doomed(r.reply) {
				doomed++
			}
			if !r.good() {
				continue
			}
			by := time.Duration(0)
			for _, after := range purges {
				if after.key == r.key && after.version > r.version {
					by = max(by, r.began.Sub(after.done))
				}
			}
			oldest = max(oldest, by)
			if by > soon {
				late++
			}
		}
	}
	for len(hits) > 0 {
		if <-hits {
			kills++
		}
	}
	left := 0
	for _, key := range keys {
		version, found, err := s.versionStored(ctx, key)
		if err != nil {
			return err
		}
		if found && version < s.renderer.version(key) {
			left++
		}
	}
	remade, err := s.sum(ctx, remadeCounter)
	if err != nil {
		return err
	}
	lost, err := s.sum(ctx, lostCounter)
	if err != nil {
		return err
	}
	t.check(fmt.Sprintf("%d purges and %d kills", p.purges, p.kills), len(purges) == p.purges && kills == p.kills, "%d, %d", len(purges), kills)
	t.check("no answer older than a purge that was done by more than "+brief(soon), oldest <= t.limit(soon), "%d of %d, at most %s older", late, all.all, brief(oldest))
	t.none("previews of replaced photos left in S3", left)
	t.answered(all)
	t.check("every request answered with a preview, unless a kill cut it off or every gateway was down meanwhile",
		all.good+all.cut+doomed == all.all, "%d of %d, %d cut off, %d without a gateway, others: %s; %.0f renders made again, %.0f messages lost and read later",
		all.good, all.all, all.cut, doomed, all.others(), remade, lost)
	return nil
}

var (
	remadeCounter = regexp.MustCompile(`(?m)^prew_renders_purged_total (\d+)$`)
	lostCounter   = regexp.MustCompile(`(?m)^prew_purges_total\{how="lost"\} (\d+)$`)
)

// purge purges the previews of a preview's photo, by an event that is posted to a gateway or by
// the command, in turn, until one of them is done.
func (s *system) purge(ctx context.Context, random *rand.Rand, n int, key string) (done bool) {
	for ; ctx.Err() == nil; n++ {
		if n%2 == 0 {
			done = s.post(ctx, s.gateways[random.IntN(len(s.gateways))].events, key)
		} else {
			done = s.command(ctx, key)
		}
		if done {
			return true
		}
		pause(ctx, 100*time.Millisecond)
	}
	return false
}

// post posts that a photo was written.
func (s *system) post(ctx context.Context, addr, key string) (done bool) {
	body := fmt.Sprintf(`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}]}`, stack.Bucket, photoOf(key))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/events", strings.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Authorization", "Bearer "+secret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// command runs prewmanager purge for a photo.
func (s *system) command(ctx context.Context, key string) (done bool) {
	c := exec.CommandContext(ctx, s.program, "purge", "--photo", strings.TrimPrefix(photoOf(key), "photo/"))
	c.Env = append(append(os.Environ(), s.s3.Env()...), "PREW_BUCKET="+stack.Bucket, "PREW_REDIS="+s.redis.Addr, "XDG_STATE_HOME="+filepath.Join(s.dir, "state"))
	return c.Run() == nil
}

// refusedByNginx is in the key of a photo whose purge no nginx carries out.
const refusedByNginx = "refused-by-nginx"

// toldFor is longer than a gateway asks an nginx that does not carry out a purge.
const toldFor = 47 * time.Second

// passOn stands between gateways and nginx's purge listener, and refuses some purges.
func (s *system) passOn(w http.ResponseWriter, r *http.Request) {
	message, err := io.ReadAll(r.Body)
	status := http.StatusInternalServerError
	if err == nil && !bytes.Contains(message, []byte(refusedByNginx)) {
		if status, err = s.tellNginx(r.Context(), message); err != nil {
			status = http.StatusBadGateway
		}
	}
	w.WriteHeader(status)
}

// tellNginx has nginx purge its cache.
func (s *system) tellNginx(ctx context.Context, message []byte) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.purges+"/purge", bytes.NewReader(message))
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// failPurges has a photo change of which nobody can be told, without Redis, and makes a purge
// that nginx can't carry out, because its cache can't be read, and one that it refuses. What
// gateways count of the last is there after toldFor.
func (s *system) failPurges(ctx context.Context) error {
	s.killRedis()
	done := s.post(ctx, s.gateways[0].events, "prew/thumb/untold.jpg")
	if err := s.restartRedis(); err != nil {
		return err
	}
	if done {
		return errors.New("a photo has changed without Redis, and its previews are said to be gone")
	}
	if !s.command(ctx, "prew/thumb/"+refusedByNginx+".jpg") {
		return errors.New("a purge that nginx refuses is not done")
	}
	cache := filepath.Join(s.dir, "nginx", "cache")
	if err := os.Rename(cache, cache+".away"); err != nil {
		return err
	}
	err := os.WriteFile(cache, nil, 0o600)
	if err == nil {
		var status int
		if status, err = s.tellNginx(ctx, []byte(`{"presets":["thumb"]}`)); err == nil && status != http.StatusInternalServerError {
			err = fmt.Errorf("nginx answers %d to a purge without its cache", status)
		}
	}
	return errors.Join(err, os.Remove(cache), os.Rename(cache+".away", cache))
}

// look asks for the previews, in a random order, until ctx ends.
func (s *system) look(ctx context.Context, random *rand.Rand, keys []string) (answers []seen) {
	transport := &http.Transport{DialContext: (&net.Dialer{}).DialContext, MaxIdleConnsPerHost: 1, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	for ctx.Err() == nil {
		key := keys[random.IntN(len(keys))]
		path, accept := negotiated(key)
		request, err := http.NewRequest(http.MethodGet, "http://"+s.front+"/"+path, nil)
		if err != nil {
			return answers
		}
		request.Header.Set("Accept", accept)
		a := seen{reply: reply{key: key, began: time.Now()}}
		response, err := client.Do(request)
		a.err = err
		if err == nil {
			a.status, a.header = response.StatusCode, response.Header
			var body []byte
			if body, a.err = io.ReadAll(response.Body); a.err == nil && a.status == http.StatusOK {
				a.version, a.wrong = versionOf(key, body)
			}
			response.Body.Close()
		}
		a.took = time.Since(a.began)
		answers = append(answers, a)
		pause(ctx, time.Duration(random.Int64N(int64(40*time.Millisecond))))
	}
	return answers
}

// versionOf reads the version of the photo of a preview.
func versionOf(key string, body []byte) (version int, wrong bool) {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	_, err := fmt.Sscanf(strings.TrimPrefix(string(line), key), " %d", &version)
	return version, err != nil || !bytes.Equal(body, versioned(key, version))
}

// versioned is the preview of a photo of which there are versions.
func versioned(key string, version int) []byte {
	line, size := fmt.Sprintf("%s %d\n", key, version), previewSize(key)
	return []byte(strings.Repeat(line, size/len(line)+1)[:size])
}

// versionStored is the version of the photo of the preview that is in S3.
func (s *system) versionStored(ctx context.Context, key string) (version int, found bool, err error) {
	list, err := s.s3.Client().ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket), Prefix: &key})
	if err != nil || len(list.Contents) == 0 {
		return 0, false, err
	}
	object, err := s.s3.Client().GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(stack.Bucket), Key: &key})
	if err != nil {
		return 0, false, err
	}
	defer object.Body.Close()
	body, err := io.ReadAll(object.Body)
	if err != nil {
		return 0, false, err
	}
	version, wrong := versionOf(key, body)
	if wrong {
		return 0, false, fmt.Errorf("%s: what is stored is not its preview", key)
	}
	return version, true, nil
}

// replace puts another photo in the place of a preview's, and returns its version.
func (f *renderer) replace(key string) (version int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.versions[key]++
	return f.versions[key]
}

// version is that of a preview's photo; 0 if the photo is always the same.
func (f *renderer) version(key string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.versions[key]
}
