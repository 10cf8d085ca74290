package stack

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"prew"
	"prew/deploy/local/emulator"
	"prew/deploy/local/process"
	"prew/lambda/store"
	"prew/nginx"
)

const (
	// Bucket is the bucket that holds the photos and their previews.
	Bucket = "prew"
	// Function is what gateways call the function.
	Function = "prew"
	// FunctionMemory is what the function is configured with on Lambda too, in MB:
	// with 1769 Lambda gives one whole CPU.
	FunctionMemory = 1769
)

// Config says what a stack consists of.
type Config struct {
	Dir       string // holds its data, logs and configuration
	Front     string // Edge, or empty: nginx and gateways
	Listen    string // host:port of nginx or of the edge
	Renderers int    // processes of the function
	Gateways  int    // none at the edge
	Gallery   string // folder that is served at /; empty: none
	Private   bool   // nothing in S3 is public; at the edge that is always so

	Prefix, SourcePrefix *string // folders of previews and photos; nil: the usual ones

	NoErrorPictures bool // failures are answered without a body

	// Between starts what stands between the S3 server at a host:port and all that ask it, and
	// returns its host:port. Nil: nothing does.
	Between func(addr string) (string, error)

	Buckets []string // more of them, which nobody may read without signing
	Events  bool     // the S3 server's notifications are passed on to the first gateway, or to the function

	// Fill puts into the bucket what it shall hold, before anybody can ask for it, and returns
	// how many photos it has written. Nil: nothing.
	Fill func(context.Context, store.Bucket) (written int, err error)
	// Progress hears of each part as it is ready. Nil: nobody does.
	Progress func(part string, took time.Duration)
}

// Stack is the whole system, running. At the edge it has neither Redis, gateways nor nginx, and
// otherwise no Front.
type Stack struct {
	Redis    *Redis
	S3       *S3
	Emulator *emulator.Emulator
	Gateways []*Gateway
	Nginx    *Nginx
	Front    *Front

	dir      string
	places   prew.Places
	site     nginx.Site // what nginx has
	environ  []string   // of gateways
	events   *Events
	secret   string   // of the gateway's listener for events
	retired  sync.Map // processes that were stopped while the rest goes on
	failed   chan error
	stopping chan struct{}
	once     sync.Once
	stops    []func() // in the order of the starts
}

