package upkeep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prew"
	"prew/deploy/local/stack"
	"prew/lambda/store"
	"prew/prewmanager/upkeep"
)

// server is the real S3 server of all tests, and data the folder of its buckets.
var (
	server *stack.S3
	data   string
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "upkeep")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if server, err = stack.StartS3(dir); err != nil {
			panic(err)
		}
		defer server.Stop()
		data = filepath.Join(dir, "s3")
		return m.Run()
	}())
}

// folders are the previews and the photos of a new bucket with these objects.
func folders(t *testing.T, objects ...string) (previews upkeep.Folder, photos upkeep.Photos) {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	name = name[:min(len(name), 50)]
	if err := server.CreateBucket(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	bucket := store.Bucket{Client: server.Client(), Name: name}
	for _, key := range objects {
		if _, _, err := bucket.PutIfAbsent(t.Context(), key, store.Object{Data: []byte("p")}); err != nil {
			t.Fatal(err)
		}
	}
	return upkeep.Folder{Bucket: bucket, Prefix: "prew/"}, in(upkeep.Folder{Bucket: bucket, Prefix: "photo/"})
}

// in says that the photos of all presets lie in one folder.
func in(folder upkeep.Folder) upkeep.Photos {
	return func(string) (upkeep.Folder, bool) { return folder, true }
}

func load(t *testing.T, text string) prew.Presets {
	t.Helper()
	presets, err := prew.LoadPresets("p.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return presets
}

// left lists what a bucket still has below prew/.
func left(t *testing.T, previews upkeep.Folder) (keys []string) {
	t.Helper()
	for object, err := range previews.List(t.Context(), "prew/") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, strings.TrimPrefix(*object.Key, "prew/"))
	}
	return keys
}

func yield(keys ...string) func(func(string, error) bool) {
	return func(yield func(string, error) bool) {
		for _, key := range keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}

var stored = []string{"photo/a.jpg", "photo/d/b.jpg", "prew/card/a.jpg", "prew/card/d/b.jpg", "prew/card/d/gone.jpg", "prew/card.webp/a.jpg",
	"prew/card@3x/a.jpg", "prew/cards/a.jpg", "prew/.presets.json"}

func TestPurgeDeletesWhatIsSelectedAndNothingElse(t *testing.T) {
	presets := load(t, "card: {width: 1, formats: [webp]}\ncards: {width: 2}\n")
	for i, test := range []struct {
		presets   []string
		selection upkeep.Selection
		gone      []string
	}{
		{nil, upkeep.Selection{}, []string{"card/a.jpg", "card/d/b.jpg", "card/d/gone.jpg", "card.webp/a.jpg", "card@3x/a.jpg", "cards/a.jpg"}},
		{[]string{"card"}, upkeep.Selection{}, []string{"card/a.jpg", "card/d/b.jpg", "card/d/gone.jpg", "card.webp/a.jpg", "card@3x/a.jpg"}},
		{[]string{"card.webp"}, upkeep.Selection{}, []string{"card.webp/a.jpg"}},
		{nil, upkeep.Selection{Prefixes: []string{"d/", "d/g"}}, []string{"card/d/b.jpg", "card/d/gone.jpg"}},
		{[]string{"cards"}, upkeep.Selection{Prefixes: []string{"d/"}}, nil},
		{nil, upkeep.Selection{Photos: yield("a.jpg", "none.jpg")}, []string{"card/a.jpg", "card.webp/a.jpg", "card@3x/a.jpg", "cards/a.jpg"}},
		{[]string{"card"}, upkeep.Selection{Photos: yield("d/b.jpg")}, []string{"card/d/b.jpg"}},
		{nil, upkeep.Selection{Photos: yield("a.jpg"), Prefixes: []string{"d/b"}}, []string{"card/a.jpg", "card/d/b.jpg", "card.webp/a.jpg", "card@3x/a.jpg", "cards/a.jpg"}},
		{nil, upkeep.Selection{Orphans: true}, []string{"card/d/gone.jpg"}},
		{nil, upkeep.Selection{Orphans: true, Prefixes: []string{"d/b"}}, nil},
		{nil, upkeep.Selection{Orphans: true, Prefixes: []string{"d/g"}}, []string{"card/d/gone.jpg"}}, // all photos below it are gone
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			previews, photos := folders(t, stored...)
			names, err := upkeep.Expand(test.presets, presets, nil)
			if err != nil {
				t.Fatal(err)
			}
			purge := upkeep.Purge{Selection: test.selection, Previews: previews, Photos: photos, Parallel: 3, Position: upkeep.Nowhere()}
			purge.Presets, purge.Names = test.presets, names
			purge.Dry = true
			summary, err := purge.Run(t.Context())
			if err != nil || summary.Found != int64(len(test.gone)) || summary.Deleted != 0 || len(left(t, previews)) != len(stored)-2 {
				t.Errorf("dry: %+v, %v, want %d found", summary, err, len(test.gone))
			}
			for range 2 { // the second time there is nothing to do, and no harm
				purge.Dry, purge.Position = false, upkeep.Nowhere()
				if _, err := purge.Run(t.Context()); err != nil {
					t.Error(err)
				}
				for _, key := range stored[2:] {
					key = strings.TrimPrefix(key, "prew/")
					if slices.Contains(left(t, previews), key) == slices.Contains(test.gone, key) {
						t.Errorf("%s: gone %v", key, !slices.Contains(test.gone, key))
					}
				}
			}
		})
	}
}

