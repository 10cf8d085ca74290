package prew

import (
	"cmp"
	"fmt"
	"strings"
)

// Place says where a bucket lies and how to reach it. For an empty field the
// program's own AWS configuration holds.
type Place struct {
	Bucket    string
	Region    string
	Endpoint  string // URL, for stores other than S3
	PathStyle bool   // the bucket's name in the path, not in the host, as most other stores need
	Role      string // ARN of a role to assume, for a bucket of another account
}

// Places are the settings that say where the previews and the photos lie. The
// gateway, prewnginx and the function read the same variables. The first two also
// have a flag for each, made from these tags (github.com/alecthomas/kong).
type Places struct {
	Bucket      string `placeholder:"NAME" help:"Bucket of the previews, and of the photos unless another is named."`
	S3Region    string `name:"s3-region" env:"PREW_S3_REGION,AWS_REGION" placeholder:"REGION" help:"Region of the bucket, where it is not AWS_REGION."`
	S3Endpoint  string `name:"s3-endpoint" env:"PREW_S3_ENDPOINT,AWS_ENDPOINT_URL_S3" placeholder:"URL" help:"Where a store other than S3 answers: http or https://host, perhaps with a port."`
	S3PathStyle bool   `name:"s3-path-style" env:"PREW_S3_PATH_STYLE" help:"Name the bucket in the path, not in the host, as most stores other than S3 need."`
	S3Role      string `name:"s3-role" env:"PREW_S3_ROLE" placeholder:"ARN" help:"Role to assume for the bucket, where another account owns it; nginx assumes none."`

	SourceBucket    string `placeholder:"NAME" help:"Bucket of the photos, where it is another."`
	SourceRegion    string `placeholder:"REGION" help:"Region of the photos' bucket; like the next three, as for the previews' bucket if left out."`
	SourceEndpoint  string `placeholder:"URL" help:"Where the photos' store answers."`
	SourcePathStyle *bool  `help:"Name the photos' bucket in the path, not in the host."`
	SourceRole      string `placeholder:"ARN" help:"Role to assume for the photos' bucket; nginx assumes none."`
}

// ReadPlaces reads the settings from an environment. An empty variable counts as
// not set. The error names the variable that is wrong.
func ReadPlaces(getenv func(string) string) (Places, error) {
	p := Places{
		Bucket:         getenv("PREW_BUCKET"),
		S3Region:       cmp.Or(getenv("PREW_S3_REGION"), getenv("AWS_REGION")),
		S3Endpoint:     cmp.Or(getenv("PREW_S3_ENDPOINT"), getenv("AWS_ENDPOINT_URL_S3")),
		S3Role:         getenv("PREW_S3_ROLE"),
		SourceBucket:   getenv("PREW_SOURCE_BUCKET"),
		SourceRegion:   getenv("PREW_SOURCE_REGION"),
		SourceEndpoint: getenv("PREW_SOURCE_ENDPOINT"),
		SourceRole:     getenv("PREW_SOURCE_ROLE"),
	}
	var err error
	if p.S3PathStyle, err = yes("PREW_S3_PATH_STYLE", getenv); err != nil {
		return p, err
	}
	if getenv("PREW_SOURCE_PATH_STYLE") != "" {
		pathStyle, err := yes("PREW_SOURCE_PATH_STYLE", getenv)
		if err != nil {
			return p, err
		}
		p.SourcePathStyle = &pathStyle
	}
	return p, nil
}

// yes reads a variable as true or false, in the words that kong accepts.
func yes(name string, getenv func(string) string) (bool, error) {
	switch text := getenv(name); strings.ToLower(text) {
	case "1", "true", "yes":
		return true, nil
	case "", "0", "false", "no":
		return false, nil
	default:
		return false, fmt.Errorf("%s: %q, expected 1 or 0", name, text)
	}
}

// Previews is where the previews lie.
func (p Places) Previews() Place {
	return Place{Bucket: p.Bucket, Region: p.S3Region, Endpoint: p.S3Endpoint, PathStyle: p.S3PathStyle, Role: p.S3Role}
}

// Photos is where the photos lie: the place of the previews, changed by the
// settings that are for photos alone.
func (p Places) Photos() Place {
	return Place{
		Bucket:    cmp.Or(p.SourceBucket, p.Bucket),
		Region:    cmp.Or(p.SourceRegion, p.S3Region),
		Endpoint:  cmp.Or(p.SourceEndpoint, p.S3Endpoint),
		PathStyle: *cmp.Or(p.SourcePathStyle, &p.S3PathStyle),
		Role:      cmp.Or(p.SourceRole, p.S3Role),
	}
}

// Environ returns both places, without their buckets, as the variables that the
// function reads. A program that has flags starts the function with them.
func (p Places) Environ() (environ []string) {
	spell := func(prefix string, at Place) {
		environ = append(environ, prefix+"REGION="+at.Region, prefix+"ENDPOINT="+at.Endpoint,
			fmt.Sprintf("%sPATH_STYLE=%t", prefix, at.PathStyle), prefix+"ROLE="+at.Role)
	}
	spell("PREW_S3_", p.Previews())
	spell("PREW_SOURCE_", p.Photos())
	return environ
}
