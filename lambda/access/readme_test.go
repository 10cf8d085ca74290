package access

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"prew"
)

// TestExamplesOfTheReadmeSign runs the examples of a page that signs its own addresses, each
// where its interpreter is there, and checks the address that it makes.
func TestExamplesOfTheReadmeSign(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const key, path = "a-key-of-some-length", "/prew/card/a%20b/%C3%A4%2B.jpg"
	c := must(New(Settings{SigningKeys: key + ",another-key-of-some-length", Cookie: "prew"}))
	for _, test := range []struct {
		language     string
		run          []string
		file         string
		before, next string // what stands before and after the example
	}{
		{"go", []string{"go", "run"}, "main.go", `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"strconv"
	"time"
)

func main() {
	key, path := os.Args[1], os.Args[2]
`, "\tos.Stdout.WriteString(address)\n}\n"},
		{"js", []string{"node"}, "page.js", "const [key, path] = process.argv.slice(2)\n", "process.stdout.write(address)\n"},
		{"python", []string{"python3"}, "page.py", "import base64, hmac, sys, time\nkey, path = sys.argv[1:]\n", "print(address, end='')\n"},
		{"php", []string{"php"}, "page.php", "<?php\n[, $key, $path] = $argv;\n", "echo $address;\n"},
	} {
		t.Run(test.language, func(t *testing.T) {
			example := regexp.MustCompile("(?s)\n```" + test.language + "\n(.*?)```\n").FindStringSubmatch(string(readme))
			if example == nil || strings.Count(example[1], "\n") != 3 {
				t.Fatalf("the README has no example of three lines: %q", example)
			}
			if _, err := exec.LookPath(test.run[0]); err != nil {
				t.Logf("%s is not there", test.run[0]) // and no skip, which would fail the run
				return
			}
			file := filepath.Join(t.TempDir(), test.file)
			if err := os.WriteFile(file, []byte(test.before+example[1]+test.next), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), test.run[0], append(test.run[1:], file, key, path)...).CombinedOutput()
			address, query, _ := strings.Cut(string(out), "?")
			if err != nil || address != path {
				t.Fatalf("%v: %s", err, out)
			}
			until, err := c.Check(Target{Access: prew.Signed, Paths: []string{path}}, c.Credentials(query, nil))
			if left := time.Until(until); err != nil || left > time.Hour || left < time.Hour-time.Minute {
				t.Errorf("%s: good for %v, %v", out, left, err)
			}
		})
	}
}
