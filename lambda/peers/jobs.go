package main

import (
	"fmt"
	"strings"

	"prew"
)

// The renderers that are compared. Arrays of three are indexed by them.
const (
	ours   = iota
	debian // libvips as Debian packages it
	modern // libvips as sharp ships it
	peers
)

// quality is the quality setting of every JPEG.
const quality = 80

// size is one of the three previews that are made of a photo.
type size struct {
	name   string
	width  int
	height int // 0 is free
	fit    prew.Fit
}

var sizes = [3]size{
	{"1440", 1440, 0, prew.Contain},
	{"640", 640, 0, prew.Contain},
	{"200x200", 200, 200, prew.Cover},
}

// job is one preview to be made from one photo, with the share of its rival's user
// time that it may take.
type job struct {
	photo  string // name of the photo's file, without the extension
	file   string // in the corpus's folder bench
	about  string // the photo in few words
	size   size
	format prew.Format
	rival  int
	most   float64

	quality int    // of a PNG it is of no use; of a WebP 0 loses nothing
	effort  string // of a WebP or an AVIF, in the renderer's word
	look    string // what is done to it, a look.Asked in JSON, or ""
}

// String is the job's name, which is that of its files too.
func (j job) String() string {
	return fmt.Sprintf("%s-%s-%s", j.photo, j.format, j.size.name)
}

// jobs returns all jobs, those of a photo together and in the order of sizes. Sizes
// that would enlarge the photo are left out.
func jobs() []job {
	const leftOut = 0
	table := []struct {
		file, about string
		format      prew.Format
		rival       int
		most        [len(sizes)]float64
	}{
		{"p12.jpg", "12 MP", prew.JPEG, modern, [...]float64{0.65, 0.65, 0.65}},
		{"p20.jpg", "20 MP", prew.JPEG, modern, [...]float64{0.65, 0.65, 0.65}},
		{"p22_444.jpg", "22 MP, 4:4:4", prew.JPEG, modern, [...]float64{0.65, 0.65, 0.65}},
		{"p12_prog.jpg", "12 MP, progressive", prew.JPEG, modern, [...]float64{0.80, 0.88, 0.88}},
		{"p2.jpg", "2 MP", prew.JPEG, modern, [...]float64{1.00, 0.60, 0.60}},
		{"alpha3.png", "3 MP PNG to PNG", prew.PNG, modern, [...]float64{0.80, 0.80, 0.80}},
		{"alpha3.png", "3 MP PNG to JPEG", prew.JPEG, modern, [...]float64{0.80, 0.80, 0.80}},
		{"alpha2.png", "2 MP PNG to PNG", prew.PNG, modern, [...]float64{leftOut, 0.80, 0.80}},
		{"alpha2.png", "2 MP PNG to JPEG", prew.JPEG, modern, [...]float64{leftOut, 0.80, 0.80}},
		{"w8.webp", "8 MP lossy WebP", prew.JPEG, modern, [...]float64{0.70, 0.70, 0.70}},
	}
	var all []job
	for _, row := range table {
		photo, _, _ := strings.Cut(row.file, ".")
		for i, size := range sizes {
			if row.most[i] != leftOut {
				all = append(all, job{photo, row.file, row.about, size, row.format, row.rival, row.most[i], quality, "", ""})
			}
		}
	}
	return all
}
