//go:build images

package images

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"debug/elf"
	"encoding/pem"
	"image/jpeg"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

func TestMain(m *testing.M) {
	here.do("rm", "--all") // containers of a run that was cut short
	status := m.Run()
	here.do("rm", "--all")
	here.do("rmi", "--prune") // images that the next build does not use
	os.Exit(status)
}

// machines has for each architecture the machine that programs are compiled for, and
// Debian's names of its folder of libraries and its linker.
var machines = map[string]struct {
	elf            elf.Machine
	folder, linker string
}{
	"amd64": {elf.EM_X86_64, "x86_64-linux-gnu", "lib64/ld-linux-x86-64.so.2"},
	"arm64": {elf.EM_AARCH64, "aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1"},
}

// files are all files of an image; <lib> is the architecture's folder.
var files = map[string][]string{
	"gateway": {
		"bootstrap",
		"etc/group", "etc/passwd", "etc/ssl/certs/ca-certificates.crt",
		"prewmanager",
	},
	"nginx": {
		"etc/group", "etc/passwd", "etc/ssl/certs/ca-certificates.crt",
		"lib/<lib>/libc.so.6", "lib/<lib>/libcrypt.so.1", "lib/<lib>/libz.so.1", "<linker>",
		"prewnginx",
		"usr/lib/<lib>/libcrypto.so.3", "usr/lib/<lib>/libpcre2-8.so.0", "usr/lib/<lib>/libssl.so.3",
		"usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so", "usr/lib/nginx/modules/ngx_stream_module.so",
		"usr/sbin/nginx",
	},
}

// TestImagesHoldWhatRunsAndNothingElse goes through every file: there is no shell, no
// package manager, no tool. Each program is for the architecture and finds its
// libraries.
func TestImagesHoldWhatRunsAndNothingElse(t *testing.T) {
	for architecture, machine := range machines {
		images, err := built[architecture]()
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range files {
			var expected []string
			for _, file := range want {
				expected = append(expected, strings.NewReplacer("<lib>", machine.folder, "<linker>", machine.linker).Replace(file))
			}
			slices.Sort(expected)
			root := os.DirFS(images[name].Root)
			var found, needed []string
			var size int64
			err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				found = append(found, file)
				info, err := entry.Info()
				if err != nil {
					return err
				}
				size += info.Size()
				if info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0 || info.Mode()&0o022 != 0 {
					t.Errorf("%s %s: %s has mode %v, expected nothing to be gained or changed by it", architecture, name, file, info.Mode())
				}
				if strings.HasPrefix(file, "etc/") {
					return nil
				}
				program, err := elf.Open(filepath.Join(images[name].Root, file))
				if err != nil {
					t.Errorf("%s %s: %s: %v", architecture, name, file, err)
					return nil
				}
				defer program.Close()
				if program.Machine != machine.elf {
					t.Errorf("%s %s: %s is for %v", architecture, name, file, program.Machine)
				}
				libraries, err := program.ImportedLibraries()
				needed = append(needed, libraries...)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(found)
			if !slices.Equal(found, expected) {
				t.Errorf("%s %s holds\n  %s\nwant\n  %s", architecture, name, strings.Join(found, "\n  "), strings.Join(expected, "\n  "))
			}
			for _, library := range needed {
				if !slices.ContainsFunc(found, func(file string) bool { return filepath.Base(file) == library }) {
					t.Errorf("%s %s: %s is needed and missing", architecture, name, library)
				}
			}
			if user := images[name].Config.User; user != "65532:65532" {
				t.Errorf("%s %s: user %q, want one by number that is not root", architecture, name, user)
			}
			for place := range images[name].Config.Volumes {
				folder, err := os.Stat(filepath.Join(images[name].Root, place))
				if err != nil {
					t.Fatal(err)
				}
				if owner := folder.Sys().(*syscall.Stat_t); owner.Uid != 65532 || owner.Gid != 65532 {
					t.Errorf("%s %s: %s belongs to %d:%d, and so will the volume", architecture, name, place, owner.Uid, owner.Gid)
				}
			}
			t.Logf("%s %s: %.1f MB in %d files", architecture, name, float64(size)/1e6, len(found))
		}
	}
}

