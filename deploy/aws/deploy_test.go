// Package aws tests the templates and the scripts of this folder and the scripts of
// deploy/tools, with stand-ins for the programs that the scripts run.
package aws

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"prew/deploy/local/stack"
)

func TestInstallSaysNothingWhereNothingIsMissing(t *testing.T) {
	output, err := script(checkout(t, "tools/install.sh"), "tools/install.sh", "PATH=/usr/local/bin:/usr/bin:/bin")
	if err != nil || output != "" {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestInstallNamesWhatToInstall runs install.sh without a package manager.
// The script looks for servers in the system's sbin folders too; wrk never lies
// there, so that it is missing on every machine.
func TestInstallNamesWhatToInstall(t *testing.T) {
	path := bare(t, "bash", "id")
	command := exec.Command("bash", filepath.Join(checkout(t, "tools/install.sh"), "deploy/tools/install.sh"), "wrk")
	command.Env = []string{"PATH=" + path}
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "no apt-get") || !strings.Contains(string(output), "wrk") {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestSkippedPartFailsTheRunAndSkippedCorpusDoesNot(t *testing.T) {
	for _, test := range []struct {
		name    string
		skipped string
		status  string // of the tests
		ok      bool
		count   string
	}{
		{"all well", "", "0", true, "2 passed, 0 failed, 0 skipped"},
		{"no corpus", "TestCorpusLooks/a b.jpg", "0", true, "2 passed, 0 failed, 1 skipped"},
		{"no Redis", "TestLease", "0", false, "prew/flight TestLease"},
		{"a failure", "", "1", false, "2 passed, 0 failed, 0 skipped"},
	} {
		dir := checkout(t, "tools/test.sh")
		results := `{"Action":"pass","Package":"prew","Test":"TestA"}` + "\n" +
			`{"Action":"pass","Package":"prew","Elapsed":0.1}` + "\n" +
			`{"Action":"skip","Package":"prew/no/tests"}` + "\n"
		if test.skipped != "" {
			results += `{"Action":"skip","Package":"prew/flight","Test":"` + test.skipped + `"}` + "\n"
		}
		if err := os.Mkdir(filepath.Join(dir, ".bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		writeGotestsum(t, dir, "", results, test.status)
		output, err := script(dir, "tools/test.sh", "PATH=/usr/bin:/bin")
		if (err == nil) != test.ok || !strings.Contains(output, test.count) {
			t.Errorf("%s: %v, want success %v and %q in\n%s", test.name, err, test.ok, test.count, output)
		}
	}
}

// writeGotestsum writes a gotestsum that runs a command, and whose tests of the product end so;
// those of the tools are one that passes.
func writeGotestsum(t *testing.T, dir, command, results, status string) {
	t.Helper()
	write(t, filepath.Join(dir, ".bin", "gotestsum"), `#!/bin/sh
while [ "$1" != --jsonfile ]; do shift; done
case $2 in *tools*)
	echo '{"Action":"pass","Package":"prew/deploy/tools","Test":"TestB"}' >"$2"
	exit ;;
esac
`+command+`
cat >"$2" <<'END'
`+results+`END
exit `+status+"\n", 0o755)
}

// TestLastLineSaysWhatWasSkippedAndWhy expects that line after the line of counts.
func TestLastLineSaysWhatWasSkippedAndWhy(t *testing.T) {
	const counts = "2 passed, 0 failed, 2 skipped" // of both modules
	dir := checkout(t, "tools/test.sh")
	for _, folder := range []string{".bin", "photos"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeGotestsum(t, dir, `echo "the corpus is $CORPUS"`, `{"Action":"pass","Package":"prew","Test":"TestA"}
{"Action":"skip","Package":"prew","Test":"TestCorpus"}
{"Action":"skip","Package":"prew","Test":"TestCorpusLooks"}
`, "0")
	for _, test := range []struct{ corpus, output string }{
		{"../none", "the corpus is " + dir + "/../none\n" + counts + "\n" +
			counts + ": tests of the corpus, as there is no folder ../none (CORPUS=dir names another)\n"},
		{"/no/where", "the corpus is /no/where\n" + counts + "\n" +
			counts + ": tests of the corpus, as there is no folder /no/where (CORPUS=dir names another)\n"},
		{"", "the corpus is \n" + counts + "\n" +
			counts + ": tests of the corpus, as CORPUS is empty (CORPUS=dir names its folder)\n"},
		{"photos", "the corpus is " + dir + "/photos\n" + counts + "\n"},
	} {
		output, err := script(dir, "tools/test.sh", "PATH=/usr/bin:/bin", "CORPUS="+test.corpus)
		if err != nil || output != test.output {
			t.Errorf("CORPUS=%s: %v, want\n%s\ngot\n%s", test.corpus, err, test.output, output)
		}
	}
}

// TestMakePrintsTheEffectivePresets uses the file in the checkout or another one, with
// the environment's changes.
func TestMakePrintsTheEffectivePresets(t *testing.T) {
	program, err := stack.Program("prewmanager")
	if err != nil {
		t.Fatal(err)
	}
	dir := checkout(t, "../Makefile")
	write(t, filepath.Join(dir, "presets.yaml"), "thumb: {width: 20}\n", 0o644)
	write(t, filepath.Join(dir, "other.yaml"), "wide: {width: 300}\n", 0o644)
	write(t, filepath.Join(dir, "wrong.yaml"), "wide: {widht: 300}\n", 0o644)
	// The program is put where a build would put it.
	path := t.TempDir()
	write(t, filepath.Join(path, "go"), "#!/bin/sh\nmkdir -p .bin && ln -sf '"+program+"' .bin/prewmanager\n", 0o755)
	for _, test := range []struct {
		env    []string
		output string
		ok     bool
	}{
		{nil, `thumb\n  width +20 +presets.yaml:1\n`, true},
		{[]string{"PRESET_THUMB=width=64"}, `thumb\n  width +64 +PRESET_THUMB\n`, true},
		{[]string{"PREW_PRESETS=other.yaml", "PRESET_TALL=height=9"}, `wide\n  width +300 +other.yaml:1\n(.*\n)+tall\n`, true},
		{[]string{"PREW_PRESETS=wrong.yaml"}, `prewmanager: wrong.yaml:1: preset wide: widht: unknown field`, false},
	} {
		command := exec.Command("make", "--silent", "-C", dir, "presets")
		command.Env = append(test.env, "PATH="+path+":/usr/bin:/bin")
		output, err := command.CombinedOutput()
		if (err == nil) != test.ok || !regexp.MustCompile("^"+test.output).Match(output) {
			t.Errorf("%q: %v, want success %v and %q in\n%s", test.env, err, test.ok, test.output, output)
		}
	}
}

// checkout makes a folder with copies of these files, named by their paths below its
// deploy folder.
func checkout(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, "deploy", name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, target, string(text), 0o755)
	}
	return dir
}

// script runs a script of a checkout with nothing but env in its environment.
func script(checkout, name string, env ...string) (output string, err error) {
	command := exec.Command("/usr/bin/env", "bash", filepath.Join(checkout, "deploy", name))
	command.Env = env
	text, err := command.CombinedOutput()
	return string(text), err
}

// bare makes a folder with these programs and no others, for a PATH.
func bare(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, program := range programs {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, program)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
