package answer

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"prew"
)

// drawing is a framed landscape, and over it a sign for what is wrong.
type drawing struct {
	what          prew.Drawing
	width, height int
}

// shades is how many colours lie from field to mark, both included: enough for
// edges that look smooth, and four bits a pixel in the PNG.
const shades = 16

var (
	fieldColour = color.RGBA{0xec, 0xee, 0xf1, 0xff}
	markColour  = color.RGBA{0x9a, 0xa3, 0xaf, 0xff}
)

// png draws the picture: the mark on the flat field, its frame two fifths of
// the shorter side wide.
func (d drawing) png() []byte {
	palette := make(color.Palette, shades)
	for i := range palette {
		mix := func(a, b uint8) uint8 { return uint8((int(a)*(shades-1-i) + int(b)*i) / (shades - 1)) }
		palette[i] = color.RGBA{
			mix(fieldColour.R, markColour.R), mix(fieldColour.G, markColour.G), mix(fieldColour.B, markColour.B), 0xff,
		}
	}
	img := image.NewPaletted(image.Rect(0, 0, d.width, d.height), palette)
	unit := float64(min(d.width, d.height)) / 5 // half of the frame's width
	reach := int(unit*1.25) + 2                 // nothing is drawn further out
	centre := image.Pt(d.width/2, d.height/2)
	area := image.Rectangle{centre, centre}.Inset(-reach).Intersect(img.Rect)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			at := point{(float64(x) + 0.5 - float64(d.width)/2) / unit, (float64(y) + 0.5 - float64(d.height)/2) / unit}
			// A pixel is covered as far as it lies inside the edge.
			cover := min(max(0.5-distance(d.what, at)*unit, 0), 1)
			img.SetColorIndex(x, y, uint8(cover*(shades-1)+0.5))
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed} // a flat field packs well at any level
	if err := encoder.Encode(&out, img); err != nil {
		panic(err) // a buffer takes everything, and the size is a preset's
	}
	return out.Bytes()
}

// point is a place in the mark: the frame reaches from -1 to 1 across.
type point struct{ x, y float64 }

// distance is the signed distance of a point from the edge of the mark, below zero
// inside. Shapes are joined by min and cut out by max with the negative.
func distance(what prew.Drawing, p point) float64 {
	const stroke = 0.06 // half the width of the lines
	frame := math.Abs(p.box(point{0, 0}, 0.94, 0.70, 0.14)) - stroke
	sun := p.circle(point{-0.45, -0.28}, 0.15)
	hills := min(p.triangle(point{-0.30, -0.02}, 0.50, 0.42), p.triangle(point{0.28, -0.22}, 0.62, 0.62))
	hills = max(hills, p.y-0.40)
	landscape := min(frame, sun, hills)
	switch what {
	case prew.Slashed:
		line := p.line(point{-0.80, 0.88}, point{0.80, -0.88}) - stroke*1.2
		return min(max(landscape, -(line-stroke*1.4)), line)
	case prew.Exclaimed:
		return badge(p, landscape, min(p.line(point{0.78, 0.30}, point{0.78, 0.62})-stroke, p.circle(point{0.78, 0.80}, stroke*1.2)))
	default:
		dots := min(p.circle(point{0.60, 0.56}, 0.065), p.circle(point{0.78, 0.56}, 0.065), p.circle(point{0.96, 0.56}, 0.065))
		return badge(p, landscape, dots)
	}
}

// badge lays a disc over the lower right of the landscape, with a sign cut out.
func badge(p point, landscape, sign float64) float64 {
	disc := p.circle(point{0.78, 0.56}, 0.40)
	return min(max(landscape, -(disc-0.09)), max(disc, -sign))
}

func (p point) circle(centre point, radius float64) float64 {
	return math.Hypot(p.x-centre.x, p.y-centre.y) - radius
}

// box is a rectangle with rounded corners, given by half its sides.
func (p point) box(centre point, halfWidth, halfHeight, radius float64) float64 {
	x := math.Abs(p.x-centre.x) - halfWidth + radius
	y := math.Abs(p.y-centre.y) - halfHeight + radius
	return math.Hypot(max(x, 0), max(y, 0)) + min(max(x, y), 0) - radius
}

// line is the distance from the segment between two points.
func (p point) line(a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/(dx*dx+dy*dy), 0), 1)
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}

// triangle hangs from its top, with slopes that fall by height over half a width;
// the caller cuts it off below.
func (p point) triangle(top point, halfWidth, height float64) float64 {
	length := math.Hypot(halfWidth, height)
	return (math.Abs(p.x-top.x)*height - (p.y-top.y)*halfWidth) / length
}
