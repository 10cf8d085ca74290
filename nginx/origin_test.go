package nginx

import (
	"testing"

	"prew"
)

func TestOriginOfAPlace(t *testing.T) {
	tests := []struct {
		place prew.Place
		want  origin
	}{
		{prew.Place{Bucket: "photos", Region: "eu-west-1"},
			origin{true, "photos.s3.eu-west-1.amazonaws.com", "photos.s3.eu-west-1.amazonaws.com:443", "photos.s3.eu-west-1.amazonaws.com", ""}},
		{prew.Place{Bucket: "photos", Region: "eu-west-1", PathStyle: true},
			origin{true, "s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com:443", "s3.eu-west-1.amazonaws.com", "/photos"}},
		{prew.Place{Bucket: "my.photos", Region: "eu-west-1"},
			origin{true, "s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com:443", "s3.eu-west-1.amazonaws.com", "/my.photos"}},
		{prew.Place{Bucket: "photos", Region: "cn-north-1"},
			origin{true, "photos.s3.cn-north-1.amazonaws.com.cn", "photos.s3.cn-north-1.amazonaws.com.cn:443", "photos.s3.cn-north-1.amazonaws.com.cn", ""}},
		{prew.Place{Bucket: "photos", Region: "ignored", Endpoint: "http://minio:9000/", PathStyle: true},
			origin{false, "minio", "minio:9000", "minio:9000", "/photos"}},
		{prew.Place{Bucket: "my.photos", Endpoint: "http://minio"},
			origin{false, "my.photos.minio", "my.photos.minio:80", "my.photos.minio", ""}},
		{prew.Place{Bucket: "photos", Endpoint: "https://r2.test:8443"},
			origin{true, "photos.r2.test", "photos.r2.test:8443", "photos.r2.test:8443", ""}},
		{prew.Place{Bucket: "photos", Endpoint: "http://[::1]:9000", PathStyle: true},
			origin{false, "::1", "[::1]:9000", "[::1]:9000", "/photos"}},
	}
	for _, test := range tests {
		if mistakes := mistakesOf(test.place); len(mistakes) > 0 {
			t.Errorf("%+v: %v", test.place, mistakes)
		}
		if got := originOf(test.place); got != test.want {
			t.Errorf("%+v: %+v, want %+v", test.place, got, test.want)
		}
	}
}
