package e2e

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prew"
	"prew/deploy/local/stack"
)

// TestPathsMeanTheSameColdAndStored sends every row of nginx's table through the whole
// stack: cold, then stored and asked from an nginx with an empty cache, then cached.
// The answer is the same each time. Afterwards the bucket has one object for each key
// of the table, and no others. For who accepts WebP, these are of the variant that their
// preset has.
func TestPathsMeanTheSameColdAndStored(t *testing.T) {
	for _, accept := range []string{"*/*", "image/webp"} {
		t.Run(accept, func(t *testing.T) { pathsMeanTheSame(t, accept) })
	}
}

func pathsMeanTheSame(t *testing.T, accept string) {
	file, err := os.Open("../../../nginx/testdata/paths.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	presets, err := stack.Presets()
	if err != nil {
		t.Fatal(err)
	}
	fresh := anotherFront(t, whole.Gateways[1].Addr)
	picture := photo(t, 64, 48)
	before := stored(t, "")
	wanted := slices.Clone(before) // objects, afterwards
	rows := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		target, err := strconv.Unquote(columns[0])
		if err != nil {
			t.Fatal(err)
		}
		room, note := columns[1], columns[2]
		rows++

		status := 404
		path, _, _ := strings.Cut(target, "?")
		if key, err := prew.ParsePhoto(path); err == nil {
			status = 200
			upload(t, prew.SourceRoot+"/"+key, picture)
			wanted = append(wanted, prew.SourceRoot+"/"+key)
		}
		if ref, err := prew.ParsePath(path); err == nil {
			upload(t, ref.SourceKey(), picture)
			wanted = append(wanted, ref.SourceKey())
			if ref.Preset != "nobodys" {
				status = 200
				chosen, _ := presets.Negotiate(ref, accept)
				wanted = append(wanted, chosen.PreviewKey())
			}
		}
		if (room == "refused") && status == 200 {
			t.Fatalf("%.80q is refused by nginx and not by the gateway", target)
		}
		cold := get(t, whole.Nginx.Addr, target, "Accept: "+accept)
		if cold.status != status {
			t.Errorf("%.80q (%s): %d %q, want %d", target, note, cold.status, cold.header.Get("X-Prew-Error"), status)
			continue
		}
		for when, later := range map[string]answer{"stored": get(t, fresh, target, "Accept: "+accept), "cached": get(t, whole.Nginx.Addr, target, "Accept: "+accept)} {
			if later.status != cold.status || later.body != cold.body || later.header.Get("Vary") != cold.header.Get("Vary") {
				t.Errorf("%.80q (%s): cold %d, %s %d, the same bytes: %v", target, note, cold.status, when, later.status, later.body == cold.body)
			}
		}
	}
	if rows < 60 {
		t.Errorf("%d rows, want at least 60", rows)
	}
	slices.Sort(wanted)
	if got, want := stored(t, ""), slices.Compact(wanted); !slices.Equal(got, want) {
		for _, key := range got {
			if !slices.Contains(want, key) {
				t.Errorf("%.80q is in the bucket and was not asked for", key)
			}
		}
		for _, key := range want {
			if !slices.Contains(got, key) {
				t.Errorf("%.80q is not in the bucket", key)
			}
		}
	}
}
