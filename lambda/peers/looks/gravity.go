package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"prew"
)

// cropShapes are the boxes that photos are cropped to.
var cropShapes = []cropShape{{"tall", 120, 240}, {"wide", 240, 120}}

type cropShape struct {
	name          string
	width, height int
}

// What chooses the part that is kept: our gravities, and sharp's positions. The middle comes
// first, to be seen beside.
var (
	gravities = []string{string(prew.Center), string(prew.Smart), string(prew.Face)}
	positions = []string{"attention", "entropy"}
)

// cropped is a photo as the function and sharp crop it. What each keeps is a matter of taste:
// it is shown, and only has to be there.
type cropped struct {
	photo string
	shape cropShape
	wrong []string // why some are not there
}

// findCropped lists the photos of the corpus, each with each shape. In none a face is found, so
// that face keeps what smart does.
func findCropped(corpus, part string) (all []*cropped, err error) {
	for _, pattern := range []string{"bench/*", "looks/gps*.jpg"} {
		photos, err := filepath.Glob(filepath.Join(corpus, pattern))
		if err != nil {
			return nil, err
		}
		for _, photo := range photos {
			for _, shape := range cropShapes {
				if c := (&cropped{photo: photo, shape: shape}); strings.Contains(c.String(), part) {
					all = append(all, c)
				}
			}
		}
	}
	return all, nil
}

// String is the name in the report.
func (c *cropped) String() string { return filepath.Base(c.photo) + " gravity " + c.shape.name }

// previewFile is the file of what a gravity or a position keeps.
func (c *cropped) previewFile(by string) string {
	return filepath.Join(scratch, "previews", filepath.Base(c.photo)+"-"+c.shape.name+"."+by+".png")
}

// render crops the photo by our gravities.
func (c *cropped) render() {
	for _, gravity := range gravities {
		preset := fmt.Sprintf("width=%d,height=%d,fit=cover,format=png,gravity=%s", c.shape.width, c.shape.height, gravity)
		if m := renderBy(preset, c.photo, c.previewFile(gravity)); m.fail || m.code != "" {
			c.wrong = append(c.wrong, fmt.Sprintf("%s: %s %s", gravity, m.code, m.says))
		}
	}
}

// compare crops the photo by sharp's positions.
func (c *cropped) compare(peer *sharp) error {
	for _, position := range positions {
		var answer theirs
		if err := peer.ask(map[string]any{
			"source": c.photo, "preview": c.previewFile(position), "width": c.shape.width, "height": c.shape.height,
			"fit": "cover", "position": position,
		}, &answer); err != nil {
			return err
		}
		if answer.Refused != "" {
			c.wrong = append(c.wrong, position+": "+answer.Refused)
		}
	}
	return nil
}

// row has what each of them keeps.
func (c *cropped) row() (gridRow, error) {
	all := slices.Concat(gravities, positions)
	r := gridRow{text: filepath.Base(c.photo) + ": " + strings.Join(all, ", "), wrong: c.wrong}
	for _, by := range all {
		name := c.previewFile(by)
		if !exists(name) {
			continue
		}
		img, err := decode(name)
		if err != nil {
			return r, err
		}
		r.cells = append(r.cells, img)
	}
	return r, nil
}
