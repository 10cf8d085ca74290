package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"prew"
	"prew/deploy/local/stack"
	"prew/nginx"
)

// TestMain is the program itself where a test has started it so, or where that has
// started itself.
func TestMain(m *testing.M) {
	if os.Getenv("PREWNGINX_ITSELF") != "" || len(os.Args) > 1 && os.Args[1] == "beside" {
		main()
		return
	}
	os.Exit(m.Run())
}

// itself is this program as a command of its own: TestMain calls main.
func itself(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append([]string{"PREWNGINX_ITSELF=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(),
		"PREW_NGINX_PURGE_LISTEN=off"}, environ...) // its default is one port for all
	return cmd
}

// folderForAll is a folder that everybody may enter: started by root, nginx has
// workers of a user that may not enter a test's own.
func folderForAll(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// answering starts a server that answers with its name and the path it was asked
// for, and returns its host:port.
func answering(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, name+" "+r.RequestURI)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestServe(t *testing.T) {
	s3, source, gateway := answering(t, "s3"), answering(t, "source"), answering(t, "gateway")
	at := []string{"PREW_BUCKET=photos", "PREW_S3_ENDPOINT=http://" + s3, "PREW_S3_PATH_STYLE=1"}
	tests := []struct {
		name           string
		environ        []string
		photo, preview string
	}{
		{"one bucket", at, "s3 /photos/photo/a.jpg", "s3 /photos/prew/thumb/a.jpg"},
		{"the standard variable", []string{"PREW_BUCKET=photos", "AWS_ENDPOINT_URL_S3=http://" + s3, "PREW_S3_PATH_STYLE=1"}, "s3 /photos/photo/a.jpg", "s3 /photos/prew/thumb/a.jpg"},
		{"empty variables are not set", []string{"PREW_BUCKET=photos", "PREW_S3_ENDPOINT=", "AWS_ENDPOINT_URL_S3=http://" + s3, "PREW_S3_PATH_STYLE=1",
			"PREW_PRIVATE=", "PREW_MISSES_PER_SECOND=", "PREW_CACHE_SIZE=", "PREW_NGINX_ACCESS_LOG="}, "s3 /photos/photo/a.jpg", "s3 /photos/prew/thumb/a.jpg"},
		{"another bucket of photos", append(at, "PREW_SOURCE_BUCKET=originals"), "s3 /originals/photo/a.jpg", "s3 /photos/prew/thumb/a.jpg"},
		{"and another store", append(at, "PREW_SOURCE_BUCKET=originals", "PREW_SOURCE_ENDPOINT=http://"+source), "source /originals/photo/a.jpg", "s3 /photos/prew/thumb/a.jpg"},
		{"photos at the root", append(at, "PREW_SOURCE_PREFIX="), "s3 /photos/a.jpg", "s3 /photos/prew/thumb/a.jpg"},
		{"other folders", append(at, "PREW_SOURCE_PREFIX=2024/in", "PREW_PREFIX=small previews"), "s3 /photos/2024/in/a.jpg", "s3 /photos/small%20previews/thumb/a.jpg"},
		{"private at the roots", []string{"PREW_PRIVATE=1", "PREW_SOURCE_PREFIX=", "PREW_PREFIX="}, "gateway /photo/a.jpg", "gateway /prew/thumb/a.jpg"},
		{"private", []string{"PREW_PRIVATE=1"}, "gateway /photo/a.jpg", "gateway /prew/thumb/a.jpg"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			addr, err := stack.FreeAddr()
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(folderForAll(t), "made", "for it")
			cmd := itself(t, append(test.environ, "PREW_NGINX_DIR="+dir, "PREW_NGINX_LISTEN="+addr, "PREW_GATEWAYS=127.0.0.1:1,"+gateway), "serve")
			var log bytes.Buffer
			cmd.Stdout, cmd.Stderr = &log, &log
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			get := func(path string) (string, error) {
				response, err := http.Get("http://" + addr + path)
				if err != nil {
					return "", err
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				return string(body), err
			}
			for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
				if _, err := get("/health"); err == nil {
					break
				} else if time.Now().After(deadline) {
					cmd.Process.Kill()
					cmd.Wait()
					t.Fatalf("%v\n%s", err, log.String())
				}
			}
			for path, want := range map[string]string{"/photo/a.jpg": test.photo, "/prew/thumb/a.jpg": test.preview} {
				if got, err := get(path); err != nil || got != want {
					t.Errorf("%s: %q, %v, want %q", path, got, err, want)
				}
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v\n%s", err, log.String())
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
				t.Errorf("the folder has %v, %v", entries, err)
			}
		})
	}
}