// TestImagesServe runs both images with the settings of compose.yaml, with a Redis and
// a private S3 server, and without Lambda.
func TestImagesServe(t *testing.T) {
	images, err := built[runtime.GOARCH]()
	if err != nil {
		t.Fatal(err)
	}
	redis, err := stack.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Stop)
	store := startStore(t)
	store.setUp(t, settings(t, "credentials.env"))
	photo := photo(t)
	if _, err := store.root(t).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("prew"), Key: aws.String("photo/a b.jpg"), Body: bytes.NewReader(photo), ContentType: aws.String("image/jpeg"),
	}); err != nil {
		t.Fatal(err)
	}

	behind, front, metrics := address(t), address(t), address(t)
	common := settings(t, "prew.env")
	common["PREW_S3_ENDPOINT"] = "http://" + store.addr
	gateway := start(t, images["gateway"], "gateway", "", slices.Concat(
		environment(common), environment(settings(t, "credentials.env")),
		[]string{"PREW_LISTEN=" + behind, "PREW_REDIS=" + redis.Addr})...)
	volume := t.TempDir()
	startNginx := func() *container {
		return start(t, images["nginx"], "nginx", volume, slices.Concat(environment(common),
			[]string{"PREW_NGINX_LISTEN=" + front, "PREW_GATEWAYS=" + behind, "PREW_NGINX_METRICS_LISTEN=" + metrics, "PREW_NGINX_PURGE_LISTEN=" + address(t)})...)
	}
	nginx := startNginx()
	for _, c := range []*container{gateway, nginx} {
		runsWithoutPrivileges(t, c)
	}

	if answer, body := get(t, "http://"+front+"/photo/a%20b.jpg"); answer.StatusCode != 200 || !bytes.Equal(body, photo) {
		t.Errorf("the photo answers %s with %d bytes, want 200 with %d", answer.Status, len(body), len(photo))
	}
	const preview = "/prew/thumb/a%20b.jpg"
	for _, how := range []string{"rendered", "cached"} {
		answer, body := get(t, "http://"+front+preview)
		if _, err := jpeg.DecodeConfig(bytes.NewReader(body)); err != nil || answer.StatusCode != 200 || answer.Header.Get("X-Prew") != how {
			t.Errorf("the preview answers %s, %q: %v, want 200, %q", answer.Status, answer.Header.Get("X-Prew"), err, how)
		}
	}
	waitFor(t, "the request in what nginx prints", func() bool {
		printed, err := os.ReadFile(nginx.Log)
		return err == nil && bytes.Contains(printed, []byte(`"uri":"`+preview+`"`))
	})

	waitFor(t, "the hit in what is counted beside nginx", func() bool {
		_, body := get(t, "http://"+metrics+"/metrics")
		return bytes.Contains(body, []byte(`prew_nginx_requests_total{code="",outcome="cached",route="preview"} 1`+"\n"))
	})

	// nginx is stopped as by Docker, and then as by a power cut: each time the next one
	// starts on the volume as it was left, and has the preview.
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		if want := "SIGQUIT"; nginx.image.Config.StopSignal != want {
			t.Errorf("stop signal %q, want %q", nginx.image.Config.StopSignal, want)
		}
		if err := nginx.signal(signal); err != nil {
			t.Fatal(err)
		}
		ends(t, nginx)
		if printed, err := os.ReadFile(nginx.Log); err != nil || bytes.Contains(printed, []byte("[alert]")) || bytes.Contains(printed, []byte("[emerg]")) {
			t.Errorf("nginx lacks something: %v\n%s", err, printed)
		}
		nginx = startNginx()
		if answer, _ := get(t, "http://"+front+preview); answer.Header.Get("X-Prew") != "cached" {
			t.Errorf("after %v the preview answers %s, %q, want %q", signal, answer.Status, answer.Header.Get("X-Prew"), "cached")
		}
	}
	if err := gateway.signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ends(t, gateway)
	if err := nginx.health(t.Context()); err != nil {
		t.Errorf("without a gateway nginx says it is not well, and would be started again for nothing: %v", err)
	}
}

