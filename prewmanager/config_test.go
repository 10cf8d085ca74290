package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"prew"
)

func TestMistakesStopTheStart(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "own.yaml")
	if err := os.WriteFile(file, []byte("card:\n  widht: 640\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sound := []string{"PREW_BUCKET=b", "PREW_FUNCTION=f", "AWS_REGION=us-east-1", "PREW_LISTEN=127.0.0.1:0"} // the default port may be in use
	tests := []struct {
		name    string
		environ []string
		want    string
	}{
		{"nothing set", nil, "PREW_BUCKET is not set"},
		{"field", append(sound, "PREW_PRESETS="+file), file + ":2: preset card: widht: unknown field, expected one of width,"},
		{"no such file", append(sound, "PREW_PRESETS="+file+"x"), "PREW_PRESETS: open " + file + "x: no such file"},
		{"variable", append(sound, "PRESET_CARD=width=0"), `PRESET_CARD: preset card: width: "0", expected a whole number of pixels from 1 to 8192`},
		{"ladder", append(sound, "PREW_S3_TIMEOUT=28s"), "PREW_ANSWER_TIMEOUT: 30s, PREW_INVOKE_TIMEOUT: 27s, PREW_S3_TIMEOUT: 28s, expected each longer than the next"},
		{"duration", append(sound, "PREW_S3_TIMEOUT=soon"), "prewmanager: PREW_S3_TIMEOUT: --s3-timeout: expected duration"},
		{"log", append(sound, "PREW_LOG=xml"), `PREW_LOG: "xml", expected json or text`},
		{"collector", append(sound, "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318"), `OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318", expected a URL`},
		{"local ladder", append(sound, "PREW_FUNCTION=local", "PREW_INVOKE_TIMEOUT=25s"), "PREW_INVOKE_TIMEOUT: 25s, expected more than the 25s"},
		{"endpoint", append(sound, "PREW_SOURCE_ENDPOINT=r2.test"), `PREW_SOURCE_ENDPOINT: "r2.test", expected a URL`},
		{"redis", append(sound, "PREW_REDIS=http://x"), "PREW_REDIS: not a URL of Redis's, expected redis://host:port or host:port"},
		{"cluster", append(sound, "PREW_REDIS=redis+cluster://a.test:6379,b.test"), `PREW_REDIS: address 2 of 2 is not host:port`},
		{"sentinel", append(sound, "PREW_REDIS=redis+sentinel://a.test:26379"), `PREW_REDIS: no name follows the addresses, expected the one by which Sentinels know the primary`},
		{"redis's user", append(sound, "PREW_REDIS=rediss://demo.test:6379", "PREW_REDIS_IAM=demo"), "PREW_REDIS_IAM: PREW_REDIS has no TLS, no user, or a password too, expected rediss://user@host:port"},
		{"redis's name", append(sound, "PREW_REDIS=rediss://gateway@demo.test:6379", "PREW_REDIS_IAM=demo.test"), `PREW_REDIS_IAM: "demo.test", expected the name of a serverless cache or the id of a replication group`},
		{"prefix", append(sound, "PREW_PREFIX=/x"), `PREW_PREFIX: "/x/", expected none that starts with a slash`},
		{"no prefix in one bucket", append(sound, "PREW_PREFIX="), `PREW_PREFIX: "", expected a folder: the photos of PREW_SOURCE_PREFIX lie in the same bucket, b`},
		{"source", append(sound, "SOURCE_PEOPLE=prefix=x"), "SOURCE_PEOPLE: no bucket, expected bucket=<name>"},
		{"unknown source", append(sound, "PRESET_CARD=source=people"), `PRESET_CARD: preset card: source: "people" is unknown, expected SOURCE_PEOPLE to define it, or one of default`},
		{"collector without a host", append(sound, "OTEL_EXPORTER_OTLP_ENDPOINT=http://:4318"), `OTEL_EXPORTER_OTLP_ENDPOINT: "http://:4318", expected a URL`},
		{"endpoint that is no URL", append(sound, "PREW_S3_ENDPOINT=http://a b"), `PREW_S3_ENDPOINT: "http://a b", expected a URL`},
		{"queue without an end", append(sound, "PREW_QUEUE=9223372036854775807"), "PREW_QUEUE: 9223372036854775807, expected "},
		{"negative queue", append(sound, "PREW_QUEUE=-1"), "PREW_QUEUE: -1, expected "},
		{"no invocation", append(sound, "PREW_INVOKES=0"), "PREW_INVOKES: 0, "},
		{"region", []string{"PREW_BUCKET=b", "PREW_FUNCTION=f"}, "AWS_REGION is not set"},
		{"picture", append(sound, "PREW_ERROR_IMAGE="+file), "PREW_ERROR_IMAGE: " + file + " is text/plain; charset=utf-8, expected an image"},
		{"access in a public bucket", append(sound, "PRESET_CARD=access=token", "PREW_TOKEN_KEYS="+file), "PRESET_CARD: preset card: access: token in a public bucket, expected PREW_PRIVATE=1"},
		{"photos in a public bucket", append(sound, "PREW_PHOTO_ACCESS=signed", "PREW_SIGNING_KEYS=a-key-of-some-length"), "PREW_PHOTO_ACCESS: signed in a public bucket, expected PREW_PRIVATE=1"},
		{"access of photos", append(sound, "PREW_PHOTO_ACCESS=shut"), `PREW_PHOTO_ACCESS: --photo-access: "shut", expected one of open, signed, token, closed`},
		{"no signing keys", append(sound, "PREW_PRIVATE=1", "PREW_PHOTO_ACCESS=signed"), "PREW_SIGNING_KEYS is not set, expected the keys of signed addresses"},
		{"no token keys", append(sound, "PREW_PRIVATE=1", "PRESET_CARD=access=token"), "PREW_TOKEN_KEYS is not set, expected what tokens are verified by"},
		{"short signing key", append(sound, "PREW_SIGNING_KEYS=hunter2"), "PREW_SIGNING_KEYS: key 1 has 7 bytes, expected at least 16"},
		{"token keys that are none", append(sound, "PREW_TOKEN_KEYS="+file), "PREW_TOKEN_KEYS: " + file + ": neither PEM nor JSON, and as a secret it has 18 bytes, expected at least 32"},
		{"token keys in plain HTTP", append(sound, "PREW_TOKEN_KEYS=http://login.example/keys"), "PREW_TOKEN_KEYS: expected a file, or a URL as https://host/path"},
		{"cookie", append(sound, "PREW_TOKEN_COOKIE=a;b"), "PREW_TOKEN_COOKIE: expected the name of a cookie, such as prew"},
		{"port", append(sound, "PREW_LISTEN="+servers.Redis.Addr), "PREW_LISTEN: listen tcp " + servers.Redis.Addr + ": bind: address already in use"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := itself(t, test.environ, "serve").CombinedOutput()
			if err == nil || !strings.Contains(string(out), test.want) {
				t.Errorf("%v: %s\nwant %s", err, out, test.want)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	out, err := itself(t, []string{
		"PREW_INVOKES=many", "PREW_S3_TIMEOUT=soon", "PREW_BUKET=b", "PRESET_CARD=width=0", "PREW_REDIS=http://x", "PREW_LISTEN=" + servers.Redis.Addr,
		"PREW_NOT_FOUND_IMAGE=/nowhere.png", "PREW_ERROR_IMAGE=/nowhere.png",
	}, "serve").CombinedOutput()
	if err == nil {
		t.Error("it started")
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, want := range []string{
		"prewmanager: the configuration has mistakes",
		"  PREW_INVOKES: ", "  PREW_S3_TIMEOUT: ", "  PREW_BUKET: unknown variable, the closest is PREW_BUCKET", "  PREW_LISTEN: ", "  PREW_BUCKET is not set", "  PREW_FUNCTION is not set",
		"  PRESET_CARD: ", "  PREW_NOT_FOUND_IMAGE: ", "  PREW_ERROR_IMAGE: ", "  AWS_REGION is not set", "  PREW_REDIS: ",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("line %d: want %q in\n%s", i+1, want, out)
		}
	}
}

// TestTooFewOpenFilesAreFound starts it where the system allows 1,024.
func TestTooFewOpenFilesAreFound(t *testing.T) {
	cmd := itself(t, nil, "serve")
	cmd.Args = append([]string{"sh", "-c", `ulimit -n 1024 && exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = shell
	const want = "at most 1024 open files (ulimit -Hn), expected 4096"
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
		t.Errorf("%v: %s\nwant %s", err, out, want)
	}
}

func TestEmptyVariableIsNotSet(t *testing.T) {
	cmd, _, _ := serving(t, "PREW_FUNCTION=f", "PREW_PRIVATE=", "PREW_SOURCE_PATH_STYLE=", "PREW_INVOKES=", "PREW_S3_TIMEOUT=", "PREW_LOG=", "PREW_CACHE_CONTROL=")
	cmd.Process.Kill()
	cmd.Wait()
}

func TestQueueIsAMultipleOfWhatRunsAtATime(t *testing.T) {
	none, ten := 0, 10
	for _, test := range []struct {
		c    config
		want int
	}{
		{config{Function: "f", Invokes: 64}, 2048},
		{config{Function: "f", Invokes: 64, Renderers: 2}, 2048},
		{config{Function: "local", Invokes: 64, Renderers: 2}, 64},
		{config{Function: "f", Invokes: 900_000}, 1_000_000},
		{config{Function: "local", Renderers: 2, Queue: &ten}, 10},
		{config{Function: "f", Invokes: 64, Queue: &none}, 0},
	} {
		if got := test.c.queue(); got != test.want {
			t.Errorf("%+v: %d, want %d", test.c, got, test.want)
		}
	}
}

func TestTimeoutsFormALadder(t *testing.T) {
	for _, test := range []struct {
		answer, invoke, s3 time.Duration
		ok                 bool
	}{
		{30 * time.Second, 27 * time.Second, 8 * time.Second, true},
		{27 * time.Second, 27 * time.Second, 8 * time.Second, false},
		{30 * time.Second, 8 * time.Second, 8 * time.Second, false},
		{30 * time.Second, 27 * time.Second, 0, false},
		{34 * time.Second, 27 * time.Second, 8 * time.Second, true},
		{35 * time.Second, 27 * time.Second, 8 * time.Second, false}, // nginx would end first
		{time.Minute, 27 * time.Second, 8 * time.Second, false},
	} {
		err := config{
			Places: prew.Places{Bucket: "b"}, Function: "f", Invokes: 1, RendererMemory: 1,
			AnswerTimeout: test.answer, InvokeTimeout: test.invoke, S3Timeout: test.s3,
		}.check()
		if (err == nil) != test.ok {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

// TestFlagsHaveVariablesThatAreKnown checks the flags against the list of variables.
func TestFlagsHaveVariablesThatAreKnown(t *testing.T) {
	parser := kong.Must(new(commandLine), kong.DefaultEnvars("PREW"), defaults)
	var environ []string
	for _, command := range parser.Model.Leaves(true) {
		for _, flag := range command.Flags {
			for _, name := range flag.Envs {
				environ = append(environ, name+"=x")
			}
		}
	}
	if unknown := prew.UnknownVariables(environ); len(environ) < 30 || len(unknown) > 0 {
		t.Errorf("%d variables, of which are unknown: %v", len(environ), unknown)
	}
}
