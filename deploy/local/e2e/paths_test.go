package e2e

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

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
		t.Run(accept, func(t *testing.T) {
			onBoth(t, func(t *testing.T, system *stack.Stack) {
				pathsMeanTheSame(t, system, prew.Places{Bucket: stack.Bucket}, false, accept)
			})
		})
	}
}

// TestPathsMeanTheSameWhereTheRootHasThePhotos sends them to a bucket as people have one: the
// photos at its root, and the previews in a folder below.
func TestPathsMeanTheSameWhereTheRootHasThePhotos(t *testing.T) {
	for _, private := range []bool{false, true} {
		t.Run(fmt.Sprintf("private=%t", private), func(t *testing.T) {
			pathsAtTheRoot(t, stack.Config{Renderers: 2, Gateways: 2}, private)
		})
	}
	t.Run("edge", func(t *testing.T) { pathsAtTheRoot(t, stack.Config{Renderers: 2, Front: stack.Edge}, true) })
}

func pathsAtTheRoot(t *testing.T, c stack.Config, private bool) {
	root := ""
	c.SourcePrefix, c.Private = &root, private
	atRoot := begin(t, c)
	pathsMeanTheSame(t, atRoot, prew.Places{Bucket: stack.Bucket, SourcePrefix: &root}, private, "image/webp")
	const preview = "/prew/thumb/prew/thumb/a.jpg"
	uploadTo(t, atRoot, "prew/thumb/a.jpg", photo(t, 64, 48)) // a preview, and no photo
	for _, target := range []string{preview, "/photo/prew/thumb/a.jpg"} {
		for where, addr := range everywhere(t, atRoot, prew.Places{SourcePrefix: &root}) {
			if a := get(t, addr, target); a.status != 404 || a.header.Get("X-Prew-Error") != "path_refused" {
				t.Errorf("%s, %s: %d %s", where, target, a.status, a.header.Get("X-Prew-Error"))
			}
		}
	}
}

// pathsMeanTheSame sends them to a stack with its photos and previews in the folders of places.
func pathsMeanTheSame(t *testing.T, whole *stack.Stack, places prew.Places, private bool, accept string) {
	file, err := os.Open("../../../nginx/testdata/paths.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	presets, err := stack.Presets()
	if err != nil {
		t.Fatal(err)
	}
	fresh := emptyCache(t, whole, places, private)
	photos, previews := places.Photos(), places.Previews()
	picture := photo(t, 64, 48)
	before := stored(t, whole, "")
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
		// Objects lie where the rules for names say: the table's notes on what is too long,
		// or a preview's, are for the usual folders.
		put := func(ref prew.Ref) (ok bool) {
			name, err := photos.Photo(ref.Key, previews)
			if err == nil {
				uploadTo(t, whole, name, picture)
				wanted = append(wanted, name)
			}
			return err == nil
		}
		if key, err := prew.ParsePhoto(path); err == nil && put(prew.Ref{Key: key}) {
			status = 200
		}
		if ref, err := prew.ParsePath(path); err == nil {
			_, err := previews.Preview(ref)
			if err == nil && put(ref) && ref.Preset != "nobodys" {
				status = 200
				chosen, _ := presets.Negotiate(ref, accept, previews)
				name, _ := previews.Preview(chosen)
				wanted = append(wanted, name)
			}
		}
		if atTheEdge(whole) && !utf8.ValidString(path) {
			status = 404 // CloudFront hands its function what is not UTF-8 as if it were ISO-8859-1
		}
		if room == "refused" && status == 200 && places.SourcePrefix == nil {
			t.Fatalf("%.80q is refused by nginx and not by the gateway", target)
		}
		cold := get(t, whole.Addr(), target, "Accept: "+accept)
		malformed := atTheEdge(whole) && cold.status == 400 && status == 404 // what is no request to CloudFront
		if cold.status != status && !malformed {
			t.Errorf("%.80q (%s): %d %q, want %d", target, note, cold.status, cold.header.Get("X-Prew-Error"), status)
			continue
		}
		for when, later := range map[string]answer{"stored": get(t, fresh, target, "Accept: "+accept), "cached": get(t, whole.Addr(), target, "Accept: "+accept)} {
			if later.status != cold.status || later.body != cold.body || later.header.Get("Vary") != cold.header.Get("Vary") {
				t.Errorf("%.80q (%s): cold %d, %s %d, the same bytes: %v", target, note, cold.status, when, later.status, later.body == cold.body)
			}
		}
	}
	if rows < 60 {
		t.Errorf("%d rows, want at least 60", rows)
	}
	slices.Sort(wanted)
	if got, want := stored(t, whole, ""), slices.Compact(wanted); !slices.Equal(got, want) {
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
