package colour

import "testing"

// FuzzProfile sees every profile read or refused, without a panic, and what is made
// of it used.
func FuzzProfile(f *testing.F) {
	for _, data := range synthetic() {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parse(data)
		if err != nil {
			return
		}
		transform, err := p.transform()
		if err != nil {
			return
		}
		switch transform.Channels() {
		case 4:
			var inks [4][256]uint8
			for i := range 256 {
				for j := range inks {
					inks[j][i] = uint8((2*j + 1) * i)
				}
			}
			transform.PixelsOfInks(make([]uint8, 4*256), inks[0][:], inks[1][:], inks[2][:], inks[3][:])
		default:
			row := make([]uint8, 4*256)
			for i := range row {
				row[i] = uint8(i * i / 3)
			}
			transform.Pixels(row)
		}
		if embedded := transform.Embed(); len(embedded) > maxEmbed {
			t.Errorf("a profile of %d bytes is to be embedded, limit is %d", len(embedded), maxEmbed)
		}
	})
}
