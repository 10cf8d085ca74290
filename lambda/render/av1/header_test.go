package av1

import (
	"testing"

	"prew/lambda/render/plane"
)

// TestConfigurationIsOfTheSequence holds what a container says of a picture to its sequence header:
// its profile, its level and its chroma.
func TestConfigurationIsOfTheSequence(t *testing.T) {
	grey := func(w, h int) plane.Plane {
		return plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h}
	}
	for _, test := range []struct {
		name   string
		planes []plane.Plane
		want   [4]byte
	}{
		{"grey", []plane.Plane{grey(16, 8)}, [4]byte{0x81, 0x00, 0x1c, 0}},
		{"4:2:0", []plane.Plane{grey(16, 8), grey(8, 4), grey(8, 4)}, [4]byte{0x81, 0x00, 0x0c, 0}},
		{"4:4:4", []plane.Plane{grey(16, 8), grey(16, 8), grey(16, 8)}, [4]byte{0x81, 0x20, 0x00, 0}},
		{"wide", []plane.Plane{grey(2100, 8)}, [4]byte{0x81, 0x01, 0x1c, 0}},
		{"high", []plane.Plane{grey(8, 2000)}, [4]byte{0x81, 0x04, 0x1c, 0}},
		{"wider than any level", []plane.Plane{grey(16_385, 1)}, [4]byte{0x81, 0x1f, 0x1c, 0}},
	} {
		var e Encoder
		sequence, _ := e.Encode(test.planes, Options{Quantiser: 255})
		got := e.Configuration()
		if got != test.want {
			t.Errorf("%s: %x, want %x", test.name, got, test.want)
		}
		// Behind the OBU's header and its size: the profile, two flags and the level.
		bits := uint16(sequence[2])<<8 | uint16(sequence[3])
		if profile, level := byte(bits>>13), byte(bits>>6&31); got[1] != profile<<5|level {
			t.Errorf("%s: the sequence has profile %d and level %d, the configuration %x", test.name, profile, level, got)
		}
	}
}

func TestLevelsOfDecoders(t *testing.T) {
	for _, test := range []struct {
		width, height int
		level         uint32
	}{
		{640, 230, 0}, {640, 231, 1}, {640, 480, 4}, {1000, 1000, 5}, {1440, 960, 8}, {1440, 1440, 8}, {1440, 2560, 12}, {4096, 2176, 12},
		{4096, 2304, 16}, {8192, 4352, 16}, {8192, 8192, 31},
	} {
		e := Encoder{picture: picture{width: test.width, height: test.height}}
		if got := e.level(); got != test.level {
			t.Errorf("%dx%d: level %d, want %d", test.width, test.height, got, test.level)
		}
	}
}
