package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"prew"
	"prew/deploy/local/process"
)

// Edge is the front of the edition without servers: CloudFront, S3 and the function alone.
const Edge = "edge"

// Front is a running stand-in for CloudFront (deploy/tools/cloudfront).
type Front struct {
	*process.Process
	Addr string // host:port

	function string // the file of the viewer function
}

// StartFront writes the viewer function for the presets and settings of this program's
// environment and the folders of places to dir, starts a stand-in for CloudFront with it at
// a host:port, and waits until it answers. It asks the bucket of the S3 server and then the
// function's URL. What lies in the folder static it serves at / and /gallery/; empty: none.
func StartFront(dir, listen string, server *S3, url string, places prew.Places, static string) (*Front, error) {
	source, err := viewer(places)
	if err != nil {
		return nil, err
	}
	program, err := Program("cloudfront")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f := &Front{Addr: listen, function: filepath.Join(dir, "viewer.js")}
	if err := f.deploy(source); err != nil {
		return nil, err
	}
	f.Process, err = start(dir, process.Command{
		Name: "cloudfront",
		Path: program,
		Args: []string{"-listen", listen, "-function", f.function, "-s3", "http://" + server.Addr + "/" + Bucket, "-url", url, "-static", static},
		Env:  server.Env(),
		Ready: func(ctx context.Context) error {
			// It has no /health, and refuses it as any other path.
			return Answers(ctx, "http://"+listen+"/health", func(int) bool { return true })
		},
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// deploy puts a viewer function in the place of the one that there is. From the next request on
// it is used, with an empty cache.
func (f *Front) deploy(source []byte) error {
	if err := os.WriteFile(f.function+"~", source, 0o600); err != nil {
		return err
	}
	return os.Rename(f.function+"~", f.function)
}

// Invalidate has the stand-in forget all that it has kept.
func (f *Front) Invalidate() error {
	now := time.Now()
	return os.Chtimes(f.function, now, now)
}

// viewer is the viewer function, as prewnginx cloudfront prints it.
func viewer(places prew.Places) ([]byte, error) {
	program, err := Program("prewnginx")
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, "cloudfront")
	command.Env = append(settings(), "PREW_BUCKET="+Bucket, "PREW_PREFIX="+places.Previews().Prefix, "PREW_SOURCE_PREFIX="+places.Photos().Prefix)
	source, err := command.Output()
	if failed, ok := err.(*exec.ExitError); ok {
		return nil, fmt.Errorf("prewnginx cloudfront: %w: %s", err, failed.Stderr)
	}
	return source, err
}
