package flight

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prew/deploy/local/process"
	"prew/deploy/local/stack"
)

// certified are a Redis's arguments with which it has a certificate for 127.0.0.1, and speaks
// TLS to its like too.
var certified []string

// certify makes the certificate in a folder, and has this program trust it, which reads once
// what it trusts.
func certify(dir string) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		// The nodes of a cluster are servers and clients to each other.
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, of, of, &private.PublicKey, private)
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	to, keyTo := filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	certified = []string{"--tls-cert-file", to, "--tls-key-file", keyTo, "--tls-ca-cert-file", to, "--tls-auth-clients", "no", "--tls-replication", "yes"}
	return errors.Join(
		os.WriteFile(to, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600),
		os.WriteFile(keyTo, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600),
		os.Setenv("SSL_CERT_FILE", to))
}

// startOverTLS starts a Redis, and returns its address without TLS, and its port with it.
func startOverTLS(t *testing.T, more ...string) (addr, port string) {
	t.Helper()
	addr, port = freeAddr(t), freePort(t)
	r, err := stack.StartRedisAt(addr, t.TempDir(), slices.Concat(certified, []string{"--tls-port", port}, more)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return addr, port
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func freePort(t *testing.T) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(freeAddr(t))
	return port
}

// clusterOverTLS starts a cluster of two primaries and returns its URL, which names one of them.
func clusterOverTLS(t *testing.T) (url string) {
	t.Helper()
	var addrs, ports, buses []string
	for range 2 {
		bus := freePort(t)
		addr, port := startOverTLS(t, "--cluster-enabled", "yes", "--tls-cluster", "yes", "--cluster-port", bus)
		addrs, ports, buses = append(addrs, addr), append(ports, port), append(buses, bus)
	}
	a, b := nodeClient(t, addrs[0]), nodeClient(t, addrs[1])
	must(t, a, "cluster", "addslotsrange", "0", "8191")
	must(t, b, "cluster", "addslotsrange", "8192", "16383")
	must(t, a, "cluster", "meet", "127.0.0.1", ports[1], buses[1])
	until(t, "the nodes are a cluster", func() bool {
		return strings.HasPrefix(fmt.Sprint(must(t, a, "cluster", "info")), "cluster_state:ok") &&
			strings.HasPrefix(fmt.Sprint(must(t, b, "cluster", "info")), "cluster_state:ok")
	})
	return "rediss+cluster://127.0.0.1:" + ports[0]
}

// sentinelOverTLS starts a primary and a Sentinel and returns their URL.
func sentinelOverTLS(t *testing.T) (url string) {
	t.Helper()
	_, primary := startOverTLS(t)
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal(err)
	}
	port, dir := freePort(t), t.TempDir()
	config := filepath.Join(dir, "sentinel.conf")
	if err := os.WriteFile(config, []byte("port 0\nsentinel monitor name 127.0.0.1 "+primary+" 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := "127.0.0.1:" + port
	sentinel, err := process.Start(process.Command{Name: "sentinel", Dir: dir, Path: server,
		Args: slices.Concat([]string{config, "--sentinel", "--tls-port", port}, certified),
		Ready: func(ctx context.Context) error {
			conn, err := new(tls.Dialer).DialContext(ctx, "tcp", at)
			if err == nil {
				conn.Close()
			}
			return err
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sentinel.Kill)
	return "rediss+sentinel://" + at + "/name"
}