// TestImageOfNginxHasAllForTLS starts the image with AWS's S3, which it reaches by the
// stream module, a resolver and the certificates of authorities, and with its own
// certificate.
func TestImageOfNginxHasAllForTLS(t *testing.T) {
	images, err := built[runtime.GOARCH]()
	if err != nil {
		t.Fatal(err)
	}
	volume, secure := t.TempDir(), address(t)
	trusted := certificate(t, volume)
	start(t, images["nginx"], "nginx", volume, "PREW_BUCKET=my-photos", "AWS_REGION=eu-west-1",
		"PREW_NGINX_LISTEN="+address(t), "PREW_TLS_LISTEN="+secure, "PREW_NGINX_PURGE_LISTEN="+address(t),
		"PREW_TLS_CERTIFICATE=/var/cache/prewnginx/certificate.pem", "PREW_TLS_KEY=/var/cache/prewnginx/key.pem")
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	response, err := client.Get("https://" + secure + "/health")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("/health over TLS answers %s", response.Status)
	}
}

// certificate puts a certificate for 127.0.0.1 and its key into a folder, and returns
// a pool that trusts it.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	public, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	for _, file := range []struct {
		name  string
		block pem.Block
	}{{"certificate.pem", pem.Block{Type: "CERTIFICATE", Bytes: public}}, {"key.pem", pem.Block{Type: "PRIVATE KEY", Bytes: secret}}} {
		text := pem.EncodeToMemory(&file.block)
		pool.AppendCertsFromPEM(text) // adds nothing for the key
		if err := os.WriteFile(filepath.Join(dir, file.name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

// TestImagesSayWhatIsMissing starts each image without a required setting: the log
// names it.
func TestImagesSayWhatIsMissing(t *testing.T) {
	images, err := built[runtime.GOARCH]()
	if err != nil {
		t.Fatal(err)
	}
	for name, image := range images {
		_, err := tryStart(t, image, name, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "bucket") {
			t.Errorf("%s without a bucket: %v", name, err)
		}
	}
}

// runsWithoutPrivileges checks the rights of every process of a container in the
// kernel.
func runsWithoutPrivileges(t *testing.T, c *container) {
	t.Helper()
	for _, pid := range c.processes(t) {
		status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"\nUid:\t65532\t65532\t65532\t65532\n", "\nGid:\t65532\t65532\t65532\t65532\n",
			"\nGroups:\t \n", "\nNoNewPrivs:\t1\n", "\nCapEff:\t0000000000000000\n", "\nCapBnd:\t0000000000000000\n"} {
			if !strings.Contains(string(status), want) {
				t.Errorf("%s: process %d has no line %q in\n%s", c.name, pid, strings.TrimSpace(want), status)
			}
		}
		mounts, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "mounts"))
		if err != nil {
			t.Fatal(err)
		}
		for mount := range strings.Lines(string(mounts)) {
			fields := strings.Fields(mount)
			place, options := fields[1], fields[3]
			_, volume := c.image.Config.Volumes[place]
			if strings.HasPrefix(options, "rw") && !volume && !slices.Contains([]string{"/proc", "/dev"}, place) {
				t.Errorf("%s: %s can be written to", c.name, place)
			}
		}
	}
}

// ends waits for the end of a container that was stopped.
func ends(t *testing.T, c *container) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(10 * time.Second):
		t.Fatalf("%s does not end", c.name)
	}
}
