package prew

import (
	"errors"
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	tests := []struct {
		path string
		want Ref
	}{
		{"/prew/thumb/a.jpg", Ref{"thumb", "a.jpg"}},
		{"/prew/thumb/2024/06/a.jpg", Ref{"thumb", "2024/06/a.jpg"}},
		{"/prew/preset_name_1/a.jpg", Ref{"preset_name_1", "a.jpg"}},
		{"/prew/th%75mb/a.jpg", Ref{"thumb", "a.jpg"}},
		{"/prew/thumb/a%40b.jpg", Ref{"thumb", "a@b.jpg"}},
		{"/prew/thumb/a@b.jpg", Ref{"thumb", "a@b.jpg"}},
		{"/prew/thumb/a%20b.jpg", Ref{"thumb", "a b.jpg"}},
		{"/prew/thumb/a+b.jpg", Ref{"thumb", "a+b.jpg"}},
		{"/prew/thumb/a%2Bb.jpg", Ref{"thumb", "a+b.jpg"}},
		{"/prew/thumb/100%25.jpg", Ref{"thumb", "100%.jpg"}},
		{"/prew/thumb/100%2525.jpg", Ref{"thumb", "100%25.jpg"}},
		{"/prew/thumb/a%3Fb.jpg", Ref{"thumb", "a?b.jpg"}},
		{"/prew/thumb/a%23b.jpg", Ref{"thumb", "a#b.jpg"}},
		{"/prew/thumb/%D1%84%D0%BE%D1%82%D0%BE.jpg", Ref{"thumb", "фото.jpg"}},
		{"/prew/thumb/фото.jpg", Ref{"thumb", "фото.jpg"}},
		{"/prew/thumb/cafe%CC%81.jpg", Ref{"thumb", "cafe\u0301.jpg"}}, // not composed to é
		{"/prew/thumb/...jpg", Ref{"thumb", "...jpg"}},
		{"/prew/thumb/.../a.jpg", Ref{"thumb", ".../a.jpg"}},
		{"/prew/thumb/prew/thumb/a.jpg", Ref{"thumb", "prew/thumb/a.jpg"}},
	}
	for _, test := range tests {
		got, err := ParsePath(test.path)
		if err != nil || got != test.want {
			t.Errorf("ParsePath(%q) = %+v, %v; want %+v", test.path, got, err, test.want)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	for _, path := range []string{
		"", "/", "/prew", "/prew/", "/prew/thumb", "/prew/thumb/", "prew/thumb/a.jpg",
		"/photo/a.jpg", "/prewx/thumb/a.jpg", "/PREW/thumb/a.jpg", "/other/prew/thumb/a.jpg",
		"//prew/thumb/a.jpg", "/prew//thumb/a.jpg", "/prew/thumb//a.jpg", "/prew/thumb/a.jpg/",
		"/prew/thumb/../a.jpg", "/prew/thumb/a/../b.jpg", "/prew/../photo/a.jpg", "/prew/thumb/..",
		"/prew/thumb/%2e%2e/a.jpg", "/prew/thumb/%2E./a.jpg", "/prew/thumb/./a.jpg", "/prew/./thumb/a.jpg",
		"/prew/thumb%2fa.jpg", "/prew/thumb/a%2Fb.jpg", "/prew/thumb/a%2fb.jpg",
		`/prew/thumb/a\b.jpg`, "/prew/thumb/a%5Cb.jpg", "/prew/thumb/a%5cb.jpg",
		"/prew/thumb/a%00.jpg", "/prew/thumb/a%0a.jpg", "/prew/thumb/a%7f.jpg", "/prew/thumb/a\x01.jpg",
		"/prew/thumb/a%ff.jpg", "/prew/thumb/a\xff.jpg", "/prew/thumb/%C3.jpg", "/prew/thumb/%C0%AF.jpg",
		"/prew/thumb/%ED%A0%80.jpg",
		"/prew/thumb/a%.jpg", "/prew/thumb/a%2", "/prew/thumb/a%zz.jpg",
		"/prew/thumb/a.jpg?width=1", "/prew/thumb/a.jpg#top",
	} {
		if ref, err := ParsePath(path); !errors.Is(err, ErrPath) {
			t.Errorf("ParsePath(%q) = %+v, %v; want ErrPath", path, ref, err)
		}
	}
}

func TestParsePhoto(t *testing.T) {
	if key, err := ParsePhoto("/photo/a/b%2Bc.jpg"); key != "a/b+c.jpg" || err != nil {
		t.Errorf("ParsePhoto = %q, %v; want a/b+c.jpg", key, err)
	}
	for _, path := range []string{"/photo", "/photo/", "/prew/thumb/a.jpg", "/photo/../prew/thumb/a.jpg", "/photo//a.jpg"} {
		if key, err := ParsePhoto(path); !errors.Is(err, ErrPath) {
			t.Errorf("ParsePhoto(%q) = %q, %v; want ErrPath", path, key, err)
		}
	}
}

func TestRefNames(t *testing.T) {
	ref := Ref{"card", "a b/c+d%.jpg"}
	if got, want := ref.String(), "card/a b/c+d%.jpg"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
	if got, want := ref.Path(), "/prew/card/a%20b/c%2Bd%25.jpg"; got != want {
		t.Errorf("Path = %q, want %q", got, want)
	}
}

func TestRefusals(t *testing.T) {
	const decrypt = "User: arn:aws:sts::1:assumed-role/r is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext"
	for _, test := range []struct {
		status  int
		code    string
		message string
		want    Code
	}{
		{404, "NoSuchKey", "", SourceMissing},
		{404, "NotFound", "", SourceMissing}, // answer to a HEAD
		{403, "AccessDenied", "Access Denied", SourceMissing},
		{403, "Forbidden", "", SourceMissing}, // answer to a HEAD
		{403, "", "", SourceMissing},
		{404, "NoSuchBucket", "", StorageFailed},
		{403, "SignatureDoesNotMatch", "", StorageFailed},
		{403, "InvalidSecurity", "", StorageFailed},
		{403, "NotSignedUp", "", StorageFailed},
		{403, "XAdminUserNotFound", "", StorageFailed}, // versitygw's, for a key that it does not know
		{400, "KeyTooLongError", "", PathRefused},
		{400, "XMinioInvalidObjectName", "", PathRefused},
		{400, "InvalidBucketName", "", StorageFailed},
		{403, "InvalidObjectState", "", SourceArchived},
		{403, "AccessDenied", decrypt, KMSDenied},
		{400, "KMS.DisabledException", "", KMSDenied},
		{503, "SlowDown", "", StorageBusy},
		{503, "", "", StorageBusy},
		{429, "TooManyRequests", "", StorageBusy},
		{400, "KMS.ThrottlingException", "", StorageBusy},
		{500, "InternalError", "", StorageFailed},
		{0, "", "", StorageFailed}, // the store did not answer
	} {
		if got := Refusal(test.status, test.code, test.message); got != test.want {
			t.Errorf("%d %s %q: %s, want %s", test.status, test.code, test.message, got, test.want)
		}
	}
}

// FuzzParsePath checks what the rest relies on: an accepted path names objects
// below the prefixes of their places, which read back as itself, and has one canonical
// spelling, which does too.
func FuzzParsePath(f *testing.F) {
	for _, path := range []string{
		"/prew/thumb/a.jpg", "/prew/thumb/a%2fb", "/prew/thumb/..%2f", "/prew/a/%F0%9F%93%B7", "/prew/a/+%2B%25", "/prew//",
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		ref, err := ParsePath(path)
		if err != nil {
			return
		}
		photos, previews := at("b", ""), at("b", "prew/")
		preview, errPreview := previews.Preview(ref)
		photo, errPhoto := photos.Photo(ref.Key, previews)
		for _, key := range []string{preview, photo} {
			if len(key) > 1024 {
				t.Errorf("%q: key of %d bytes", path, len(key))
			}
			if key == "" {
				continue // refused
			}
			for _, segment := range strings.Split(key, "/") {
				if segment == "" || segment == "." || segment == ".." {
					t.Errorf("%q: key %q has the segment %q", path, key, segment)
				}
			}
		}
		if again, err := previews.ParsePreview(preview); errPreview == nil && (err != nil || again != ref) {
			t.Errorf("%q is %+v, its object %q is %+v, %v", path, ref, preview, again, err)
		}
		if key, err := photos.ParsePhoto(photo, previews); errPhoto == nil && (err != nil || key != ref.Key || strings.HasPrefix(photo, "prew/")) {
			t.Errorf("%q is %+v, its photo %q is %q, %v", path, ref, photo, key, err)
		}
		again, err := ParsePath(ref.Path())
		if err != nil || again != ref {
			t.Errorf("%q is %+v, its Path %q is %+v, %v", path, ref, ref.Path(), again, err)
		}
	})
}
