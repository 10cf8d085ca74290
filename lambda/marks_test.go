package main

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
)

// markOf is a mark of one colour.
func markOf(t *testing.T, c color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 10, 10))
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// cornerOf is the colour of the preview's right lower corner.
func cornerOf(t *testing.T, result prew.RenderResult) color.NRGBA {
	t.Helper()
	if result.Error != nil {
		t.Fatalf("not rendered: %v", result.Error)
	}
	m, err := jpeg.Decode(bytes.NewReader(result.Data))
	if err != nil {
		t.Fatal(err)
	}
	return color.NRGBAModel.Convert(m.At(result.Width-2, result.Height-2)).(color.NRGBA)
}

func TestWatermarkTravelsWithTheRequest(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	upload(t, client, "photo/a.jpg", picture(t, 80, 60))
	request := prew.RenderRequest{
		SrcBucket: bucket, SrcKey: "photo/a.jpg", DstBucket: bucket, DstKey: "prew/card/a.jpg", PresetName: "card",
		Preset: prew.Preset{Width: 40, Watermark: "logo.png", WatermarkMargin: "0", Mark: prew.Mark(markOf(t, color.Black))},
	}
	if c := cornerOf(t, invoke(t, f, request)); c.R > 20 {
		t.Errorf("the corner is %v, expected the mark's black", c)
	}

	request.Mark = ""
	if result := invoke(t, f, request); result.Error == nil || result.Error.Code != prew.RequestInvalid || result.Error.Message != "watermark logo.png came without its file" {
		t.Errorf("without its file: %+v", result.Error)
	}
	// A gateway has decoded it. Whatever else comes is refused, and is not the photo's fault.
	request.Mark = "no mark"
	if result := invoke(t, f, request); result.Error == nil || result.Error.Code != prew.WatermarkFailed || result.Error.SourceETag != "" {
		t.Errorf("no mark: %+v", result.Error)
	}
}

// TestWatermarkOfTheBucket: a preview has the mark that the bucket has had within a minute, and
// there is none without it.
func TestWatermarkOfTheBucket(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	upload(t, client, "photo/a.jpg", picture(t, 80, 60))
	render := func(key string) prew.RenderResult {
		t.Helper()
		return invoke(t, f, prew.RenderRequest{
			SrcBucket: bucket, SrcKey: "photo/a.jpg", DstBucket: bucket, DstKey: "prew/card/" + key, PresetName: "card",
			Preset: prew.Preset{Width: 40, Watermark: "s3:marks/logo.png", WatermarkMargin: "0"},
		})
	}
	aMinuteLater := func() {
		for name, kept := range f.marks.kept {
			kept.seen = kept.seen.Add(-markAgain)
			f.marks.kept[name] = kept
		}
	}
	refused := func(key, why string) {
		t.Helper()
		result := render(key)
		if e := result.Error; e == nil || e.Code != prew.WatermarkFailed || !strings.HasPrefix(e.Message, "photos/marks/logo.png: ") || !strings.Contains(e.Message, why) || e.SourceETag != "" {
			t.Errorf("%+v, want one with %q", e, why)
		}
		if _, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("prew/card/" + key)}); err == nil {
			t.Error("a preview without its mark is stored")
		}
	}

	refused("missing.jpg", "no such watermark")
	upload(t, client, "marks/logo.png", []byte("GIF89a"))
	refused("none.jpg", "can't be drawn: it is no PNG or WebP")
	upload(t, client, "marks/logo.png", markOf(t, color.Black)[:44])
	refused("damaged.jpg", "can't be drawn: damaged PNG")
	upload(t, client, "marks/logo.png", append(markOf(t, color.Black), make([]byte, prew.MaxMark)...))
	refused("large.jpg", "more than 131072 bytes")

	upload(t, client, "marks/logo.png", markOf(t, color.Black))
	if c := cornerOf(t, render("black.jpg")); c.R > 20 {
		t.Errorf("the corner is %v, expected the mark's black", c)
	}
	upload(t, client, "marks/logo.png", markOf(t, color.White))
	if c := cornerOf(t, render("kept.jpg")); c.R > 20 {
		t.Errorf("the corner is %v, expected black, which is kept", c)
	}
	aMinuteLater()
	if c := cornerOf(t, render("white.jpg")); c.R < 235 {
		t.Errorf("the corner is %v, expected the new mark's white", c)
	}
	aMinuteLater()
	if c := cornerOf(t, render("same.jpg")); c.R < 235 {
		t.Errorf("the corner is %v, expected white, which has not changed", c)
	}
	if kept := f.marks.kept["photos/marks/logo.png"]; time.Since(kept.seen) > markAgain {
		t.Error("a mark that has not changed is looked at for each preview")
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("marks/logo.png")}); err != nil {
		t.Fatal(err)
	}
	aMinuteLater()
	refused("gone.jpg", "no such watermark")
}

// TestWatermarkThatMayComeIsTriedAgain: a store that fails says nothing of the mark.
func TestWatermarkThatMayComeIsTriedAgain(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	request := prew.RenderRequest{
		SrcBucket: bucket, SrcKey: "photo/a.jpg", DstBucket: "nobody-has-this-bucket", DstKey: "prew/card/a.jpg", PresetName: "card",
		Preset: prew.Preset{Width: 40, Watermark: "s3:marks/logo.png"},
	}
	if result := invoke(t, f, request); result.Error == nil || result.Error.Code != prew.StorageFailed {
		t.Errorf("%+v, want %s", result.Error, prew.StorageFailed)
	}
	for i := range mostMarks + 1 {
		key := "marks/" + strings.Repeat("a", i+1)
		upload(t, client, key, markOf(t, color.Black))
		request.DstBucket, request.Watermark = bucket, "s3:"+key
		invoke(t, f, request)
	}
	if n := len(f.marks.kept); n == 0 || n > mostMarks {
		t.Errorf("%d marks are kept, limit is %d", n, mostMarks)
	}
}
