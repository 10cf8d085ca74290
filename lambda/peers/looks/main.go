// Command looks renders pictures by the function and by sharp, at the same size and
// without loss, and compares what comes out, pixel by pixel. HEICs, which sharp's build
// can't read, are made PNGs for it by heif-convert. It writes a table into
// docs/bench/looks.md and contact sheets into .local/looks, and fails where a picture
// looks worse than the figures of judge.go, or takes more time or memory. So it does with
// what presets do to a photo, where sharp has the same (package look), with AVIFs and with what
// moves.
// What gravities keep of photos stands beside what sharp keeps. It runs in the root of the
// checkout, for make looks.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"prew/lambda/peers/look"
	"prew/prewmanager/progress"
)

const (
	// scratch holds the previews and the contact sheets. It can be deleted.
	scratch = ".local/looks"
	// table is the file for the table.
	table = "docs/bench/looks.md"
	// side is what every preview is made to fit into: larger than small pictures,
	// which are compared as they are, and small enough for a sheet.
	side = 640
)

func main() {
	corpus := flag.String("corpus", os.Getenv("CORPUS"), "the folder that has the folders bench, looks, jpeg and hostile")
	pictures := flag.String("pictures", os.Getenv("PICTURES"), "the folder that has the folders colour, damage, tiff and so on")
	only := flag.String("only", os.Getenv("ONLY"), "a part of the names of some files, as tiff/ or cmyk; writes nothing to "+table)
	flag.Parse()
	if err := run(*corpus, *pictures, *only); err != nil {
		fmt.Fprintln(os.Stderr, "looks:", err)
		os.Exit(1)
	}
}

func run(corpus, pictures, only string) error {
	files, err := find(corpus, pictures, only)
	if err != nil {
		return err
	}
	r := report{date: time.Now(), moving: findMoving(corpus, only)}
	if r.cropped, err = findCropped(corpus, only); err != nil {
		return err
	}
	if len(files)+len(r.moving)+len(r.cropped) == 0 {
		return fmt.Errorf("ONLY=%s is in the name of no picture, expected a part of one as colour/cmyk", only)
	}
	if err := os.RemoveAll(scratch); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(scratch, "previews"), 0o777); err != nil {
		return err
	}
	line := progress.New(os.Stderr)
	defer line.Clear()
	all := make([]looked, len(files))
	// Ours come first: Linux includes in the peak of a child the memory of its parent
	// that the child had before it became another program, and comparing takes memory.
	for i, f := range files {
		line.Show(f.name + " by the function")
		all[i] = looked{file: f, ours: renderOurs(f)}
	}
	for _, m := range r.moving {
		line.Show(m.String() + " by the function")
		m.render()
	}
	for _, c := range r.cropped {
		line.Show(c.String() + " by the function")
		c.render()
	}
	peer, err := startSharp()
	if err != nil {
		return err
	}
	for i := range all {
		line.Show(all[i].file.name + " by sharp")
		if err := all[i].compare(peer); err != nil {
			return err
		}
	}
	for _, m := range r.moving {
		line.Show(m.String() + " by sharp")
		if err := m.compare(peer); err != nil {
			return err
		}
	}
	for _, c := range r.cropped {
		line.Show(c.String() + " by sharp")
		if err := c.compare(peer); err != nil {
			return err
		}
	}
	if err := peer.stop(); err != nil {
		return err
	}
	line.Clear()
	r.peer, r.all = peer.name, all
	if err := writeSheets(scratch, r); err != nil {
		return err
	}
	fmt.Printf("contact sheets: %s\n", filepath.Join(scratch, "index.html"))
	if only == "" {
		if err := os.WriteFile(table, r.markdown(), 0o666); err != nil { // before umask
			return err
		}
	}
	return r.tell(os.Stdout)
}

// file is a picture of the folders.
type file struct {
	name   string // with its last folder, as wrong/ycck.jpg
	path   string
	folder string
	look   *look.Look // nil for a photo that is shrunk alone
	avif   bool       // ours is an AVIF, which sharp decodes
}

// find lists the pictures whose names contain a part.
func find(corpus, pictures, part string) ([]file, error) {
	var files []file
	for _, group := range []struct{ variable, dir, folders string }{
		{"CORPUS", corpus, "looks jpeg hostile"},
		{"PICTURES", pictures, "colour orientation damage wrong tiff bombs"},
	} {
		for folder := range strings.FieldsSeq(group.folders) {
			dir := filepath.Join(group.dir, folder)
			entries, err := os.ReadDir(dir)
			if err != nil {
				return nil, fmt.Errorf("%s is %q, which has no folder %s: the pictures are needed: %w", group.variable, group.dir, folder, err)
			}
			for _, entry := range entries {
				info, err := os.Stat(filepath.Join(dir, entry.Name()))
				if err != nil {
					return nil, err
				}
				name := folder + "/" + entry.Name()
				if info.Mode().IsRegular() && strings.Contains(name, part) {
					files = append(files, file{name: name, path: filepath.Join(dir, entry.Name()), folder: folder})
				}
			}
		}
	}
	for _, photo := range []string{"p2.jpg", "alpha3.png"} { // one of planes, and one that lets light through
		for i := range look.All {
			name := photo + " " + look.All[i].Preset
			if strings.Contains(name, part) {
				files = append(files, file{name: name, path: filepath.Join(corpus, "bench", photo), folder: "look", look: &look.All[i]})
			}
		}
	}
	for _, photo := range asAVIF {
		if name := photo + " as AVIF"; strings.Contains(name, part) {
			files = append(files, file{name: name, path: filepath.Join(corpus, photo), folder: "as AVIF", avif: true})
		}
	}
	return files, nil
}

// asAVIF are the photos of the corpus that are made AVIFs: of planes, of all chroma, turned, with
// alpha, drawn, in grey and of 16 bits.
var asAVIF = []string{
	"bench/p12.jpg", "bench/p20.jpg", "bench/p22_444.jpg", "looks/orientation_6.jpg", "bench/alpha2.png", "bench/alpha3.png",
	"looks/indexed.png", "looks/grey_alpha16.png", "looks/rgb16.png", "looks/hopper.avif",
}

// avifFile is the file to which ours is written where it is an AVIF.
func (f file) avifFile() string { return strings.TrimSuffix(f.previewFile("ours"), "png") + "avif" }

// previewFile is the file to which a renderer writes its preview.
func (f file) previewFile(renderer string) string {
	inURL := strings.NewReplacer("/", "-", "#", "", " ", "-").Replace(f.name)
	return filepath.Join(scratch, "previews", inURL+"."+renderer+".png")
}