// Start starts Redis, the S3 server with its bucket, the function, the gateways
// and nginx, each when the one before is ready; at the edge the S3 server, the function
// and the stand-in for CloudFront. What has been started is stopped again when one fails
// or ctx is done.
func Start(ctx context.Context, c Config) (_ *Stack, err error) {
	s := &Stack{failed: make(chan error, 1), stopping: make(chan struct{})}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	s.dir = dir
	places := prew.Places{Prefix: c.Prefix, SourcePrefix: c.SourcePrefix}
	s.places = places
	folders := []string{"PREW_PREFIX=" + places.Previews().Prefix, "PREW_SOURCE_PREFIX=" + places.Photos().Prefix}
	bootstrap, err := Program("bootstrap")
	if err != nil {
		return nil, err
	}
	part := func(name string, start func() error) {
		if err != nil {
			return
		}
		if err = ctx.Err(); err != nil {
			return
		}
		began := time.Now()
		if err = start(); err == nil && c.Progress != nil {
			c.Progress(name, time.Since(began))
		}
	}
	if c.Front != Edge {
		part("Redis", func() (err error) {
			if s.Redis, err = StartRedis(dir); err == nil {
				s.keep(s.Redis.Process)
			}
			return err
		})
	}
	part("S3", func() (err error) {
		var webhooks []string
		if c.Events {
			if s.events, err = StartEvents(places.Previews().Prefix); err != nil {
				return err
			}
			s.stops, webhooks = append(s.stops, s.events.Stop), []string{s.events.URL}
		}
		if s.S3, err = StartS3Telling(dir, webhooks...); err != nil {
			return err
		}
		s.keep(s.S3.Process)
		if c.Between != nil {
			if s.S3.Addr, err = c.Between(s.S3.Addr); err != nil {
				return err
			}
		}
		for _, name := range c.Buckets {
			if err := s.S3.CreatePrivateBucket(ctx, name); err != nil {
				return err
			}
		}
		if c.Private || c.Front == Edge {
			return s.S3.CreatePrivateBucket(ctx, Bucket)
		}
		return s.S3.CreateBucket(ctx, Bucket, places.Photos().Prefix, places.Previews().Prefix)
	})
	written := 0
	if err == nil && c.Fill != nil {
		written, err = c.Fill(ctx, store.Bucket{Client: s.S3.Client(), Name: Bucket})
	}
	part(fmt.Sprintf("Lambda, %d of its processes", c.Renderers), func() (err error) {
		s.Emulator, err = emulator.Start(emulator.Config{
			Bootstrap: bootstrap,
			Processes: c.Renderers,
			Timeout:   prew.FunctionTimeout,
			Memory:    FunctionMemory,
			Env:       slices.Concat(c.function(), s.S3.Env(), folders),
			Dir:       dir,
		})
		if err == nil {
			s.stops = append(s.stops, s.Emulator.Stop)
		}
		return err
	})
	if c.Front == Edge {
		part("CloudFront", func() (err error) {
			if s.Front, err = StartFront(filepath.Join(dir, "cloudfront"), c.Listen, s.S3, s.Emulator.FunctionURL, places, c.Gallery); err == nil {
				s.keep(s.Front.Process)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		s.passOn(ctx, s.Emulator.URL+"/2015-03-31/functions/"+Function+"/invocations", "", written)
		return s, nil
	}
	purges := ""
	if err == nil {
		purges, err = FreeAddr()
	}
	s.site = nginx.Site{Listen: c.Listen, Gallery: c.Gallery, Private: c.Private, NoErrorPictures: c.NoErrorPictures,
		// As the gateways have them from this program's environment.
		PhotoAccess: prew.Access(os.Getenv("PREW_PHOTO_ACCESS")), TokenCookie: os.Getenv("PREW_TOKEN_COOKIE"), ProtectedCacheControl: os.Getenv("PREW_PROTECTED_CACHE_CONTROL")}
	if err == nil {
		s.environ = append(append(s.S3.Env(), folders...),
			"PREW_REDIS="+s.Redis.Addr, "PREW_BUCKET="+Bucket,
			"PREW_FUNCTION="+Function, "AWS_ENDPOINT_URL_LAMBDA="+s.Emulator.URL,
			"PREW_NGINX=http://"+purges,
			fmt.Sprintf("PREW_PRIVATE=%t", c.Private), fmt.Sprintf("PREW_ERROR_PICTURES=%t", !c.NoErrorPictures))
	}
	hears := ""
	s.secret = rand.Text()
	for i := range c.Gateways {
		part(gatewayName(i), func() error {
			gateway, at, err := s.startGateway(i)
			if err != nil {
				return err
			}
			s.keep(gateway.Process)
			s.Gateways = append(s.Gateways, gateway)
			s.site.Gateways = append(s.site.Gateways, gateway.Addr)
			hears = cmp.Or(hears, at)
			return nil
		})
	}
	part("nginx", func() (err error) {
		s.site.Previews, s.site.Photos = StoreAt(s.S3.Addr, Bucket), StoreAt(s.S3.Addr, Bucket)
		s.site.Previews.Prefix, s.site.Photos.Prefix = places.Previews().Prefix, places.Photos().Prefix
		if s.site.Presets, err = Presets(); err != nil {
			return err
		}
		if s.Nginx, err = StartNginxWith(Beside{Purges: purges}, filepath.Join(dir, "nginx"), s.site); err == nil {
			s.keep(s.Nginx.Process)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.passOn(ctx, hears, s.secret, written)
	return s, nil
}

func gatewayName(i int) string { return fmt.Sprintf("gateway-%d", i+1) }

// startGateway starts the gateway with a number. The first one hears of photos that change, at
// a URL, if there is anything to hear.
func (s *Stack) startGateway(i int) (gateway *Gateway, hears string, err error) {
	metrics, err := FreeAddr()
	if err != nil {
		return nil, "", err
	}
	env := append(slices.Clone(s.environ), "PREW_METRICS_LISTEN="+metrics)
	if s.events != nil && i == 0 {
		addr, err := FreeAddr()
		if err != nil {
			return nil, "", err
		}
		hears = "http://" + addr + "/events"
		env = append(env, "PREW_EVENTS_LISTEN="+addr, "PREW_EVENTS_SECRET="+s.secret)
	}
	if gateway, err = StartGateway(s.dir, gatewayName(i), env); err != nil {
		return nil, "", err
	}
	gateway.Metrics = metrics
	return gateway, hears, nil
}

// passOn has the notifications of photos passed on, if that is to be, and waits for those of
// the photos that were written. It comes last: an nginx that is not there yet would be told a
// second later, of previews made meanwhile.
func (s *Stack) passOn(ctx context.Context, url, secret string, written int) {
	if s.events != nil {
		s.events.PassOn(url, secret)
		s.events.Await(ctx, written)
	}
}

// function is the environment of the function: at the edge that of edge.yaml, unless this
// program's says otherwise.
func (c Config) function() []string {
	if c.Front != Edge {
		return settings()
	}
	return slices.Concat([]string{"PREW_STREAM=1"}, settings(),
		[]string{"PREW_BUCKET=" + Bucket, "PREW_FRONT=cloudfront", fmt.Sprintf("PREW_ERROR_PICTURES=%t", !c.NoErrorPictures)})
}

// Addr is the host:port that clients ask: of nginx or, at the edge, of the stand-in for
// CloudFront.
func (s *Stack) Addr() string {
	if s.Front != nil {
		return s.Front.Addr
	}
	return s.Nginx.Addr
}

// keep has a process stopped with the stack, and its death before that noticed.
// The function's processes are not kept: the emulator replaces one that dies.
func (s *Stack) keep(p *process.Process) {
	s.stops = append(s.stops, p.Stop)
	go func() {
		<-p.Done()
		select {
		case <-s.stopping:
			return
		default:
		}
		if _, retired := s.retired.Load(p); retired {
			return
		}
		select {
		case s.failed <- p.Err():
		default: // one death is reason enough
		}
	}()
}

// Kill ends a part at once, and Failed does not give that.
func (s *Stack) Kill(p *process.Process) {
	s.retired.Store(p, true)
	p.Kill()
}

// Failed gives the error of the first part that ended by itself, with the end of
// its log.
func (s *Stack) Failed() <-chan error { return s.failed }

// Stop stops every part, the last started first, so that none sees one it needs
// disappear. It may be called again.
func (s *Stack) Stop() {
	s.once.Do(func() {
		close(s.stopping)
		for i := len(s.stops) - 1; i >= 0; i-- {
			s.stops[i]()
		}
	})
}
