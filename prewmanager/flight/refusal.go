package flight

import (
	"errors"
	"regexp"

	"github.com/redis/go-redis/v9"
)

// otherRefusal is the kind of a refusal that none of refusalKinds describes.
const otherRefusal = "other"

// refusalKinds maps a word of Redis's errors to the kind under which a refusal is
// counted. The last one is what a script is told where a command is told NOPERM.
var refusalKinds = map[string]string{
	"OOM":                           "oom",
	"READONLY":                      "readonly",
	"NOPERM":                        "noperm",
	"NOAUTH":                        "noperm",
	"WRONGPASS":                     "noperm",
	"WRONGTYPE":                     "wrongtype",
	"MISCONF":                       "misconf",
	"LOADING":                       "loading",
	"MOVED":                         "moved",
	"ASK":                           "moved",
	"CLUSTERDOWN":                   "clusterdown",
	"The user executing the script": "noperm",
}

// refusalWord finds a word of refusalKinds anywhere in an error: Redis before version
// 7 puts the name and the line of the script before what a command in it was told.
var refusalWord = regexp.MustCompile(`\b(OOM|READONLY|NOPERM|NOAUTH|WRONGPASS|WRONGTYPE|MISCONF|LOADING|MOVED|ASK|CLUSTERDOWN|The user executing the script)\b`)

// passingWord finds what a Redis answers that has keys of everybody's and can't take any just
// now: it is no longer or not yet a primary, or part of a cluster is gone.
var passingWord = regexp.MustCompile(`\b(READONLY|LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|NOREPLICAS)\b`)

// passing reports whether an error that Redis has answered ends with a failover or by itself.
// It is about all keys, whichever key was asked for.
func passing(err error) bool {
	answer, ok := errors.AsType[redis.Error](err)
	return ok && passingWord.MatchString(answer.Error())
}

// ofAllKeys reports whether an error of a step means that no key can have a lease for now: the
// server was not reached, or what it answered passes. Where a replica takes over from a primary
// that fails, a slot that another server has passes too: go-redis will learn which.
func ofAllKeys(err error, failsOver bool) bool {
	kind := refusal(err)
	return kind == "" || passing(err) || kind == "moved" && failsOver
}

// refusal returns the kind of an error that Redis itself has answered. It returns an
// empty kind for nil and for every other error: Redis was not reached, or not in time.
func refusal(err error) (kind string) {
	answer, ok := errors.AsType[redis.Error](err)
	if !ok {
		return ""
	}
	return kindOf(answer.Error())
}

// kindOf returns the kind of a refusal with a text.
func kindOf(text string) string {
	if kind, ok := refusalKinds[refusalWord.FindString(text)]; ok {
		return kind
	}
	return otherRefusal
}

// noRefusals returns a count of zero for each kind.
func noRefusals() map[string]int64 {
	counts := map[string]int64{otherRefusal: 0}
	for _, kind := range refusalKinds {
		counts[kind] = 0
	}
	return counts
}
