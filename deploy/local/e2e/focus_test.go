package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"prew"
	"prew/deploy/local/stack"
)

// TestAnEditorsPoint moves the point in a photo's metadata, by the store alone: that is an event
// of the store, the old preview goes by it, and the new one shows the other side.
func TestAnEditorsPoint(t *testing.T) {
	t.Setenv("PRESET_FACE", "width=100,height=100,fit=cover,gravity=focus")
	for name, config := range map[string]stack.Config{"gateways": {Gateways: 1}, "edge": {Front: stack.Edge}} {
		t.Run(name, func(t *testing.T) {
			config.Renderers, config.Events = 1, true
			system := begin(t, config)
			client, key := system.S3.Client(), aws.String("photo/an editors.jpg")
			const target = "/prew/face/an%20editors.jpg"
			if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(stack.Bucket), Key: key,
				Body: bytes.NewReader(halves(t)), ContentType: aws.String("image/jpeg"), Metadata: map[string]string{"focus": "0.1,0.5"}}); err != nil {
				t.Fatal(err)
			}
			before := get(t, system.Addr(), target)
			if got := brightness(t, before); got < 200 {
				t.Fatalf("the left half: %d %s, brightness %d, want white", before.status, before.header.Get("X-Prew-Error"), got)
			}
			if _, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String(stack.Bucket), Key: key,
				CopySource: aws.String(stack.Bucket + "/photo/an%20editors.jpg"), MetadataDirective: types.MetadataDirectiveReplace,
				ContentType: aws.String("image/jpeg"), Metadata: map[string]string{"focus": "0.9,0.5"}}); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); len(stored(t, system, "prew/face/")) > 0; time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the preview of the old point is still stored")
				}
			}
			after := get(t, emptyCache(t, system, prew.Places{}, atTheEdge(system)), target)
			if got := brightness(t, after); got > 50 {
				t.Errorf("the right half: %d %s, brightness %d, want black", after.status, after.header.Get("X-Prew-Error"), got)
			}
		})
	}
}

// halves is a photo whose left half is white and whose right one is black.
func halves(t *testing.T) []byte {
	img := image.NewGray(image.Rect(0, 0, 400, 200))
	for i := range img.Pix {
		if i%400 < 200 {
			img.Pix[i] = 255
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// brightness is that of the middle of a preview, 0 to 255.
func brightness(t *testing.T, a answer) uint8 {
	img, err := jpeg.Decode(bytes.NewReader([]byte(a.body)))
	if err != nil {
		t.Fatalf("%d %s: %v", a.status, a.header.Get("X-Prew-Error"), err)
	}
	return color.GrayModel.Convert(img.At(50, 50)).(color.Gray).Y
}