// TestPresetsAreThoseOfTheGateways checks that nginx reads the same file and variables.
func TestPresetsAreThoseOfTheGateways(t *testing.T) {
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir := folderForAll(t)
	presets := filepath.Join(dir, "presets.yaml")
	if err := os.WriteFile(presets, []byte("wide: {width: 900}\ntall: {height: 900, formats: [webp]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := itself(t, []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + filepath.Join(dir, "d"), "PREW_NGINX_LISTEN=" + addr, "PREW_GATEWAYS=" + answering(t, "gateway"),
		"PREW_PRESETS=" + presets, "PRESET_WIDE=formats=png webp,dpr=2", "PRESET_WIDE__2X__PNG=quality=9"}, "serve")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if err := stack.Answers(t.Context(), "http://"+addr+"/health", func(status int) bool { return status == http.StatusOK }); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"/prew/wide/a.jpg": "gateway /prew/wide.png/a.jpg", "/prew/wide@2x/a.jpg": "gateway /prew/wide@2x.png/a.jpg",
		"/prew/tall/a.jpg": "gateway /prew/tall.webp/a.jpg", "/prew/tall@2x/a.jpg": "gateway /prew/tall@2x/a.jpg", "/prew/thumb/a.jpg": "gateway /prew/thumb/a.jpg",
	} {
		request, err := http.NewRequest(http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "image/webp,image/png")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != want {
			t.Errorf("%s: %q, %v, want %q", path, body, err, want)
		}
	}
}

// TestNginxGetsNoCredentials has a program of nginx's name print what it is started with.
func TestNginxGetsNoCredentials(t *testing.T) {
	real, err := nginx.Program()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script := "#!/bin/sh\nif [ \"$1\" = -V ]; then exec " + real + " -V; fi\nexec env\n"
	if err := os.WriteFile(filepath.Join(bin, "nginx"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := itself(t, []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + t.TempDir(), "TZ=UTC",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/secret", "AWS_SECRET_ACCESS_KEY=secret"}, "serve")
	cmd.Env = append(cmd.Env, "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "secret") || !strings.Contains(string(out), "TZ=UTC\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestAccessLogOnStdout: a file is opened for it there as anywhere.
func TestAccessLogOnStdout(t *testing.T) {
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir := folderForAll(t)
	out, err := os.Create(filepath.Join(dir, "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := itself(t, []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + dir, "PREW_NGINX_LISTEN=" + addr, "PREW_NGINX_ACCESS_LOG=stdout"}, "serve")
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	const line = `"uri":"/elsewhere"`
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if response, err := http.Get("http://" + addr + "/elsewhere"); err == nil {
			response.Body.Close()
		}
		text, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), line) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("standard output has %q, want a line with %s", text, line)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "access.log")); err == nil {
		t.Error("there is an access.log as well")
	}
}

// TestAccessLogIsRotated: whoever moves it away and sends SIGUSR1 to the process in
// nginx.pid gets a new one, and each request stands in one of the two.
func TestAccessLogIsRotated(t *testing.T) {
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir := folderForAll(t)
	log := filepath.Join(dir, "access.log")
	cmd := itself(t, []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + dir, "PREW_NGINX_LISTEN=" + addr}, "serve")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	// lines are those of the requests for /elsewhere in a file, which may not be
	// there yet.
	lines := func(file string) int {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return strings.Count(string(text), `"uri":"/elsewhere"`)
	}
	asked := 0
	askUntil := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
			if response, err := http.Get("http://" + addr + "/elsewhere"); err == nil {
				response.Body.Close()
				asked++
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d lines in access.log, %d in access.log.1", what, lines(log), lines(log+".1"))
			}
		}
	}
	askUntil("before", func() bool { return lines(log) > 0 })
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("sh", "-c", `kill -USR1 $(cat "$0/nginx.pid")`, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	askUntil("after", func() bool { return lines(log) > 0 })
	for deadline := time.Now().Add(10 * time.Second); lines(log)+lines(log+".1") != asked; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d lines in access.log and %d in access.log.1, want %d in both", lines(log), lines(log+".1"), asked)
		}
	}
}

