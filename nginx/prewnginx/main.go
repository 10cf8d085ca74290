// Prewnginx runs nginx in front of prew: it reads the environment, writes nginx's
// configuration and becomes nginx. Where CloudFront is in nginx's place it writes the
// CloudFront Function.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"

	"prew"
	"prew/nginx"
	"prew/nginx/cloudfront"
	"prew/prewmanager/flags"
)

// commandLine has every command, flag and variable.
type commandLine struct {
	Serve  serve   `cmd:"" help:"Write the configuration and become nginx, in the foreground; SIGTERM ends it at once, SIGQUIT when every client has its answer, SIGHUP reads certificates anew, SIGUSR1 opens access.log anew once it was moved away."`
	Write  write   `cmd:"" help:"Write the configuration only and print its file."`
	Check  check   `cmd:"" help:"Write the configuration to a folder that goes again, and have nginx test it."`
	Health health  `cmd:"" help:"Exit with 0 if nginx answers and with 1 if not; for container checks."`
	Beside besides `cmd:"" hidden:""`

	CloudFront cloudFront `cmd:"" name:"cloudfront" help:"Print the CloudFront Function of an edition without servers, for both of its events: it holds nginx's rules for paths, variants and aliases."`
}

// addresses has the settings that say what an address means and who may see it, the same for
// nginx and for CloudFront.
type addresses struct {
	prew.Places `embed:""`

	Presets string `placeholder:"FILE" help:"Presets of the gateways, in place of the built-in presets.yaml; PRESET_<NAME> variables apply to either. Those that have formats are negotiated here, and of those that not everybody may see the gateways are asked first."`

	PhotoAccess prew.Access `default:"open" help:"Who may see photos, as the gateways have it: open, signed, token or closed."`
	TokenCookie string      `default:"prew" help:"Cookie that may hold a token, as the gateways have it."`
}

// site has the settings of nginx, the same for every command that writes its configuration.
// nginx.Site checks their values.
type site struct {
	Listen string `env:"PREW_NGINX_LISTEN" default:"*:8080" help:"Address to answer on."`

	addresses `embed:""`

	Private  bool     `help:"Nothing in S3 is public: ask the gateways for everything."`
	Gateways []string `default:"127.0.0.1:8081" help:"Gateways, host:port,host:port."`
	Resolver []string `placeholder:"ADDRESS" help:"DNS servers to ask for the names of the endpoints; by default those of /etc/resolv.conf."`
	CAFile   string   `name:"ca-file" env:"PREW_CA_FILE" placeholder:"FILE" help:"Certificates to trust an endpoint by; by default those that the system trusts."`

	TLSListen      string   `name:"tls-listen" env:"PREW_TLS_LISTEN" placeholder:"ADDRESS" help:"Address to answer on over TLS, as *:8443."`
	TLSCertificate string   `name:"tls-certificate" env:"PREW_TLS_CERTIFICATE" placeholder:"FILE" help:"PEM file with its certificate and those that it needs."`
	TLSKey         string   `name:"tls-key" env:"PREW_TLS_KEY" placeholder:"FILE" help:"PEM file with its key."`
	HTTPSRedirect  string   `name:"https-redirect" env:"PREW_HTTPS_REDIRECT" placeholder:"HOST" help:"Send who comes over plain HTTP to https, to this host; 1: to the host that was asked for, whichever that is."`
	HSTS           int      `name:"hsts" env:"PREW_HSTS" default:"0" placeholder:"SECONDS" help:"How long browsers shall use https alone for this host, once they came over https (Strict-Transport-Security)."`
	RealIPFrom     []string `name:"real-ip-from" env:"PREW_REAL_IP_FROM" placeholder:"NETWORK" help:"Addresses or networks of the balancers in front, which are believed who the client is (X-Forwarded-For) and how it came (X-Forwarded-Proto)."`

	PhotoCacheControl string `default:"public, max-age=86400" help:"Cache-Control of photos that have none of their own in S3."`

	ProtectedCacheControl string `default:"private" help:"Cache-Control of what not everybody may see, photos and previews."`

	AllowOrigin []string `placeholder:"ORIGIN" help:"Origins whose pages may read pictures and not only show them, as https://www.example.org,https://example.org; *: all."`

	ErrorPictures flags.Switch `default:"on" help:"Whether a failure of nginx's own is answered with a picture. A browser takes one for a success: with off there is no body, and <img onerror> fires."`

	MissesPerSecond int    `default:"50" help:"Most requests of a client in a second that neither the cache nor S3 can answer, after 100 at once; beyond, 429. 0: no limit."`
	CacheSize       string `default:"2g" help:"Most that the cache takes on the disk."`
	AccessLog       string `env:"PREW_NGINX_ACCESS_LOG" placeholder:"stdout" help:"Where the log of requests goes: stdout, where that is a file or a pipe, or the socket of a syslog, as unix:/dev/log; by default access.log in the folder."`

	CountedAt string `kong:"-"` // no flag: serve sets it
}

