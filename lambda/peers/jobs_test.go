package main

import (
	"testing"

	"prew"
	"prew/lambda/peers/look"
)

func TestLine(t *testing.T) {
	j := job{size: sizes[2], format: prew.JPEG, quality: quality}
	const want = "in.jpg\tout.jpg\t200\t200\tcover\tjpeg\t80\t3\t\t\n"
	if got := j.line("in.jpg", "out.jpg", 3); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestNamesAreUnique is needed because jobs' names are names of files.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, j := range jobs() {
		if seen[j.String()] {
			t.Errorf("%s is there twice", j)
		}
		seen[j.String()] = true
	}
	if len(seen) != 28 {
		t.Errorf("%d jobs, want 28", len(seen))
	}
	var others []string
	for _, j := range alikeJobs() {
		others = append(others, j.String())
	}
	for _, j := range formatsJobs() {
		others = append(others, j.String())
	}
	for _, j := range movingJobs() {
		others = append(others, j.String())
	}
	for _, j := range gravityJobs() {
		others = append(others, j.String())
	}
	for _, name := range others {
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
	}
}

func TestChoose(t *testing.T) {
	for _, test := range []struct {
		only                                           string
		want, formats, alike, moving, looks, gravities int
	}{
		{"", 28, 6, 41, 16, len(look.All), 30}, {"p12", 6, 2, 12, 0, 0, 30}, {"p12-", 3, 2, 12, 0, 0, 20}, {"640", 10, 3, 20, 0, 0, 5}, {"alpha2-png-200x200", 1, 0, 0, 0, 0, 0},
		{"webp-", 0, 0, 23, 10, 0, 0}, {"avif-", 0, 0, 18, 0, 0, 0}, {"640-small", 0, 0, 6, 0, 0, 0}, {"formats-", 0, 6, 0, 0, 0, 0}, {"look-", 0, 0, 0, 0, len(look.All), 0}, {"tone=sepia", 0, 0, 0, 0, 1, 0},
		{"moving-", 0, 0, 0, 16, 0, 0}, {"gravity-", 0, 0, 0, 0, 0, 30}, {"gravity-face", 0, 0, 0, 0, 0, 6},
	} {
		c, err := choose(test.only)
		got := [...]int{len(c.jobs), len(c.formats), len(c.alike), len(c.moving), len(c.looks), len(c.gravities)}
		if want := [...]int{test.want, test.formats, test.alike, test.moving, test.looks, test.gravities}; err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", test.only, got, err, want)
		}
	}
	if got, err := choose("p13"); err == nil {
		t.Errorf("p13: %v, want an error", got)
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []int
		want   int
	}{
		{[]int{5}, 5}, {[]int{9, 1, 5}, 5}, {[]int{4, 3, 2, 1}, 3},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("%v: %d, want %d", test.values, got, test.want)
		}
	}
}