// TestAccessLogToASyslog: under systemd standard output is a socket, which can't
// be opened as a file; the journal has one for syslog.
func TestAccessLogToASyslog(t *testing.T) {
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir := folderForAll(t)
	syslog, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: filepath.Join(dir, "log")})
	if err != nil {
		t.Fatal(err)
	}
	defer syslog.Close()
	if err := os.Chmod(filepath.Join(dir, "log"), 0o777); err != nil { // workers write
		t.Fatal(err)
	}
	cmd := itself(t, []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + dir, "PREW_NGINX_LISTEN=" + addr,
		"PREW_NGINX_ACCESS_LOG=unix:" + filepath.Join(dir, "log")}, "serve")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	go func() {
		for t.Context().Err() == nil {
			if response, err := http.Get("http://" + addr + "/elsewhere"); err == nil {
				response.Body.Close()
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	syslog.SetReadDeadline(time.Now().Add(10 * time.Second))
	line := make([]byte, 4096)
	n, err := syslog.Read(line)
	if err != nil || !strings.Contains(string(line[:n]), `prewnginx: {`) || !strings.Contains(string(line[:n]), `"uri":"/elsewhere"`) {
		t.Errorf("%q, %v", line[:n], err)
	}
}

func TestWritePrintsTheFile(t *testing.T) {
	dir := t.TempDir()
	out, err := itself(t, []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + dir}, "write").Output()
	if want := filepath.Join(dir, "conf", "site.conf") + "\n"; err != nil || string(out) != want {
		t.Fatalf("%q, %v, want %q", out, err, want)
	}
	if _, err := os.Stat(strings.TrimSpace(string(out))); err != nil {
		t.Error(err)
	}
}

// TestCloudFrontPrintsTheFunction checks that the function is for the presets and settings of
// the environment, and that mistakes are all named.
func TestCloudFrontPrintsTheFunction(t *testing.T) {
	out, err := itself(t, []string{"PREW_BUCKET=b", "PREW_PREFIX=small/", "PREW_SOURCE_PREFIX=", "PREW_PHOTO_ACCESS=token", "PREW_TOKEN_COOKIE=session",
		"PRESET_WIDE=width=900,aliases=/w/{key}"}, "cloudfront").Output()
	for _, want := range []string{"import cf from 'cloudfront';\n", `"/small/"`, `noPhotos = "small/"`, `photoAccess = "token"`, `"session"`, `"/w/ wide{"`, " thumb ", "function handler(event)"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, no %s in\n%s", err, want, out)
		}
	}
	out, err = itself(t, []string{"PREW_PREFIX=/", "PREW_TOKEN_COOKIE=a b", "PRESET_WIDE=width=x", "PREW_PHOTO_ACCESS=some", "PREW_COKIE=x"}, "cloudfront").CombinedOutput()
	for _, want := range []string{"PREW_BUCKET", "PREW_PREFIX", "PREW_TOKEN_COOKIE", "PRESET_WIDE", "PREW_PHOTO_ACCESS", "PREW_COKIE"} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, no %s in\n%s", err, want, out)
		}
	}
}

// TestCheckLeavesNothing also has nginx find what only it can know.
func TestCheckLeavesNothing(t *testing.T) {
	tests := []struct {
		environ []string
		want    string
		ok      bool
	}{
		{nil, "test is successful", true},
		{[]string{"PREW_REAL_IP_FROM=10.0.0.0/8", "PREW_HTTPS_REDIRECT=1", "PREW_MISSES_PER_SECOND=20", "PREW_CACHE_SIZE=500m"}, "test is successful", true},
		{[]string{"PREW_REAL_IP_FROM=10.0.0.0/8", "PREW_HTTPS_REDIRECT=www.example.org", "PREW_HSTS=31536000"}, "test is successful", true},
		{[]string{"PREW_HTTPS_REDIRECT=false"}, "test is successful", true},
		{[]string{"PREW_TLS_LISTEN=*:8443", "PREW_TLS_CERTIFICATE=none.pem", "PREW_TLS_KEY=none.pem"}, "none.pem", false},
	}
	for _, test := range tests {
		cmd := itself(t, append([]string{"PREW_BUCKET=photos", "AWS_REGION=eu-west-1", "PREW_NGINX_DIR=/dev/null"}, test.environ...), "check")
		temp := t.TempDir()
		cmd.Env = append(cmd.Env, "TMPDIR="+temp)
		out, err := cmd.CombinedOutput()
		if (err == nil) != test.ok || !strings.Contains(string(out), test.want) {
			t.Errorf("%v: %v: %s\nwant %s", test.environ, err, out, test.want)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%v: left %v, %v", test.environ, left, err)
		}
	}
}

