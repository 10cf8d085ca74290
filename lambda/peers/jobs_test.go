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
	for _, j := range webpJobs() {
		if seen[j.String()] {
			t.Errorf("%s is there twice", j)
		}
		seen[j.String()] = true
	}
}

func TestChoose(t *testing.T) {
	for _, test := range []struct {
		only               string
		want, webps, looks int
	}{
		{"", 28, 23, len(look.All)}, {"p12", 6, 6, 0}, {"p12-", 3, 6, 0}, {"640", 10, 11, 0}, {"alpha2-png-200x200", 1, 0, 0}, {"webp", 0, 23, 0}, {"640-small", 0, 3, 0},
		{"look-", 0, 0, len(look.All)}, {"tone=sepia", 0, 0, 1},
	} {
		if got, webps, looked, err := choose(test.only); err != nil || len(got) != test.want || len(webps) != test.webps || len(looked) != test.looks {
			t.Errorf("%q: %d jobs, %d of WebP, %d of looks, %v, want %d, %d, %d", test.only, len(got), len(webps), len(looked), err, test.want, test.webps, test.looks)
		}
	}
	if got, webps, looked, err := choose("p13"); err == nil {
		t.Errorf("p13: %v, %v, %v, want an error", got, webps, looked)
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
