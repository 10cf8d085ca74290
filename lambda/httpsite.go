package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"prew"
	"prew/lambda/access"
	"prew/lambda/answer"
	"prew/lambda/store"
)

// site is what the function answers over HTTP by.
type site struct {
	previews    store.Bucket
	photos      store.Bucket // of the default source
	access      *access.Checker
	photoAccess prew.Access
	protected   string               // Cache-Control of what not everybody may see
	pictures    *answer.Placeholders // nil: failures are answered without a body
	now         func() time.Time

	stream     bool   // answers are streamed
	redirect   string // https://host to which clients are sent for what was stored; empty: they get it
	cloudfront bool   // requests come from CloudFront, by way of the viewer function

	// missing is what the function lacks to answer over HTTP. It does not stop the start: a
	// function that only renders for gateways needs nothing of it.
	missing error
}

// limit is the largest body, in bytes.
func (s *site) limit() int {
	if s.stream {
		return prew.MaxPreview
	}
	return prew.InlineLimit
}

// readSite reads the settings of HTTP. The error has the mistakes in those that are for this
// function alone.
func readSite(getenv func(string) string, presets prew.Presets, sources prew.Sources) (*site, error) {
	s := &site{protected: cmp.Or(getenv("PREW_PROTECTED_CACHE_CONTROL"), defaultProtected), photoAccess: prew.Open, now: time.Now}
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	var err error
	s.stream, err = readSwitch("PREW_STREAM", false, getenv)
	note(err)
	if s.redirect = getenv("PREW_REDIRECT"); s.redirect != "" {
		note(checkHost("PREW_REDIRECT", s.redirect))
	}
	switch front := getenv("PREW_FRONT"); front {
	case "":
	case "cloudfront":
		s.cloudfront = true
		if !strings.HasPrefix(s.protected, "private") && !strings.HasPrefix(s.protected, "no-store") {
			note(fmt.Errorf("PREW_PROTECTED_CACHE_CONTROL: %q behind CloudFront, which would serve it to everybody, expected private or no-store", s.protected))
		}
	default:
		note(fmt.Errorf("PREW_FRONT: %q, expected cloudfront or nothing", front))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s.missing = s.read(getenv, presets, sources)
	return s, nil
}

// read reads what a gateway has too, by the same variables.
func (s *site) read(getenv func(string) string, presets prew.Presets, sources prew.Sources) error {
	if sources.Previews.Bucket == "" {
		return errors.New("PREW_BUCKET is not set, expected the bucket of the previews")
	}
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	if text := getenv("PREW_PHOTO_ACCESS"); text != "" {
		if err := s.photoAccess.UnmarshalText([]byte(text)); err != nil {
			note(fmt.Errorf("PREW_PHOTO_ACCESS: %w", err))
		}
	}
	private, err := readSwitch("PREW_PRIVATE", false, getenv)
	note(err)
	s.access, err = access.NewFor(access.Settings{
		SigningKeys: getenv("PREW_SIGNING_KEYS"), TokenKeys: getenv("PREW_TOKEN_KEYS"),
		Issuer: getenv("PREW_TOKEN_ISSUER"), Audience: getenv("PREW_TOKEN_AUDIENCE"),
		Cookie: cmp.Or(getenv("PREW_TOKEN_COOKIE"), "prew"), Claim: cmp.Or(getenv("PREW_TOKEN_CLAIM"), "prew"),
	}, presets, s.photoAccess, private)
	note(err)
	pictures, err := readSwitch("PREW_ERROR_PICTURES", true, getenv)
	note(err)
	if pictures {
		s.pictures, err = answer.NewPlaceholders(getenv("PREW_NOT_FOUND_IMAGE"), getenv("PREW_ERROR_IMAGE"))
		note(err)
	}
	return errors.Join(errs...)
}

// checkHost returns an error if a variable's text is not a URL of a host alone.
func checkHost(variable, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || text != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%s: %q, expected a host as https://example.com", variable, text)
	}
	return nil
}
