package prew

import (
	"cmp"
	"fmt"
	"strings"
)

// The folders of photos and previews in their buckets, where no others are named.
const (
	DefaultSourcePrefix = SourceRoot + "/"
	DefaultPrefix       = PreviewRoot + "/"
)

// maxPrefix is the longest prefix of a place, in bytes: half of S3's limit, so that the other
// half is left for keys.
const maxPrefix = MaxObject / 2

// Place says where objects lie, in which bucket and folder, and how to reach it. For an
// empty field that the program's own AWS configuration has, that holds.
type Place struct {
	Bucket    string
	Prefix    string // the folder, as originals/ or a/b/; empty for the root of the bucket
	Region    string
	Endpoint  string // URL, for stores other than S3
	PathStyle bool   // the bucket's name in the path, not in the host, as most other stores need
	Role      string // ARN of a role to assume, for a bucket of another account
}

// Places are the settings that say where the previews and the photos lie. The
// gateway, prewnginx and the function read the same variables. The first two also
// have a flag for each, made from these tags (github.com/alecthomas/kong).
type Places struct {
	Bucket      string  `placeholder:"NAME" help:"Bucket of the previews, and of the photos unless another is named."`
	Prefix      *string `name:"s3-prefix" env:"PREW_PREFIX" placeholder:"FOLDER/" help:"Folder of the previews in their bucket, prew/ if left out; empty: the bucket's root."`
	S3Region    string  `name:"s3-region" env:"PREW_S3_REGION,AWS_REGION" placeholder:"REGION" help:"Region of the bucket, where it is not AWS_REGION."`
	S3Endpoint  string  `name:"s3-endpoint" env:"PREW_S3_ENDPOINT,AWS_ENDPOINT_URL_S3" placeholder:"URL" help:"Where a store other than S3 answers: http or https://host, perhaps with a port."`
	S3PathStyle bool    `name:"s3-path-style" env:"PREW_S3_PATH_STYLE" help:"Name the bucket in the path, not in the host, as most stores other than S3 need."`
	S3Role      string  `name:"s3-role" env:"PREW_S3_ROLE" placeholder:"ARN" help:"Role to assume for the bucket, where another account owns it; nginx assumes none."`

	SourceBucket    string  `placeholder:"NAME" help:"Bucket of the photos, where it is another."`
	SourcePrefix    *string `placeholder:"FOLDER/" help:"Folder of the photos in their bucket, photo/ if left out; empty: the bucket's root."`
	SourceRegion    string  `placeholder:"REGION" help:"Region of the photos' bucket; like the next three, as for the previews' bucket if left out."`
	SourceEndpoint  string  `placeholder:"URL" help:"Where the photos' store answers."`
	SourcePathStyle *bool   `help:"Name the photos' bucket in the path, not in the host."`
	SourceRole      string  `placeholder:"ARN" help:"Role to assume for the photos' bucket; nginx assumes none."`
}

