package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"prew"
	"prew/lambda/access"
	"prew/prewmanager/flags"
	"prew/prewmanager/gateway"
)

// config holds the flags and variables of a gateway.
type config struct {
	presetSource `embed:""`

	Redis    string `default:"127.0.0.1:6379" help:"Redis that holds the leases: host:port or redis://user:password@host:port/db; redis+cluster://host:port,host:port; or redis+sentinel://host:port,host:port/name. With rediss for TLS."`
	RedisIAM string `placeholder:"NAME" help:"Name of the serverless cache or replication group of ElastiCache that PREW_REDIS is at, where its user is known by IAM: the AWS credentials sign what is then the password."`

	Nginx string `default:"http://127.0.0.1:8083" help:"URL of the purge listener of the nginx beside this gateway, which is told what was purged. There need not be one."`

	prew.Places `embed:""`
	Private     bool `help:"Nothing in S3 is public: stream photos and stored previews too."`

	PhotoAccess           prew.Access `default:"open" help:"Who may see photos at /photo/: open, signed, token, or closed, which is nobody. Presets say it themselves."`
	SigningKeys           string      `placeholder:"KEY,..." help:"Keys of signed addresses, of at least 16 bytes: the first signs, all are accepted."`
	TokenKeys             string      `placeholder:"FILE|URL" help:"What tokens are verified by: a file of public keys in PEM, of a JWKS or of a secret, or the https:// URL of a JWKS."`
	TokenIssuer           string      `placeholder:"NAME" help:"Issuer that tokens have to name."`
	TokenAudience         string      `placeholder:"NAME" help:"Audience that tokens have to name; if left out they must name none."`
	TokenCookie           string      `default:"prew" help:"Cookie that may hold a token."`
	TokenClaim            string      `default:"prew" help:"Claim of tokens that may name presets and folders of keys."`
	ProtectedCacheControl string      `default:"private" help:"Cache-Control of what not everybody may see, answered and stored."`

	Function       string `placeholder:"NAME" help:"Lambda function that renders: name, ARN, or either with :alias; or local, to render on this machine. Required."`
	Renderer       string `placeholder:"FILE" help:"Program that renders where the function is local; bootstrap beside this one if left out."`
	Renderers      int    `placeholder:"N" help:"Processes of a local function; as many as there are CPUs if left out."`
	RendererMemory int    `default:"512" help:"Most memory of each of these processes, in MB; one that has more is ended."`

	CacheControl  string        `default:"${cacheControl}" help:"Cache-Control of previews, answered and stored."`
	NotFoundImage string        `placeholder:"FILE" help:"Picture for what is not found, in place of the drawn one."`
	ErrorImage    string        `placeholder:"FILE" help:"Picture for every other failure, in place of the drawn one."`
	ErrorPictures flags.Switch  `default:"on" help:"Whether a failure is answered with a picture. A browser takes one for a success: with off there is no body, and <img onerror> fires."`
	Invokes       int           `default:"64" help:"Most invocations at a time; all gateways together should stay within the function's concurrency. Where that is local there are as many as renderers."`
	Queue         *int          `placeholder:"N" help:"Most previews that wait for an invocation; 32 for each that may run at a time if left out. Beyond, the answer is 503 at once."`
	AnswerTimeout time.Duration `default:"${answerTimeout}" help:"Longest time to an answer; less than the ${nginxTimeout} that nginx waits."`
	InvokeTimeout time.Duration `default:"${invokeTimeout}" help:"Longest invocation; the function itself is stopped after ${functionTimeout}."`
	S3Timeout     time.Duration `name:"s3-timeout" env:"PREW_S3_TIMEOUT" default:"${storeTimeout}" help:"Longest call to S3."`
}

// checker returns what decides who may see what, or all mistakes in its settings.
func (c config) checker(presets prew.Presets) (*access.Checker, error) {
	return access.NewFor(access.Settings{
		SigningKeys: c.SigningKeys, TokenKeys: c.TokenKeys, Issuer: c.TokenIssuer, Audience: c.TokenAudience, Cookie: c.TokenCookie, Claim: c.TokenClaim,
	}, presets, c.PhotoAccess, c.Private)
}

// queuePerInvoke is how many previews wait, unless PREW_QUEUE says otherwise, for each
// invocation that may run at a time. With renders of 0.05 to 0.3 s, as they are measured
// (docs/performance.md), a full queue is emptied within 10 s; with renders of 0.8 s it
// takes 26 of the 30 s of an answer. Two renderers have room for a page of 60.
const queuePerInvoke = 32

// slots is the most invocations at a time.
func (c config) slots() int {
	if c.Function == onThisMachine {
		return c.renderers()
	}
	return c.Invokes
}

// queue is the most previews that wait for an invocation.
func (c config) queue() int {
	if c.Queue != nil {
		return *c.Queue
	}
	return min(queuePerInvoke*min(c.slots(), mostFlights), mostFlights)
}

// mostFlights is more flights than a process has memory for: at some 10 KB each they
// take 10 GB.
const mostFlights = 1_000_000

// check returns all mistakes in the flags, each with the variable's name. It checks
// that the required ones are set and that each timeout is shorter than the one around
// it, so that the innermost always ends first.
func (c config) check() error {
	var errs []error
	expect := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	expect(c.Bucket != "", "PREW_BUCKET is not set, expected the bucket of the previews")
	expect(c.Function != "", "PREW_FUNCTION is not set, expected a Lambda function or local")
	isURL := func(name, text string) {
		u, err := url.Parse(text)
		expect(text == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "",
			"%s: %q, expected a URL as https://host:port", name, text)
	}
	isURL("PREW_S3_ENDPOINT", c.S3Endpoint)
	isURL("PREW_SOURCE_ENDPOINT", c.SourceEndpoint)
	isURL("PREW_NGINX", c.Nginx)
	for _, name := range gateway.TracesTo {
		isURL(name, os.Getenv(name))
	}
	expect(c.Function != onThisMachine || c.InvokeTimeout > prew.FunctionTimeout,
		"PREW_INVOKE_TIMEOUT: %v, expected more than the %v after which a local function is stopped", c.InvokeTimeout, prew.FunctionTimeout)
	expect(1 <= c.Invokes && c.Invokes <= mostFlights && 0 <= c.queue() && c.queue() <= mostFlights,
		"PREW_INVOKES: %d, PREW_QUEUE: %d, expected 1 and 0 to %d", c.Invokes, c.queue(), mostFlights)
	expect(c.Renderers >= 0 && c.RendererMemory >= 1, "PREW_RENDERERS: %d, PREW_RENDERER_MEMORY: %d, expected at least 1 and 1 MB", c.Renderers, c.RendererMemory)
	expect(c.AnswerTimeout > c.InvokeTimeout && c.InvokeTimeout > c.S3Timeout && c.S3Timeout > 0,
		"PREW_ANSWER_TIMEOUT: %v, PREW_INVOKE_TIMEOUT: %v, PREW_S3_TIMEOUT: %v, expected each longer than the next",
		c.AnswerTimeout, c.InvokeTimeout, c.S3Timeout)
	expect(c.AnswerTimeout < prew.NginxTimeout, "PREW_ANSWER_TIMEOUT: %v, expected less than the %v that nginx waits", c.AnswerTimeout, prew.NginxTimeout)
	return errors.Join(errs...)
}