func TestOrphansNeedPhotos(t *testing.T) {
	previews, photos := folders(t, "prew/card/a.jpg")
	purge := upkeep.Purge{Selection: upkeep.Selection{Orphans: true, Names: []string{"card"}}, Previews: previews, Photos: photos, Parallel: 1, Position: upkeep.Nowhere()}
	if _, err := purge.Run(t.Context()); !upkeep.Refused(err) || len(left(t, previews)) != 1 {
		t.Errorf("%v, left %q: a bucket without photos is a wrong bucket", err, left(t, previews))
	}
}

// TestTwentyThousandAreDeleted also checks that a purge which was interrupted goes on where it
// was: what it has passed is not listed again.
func TestTwentyThousandAreDeleted(t *testing.T) {
	const many = 20_000
	previews, photos := folders(t)
	dir := filepath.Join(data, previews.Name, "prew", "card")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range many { // by the server it would take a minute
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.jpg", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	position, _, err := upkeep.NewPosition("purge", "many", false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	purge := upkeep.Purge{
		Selection: upkeep.Selection{Presets: []string{"card"}, Names: []string{"card"}}, Previews: previews, Photos: photos, Parallel: 2, Position: position,
		Progress: func(s upkeep.Summary) {
			if s.Deleted >= 5000 {
				interrupt()
			}
		},
	}
	first, err := purge.Run(ctx)
	if !errors.Is(err, context.Canceled) || first.Deleted < 5000 || first.Deleted > 10_000 || first.Failed != 0 {
		t.Errorf("interrupted: %+v, %v", first, err)
	}
	if err := position.Keep(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "00000.jpg"), nil, 0o600); err != nil { // where it has been already
		t.Fatal(err)
	}
	position, resumed, err := upkeep.NewPosition("purge", "many", true)
	if err != nil || !resumed {
		t.Fatalf("resumed %v, %v", resumed, err)
	}
	began := time.Now()
	purge.Position, purge.Progress = position, nil
	second, err := purge.Run(t.Context())
	if err != nil || first.Deleted+second.Deleted != many || !slices.Equal(left(t, previews), []string{"card/00000.jpg"}) {
		t.Errorf("resumed: %+v after %d, %v, left %d", second, first.Deleted, err, len(left(t, previews)))
	}
	t.Logf("%d in %v", second.Deleted, time.Since(began))
}

// told is an announcer that notes what it hears.
type told struct {
	mu     sync.Mutex
	heard  []string
	leased []string
	refuse error
	wait   func()
}

