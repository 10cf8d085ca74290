package prew

import (
	"slices"
	"testing"
)

func TestPhotosLieWherePreviewsDoUnlessTheEnvironmentSays(t *testing.T) {
	previews := Place{Bucket: "p", Region: "eu-west-1", Endpoint: "https://r2.test", PathStyle: true, Role: "arn:previews"}
	environ := map[string]string{
		"PREW_BUCKET": "p", "AWS_REGION": "eu-west-2",
		"PREW_S3_REGION": "eu-west-1", "PREW_S3_ENDPOINT": "https://r2.test", "PREW_S3_PATH_STYLE": "1", "PREW_S3_ROLE": "arn:previews",
	}
	getenv := func(name string) string { return environ[name] }
	for _, yes := range []string{"1", "true", "yes"} {
		environ["PREW_S3_PATH_STYLE"] = yes
		if p, err := ReadPlaces(getenv); p.Photos() != previews || p.Previews() != previews || err != nil {
			t.Errorf("%+v and %+v, %v, want twice %+v", p.Photos(), p.Previews(), err, previews)
		}
	}
	environ["PREW_SOURCE_BUCKET"], environ["PREW_SOURCE_REGION"], environ["PREW_SOURCE_ENDPOINT"] = "o", "us-west-2", "https://ceph.test"
	environ["PREW_SOURCE_PATH_STYLE"], environ["PREW_SOURCE_ROLE"] = "0", "arn:photos"
	photos := Place{Bucket: "o", Region: "us-west-2", Endpoint: "https://ceph.test", Role: "arn:photos"}
	if p, err := ReadPlaces(getenv); p.Photos() != photos || p.Previews() != previews || err != nil {
		t.Errorf("%+v and %+v, %v, want %+v and %+v", p.Photos(), p.Previews(), err, photos, previews)
	}
	for _, name := range []string{"PREW_SOURCE_PATH_STYLE", "PREW_S3_PATH_STYLE"} {
		environ[name] = "on"
		if _, err := ReadPlaces(getenv); err == nil || err.Error() != name+`: "on", expected 1 or 0` {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRegionAndEndpointAreAWSsWhereNoneIsNamed(t *testing.T) {
	environ := map[string]string{"AWS_REGION": "eu-west-2", "AWS_ENDPOINT_URL_S3": "http://s3.test"}
	p, err := ReadPlaces(func(name string) string { return environ[name] })
	if want := (Place{Region: "eu-west-2", Endpoint: "http://s3.test"}); err != nil || p.Previews() != want || p.Photos() != want {
		t.Errorf("%+v, %v, want twice %+v", p, err, want)
	}
}

func TestFunctionIsToldWhereTheGatewayLooks(t *testing.T) {
	virtual := false
	got := Places{S3Region: "r", S3Endpoint: "http://e", S3PathStyle: true, SourcePathStyle: &virtual, SourceRole: "a"}.Environ()
	want := []string{
		"PREW_S3_REGION=r", "PREW_S3_ENDPOINT=http://e", "PREW_S3_PATH_STYLE=true", "PREW_S3_ROLE=",
		"PREW_SOURCE_REGION=r", "PREW_SOURCE_ENDPOINT=http://e", "PREW_SOURCE_PATH_STYLE=false", "PREW_SOURCE_ROLE=a",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
