package upkeep_test

import (
	"slices"
	"sync"
	"testing"

	"prew/prewmanager/upkeep"
)

// TestOrphansAreFoundWhateverTheirNames is about names whose order depends on how a store
// compares a slash with other characters.
func TestOrphansAreFoundWhateverTheirNames(t *testing.T) {
	names := []string{"a-b.jpg", "a.jpg", "a/b.jpg", "a/b-c.jpg", "a/b/c.jpg", "a0.jpg", "a b+&<.jpg", "100%41.jpg", "aé.jpg", "日本/1.jpg", "\U0001F600.jpg", "\uFFFD.jpg"}
	var objects, want []string
	for i, name := range names {
		objects = append(objects, "prew/card/"+name, "prew/wide/"+name)
		if i%2 == 0 {
			objects = append(objects, "photo/"+name)
		} else {
			want = append(want, "card/"+name, "wide/"+name)
		}
	}
	previews, photos := folders(t, objects...)
	var found []string
	purge := upkeep.Purge{
		Selection: upkeep.Selection{Orphans: true}, Previews: previews, Photos: photos, Parallel: 1, Position: upkeep.Nowhere(), Dry: true,
		Found: func(f upkeep.Found) error { found = append(found, f.Preset+"/"+f.Key); return nil },
	}
	_, err := purge.Run(t.Context())
	slices.Sort(found)
	slices.Sort(want)
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("%v: %q, want %q", err, found, want)
	}
}

func TestTwoPurgesAtOnceDoNoHarm(t *testing.T) {
	var objects []string
	for _, name := range "abcdefghijklmnopqrstuvwxyz" {
		objects = append(objects, "prew/card/"+string(name)+".jpg", "prew/wide/"+string(name)+".jpg")
	}
	previews, photos := folders(t, objects...)
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			purge := upkeep.Purge{Previews: previews, Photos: photos, Parallel: 2, Position: upkeep.Nowhere()}
			if summary, err := purge.Run(t.Context()); err != nil || summary.Failed > 0 {
				t.Errorf("%+v, %v", summary, err)
			}
		})
	}
	running.Wait()
	if rest := left(t, previews); len(rest) > 0 {
		t.Errorf("left %q", rest)
	}
}

// TestPhotosInTheRootOfABucketAreNotThePreviews is about a bucket whose photos lie at its root,
// beside the folder of the previews, and about presets with a source of their own.
func TestPhotosInTheRootOfABucketAreNotThePreviews(t *testing.T) {
	previews, _ := folders(t, "a.jpg", "prew/card/a.jpg", "prew/card/gone.jpg", "prew/zine/gone.jpg", "prew/zine/z.jpg", "prew/old/gone.jpg", "z.jpg", "other/z.jpg")
	root := upkeep.Folder{Bucket: previews.Bucket, Reserved: "prew/"}
	other := upkeep.Folder{Bucket: previews.Bucket, Prefix: "other/"}
	photos := func(name string) (upkeep.Folder, bool) {
		folder, known := map[string]upkeep.Folder{"card": root, "zine": other}[name]
		return folder, known
	}
	var found []string
	purge := upkeep.Purge{
		Selection: upkeep.Selection{Orphans: true}, Previews: previews, Photos: photos, Parallel: 1, Position: upkeep.Nowhere(), Dry: true,
		Found: func(f upkeep.Found) error { found = append(found, f.String()); return nil },
	}
	_, err := purge.Run(t.Context())
	if slices.Sort(found); err != nil || !slices.Equal(found, []string{"card/gone.jpg", "zine/gone.jpg"}) {
		t.Errorf("%v: %q", err, found)
	}
	warmed, err := upkeep.Warm{Previews: previews, Photos: photos, Names: []string{"card", "zine"}, Parallel: 1, Rate: 1, Position: upkeep.Nowhere(), Dry: true}.Run(t.Context())
	if err != nil || warmed.Missing != 2 { // card of z.jpg and of other/z.jpg
		t.Errorf("%+v, %v", warmed, err)
	}
}
