package nginx

import (
	"errors"
	"os"
)

// caFiles are the files in which systems keep all certificates that they trust:
// Debian and Alpine, Fedora and Amazon Linux, OpenSUSE.
var caFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
}

// systemCAFile returns the one that this system has.
func systemCAFile() (string, error) {
	for _, file := range caFiles {
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", errors.New("no certificates that the system trusts: install the package ca-certificates, or set PREW_CA_FILE")
}