func (a *told) hear(payload []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var p prew.Purge
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	a.heard = append(a.heard, fmt.Sprint(p.Phase, p.Presets, p.Photos, p.Prefixes, p.All))
	return a.refuse
}

func (a *told) Begin(_ context.Context, _ string, match func(string) bool, payload []byte) (leased []string, err error) {
	for _, key := range a.leased {
		if match(key) {
			leased = append(leased, key)
		}
	}
	return leased, a.hear(payload)
}
func (a *told) Wait(context.Context, []string) error        { a.wait(); return a.refuse }
func (a *told) End(_ context.Context, payload []byte) error { return a.hear(payload) }

// TestGatewaysAreTold also checks that what a holder stores who has died since is deleted too.
func TestGatewaysAreTold(t *testing.T) {
	presets := load(t, "card: {width: 1, formats: [webp]}\ncards: {width: 2}\n")
	for i, test := range []struct {
		presets   []string
		selection upkeep.Selection
		heard     []string
	}{
		{nil, upkeep.Selection{}, []string{"begin[] [] [] true", "end[] [] [] true"}},
		{[]string{"card"}, upkeep.Selection{}, []string{"begin[card card.webp] [] [] false", "end[card card.webp card@3x] [] [] false"}},
		{nil, upkeep.Selection{Prefixes: []string{"d/"}}, []string{"begin[] [] [d/] false", "end[] [] [d/] false"}},
		{[]string{"card"}, upkeep.Selection{Photos: yield("a.jpg", "x.jpg")}, []string{
			"begin[card card.webp card@3x] [a.jpg x.jpg] [] false", "end[card card.webp card@3x] [a.jpg x.jpg] [] false"}},
		{[]string{"card"}, upkeep.Selection{Orphans: true}, []string{"begin[card] [d/gone.jpg] [] false", "end[card] [d/gone.jpg] [] false"}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			previews, photos := folders(t, stored...)
			names, err := upkeep.Expand(test.presets, presets, nil)
			if err != nil {
				t.Fatal(err)
			}
			late := "prew/card/d/late.jpg"
			gateways := &told{leased: []string{previews.Name + "/" + late, previews.Name + "/prew/wide/a.jpg", "other/prew/card/d/late.jpg"}, wait: func() {
				if _, _, err := previews.PutIfAbsent(t.Context(), late, store.Object{Data: []byte("old")}); err != nil {
					t.Error(err)
				}
			}}
			purge := upkeep.Purge{Selection: test.selection, Previews: previews, Photos: photos, Parallel: 3, Position: upkeep.Nowhere(), Gateways: gateways}
			purge.Presets, purge.Names = test.presets, names
			summary, err := purge.Run(t.Context())
			if err != nil || summary.Untold != "" || !slices.Equal(gateways.heard, test.heard) {
				t.Errorf("%+v, %v: heard %q, want %q", summary, err, gateways.heard, test.heard)
			}
			if slices.Contains(left(t, previews), "card/d/late.jpg") {
				t.Error("what was stored late is left")
			}
			gateways.refuse = errors.New("redis: gone")
			if summary, err := purge.Run(t.Context()); err != nil || summary.Untold == "" && summary.Found > 0 {
				t.Errorf("%+v, %v: that they were not told is not said", summary, err)
			}
		})
	}
}

