package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
	"prew/lambda/store"
)

// logs is the folder of the logs that are imported, with what their addresses mean.
const logs = "../../../prewmanager/importer/testdata/"

// TestSitesOfOtherServicesMoveWithTheirAddresses imports the log of a site of each service, and
// starts a system as the presets and the sources say that prewmanager import has written. The
// photos lie in the buckets that the addresses name, or at the root of the one bucket. Every
// address of the log that a preset can have is then answered with its preview.
func TestSitesOfOtherServicesMoveWithTheirAddresses(t *testing.T) {
	for _, site := range []struct{ service, config string }{
		{"imgproxy", "imgproxy.presets"}, {"thumbor", ""}, {"imagor", ""}, {"serverless-image-handler", ""},
		{"s3imageserver", "s3imageserver.config.json"}, {"sizes", ""},
	} {
		t.Run(site.service, func(t *testing.T) {
			sources := importSite(t, site.service, site.config)
			targets := targetsOf(t, site.service)
			presets, err := stack.Presets()
			if err != nil {
				t.Fatal(err)
			}
			root, picture := "", photo(t, 800, 600)
			places, err := prew.ReadSources(prew.Places{Bucket: stack.Bucket, SourcePrefix: &root}, sources)
			if err != nil {
				t.Fatal(err)
			}
			if err := places.CheckPresets(presets); err != nil {
				t.Fatal(err)
			}
			fill := func(ctx context.Context, bucket store.Bucket) (written int, err error) {
				for _, source := range places.All()[1:] {
					if err := createBucket(ctx, bucket.Client, source.Photos.Bucket); err != nil {
						return written, err
					}
				}
				for _, target := range targets {
					ref, err := prew.ParsePath(target.means)
					if err != nil {
						return written, err
					}
					preset, _ := presets.Get(ref.Preset)
					source, _ := places.Get(preset.Source)
					if _, err := bucket.Client.PutObject(ctx, &s3.PutObjectInput{Bucket: &source.Photos.Bucket, Body: bytes.NewReader(picture),
						Key: aws.String(source.Photos.Prefix + ref.Key), ContentType: aws.String("image/jpeg")}); err != nil {
						return written, err
					}
					written++
				}
				return written, nil
			}
			for name, config := range map[string]stack.Config{"gateways": {Gateways: 1}, "edge": {Front: stack.Edge}} {
				t.Run(name, func(t *testing.T) {
					config.Renderers, config.SourcePrefix, config.Fill = 2, &root, fill
					checkTargets(t, begin(t, config), presets, targets)
				})
			}
		})
	}
}

// checkTargets asks a system for every address of a log.
func checkTargets(t *testing.T, system *stack.Stack, presets prew.Presets, targets []target) {
	for _, target := range targets {
		ref, err := prew.ParsePath(target.means)
		if err != nil {
			t.Fatal(err)
		}
		preset, _ := presets.Get(ref.Preset)
		page, location := get(t, system.Addr(), target.address), ref.Path()
		if atTheEdge(system) {
			location = "" // CloudFront has one answer for all addresses
		}
		if page.status != 200 || page.header.Get("Content-Location") != location {
			t.Errorf("%s: %d %s, of %s, want %s", target.address, page.status, page.header.Get("X-Prew-Error"), page.header.Get("Content-Location"), location)
			continue
		}
		format, width, height := sizeOf(t, page.body)
		if preset.Format != prew.Auto && format != string(preset.Format) || preset.Width != 0 && width > preset.Width || preset.Height != 0 && height > preset.Height {
			t.Errorf("%s: %s of %dx%d, want it as %s has it", target.address, format, width, height, ref.Preset)
		}
		if preset.Fit == prew.Cover && preset.Width <= 800 && preset.Height <= 600 && (width != preset.Width || height != preset.Height) {
			t.Errorf("%s: %dx%d, want %dx%d", target.address, width, height, preset.Width, preset.Height)
		}
		if atTheEdge(system) {
			if n := renders(t, system, "prew/"+ref.Preset+"/"+ref.Key); n != 1 {
				t.Errorf("%s: %d renders of %s, want 1", target.address, n, ref.Path())
			}
			continue
		}
		if alone := get(t, system.Gateways[0].Addr, target.address); alone.status != 200 || alone.body != page.body {
			t.Errorf("%s, of a gateway: %d, the same bytes: %v", target.address, alone.status, alone.body == page.body)
		}
	}
}

// sourceLine matches a line of the presets that says which source to set, and its region, which
// the S3 server here has not.
var sourceLine = regexp.MustCompile(`(?m)^# (SOURCE_[A-Z0-9_]+)="([^"]*?)(?:,region=[^",]*)?"$`)

// importSite imports the log of a service and sets PREW_PRESETS and the sources as it says, on
// the S3 server of this machine. It returns the variables of the sources.
func importSite(t *testing.T, service, config string) (sources []string) {
	t.Helper()
	program, err := stack.Program("prewmanager")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"import", "--from", service}
	if config != "" {
		args = append(args, logs+config)
	}
	presets, err := exec.Command(program, append(args, logs+service+".log")...).Output()
	var failed *exec.ExitError
	if !errors.As(err, &failed) || failed.ExitCode() != 3 { // each log has addresses that no preset can have
		t.Fatalf("%v, want exit code 3", err)
	}
	file := filepath.Join(t.TempDir(), "presets.yaml")
	if err := os.WriteFile(file, presets, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PREW_PRESETS", file)
	for _, match := range sourceLine.FindAllStringSubmatch(string(presets), -1) {
		value := match[2] + ",path_style=1"
		t.Setenv(match[1], value)
		sources = append(sources, match[1]+"="+value)
	}
	return sources
}

// target is an address of a log, and the path that it means.
type target struct{ address, means string }

func targetsOf(t *testing.T, service string) (targets []target) {
	t.Helper()
	text, err := os.ReadFile(logs + service + ".addresses")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		targets = append(targets, target{lines[i], strings.TrimPrefix(lines[i+1], "\t")})
	}
	if len(targets) < 10 {
		t.Fatalf("%d addresses, want at least 10", len(targets))
	}
	return targets
}

// createBucket makes a bucket unless there is one of that name.
func createBucket(ctx context.Context, client *s3.Client, name string) error {
	if _, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name}); err == nil {
		return nil
	}
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	return err
}
