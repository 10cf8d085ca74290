package main

import "prew"

// exception is a picture that is not held to what sharp makes of it, with the reason.
type exception struct {
	outcome outcome   // meant, later or another, or "" if it is held to a twin
	code    prew.Code // of a refusal that is meant
	twin    string    // a picture of the same pixels, in a folder beside, which sharp reads
	why     string
}

const lacks = "lacks pixels: half a picture is no preview"

// exceptions are the pictures that are not held to what sharp makes of them. One that
// is refused for now is held to it as soon as it is rendered.
var exceptions = map[string]exception{
	"jpeg/trunc.jpg":              {meant, prew.SourceDamaged, "", lacks},
	"jpeg/trunc2.jpg":             {meant, prew.SourceDamaged, "", lacks},
	"hostile/truncated.gif":       {meant, prew.SourceDamaged, "", lacks},
	"hostile/truncated_image.png": {meant, prew.SourceDamaged, "", lacks},

	"wrong/tiff_tiled_planar_16bit_RGB.tiff": {"", "", "tiff/tiff_strip_planar_16bit_RGB.tiff", "sharp reads no tiles whose planes lie apart; the twin has the same pixels"},

	"looks/animated.avif":        {another, "", "", "sharp's build reads no sequences in AVIF: ours has the very pixels of avifdec"},
	"jpeg/arith.jpg":             {later, "", "", "arithmetic coding is not read yet"},
	"wrong/gif_frame_larger.gif": {another, "", "", "the first frame is larger than the screen: cut to it, as browsers do, where sharp shows all of it"},
	"looks/4.webp":               {another, "", "", "fine lines shrunk by 1.6: an exact Lanczos is 60.0 dB from ours and 35.2 from sharp's, whose decoder makes the same pixels"},
	"wrong/fax4.tiff":            {another, "", "", "black and white without greys: an exact Lanczos is 63.9 dB from ours and 30.3 from sharp's"},
}
