//go:build images

package images

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// units are the services, each with the highest exposure that systemd may find, from 0
// to 100. What remains is mostly the network, which they need.
var units = map[string]string{"prewmanager.service": "12", "prewnginx.service": "16"}

// TestUnitsAreWhatSystemdUnderstands has systemd read the units where they will lie,
// with the distribution's own units: when a service starts, systemd silently ignores a
// directive that it does not know, and only then notices a missing program.
func TestUnitsAreWhatSystemdUnderstands(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"usr/local/bin", "usr/lib/systemd", "etc/systemd/system", "etc/prew", "bin"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, program := range []string{"usr/local/bin/prewmanager", "usr/local/bin/prewnginx", "bin/kill"} {
		if err := os.WriteFile(filepath.Join(root, program), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"/lib/systemd/system": "usr/lib/systemd/", here.root + "/deploy/systemd/.": "etc/systemd/system/"} {
		if _, err := output(exec.Command("cp", "-a", from, filepath.Join(root, to))); err != nil {
			t.Fatal(err)
		}
	}
	for unit, exposure := range units {
		said, err := exec.Command("systemd-analyze", "verify", "--man=no", "--root="+root, unit).CombinedOutput()
		if err != nil || len(said) > 0 {
			t.Errorf("%s: %v\n%s", unit, err, said)
		}
		if _, err := output(exec.Command("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold="+exposure,
			filepath.Join(here.root, "deploy/systemd", unit))); err != nil {
			t.Error(err)
		}
	}
}

// TestUnitsBoundTheirMemory leaves something of the machine to what else it runs.
func TestUnitsBoundTheirMemory(t *testing.T) {
	together := 0
	for unit := range units {
		text, err := os.ReadFile(filepath.Join(here.root, "deploy/systemd", unit))
		if err != nil {
			t.Fatal(err)
		}
		share := 0
		for line := range strings.Lines(string(text)) {
			fmt.Sscanf(line, "MemoryMax=%d%%", &share)
		}
		if share == 0 {
			t.Errorf("%s may take all memory", unit)
		}
		together += share
	}
	if together >= 100 {
		t.Errorf("together they may take %d %% of the memory", together)
	}
}

// seccomp is a unit's filter of system calls and of socket families, in the form of a
// container runtime. Under systemd any other call fails; here it kills the process, so
// that it can't be overlooked.
func seccomp(t *testing.T, unit string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(here.root, "deploy/systemd", unit))
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	var rules []map[string]any
	for line := range strings.Lines(string(text)) {
		directive, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value, takenAway := strings.CutPrefix(value, "~")
		for _, word := range strings.Fields(value) {
			switch directive {
			case "SystemCallFilter":
				members := membersOf(t, word)
				if takenAway {
					calls = slices.DeleteFunc(calls, func(call string) bool { return slices.Contains(members, call) })
				} else {
					calls = append(calls, members...)
				}
			case "RestrictAddressFamilies":
				family, known := map[string]int{"AF_UNIX": syscall.AF_UNIX, "AF_INET": syscall.AF_INET, "AF_INET6": syscall.AF_INET6}[word]
				if !known {
					t.Fatalf("%s: family %s, expected one that a web server needs", unit, word)
				}
				rules = append(rules, map[string]any{"names": []string{"socket"}, "action": "SCMP_ACT_ALLOW",
					"args": []map[string]any{{"index": 0, "value": family, "op": "SCMP_CMP_EQ"}}})
			}
		}
	}
	calls = slices.DeleteFunc(calls, func(call string) bool { return call == "socket" })
	if len(calls) < 100 || len(rules) == 0 {
		t.Fatalf("%s allows %d system calls and %d families", unit, len(calls), len(rules))
	}
	return map[string]any{
		"defaultAction": "SCMP_ACT_KILL_PROCESS",
		"syscalls":      append(rules, map[string]any{"names": calls, "action": "SCMP_ACT_ALLOW"}),
	}
}

// membersOf returns the system calls of a group and of the groups in it.
func membersOf(t *testing.T, group string) (calls []string) {
	t.Helper()
	printed, err := output(exec.Command("systemd-analyze", "--no-pager", "syscall-filter", group))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(printed) {
		name, member := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		switch {
		case !member || strings.HasPrefix(name, "#"):
		case strings.HasPrefix(name, "@"):
			calls = append(calls, membersOf(t, name)...)
		default:
			calls = append(calls, name)
		}
	}
	return calls
}
