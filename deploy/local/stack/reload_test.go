package stack

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prew/nginx"
)

// TestNginxThatRefusesGoesOn gives nginx a configuration that it finds wrong, and then a right one.
func TestNginxThatRefusesGoesOn(t *testing.T) {
	listen, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	site := nginx.Site{Listen: listen, Gateways: []string{"127.0.0.1:9"}, Previews: StoreAt("127.0.0.1:9", Bucket)}
	n, err := StartNginx(dir, site)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	up := func(ctx context.Context) {
		t.Helper()
		if err := Answers(ctx, "http://"+listen+"/health", func(status int) bool { return status == http.StatusOK }); err != nil {
			t.Error(err)
		}
	}
	written := func() string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, "conf", "site.conf"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	wrong := site
	wrong.Gateways = []string{"127.0.0.1:99999"}
	if err := n.reload(t.Context(), site, wrong); err == nil || !strings.HasPrefix(err.Error(), "nginx: invalid port in upstream") {
		t.Errorf("%v, want what nginx says of the port", err)
	}
	up(t.Context())
	if strings.Contains(written(), "99999") {
		t.Error("what nginx has refused is left")
	}
	right := site
	right.Gateways = []string{"127.0.0.1:10"}
	if err := n.reload(t.Context(), site, right); err != nil {
		t.Error(err)
	}
	up(t.Context())
	if !strings.Contains(written(), "127.0.0.1:10") {
		t.Error("the right one is not written")
	}
}
