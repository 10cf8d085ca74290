package main

import (
	"cmp"
	"os"
	"slices"
	"strings"

	"prew"
)

// other is a source beside the default one, and a preset that has its photos from there. A run
// has them to show what they are; presets.yaml can name no source, because whoever deploys it
// has none by that name.
type other struct {
	name, bucket, prefix string
	preset, fields       string
}

// others are in the S3 server of the run.
var others = []other{
	{"people", "people", "faces/", "profile", "width=96,height=96,fit=cover,gravity=top,source=people"},
	{"archive", "archive", "", "archived", "width=320,source=archive"},
}

// variables are the names and values of the variables that define the source and its preset.
func (o other) variables() (source, preset [2]string) {
	place := "bucket=" + o.bucket + ",path_style=1"
	if o.prefix != "" {
		place += ",prefix=" + o.prefix
	}
	return [2]string{"SOURCE_" + strings.ToUpper(o.name), place}, [2]string{"PRESET_" + strings.ToUpper(o.preset), o.fields}
}

// setOthers sets the variables of the sources and presets that a run adds, and returns them.
// What is set already, and a preset of a file by that name, stays as it is: then it is somebody's
// own, and the run adds nothing in its place.
func setOthers(presets prew.Presets) (added []other, err error) {
	for _, o := range others {
		source, preset := o.variables()
		before := os.Getenv(preset[0])
		if cmp.Or(os.Getenv(source[0]), source[1]) != source[1] || cmp.Or(before, preset[1]) != preset[1] ||
			before == "" && slices.Contains(presets.Names(), o.preset) {
			continue
		}
		for _, variable := range [][2]string{source, preset} {
			if err := os.Setenv(variable[0], variable[1]); err != nil {
				return nil, err
			}
		}
		added = append(added, o)
	}
	return added, nil
}

// fewPhotos is how many photos of the default source the others have too.
const fewPhotos = 2

// photosOf are some of the photos of the default source, as photos of this one.
func (o other) photosOf(photos []photo) []photo {
	some := slices.Clone(photos[:min(fewPhotos, len(photos))])
	for i := range some {
		some[i].source = o.name
	}
	return some
}