// nginxSite returns the site that the flags describe, and all mistakes that hide a part of
// it. Relative paths of files start at the folder in which prewnginx was started.
func (s site) nginxSite() (nginx.Site, error) {
	var errs []error
	absolute := func(file string) string {
		if file == "" {
			return ""
		}
		path, err := filepath.Abs(file)
		errs = append(errs, err)
		return path
	}
	presets, err := prew.ReadUnmarked(s.Presets, os.Environ())
	errs = append(errs, err)
	return nginx.Site{
		Presets:               presets,
		PhotoAccess:           s.PhotoAccess,
		TokenCookie:           s.TokenCookie,
		ProtectedCacheControl: s.ProtectedCacheControl,
		Listen:                s.Listen,
		TLS:                   nginx.TLS{Listen: s.TLSListen, Certificate: absolute(s.TLSCertificate), Key: absolute(s.TLSKey)},
		Previews:              s.Places.Previews(),
		Photos:                s.Places.Photos(),
		Private:               s.Private,
		Gateways:              s.Gateways,
		Resolvers:             s.Resolver,
		CAFile:                absolute(s.CAFile),
		HTTPSRedirect:         redirect(s.HTTPSRedirect),
		HSTS:                  s.HSTS,
		RealIPFrom:            s.RealIPFrom,
		AllowOrigin:           s.AllowOrigin,
		PhotoCacheControl:     s.PhotoCacheControl,
		NoErrorPictures:       !bool(s.ErrorPictures),
		MissesPerSecond:       s.MissesPerSecond,
		CacheSize:             s.CacheSize,
		AccessLog:             s.AccessLog,
		CountedAt:             s.CountedAt,
	}, errors.Join(errs...)
}

// redirect returns the host of PREW_HTTPS_REDIRECT as nginx.Site spells it: a word that
// other switches take for on or off is 1 or nothing.
func redirect(host string) string {
	switch host {
	case "true", "yes":
		return "1"
	case "false", "no", "0":
		return ""
	}
	return host
}

// writeTo writes the configuration below dir and returns the file to start nginx with.
// Where there are mistakes, those in wrong or others, all are the error and nothing is
// written.
func (s site) writeTo(dir string, wrong flags.Errors) (string, error) {
	site, err := s.nginxSite()
	if err != nil {
		wrong = append(wrong, err)
	}
	if err := site.Check(dir); err != nil {
		wrong = append(wrong, err)
	}
	if len(wrong) > 0 {
		return "", wrong
	}
	return site.Write(dir)
}

// command returns nginx's command line for a configuration. nginx writes its errors to
// standard error, even before it has read the configuration.
func command(dir, conf string) []string {
	return []string{"nginx", "-e", "stderr", "-p", dir, "-c", conf}
}

// folder is the folder of the configuration and the cache.
type folder struct {
	Dir string `env:"PREW_NGINX_DIR" default:"/var/cache/prewnginx" help:"Folder for the configuration and the cache: all that is ever written to."`
}

type serve struct {
	folder `embed:""`
	site   `embed:""`

	MetricsListen string `env:"PREW_NGINX_METRICS_LISTEN" placeholder:"ADDRESS" help:"Address to serve metrics on, in Prometheus's format; if left out there are none."`
	PurgeListen   string `env:"PREW_NGINX_PURGE_LISTEN" default:"127.0.0.1:8083" placeholder:"ADDRESS" help:"Address on which the gateway says what was purged, which nobody else shall reach; off: what was purged is served for up to ten minutes more."`
}