func TestNamesThatPresetsStandFor(t *testing.T) {
	presets := load(t, "card: {width: 1, formats: [webp], dpr: 2}\nwide: {width: 2}\n")
	for _, test := range []struct {
		presets, stored []string
		want            []string
		wrong           string
	}{
		{nil, []string{"old"}, []string{"card", "card.webp", "card@2x", "card@2x.webp", "wide", "old"}, ""},
		{[]string{"card"}, []string{"card@3x", "cards"}, []string{"card", "card.webp", "card@2x", "card@2x.webp", "card@3x"}, ""},
		{[]string{"card.webp", "wide"}, nil, []string{"card.webp", "wide"}, ""},
		{[]string{"old"}, []string{"old.webp"}, []string{"old.webp"}, ""},
		{[]string{"crad"}, []string{"old"}, nil, `preset "crad": not known and nothing is stored of it, expected one of card, wide`},
	} {
		got, err := upkeep.Expand(test.presets, presets, test.stored)
		if !slices.Equal(got, test.want) || fmt.Sprint(err) != test.wrong && test.wrong != "" {
			t.Errorf("%q, %q: %q, %v, want %q, %s", test.presets, test.stored, got, err, test.want, test.wrong)
		}
	}
}

func TestPathsOfAnInvalidation(t *testing.T) {
	names := []string{"card", "card@2x"}
	if got := upkeep.Paths(prew.Scope{Photos: []string{"a"}}, names, true); !slices.Equal(got, []string{"/*"}) {
		t.Errorf("with aliases: %q", got)
	}
	for _, test := range []struct {
		scope prew.Scope
		want  []string
	}{
		{prew.Scope{All: true}, []string{"/prew/*"}},
		{prew.Scope{Presets: names}, []string{"/prew/card/*", "/prew/card@2x/*"}},
		{prew.Scope{Photos: []string{"a b*.jpg"}}, []string{"/prew/card/a%20b%2A.jpg", "/prew/card@2x/a%20b%2A.jpg"}},
		{prew.Scope{Prefixes: []string{"d/"}}, []string{"/prew/card/d/*", "/prew/card@2x/d/*"}},
		{prew.Scope{Prefixes: slices.Repeat([]string{"d/"}, 8)}, []string{"/prew/*"}},
		{prew.Scope{Photos: slices.Repeat([]string{"a"}, 501)}, []string{"/prew/*"}},
	} {
		if got := upkeep.Paths(test.scope, names, false); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %q, want %q", test.scope, got, test.want)
		}
	}
}

