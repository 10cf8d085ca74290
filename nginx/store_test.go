package nginx

import "testing"

func TestPlaceOfAStore(t *testing.T) {
	tests := []struct {
		store Store
		want  place
	}{
		{Store{Bucket: "photos", Region: "eu-west-1"},
			place{true, "photos.s3.eu-west-1.amazonaws.com", "photos.s3.eu-west-1.amazonaws.com:443", "photos.s3.eu-west-1.amazonaws.com", ""}},
		{Store{Bucket: "photos", Region: "eu-west-1", PathStyle: true},
			place{true, "s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com:443", "s3.eu-west-1.amazonaws.com", "/photos"}},
		{Store{Bucket: "my.photos", Region: "eu-west-1"},
			place{true, "s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com:443", "s3.eu-west-1.amazonaws.com", "/my.photos"}},
		{Store{Bucket: "photos", Region: "cn-north-1"},
			place{true, "photos.s3.cn-north-1.amazonaws.com.cn", "photos.s3.cn-north-1.amazonaws.com.cn:443", "photos.s3.cn-north-1.amazonaws.com.cn", ""}},
		{Store{Bucket: "photos", Region: "ignored", Endpoint: "http://minio:9000/", PathStyle: true},
			place{false, "minio", "minio:9000", "minio:9000", "/photos"}},
		{Store{Bucket: "my.photos", Endpoint: "http://minio"},
			place{false, "my.photos.minio", "my.photos.minio:80", "my.photos.minio", ""}},
		{Store{Bucket: "photos", Endpoint: "https://r2.test:8443"},
			place{true, "photos.r2.test", "photos.r2.test:8443", "photos.r2.test:8443", ""}},
		{Store{Bucket: "photos", Endpoint: "http://[::1]:9000", PathStyle: true},
			place{false, "::1", "[::1]:9000", "[::1]:9000", "/photos"}},
	}
	for _, test := range tests {
		if mistakes := test.store.mistakes(); len(mistakes) > 0 {
			t.Errorf("%+v: %v", test.store, mistakes)
		}
		if got := test.store.place(); got != test.want {
			t.Errorf("%+v: %+v, want %+v", test.store, got, test.want)
		}
	}
}
