// Command auto shows what `quality: auto` saves: over photographs, and for each format and a few
// likenesses, the bytes of previews beside those of the one number of quality at which the worst
// of them looks as good, by SSIMULACRA 2. It writes docs/bench/auto.md. It runs in the root of the
// checkout, for make bench-auto.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"prew"
	"prew/prewmanager/progress"
)

const (
	// table is the file for the table.
	table = "docs/bench/auto.md"
	// usual is what every preview of the table is made to fit into, in pixels a side.
	usual = 640
)

// formats and likenesses are those that are shown.
var (
	formats    = []prew.Format{prew.JPEG, prew.WebP, prew.AVIF}
	likenesses = []float64{0.98, 0.97, 0.94}
)

func main() {
	corpus := flag.String("corpus", os.Getenv("CORPUS"), "the folder of photos that has the folder bench")
	photos := flag.String("photos", os.Getenv("PHOTOS"), "a folder of PNGs of photographs that came without loss")
	side := flag.Int("side", usual, fmt.Sprintf("what every preview is made to fit into, in pixels; of another one than %d the table is printed", usual))
	flag.Parse()
	if err := run(*corpus, *photos, *side); err != nil {
		fmt.Fprintln(os.Stderr, "auto:", err)
		os.Exit(1)
	}
}

func run(corpus, folder string, side int) error {
	files, err := find(corpus, folder)
	if err != nil {
		return err
	}
	line := progress.New(os.Stderr)
	defer line.Clear()
	var photos []photo
	for _, file := range files {
		line.Show(file)
		p, err := open(file, side)
		if err != nil {
			return err
		}
		photos = append(photos, p)
	}
	var rows []row
	for _, likeness := range likenesses {
		for _, format := range formats {
			r, err := measure(photos, format, likeness, line.Show)
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
	}
	line.Clear()
	text := report(time.Now(), len(photos), side, rows)
	if side != usual {
		_, err := os.Stdout.Write(text)
		return err
	}
	return os.WriteFile(table, text, 0o666)
}

// find lists the photographs of both folders.
func find(corpus, folder string) ([]string, error) {
	jpegs, err := filepath.Glob(filepath.Join(corpus, "bench", "p*.jpg"))
	pngs, wrong := filepath.Glob(filepath.Join(folder, "*.png"))
	if err = errors.Join(err, wrong); err != nil {
		return nil, err
	}
	if corpus == "" || folder == "" || len(jpegs) == 0 || len(pngs) == 0 {
		return nil, fmt.Errorf("CORPUS is %q and PHOTOS %q, expected a folder that has bench/*.jpg and one of PNGs", corpus, folder)
	}
	return slices.Concat(jpegs, pngs), nil
}
