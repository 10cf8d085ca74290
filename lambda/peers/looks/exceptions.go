package main

import "prew"

// exception is a picture that is not held to sharp's, with the reason.
type exception struct {
	outcome outcome   // meant, later or differs
	code    prew.Code // of a refusal that is meant
	why     string
}

// exceptions are the pictures that are not held to sharp's. One that is refused for
// now is held to it as soon as it is rendered.
var exceptions = map[string]exception{
	"jpeg/trunc.jpg":  {meant, prew.SourceDamaged, "lacks pixels: half a picture is no preview"},
	"jpeg/trunc2.jpg": {meant, prew.SourceDamaged, "lacks pixels: half a picture is no preview"},
}