// TestMistakesAreAllNamed at once by their variables, before anything is written.
func TestMistakesAreAllNamed(t *testing.T) {
	tests := []struct {
		environ []string
		want    string
	}{
		{nil, `prewnginx: the configuration has mistakes
  PREW_BUCKET is not set, expected letters, digits, . _ and -
  PREW_S3_REGION is not set, expected one of AWS's, or an endpoint
`},
		{[]string{"PREW_PRIVATE=1", "PREW_NGINX_LISTEN=8080"}, `prewnginx: PREW_NGINX_LISTEN: "8080", expected host:port
`},
		{[]string{"PREW_PRIVATE=1", "PREW_ERROR_PICTURES=maybe", "PREW_MISES_PER_SECOND=1", "PREW_REDIS=redis:6379"},
			`prewnginx: the configuration has mistakes
  PREW_ERROR_PICTURES: --error-pictures: "maybe", expected on or off
  PREW_MISES_PER_SECOND: unknown variable, the closest is PREW_MISSES_PER_SECOND
`},
		{[]string{"PREW_PRIVATE=1", "PREW_NGINX_LISTEN=8080", "PREW_PRESETS=none.yaml"}, `prewnginx: the configuration has mistakes
  PREW_PRESETS: open none.yaml: no such file or directory
  PREW_NGINX_LISTEN: "8080", expected host:port
`},
		{[]string{"PREW_PRIVATE=1", "PRESET_CARD=formats=jpg", "PRESET_CARD__PNG=quality=50"}, `prewnginx: the configuration has mistakes
  PRESET_CARD: preset card: formats: "jpg", expected one or more of jpeg, png, webp, avif, each once, the best first
  PRESET_CARD__PNG: preset card.png: no preset has this variant, expected formats and dpr of card to name it
`},
		{[]string{"PREW_PRIVATE=1", "PREW_MISSES_PER_SECOND=x"}, `prewnginx: PREW_MISSES_PER_SECOND: --misses-per-second: expected a valid 64 bit int but got "x"
`},
		{[]string{"PREW_PRIVATE=1", "PREW_NGINX_LISTEN=8080", "PREW_GATEWAYS=a:1,,b", "PREW_RESOLVER=10.0.0.2,dns", "PREW_REAL_IP_FROM=10.0.0.0/8,alb",
			"PREW_TLS_LISTEN=8443", "PREW_CACHE_SIZE=lots", "PREW_MISSES_PER_SECOND=-1", "PREW_NGINX_ACCESS_LOG=here", "PREW_CA_FILE=/$x"},
			`prewnginx: the configuration has mistakes
  PREW_NGINX_LISTEN: "8080", expected host:port
  PREW_TLS_LISTEN: "8443", expected host:port
  PREW_TLS_CERTIFICATE is not set, expected an absolute path without ", \ and $
  PREW_TLS_KEY is not set, expected an absolute path without ", \ and $
  PREW_GATEWAYS: "", expected host:port
  PREW_GATEWAYS: "b", expected host:port
  PREW_RESOLVER: "dns", expected the address of a DNS server, perhaps with a port; IPv6 in brackets
  PREW_CA_FILE: "/$x", expected an absolute path without ", \ and $
  PREW_REAL_IP_FROM: "alb", expected an address or a network, as 10.0.0.0/8
  PREW_MISSES_PER_SECOND: -1, expected 0 (no limit) to 100000
  PREW_NGINX_ACCESS_LOG: "here", expected stdout, or a socket as unix:/dev/log
  PREW_CACHE_SIZE: "lots", expected a number of bytes, or with k, m or g behind it
`},
		{[]string{"PREW_BUCKET=photos", "AWS_REGION=eu-west-1", "PREW_PHOTO_ACCESS=token", "PREW_TOKEN_COOKIE=a b", "PRESET_CARD=access=signed"},
			`prewnginx: the configuration has mistakes
  PREW_TOKEN_COOKIE: "a b", expected at most 64 letters, digits, _ and -
  PRESET_CARD: preset card: access: signed in a public bucket, expected PREW_PRIVATE=1
  PREW_PHOTO_ACCESS: token in a public bucket, expected PREW_PRIVATE=1
`},
		{[]string{"PREW_PRIVATE=maybe", "PREW_SOURCE_PATH_STYLE=7", "PREW_HTTPS_REDIRECT=1", "PREW_BUCKET=photos", "PREW_S3_ENDPOINT=s3.test"},
			`prewnginx: the configuration has mistakes
  PREW_SOURCE_PATH_STYLE: --source-path-style: bool value must be true, 1, yes, false, 0 or no but got "7"
  PREW_PRIVATE: --private: bool value must be true, 1, yes, false, 0 or no but got "maybe"
  PREW_S3_ENDPOINT: "s3.test", expected http://host:port or https://host:port
  PREW_HTTPS_REDIRECT: "1", expected PREW_TLS_LISTEN or PREW_REAL_IP_FROM beside it: nobody could come over https, and everybody would be sent in circles
`},
		{[]string{"PREW_BUCKET=photos", "AWS_REGION=eu-west-1", "PREW_SOURCE_BUCKET=$x", "PREW_SOURCE_ENDPOINT=s3.test"},
			`prewnginx: the configuration has mistakes
  PREW_SOURCE_BUCKET: "$x", expected letters, digits, . _ and -
  PREW_SOURCE_ENDPOINT: "s3.test", expected http://host:port or https://host:port
`},
		// What photos have from previews is one mistake.
		{[]string{"PREW_BUCKET=photos", "PREW_SOURCE_BUCKET=originals", "AWS_REGION=eu_west"},
			`prewnginx: PREW_S3_REGION: "eu_west", expected one of AWS's, or an endpoint
`},
		{[]string{"PREW_BUCKET=photos", "AWS_REGION=eu-west-1", "PREW_PREFIX=", "PREW_SOURCE_PREFIX=/x"},
			`prewnginx: the configuration has mistakes
  PREW_SOURCE_PREFIX: "/x/", expected none that starts with a slash
  PREW_PREFIX: "", expected a folder: the photos of PREW_SOURCE_PREFIX lie in the same bucket, photos
`},
		{[]string{"PREW_SOURCE_BUCKET=originals", "AWS_REGION=eu-west-1", "PREW_SOURCE_REGION=eu_west"},
			`prewnginx: the configuration has mistakes
  PREW_BUCKET is not set, expected letters, digits, . _ and -
  PREW_SOURCE_REGION: "eu_west", expected one of AWS's, or an endpoint
`},
	}
	for _, command := range []string{"serve", "write", "check"} {
		for _, test := range tests {
			dir := filepath.Join(t.TempDir(), "d")
			environ := test.environ
			if command != "check" {
				environ = append([]string{"PREW_NGINX_DIR=" + dir}, environ...)
			}
			out, err := itself(t, environ, command).CombinedOutput()
			if err == nil || string(out) != test.want {
				t.Errorf("%s with %v: %v: %s\nwant %s", command, test.environ, err, out, test.want)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Errorf("%s with %v: the folder was made", command, test.environ)
			}
		}
	}
}

