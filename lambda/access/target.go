package access

import (
	"errors"
	"net/http"

	"prew"
)

// Target is what a request asks for.
type Target struct {
	Access prew.Access
	Paths  []string // its canonical path, and others whose signature is good for it too
	Preset string   // without the part that makes it a variant; empty for a photo
	Key    string
}

// PhotoTarget is the photo with a key, where photos have this access.
func PhotoTarget(photos prew.Access, key string) Target {
	return Target{Access: photos, Paths: []string{prew.PhotoPath(key)}, Key: key}
}

// PreviewTarget is the preview of a ref as it was asked for. Who stands before asks for the
// variant that it has chosen by its name, and the signature is that of the address that the
// client has.
func PreviewTarget(presets prew.Presets, ref prew.Ref) Target {
	t := Target{Access: presets.Access(ref.Preset), Preset: prew.PresetOf(ref.Preset), Key: ref.Key}
	for _, name := range presets.AskedAs(ref.Preset) {
		t.Paths = append(t.Paths, prew.Ref{Preset: name, Key: ref.Key}.Path())
	}
	return t
}

// Challenge is the code of the failure that the error of a check stands for. It sets the
// header that says what is expected, where nothing was shown.
func Challenge(h http.Header, err error) prew.Code {
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok {
		return prew.AccessRefused
	}
	if refusal.Challenge != "" {
		h.Set("WWW-Authenticate", refusal.Challenge)
	}
	return refusal.Code
}