// TestRecordSaysWhatHasChangedAndWhen follows a bucket through the presets of its gateways.
func TestRecordSaysWhatHasChangedAndWhen(t *testing.T) {
	previews, _ := folders(t)
	at := func(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
	a1, a2 := load(t, "a: {width: 1, formats: [webp]}\n"), load(t, "a: {width: 2, formats: [webp]}\nb: {width: 1}\n")
	names := []string{"a", "a.webp", "b"}
	for i, step := range []struct {
		note    func(context.Context, upkeep.Folder, prew.Presets, time.Time) error
		presets prew.Presets
		want    map[string]time.Time // the cutoffs; nil: refused
	}{
		{upkeep.Note, a1, map[string]time.Time{}}, // since ever
		{upkeep.Note, a1, map[string]time.Time{}},
		{upkeep.Note, a2, map[string]time.Time{"a": at(2), "a.webp": at(2), "b": at(2)}},
		{upkeep.Note, a2, map[string]time.Time{"a": at(2), "a.webp": at(2), "b": at(2)}},
		{upkeep.Retire, a1, nil}, // a1's gateway ends last: it has stored until now
		{upkeep.Retire, a2, map[string]time.Time{"a": at(4), "a.webp": at(4), "b": at(2)}},
		{upkeep.Note, a1, map[string]time.Time{"a": at(6), "a.webp": at(6)}},
	} {
		if err := step.note(t.Context(), previews, step.presets, at(i)); err != nil {
			t.Fatal(err)
		}
		record, known, err := upkeep.ReadRecord(t.Context(), previews)
		if !known || err != nil {
			t.Fatal(known, err)
		}
		now, err := previews.Fingerprints(t.Context(), step.presets)
		if err != nil {
			t.Fatal(err)
		}
		cutoffs, err := record.Cutoffs(names, now)
		if fmt.Sprint(cutoffs) != fmt.Sprint(step.want) || (err != nil) != (step.want == nil) {
			t.Errorf("step %d: %v, %v, want %v", i, cutoffs, err, step.want)
		}
	}
}

// TestAnotherWatermarkOfTheBucketChangesItsPresets: a gateway notes what the bucket has when it
// starts, and a command refuses what no gateway has noted.
func TestAnotherWatermarkOfTheBucketChangesItsPresets(t *testing.T) {
	previews, _ := folders(t)
	at := func(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
	presets := load(t, "a: {width: 1, watermark: \"s3:marks/logo.png\"}\nb: {width: 1}\n")
	fingerprints := func() map[string]string {
		t.Helper()
		now, err := previews.Fingerprints(t.Context(), presets)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := presets.Get("a")
		if prew.UnmarkedFingerprint(now["a"]) != a.Fingerprint() {
			t.Errorf("%s is no fingerprint of a, %s", now["a"], a.Fingerprint())
		}
		return now
	}
	for hour, mark := range []string{"", "one", "two", "two"} {
		if mark != "" {
			if err := previews.Delete(t.Context(), []string{"marks/logo.png"}); err != nil {
				t.Fatal(err)
			}
			if _, _, err := previews.PutIfAbsent(t.Context(), "marks/logo.png", store.Object{Data: []byte(mark)}); err != nil {
				t.Fatal(err)
			}
		}
		record, known, err := upkeep.ReadRecord(t.Context(), previews)
		if err != nil {
			t.Fatal(err)
		}
		changed, _ := record.Compare(fingerprints())
		if want := known && hour < 3; want != slices.Equal(changed, []string{"a"}) || !want && changed != nil {
			t.Errorf("hour %d: %q changed", hour, changed)
		}
		if _, err := record.Cutoffs([]string{"a", "b"}, fingerprints()); (err != nil) != (len(changed) > 0) {
			t.Errorf("hour %d: %v", hour, err)
		}
		if err := upkeep.Note(t.Context(), previews, presets, at(hour)); err != nil {
			t.Fatal(err)
		}
	}
	record, _, err := upkeep.ReadRecord(t.Context(), previews)
	if err != nil || !record.Presets["a"].Since.Equal(at(2)) || !record.Presets["b"].Since.IsZero() {
		t.Errorf("%+v, %v", record, err)
	}
}

func TestGatewaysThatStartTogetherAllWriteTheRecord(t *testing.T) {
	previews, _ := folders(t)
	const gateways = 8
	var starting sync.WaitGroup
	for i := range gateways {
		starting.Go(func() {
			if err := upkeep.Note(t.Context(), previews, load(t, fmt.Sprintf("p%d: {width: 1}\n", i)), time.Now()); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	record, _, err := upkeep.ReadRecord(t.Context(), previews)
	if len(record.Presets) != gateways || err != nil {
		t.Errorf("%v, %v", record, err)
	}
}

func TestStaleIsWhatIsOlderThanItsPreset(t *testing.T) {
	previews, photos := folders(t, "prew/card/old.jpg", "prew/card.webp/old.jpg", "prew/gone/old.jpg")
	presets := load(t, "card: {width: 1, formats: [webp]}\n")
	// Listings have whole seconds.
	since := time.Now().Truncate(time.Second).Add(time.Second)
	time.Sleep(time.Until(since) + 20*time.Millisecond) // the clock of files is some behind
	if _, _, err := previews.PutIfAbsent(t.Context(), "prew/card/new.jpg", store.Object{}); err != nil {
		t.Fatal(err)
	}
	purge := upkeep.Purge{Previews: previews, Photos: photos, Parallel: 2, Position: upkeep.Nowhere()}
	purge.Names, _ = upkeep.Expand(nil, presets, nil)
	purge.Cutoffs = map[string]time.Time{"card": since}
	summary, err := purge.Run(t.Context())
	if err != nil || summary.Deleted != 1 || !slices.Equal(left(t, previews), []string{"card.webp/old.jpg", "card/new.jpg", "gone/old.jpg"}) {
		t.Errorf("%+v, %v, left %q", summary, err, left(t, previews))
	}
}
