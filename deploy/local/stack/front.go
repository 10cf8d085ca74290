package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"prew"
	"prew/deploy/local/process"
)

// Edge is the front of the edition without servers: CloudFront, S3 and the function alone.
const Edge = "edge"

// Front is a running stand-in for CloudFront (deploy/tools/cloudfront).
type Front struct {
	*process.Process
	Addr string // host:port
}

// StartFront writes the viewer function for the presets and settings of this program's
// environment and the folders of places to dir, starts a stand-in for CloudFront with it at
// a host:port, and waits until it answers. It asks the bucket of the S3 server and then the
// function's URL. What lies in the folder static it serves at / and /gallery/; empty: none.
func StartFront(dir, listen string, server *S3, url string, places prew.Places, static string) (*Front, error) {
	function, err := writeViewer(dir, places)
	if err != nil {
		return nil, err
	}
	program, err := Program("cloudfront")
	if err != nil {
		return nil, err
	}
	p, err := start(dir, process.Command{
		Name: "cloudfront",
		Path: program,
		Args: []string{"-listen", listen, "-function", function, "-s3", "http://" + server.Addr + "/" + Bucket, "-url", url, "-static", static},
		Env:  server.Env(),
		Ready: func(ctx context.Context) error {
			// It has no /health, and refuses it as any other path.
			return Answers(ctx, "http://"+listen+"/health", func(int) bool { return true })
		},
	})
	if err != nil {
		return nil, err
	}
	return &Front{p, listen}, nil
}

// writeViewer writes the viewer function below dir, as prewnginx cloudfront prints it, and
// returns its file.
func writeViewer(dir string, places prew.Places) (string, error) {
	program, err := Program("prewnginx")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	command := exec.Command(program, "cloudfront")
	command.Env = append(settings(), "PREW_BUCKET="+Bucket, "PREW_PREFIX="+places.Previews().Prefix, "PREW_SOURCE_PREFIX="+places.Photos().Prefix)
	source, err := command.Output()
	if failed, ok := err.(*exec.ExitError); ok {
		return "", fmt.Errorf("prewnginx cloudfront: %w: %s", err, failed.Stderr)
	}
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "viewer.js")
	return file, os.WriteFile(file, source, 0o600)
}
