package prew

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// variables are all variables that the gateway, prewnginx and the function read,
// except AWS's, OpenTelemetry's and PRESET_<NAME>. Each program accepts the
// variables of the others, because all of them are often given the same file.
var variables = []string{
	"PREW_ACL",
	"PREW_ALLOW_ORIGIN",
	"PREW_ANSWER_TIMEOUT",
	"PREW_BUCKET",
	"PREW_CACHE_CONTROL",
	"PREW_CACHE_SIZE",
	"PREW_CA_FILE",
	"PREW_DEBUG_LISTEN",
	"PREW_ERROR_IMAGE",
	"PREW_ERROR_PICTURES",
	"PREW_EVENTS",
	"PREW_EVENTS_LISTEN",
	"PREW_EVENTS_SECRET",
	"PREW_EVENTS_URL",
	"PREW_FRONT",
	"PREW_FUNCTION",
	"PREW_GATEWAYS",
	"PREW_HEIC",
	"PREW_HSTS",
	"PREW_HTTPS_REDIRECT",
	"PREW_INVOKES",
	"PREW_INVOKE_TIMEOUT",
	"PREW_LISTEN",
	"PREW_LOG",
	"PREW_METRICS_LISTEN",
	"PREW_MISSES_PER_SECOND",
	"PREW_NGINX",
	"PREW_NGINX_ACCESS_LOG",
	"PREW_NGINX_DIR",
	"PREW_NGINX_LISTEN",
	"PREW_NGINX_METRICS_LISTEN",
	"PREW_NGINX_PURGE_LISTEN",
	"PREW_NOT_FOUND_IMAGE",
	"PREW_PHOTO_ACCESS",
	"PREW_PHOTO_CACHE_CONTROL",
	"PREW_PREFIX",
	"PREW_PRESETS",
	"PREW_PRIVATE",
	"PREW_PROTECTED_CACHE_CONTROL",
	"PREW_QUEUE",
	"PREW_REAL_IP_FROM",
	"PREW_REDIRECT",
	"PREW_REDIS",
	"PREW_REDIS_IAM",
	"PREW_RENDERER",
	"PREW_RENDERERS",
	"PREW_RENDERER_MEMORY",
	"PREW_RESOLVER",
	"PREW_S3_ENDPOINT",
	"PREW_S3_PATH_STYLE",
	"PREW_S3_REGION",
	"PREW_S3_ROLE",
	"PREW_S3_TIMEOUT",
	"PREW_SIGNING_KEYS",
	"PREW_SOURCES",
	"PREW_SOURCE_BUCKET",
	"PREW_SOURCE_ENDPOINT",
	"PREW_SOURCE_PATH_STYLE",
	"PREW_SOURCE_PREFIX",
	"PREW_SOURCE_REGION",
	"PREW_SOURCE_ROLE",
	"PREW_STREAM",
	"PREW_TLS_CERTIFICATE",
	"PREW_TLS_KEY",
	"PREW_TLS_LISTEN",
	"PREW_TOKEN_AUDIENCE",
	"PREW_TOKEN_CLAIM",
	"PREW_TOKEN_COOKIE",
	"PREW_TOKEN_ISSUER",
	"PREW_TOKEN_KEYS",
}

// ofServices matches the variables that Kubernetes sets for services, such as
// prew-gateway (Kubernetes, "Service", "Environment variables").
var ofServices = regexp.MustCompile(`^PREW(_.+)?_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)?)$`)

// UnknownVariables returns an error for each variable of an environment, in the
// form of os.Environ, that begins with PREW_ and that no program knows: it is
// misspelt, and its setting would silently have no effect. An empty variable
// counts as not set.
func UnknownVariables(environ []string) (errs []error) {
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "PREW_") || value == "" || slices.Contains(variables, name) || ofServices.MatchString(name) {
			continue
		}
		closest := slices.MinFunc(variables, func(a, b string) int { return edits(a, name) - edits(b, name) })
		errs = append(errs, fmt.Errorf("%s: unknown variable, the closest is %s", name, closest))
	}
	return errs
}

// edits is the Levenshtein distance: the number of letters that have to be
// inserted, removed or replaced to turn a into b.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0] // from the last row, one column to the left
		row[0] = i + 1
		for j := range len(b) {
			replaced := before
			if a[i] != b[j] {
				replaced++
			}
			before = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