// TestTooFewOpenFilesAreFound starts it where the system allows 1,024.
func TestTooFewOpenFilesAreFound(t *testing.T) {
	cmd := itself(t, []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + filepath.Join(t.TempDir(), "d"), "PREW_NGINX_LISTEN=8080"}, "serve")
	// As root it could raise the limit again.
	cmd.Args = append([]string{"sh", "-c", `ulimit -n 1024; if [ "$(id -u)" = 0 ]; then exec setpriv --bounding-set -sys_resource "$0" "$@"; fi; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = shell
	const want = `prewnginx: the configuration has mistakes
  at most 1024 open files (ulimit -Hn), expected 16384: every client takes up to five (LimitNOFILE of a systemd unit, --ulimit nofile of a container)
  PREW_NGINX_LISTEN: "8080", expected host:port
`
	if out, err := cmd.CombinedOutput(); err == nil || string(out) != want {
		t.Errorf("%v: %s\nwant %s", err, out, want)
	}
}

// TestFlagsHaveVariablesThatAreKnown holds the flags to the one list of variables.
func TestFlagsHaveVariablesThatAreKnown(t *testing.T) {
	var environ []string
	for _, command := range kong.Must(new(commandLine), kong.DefaultEnvars("PREW")).Model.Leaves(true) {
		for _, flag := range command.Flags {
			for _, name := range flag.Envs {
				environ = append(environ, name+"=x")
			}
		}
	}
	if unknown := prew.UnknownVariables(environ); len(environ) < 20 || len(unknown) > 0 {
		t.Errorf("%d variables, of which are unknown: %v", len(environ), unknown)
	}
}
