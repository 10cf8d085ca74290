package nginx

import (
	"errors"
	"os"
)

// caFiles are where systems keep the certificates that they trust, in one file:
// Debian and Alpine, Fedora and Amazon Linux, OpenSUSE.
var caFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
}

// systemCAFile finds the one of this system.
func systemCAFile() (string, error) {
	for _, file := range caFiles {
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", errors.New("no certificates that the system trusts: install the package ca-certificates, or set PREW_CA_FILE")
}
