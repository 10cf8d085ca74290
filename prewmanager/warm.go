package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"prew"
	"prew/lambda/access"
	"prew/prewmanager/flags"
	"prew/prewmanager/gateway"
	"prew/prewmanager/upkeep"
)

// warm is the command that has previews rendered before somebody asks for them.
type warm struct {
	stored `embed:""`

	Gateways []string `default:"127.0.0.1:8081" help:"Gateways to ask, host:port,host:port."`

	SigningKeys string `placeholder:"KEY,..." help:"Keys of signed addresses, for presets whose access is signed: the first signs."`

	Preset []string `env:"-" sep:"," required:"" placeholder:"NAME" help:"Presets, with their variants; a variant's name is that variant alone."`
	Prefix string   `env:"-" placeholder:"PREFIX" help:"Of photos alone whose keys begin so."`
	Keys   string   `env:"-" placeholder:"FILE" help:"Of the photos whose keys are in a file, a line each, in place of all that are stored; - for the standard input."`
	Rate   float64  `env:"-" default:"50" help:"Most previews a second; gateways hold them back while people wait."`

	DryRun bool `env:"-" help:"Render nothing; say how many previews are missing."`
	Resume bool `env:"-" help:"Go on where this command, with the same flags, was interrupted."`
}

// warmReport is the summary as scripts read it.
type warmReport struct {
	Command string `json:"command"`
	Bucket  string `json:"bucket"`
	Result  string `json:"result"` // done, partly done or refused
	DryRun  bool   `json:"dry_run,omitempty"`
	upkeep.Warmed
	Resume  string  `json:"resume,omitempty"` // the file from which --resume goes on
	Seconds float64 `json:"seconds"`
}

// Run asks gateways for what is missing.
func (w warm) Run(k *kong.Kong, wrong flags.Errors) error {
	ctx := interruptible()
	began := time.Now()
	var gateways []string
	for _, address := range w.Gateways {
		u, err := url.Parse("http://" + address)
		if err != nil || u.Port() == "" || u.Hostname() == "" {
			wrong = append(wrong, fmt.Errorf("PREW_GATEWAYS: %q, expected host:port", address))
			continue
		}
		gateways = append(gateways, u.String())
	}
	if !(w.Rate > 0) {
		wrong = append(wrong, fmt.Errorf("--rate: %v, expected more than 0", w.Rate))
	}
	if w.Prefix != "" && w.Keys != "" {
		wrong = append(wrong, errors.New("--prefix with --keys, expected one of them"))
	}
	if w.Prefix != "" {
		if err := isPrefix(w.Prefix); err != nil {
			wrong = append(wrong, err)
		}
	}
	signing, err := access.ParseKeys(w.SigningKeys)
	if err != nil {
		wrong = append(wrong, err)
	}
	previews, photos, presets, err := w.folders(ctx, wrong)
	if err != nil {
		return err
	}
	names, err := upkeep.Expand(w.Preset, presets, nil)
	if err != nil {
		return exit{calledWrongly, err}
	}
	for _, name := range names {
		switch presets.Access(name) {
		case prew.Signed:
			if len(signing) == 0 {
				return exit{calledWrongly, fmt.Errorf("PREW_SIGNING_KEYS is not set, expected the keys with which addresses of preset %s are signed", name)}
			}
		case prew.Token:
			return exit{calledWrongly, fmt.Errorf("preset %s: access: token: a gateway gives it to nobody without one, expected other presets", name)}
		}
	}
	address := func(ref prew.Ref) string {
		path := ref.Path()
		if presets.Access(ref.Preset) == prew.Signed {
			path += "?" + signing.Sign(path, time.Now().Add(time.Minute)) // longer than a gateway takes
		}
		return path
	}
	wanted, total, closing, err := w.keys(len(names))
	if err != nil {
		return exit{calledWrongly, err}
	}
	defer closing()
	position := upkeep.Nowhere()
	if !w.DryRun {
		resumed := false
		settings := []any{previews.Name, previews.Prefix, w.SourceBucket, w.SourcePrefix, w.S3Endpoint, names, w.Prefix, w.Keys}
		if position, resumed, err = upkeep.NewPosition("warm", settings, w.Resume); err != nil {
			return err
		}
		if w.Resume && !resumed {
			fmt.Fprintln(os.Stderr, "no such warming was interrupted here: it begins anew")
		}
	}
	shown := newMeter("asked for", total)
	done, failed := upkeep.Warm{
		Previews: previews, Photos: photos, Names: names, Prefix: w.Prefix, Keys: wanted, Gateways: gateways,
		Header: http.Header{gateway.WarmHeader: {"1"}}, Address: address, Rate: w.Rate, Parallel: w.Parallel, Position: position, Dry: w.DryRun,
		Progress: func(asked int64) { shown.at(asked, 0) },
	}.Run(ctx)
	shown.line.Clear()
	r := warmReport{Command: "warm", Bucket: previews.Name, Result: "done", DryRun: w.DryRun, Warmed: done}
	code := 0
	switch {
	case failed == nil && done.Failed == 0:
		position.Remove()
	case done.Rendered+done.Stored == 0 && ctx.Err() == nil:
		r.Result, code = "refused", refused
	default:
		r.Result, code = "partly done", partlyDone
	}
	if code == partlyDone && !w.DryRun {
		if err := position.Keep(); err != nil {
			r.Errors = append(r.Errors, fmt.Sprintf("--resume will begin anew: %v", err))
		} else {
			r.Resume = position.File()
		}
	}
	r.Seconds = time.Since(began).Seconds()
	text := fmt.Sprintf("%d previews rendered, %d stored already, %d of photos that are gone or can't be rendered, %d failed, in %.1f s",
		r.Rendered, r.Stored, r.Refused, r.Failed, r.Seconds)
	if w.DryRun {
		text = fmt.Sprintf("%d previews are missing", r.Missing)
	}
	if err := w.print(k, r, text); err != nil {
		return err
	}
	switch {
	case code == 0:
		return nil
	case ctx.Err() != nil:
		failed = errors.New("interrupted; --resume goes on from " + cmp.Or(r.Resume, "the beginning"))
	case failed == nil:
		failed = joined(r.Errors)
	}
	return exit{code, failed}
}

// keys are the keys of --keys, nil without, and how many previews they stand for, 0 where that
// is not known before they are read.
func (w warm) keys(names int) (wanted iter.Seq2[string, error], total int64, closing func(), err error) {
	switch w.Keys {
	case "":
		return nil, 0, func() {}, nil
	case "-":
		return keys(os.Stdin), 0, func() {}, nil
	}
	file, err := os.Open(w.Keys)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("--keys: %w", err)
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if lines.Text() != "" {
			total += int64(names)
		}
	}
	if _, err := file.Seek(0, 0); err != nil {
		return nil, 0, nil, fmt.Errorf("--keys: %w", err)
	}
	return keys(file), total, func() { file.Close() }, nil
}
