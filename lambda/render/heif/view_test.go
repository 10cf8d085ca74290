package heif

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// cells are a picture of numbered pixels, to which a turn is done the plain way.
type cells [][]int

func numbered(width, height int) cells {
	c := make(cells, height)
	for y := range c {
		for x := range width {
			c[y] = append(c[y], y*width+x)
		}
	}
	return c
}

func made(width, height int, from func(x, y int) int) cells {
	c := make(cells, height)
	for y := range c {
		for x := range width {
			c[y] = append(c[y], from(x, y))
		}
	}
	return c
}

// as does what a property asks for.
func (c cells) as(p property) cells {
	width, height := len(c[0]), len(c)
	switch p.kind {
	case "irot":
		for range p.body[0] {
			before, w, h := c, width, height
			c = made(h, w, func(x, y int) int { return before[x][w-1-y] })
			width, height = h, w
		}
		return c
	case "imir":
		return made(width, height, func(x, y int) int {
			if p.body[0] == 0 {
				return c[height-1-y][x]
			}
			return c[y][width-1-x]
		})
	}
	var n [8]int32
	for i := range n {
		n[i] = int32(binary.BigEndian.Uint32(p.body[4*i:]))
	}
	left, top := (width-int(n[0]))/2+int(n[4]), (height-int(n[2]))/2+int(n[6])
	return made(int(n[0]), int(n[2]), func(x, y int) int { return c[top+y][left+x] })
}

// seen is what a view shows, as render turns it: cut, mirrored, transposed.
func (v view) seen(c cells) cells {
	cut := made(v.width, v.height, func(x, y int) int { return c[v.y+y][v.x+x] })
	mirrored := made(v.width, v.height, func(x, y int) int {
		if v.mirrorsX {
			x = v.width - 1 - x
		}
		if v.mirrorsY {
			y = v.height - 1 - y
		}
		return cut[y][x]
	})
	if !v.transposes {
		return mirrored
	}
	return made(v.height, v.width, func(x, y int) int { return mirrored[x][y] })
}

func aperture(width, height, x, y int) property {
	var body []byte
	for _, v := range []int{width, 1, height, 1, x, 1, y, 1} {
		body = binary.BigEndian.AppendUint32(body, uint32(v))
	}
	return property{box{"clap", body}, true}
}

func TestPropertiesTurnAndCutInTheirOrder(t *testing.T) {
	steps := []property{prop("irot", "\x00"), prop("irot", "\x01"), prop("irot", "\x02"), prop("irot", "\x03"),
		prop("imir", "\x00"), prop("imir", "\x01"), aperture(4, 4, 1, 0), aperture(6, 2, 0, 1)}
	for i, first := range steps {
		for j, second := range steps {
			for k, third := range steps[:6] {
				c := numbered(8, 6)
				v := view{width: 8, height: 6}
				possible := true
				for _, p := range []property{first, second, third} {
					if p.kind == "clap" && (len(c[0]) < 6 || len(c) < 5) {
						possible = false // cut twice
						break
					}
					if err := v.apply(p); err != nil {
						t.Fatal(err)
					}
					c = c.as(p)
				}
				if possible && fmt.Sprint(v.seen(numbered(8, 6))) != fmt.Sprint(c) {
					t.Errorf("%d, %d, %d: %+v shows\n%v, want\n%v", i, j, k, v, v.seen(numbered(8, 6)), c)
				}
			}
		}
	}
}

// TestTurnIsEXIFs holds the numbers against what EXIF 2.32, 4.6.4, says of where the first
// row and column are seen.
func TestTurnIsEXIFs(t *testing.T) {
	for _, test := range []struct {
		turn       int
		properties []property
	}{
		{1, nil},
		{2, []property{prop("imir", "\x01")}},
		{3, []property{prop("irot", "\x02")}},
		{4, []property{prop("imir", "\x00")}},
		{5, []property{prop("irot", "\x01"), prop("imir", "\x00")}},
		{6, []property{prop("irot", "\x03")}},
		{7, []property{prop("irot", "\x01"), prop("imir", "\x01")}},
		{8, []property{prop("irot", "\x01")}},
	} {
		v := view{width: 8, height: 6}
		for _, p := range test.properties {
			v.apply(p)
		}
		if v.turn() != test.turn {
			t.Errorf("%v: turn %d, want %d", test.properties, v.turn(), test.turn)
		}
	}
}

func TestApertures(t *testing.T) {
	numbers := func(n ...int) []byte {
		var b []byte
		for _, v := range n {
			b = binary.BigEndian.AppendUint32(b, uint32(v))
		}
		return b
	}
	for _, test := range []struct {
		name string
		body []byte
		want string
	}{
		{"an odd side of an even picture", numbers(63, 1, 61, 1, -1, 2, -3, 2), "0 0 63 61"},
		{"around the middle", numbers(32, 1, 32, 1, 0, 1, 0, 1), "16 16 32 32"},
		{"over an edge", numbers(32, 1, 32, 1, 20, 1, 0, 1), "36 16 28 32"},
		{"larger than the picture", numbers(1<<31, 1, 1<<31, 1, 0, 1, 0, 1<<31), "0 0 64 64"},
		{"a denominator of zero", numbers(32, 0, 32, 1, 0, 1, 0, 1), "damaged HEIF: it is cut to a fraction of nothing"},
		{"beside the picture", numbers(32, 1, 32, 1, 100, 1, 0, 1), "damaged HEIF: it is cut to nothing"},
		{"cut off", numbers(32, 1, 32), "damaged HEIF: it is cut to a fraction of nothing"},
	} {
		v := view{width: 64, height: 64}
		err := v.apply(property{box{"clap", test.body}, true})
		got := fmt.Sprint(v.x, v.y, v.width, v.height)
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