func (s serve) Run(wrong flags.Errors) error {
	program, err := nginx.Program()
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		return err
	}
	if err := raiseOpenFiles(); err != nil {
		wrong = append(wrong, err)
	}
	var beside beside
	if s.MetricsListen != "" {
		if err := beside.listenForMetrics(s.MetricsListen); err != nil {
			wrong = append(wrong, fmt.Errorf("PREW_NGINX_METRICS_LISTEN: %w", err))
		} else {
			s.CountedAt = beside.lines.Addr()
		}
	}
	if s.PurgeListen != "off" {
		if beside.purges, err = listen(s.PurgeListen); err != nil {
			wrong = append(wrong, fmt.Errorf("PREW_NGINX_PURGE_LISTEN: %w", err))
		}
	}
	site, err := s.nginxSite()
	if err == nil && site.Check(dir) == nil {
		if err := site.CheckDisk(dir); err != nil {
			wrong = append(wrong, err)
		}
	}
	conf, err := s.writeTo(dir, wrong)
	if err != nil {
		return err
	}
	if err := beside.start(dir, site, s.Presets); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, command(dir, conf), nginxEnviron(os.LookupEnv)))
}

// nginxEnviron is the environment that nginx gets: what the system's libraries may need.
// The configuration has all the rest. Above all nginx gets no credentials: a container of
// ECS has the path of its task's role in its environment, which is all that asking for
// keys needs.
func nginxEnviron(lookup func(string) (string, bool)) (environ []string) {
	for _, name := range []string{"PATH", "TZ", "LD_LIBRARY_PATH", "OPENSSL_CONF"} {
		if value, ok := lookup(name); ok {
			environ = append(environ, name+"="+value)
		}
	}
	return environ
}

// raiseOpenFiles raises this process's limit of open files to what nginx's workers need,
// if it is lower. nginx itself would go on with a lower one, and fail under load.
func raiseOpenFiles() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if limit.Max >= nginx.OpenFiles {
		return nil // nginx raises the soft limit by itself
	}
	raised := syscall.Rlimit{Cur: nginx.OpenFiles, Max: nginx.OpenFiles}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil {
		return fmt.Errorf("at most %d open files (ulimit -Hn), expected %d: every client takes up to five (LimitNOFILE of a systemd unit, --ulimit nofile of a container)", limit.Max, nginx.OpenFiles)
	}
	return nil
}

type write struct {
	folder `embed:""`
	site   `embed:""`
}

func (w write) Run(k *kong.Kong, wrong flags.Errors) error {
	conf, err := w.writeTo(w.Dir, wrong)
	if err == nil {
		fmt.Fprintln(k.Stdout, conf)
	}
	return err
}

type check struct {
	site `embed:""`
}

func (c check) Run(wrong flags.Errors) (err error) {
	program, err := nginx.Program()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "prewnginx")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	conf, err := c.writeTo(dir, wrong)
	if err != nil {
		return err
	}
	test := exec.Command(program, append(command(dir, conf)[1:], "-t")...)
	test.Stdout, test.Stderr = os.Stdout, os.Stderr
	if err := test.Run(); err != nil {
		return fmt.Errorf("%s -t: %w", program, err)
	}
	return nil
}

// cloudFront has no more settings than the function knows: CloudFront's own are its stack's.
type cloudFront struct {
	addresses `embed:""`
}

func (c cloudFront) Run(k *kong.Kong, wrong flags.Errors) error {
	presets, err := prew.ReadUnmarked(c.Presets, os.Environ())
	if err != nil {
		wrong = append(wrong, err)
	}
	if c.Places.Bucket == "" { // or photos would seem to be in another one
		wrong = append(wrong, errors.New("PREW_BUCKET is not set, expected the bucket of the previews"))
	}
	function, err := cloudfront.Function(presets, c.Places.Previews(), c.Places.Photos(), c.PhotoAccess, c.TokenCookie)
	if err != nil {
		wrong = append(wrong, err)
	}
	if len(wrong) > 0 {
		return wrong
	}
	_, err = k.Stdout.Write(function)
	return err
}

func main() {
	parser := kong.Must(new(commandLine),
		kong.Name("prewnginx"),
		kong.Description("Runs nginx in front of prew."),
		kong.DefaultEnvars("PREW"),
		kong.ShortUsageOnError(),
	)
	wrong := append(flags.Unreadable(parser.Model), prew.UnknownVariables(os.Environ())...)
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := command.Run(wrong); err != nil {
		fmt.Fprintln(os.Stderr, "prewnginx:", err)
		os.Exit(1)
	}
}