// ReadPlaces reads the settings from an environment, as os.LookupEnv does. An empty
// variable counts as not set, except that an empty prefix is the root of a bucket. The
// error names the variable that is wrong.
func ReadPlaces(lookup func(string) (string, bool)) (Places, error) {
	getenv := func(name string) string {
		value, _ := lookup(name)
		return value
	}
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
	if prefix, ok := lookup("PREW_PREFIX"); ok {
		p.Prefix = &prefix
	}
	if prefix, ok := lookup("PREW_SOURCE_PREFIX"); ok {
		p.SourcePrefix = &prefix
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
	return Place{Bucket: p.Bucket, Prefix: folder(p.Prefix, DefaultPrefix), Region: p.S3Region, Endpoint: p.S3Endpoint, PathStyle: p.S3PathStyle, Role: p.S3Role}
}

// Photos is where the photos lie: the place of the previews, changed by the
// settings that are for photos alone.
func (p Places) Photos() Place {
	return Place{
		Bucket:    cmp.Or(p.SourceBucket, p.Bucket),
		Prefix:    folder(p.SourcePrefix, DefaultSourcePrefix),
		Region:    cmp.Or(p.SourceRegion, p.S3Region),
		Endpoint:  cmp.Or(p.SourceEndpoint, p.S3Endpoint),
		PathStyle: *cmp.Or(p.SourcePathStyle, &p.S3PathStyle),
		Role:      cmp.Or(p.SourceRole, p.S3Role),
	}
}

// folder is a prefix as it is set, with the slash at its end, or another one if none is set.
func folder(set *string, otherwise string) string {
	if set == nil {
		return otherwise
	}
	if *set == "" || strings.HasSuffix(*set, "/") {
		return *set
	}
	return *set + "/"
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
	return append(environ, "PREW_PREFIX="+p.Previews().Prefix, "PREW_SOURCE_PREFIX="+p.Photos().Prefix)
}

// Preview is the name of a preview's object at a place of previews. The error wraps ErrPath:
// S3 can't have an object with so long a name.
func (p Place) Preview(ref Ref) (object string, err error) {
	return p.object(ref.String())
}

// Photo is the name of a photo's object at a place of photos. The error wraps ErrPath: S3
// can't have an object with so long a name, or it would lie among the previews, where they
// share the bucket.
func (p Place) Photo(key string, previews Place) (object string, err error) {
	if reserved := p.Reserved(previews); reserved != "" && strings.HasPrefix(key, reserved) {
		return "", refuse(key, "the folder of the previews at its start")
	}
	return p.object(key)
}

func (p Place) object(name string) (string, error) {
	if n := len(p.Prefix + name); n > MaxObject {
		return "", refuse(name, fmt.Sprintf("a name of %d bytes in the bucket, limit is %d", n, MaxObject))
	}
	return p.Prefix + name, nil
}

// ParsePreview reads the name of a preview's object under all rules for paths. The error wraps
// ErrPath.
func (p Place) ParsePreview(object string) (Ref, error) {
	name, err := p.below(object)
	if err != nil {
		return Ref{}, err
	}
	ref, err := parseRef(name)
	if err != nil {
		return Ref{}, err
	}
	_, err = p.Preview(ref)
	return ref, err
}

// ParsePhoto reads the name of a photo's object under all rules for paths, and returns the
// photo's key. The error wraps ErrPath.
func (p Place) ParsePhoto(object string, previews Place) (key string, err error) {
	key, err = p.below(object)
	if err != nil {
		return "", err
	}
	_, err = p.Photo(key, previews)
	return key, err
}

// below checks the name of an object against every rule for keys and returns what follows
// the prefix.
func (p Place) below(object string) (string, error) {
	if why := misspelt(object); why != "" {
		return "", refuse(object, why)
	}
	name, ok := strings.CutPrefix(object, p.Prefix)
	if !ok {
		return "", refuse(object, "no "+p.Prefix+" at its start")
	}
	return name, nil
}

// Reserved is what no key of this place of photos begins with, because the previews lie
// there, as prew/ where a bucket's root has the photos. It is empty where no key could reach
// them.
func (p Place) Reserved(previews Place) string {
	if below, ok := strings.CutPrefix(previews.Prefix, p.Prefix); ok && p.sharesBucket(previews) {
		return below
	}
	return ""
}

// sharesBucket reports whether two places are in one bucket, which has a name: nginx may have
// been told of none, where it asks no store. The region tells nothing: a store has a name once.
func (p Place) sharesBucket(other Place) bool {
	return p.Bucket != "" && p.Bucket == other.Bucket && strings.TrimSuffix(p.Endpoint, "/") == strings.TrimSuffix(other.Endpoint, "/")
}

// CheckPrefixes returns what is wrong with the prefixes of the two places, by their
// variables.
func CheckPrefixes(previews, photos Place) []error {
	return append(checkPrefix("PREW_PREFIX", previews), checkBeside("PREW_SOURCE_PREFIX", photos, previews)...)
}

// checkPrefix returns what is wrong with a prefix by itself.
func checkPrefix(variable string, p Place) (errs []error) {
	wrong := ""
	switch folders, ok := strings.CutSuffix(p.Prefix, "/"); {
	case p.Prefix == "":
	case strings.HasPrefix(p.Prefix, "/"):
		wrong = "none that starts with a slash"
	case !ok, misspelt(folders) != "":
		wrong = "folders of a bucket without empty and dot segments, control bytes and backslashes, and a slash at the end"
	case len(p.Prefix) > maxPrefix:
		wrong = fmt.Sprintf("at most %d bytes", maxPrefix)
	}
	if wrong != "" {
		errs = append(errs, fmt.Errorf("%s: %q, expected %s", variable, p.Prefix, wrong))
	}
	return errs
}

// checkBeside returns what is wrong with the prefix of photos, by itself and beside that of
// the previews, whose bucket they may share: a preview must be told from a photo by its name.
func checkBeside(variable string, photos, previews Place) []error {
	errs := checkPrefix(variable, photos)
	switch {
	case !photos.sharesBucket(previews):
	case previews.Prefix == "":
		errs = append(errs, fmt.Errorf("PREW_PREFIX: %q, expected a folder: the photos of %s lie in the same bucket, %s", "", variable, previews.Bucket))
	case strings.HasPrefix(photos.Prefix, previews.Prefix):
		errs = append(errs, fmt.Errorf("%s: %q, expected a folder that is not among the previews, in %s of the same bucket", variable, photos.Prefix, previews.Prefix))
	}
	return errs
}
