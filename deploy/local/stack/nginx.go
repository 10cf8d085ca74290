package stack

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"syscall"

	"prew"
	"prew/deploy/local/process"
	"prew/nginx"
)

// Nginx is a running nginx.
type Nginx struct {
	*process.Process
	Addr string // host:port, the site's Listen
}

// StoreAt is the place of a bucket of the S3 server at host:port of this machine.
func StoreAt(addr, bucket string) prew.Place {
	return prew.Place{Endpoint: "http://" + addr, Bucket: bucket, PathStyle: true}
}

// StartNginx writes the configuration of a site below dir, starts nginx with it
// and waits until it answers. Its error log is <dir>/error.log.
func StartNginx(dir string, site nginx.Site) (*Nginx, error) {
	server, err := nginx.Program()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		site.User = "root" // nobody, the default, can't enter the folders of a private checkout
	}
	config, err := site.Write(dir)
	if err != nil {
		return nil, err
	}
	p, err := start(dir, process.Command{
		Name:     "nginx",
		Path:     server,
		Args:     []string{"-e", filepath.Join(dir, "error.log"), "-p", dir, "-c", config},
		OnOrphan: syscall.SIGTERM, // if the master were killed, its workers would go on listening
		Ready: func(ctx context.Context) error {
			return Answers(ctx, "http://"+site.Listen+"/health", func(status int) bool { return status == http.StatusOK })
		},
	})
	if err != nil {
		return nil, err
	}
	return &Nginx{p, site.Listen}, nil
}
