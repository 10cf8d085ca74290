package main

import "prew"

// exception is a picture that is not held to what sharp makes of it, with the reason.
type exception struct {
	outcome outcome   // meant or later, or "" if it is held to a twin
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

	"looks/animated.avif":       {later, "", "", "AVIF is not read yet"},
	"looks/hopper.avif":         {later, "", "", "AVIF is not read yet"},
	"looks/transparency.avif":   {later, "", "", "AVIF is not read yet"},
	"hostile/17000x17000.avif":  {later, "", "", "AVIF is not read yet"},
	"looks/still.heic":          {later, "", "", "HEIC is not read yet"},
	"jpeg/arith.jpg":            {later, "", "", "arithmetic coding is not read yet"},
	"tiff/compression.tif":      {later, "", "", "CCITT modified Huffman (compression 2) is not read yet"},
	"tiff/hopper_bigtiff.tif":   {later, "", "", "BigTIFF is not read yet"},
	"tiff/hopper_gray_4bpp.tif": {later, "", "", "grey of 4 bits is not read yet"},
	"tiff/hopper_jpg.tif":       {later, "", "", "JPEG in TIFF is not read yet"},

	"tiff/fogra-0-100-100-0.tif":                  {later, "", "", "CMYK in TIFF is not read yet"},
	"tiff/tiff_strip_planar_16bit_RGB.tiff":       {later, "", "", "planes apart are not read yet"},
	"tiff/tiff_strip_planar_raw.tif":              {later, "", "", "planes apart are not read yet"},
	"tiff/tiff_tiled_ycbcr_jpeg_2x2_sampling.tif": {later, "", "", "JPEG in TIFF is not read yet"},
}
