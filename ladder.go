package prew

import "time"

// The ladder of timeouts. Each outer part waits longer than the part that it
// calls, so that the innermost one ends first and every failure has a name. What
// stands before nginx waits longer still; its timeouts are in the templates, and a test
// checks the order of all of them.
const (
	// NginxTimeout is how long nginx waits for a gateway. It is in nginx/server.conf,
	// to which a test holds it, and no setting.
	NginxTimeout = 35 * time.Second
	// AnswerTimeout is the longest time that a gateway takes to answer. It is a
	// little more than a person may be expected to wait for a picture.
	AnswerTimeout = 30 * time.Second
	// InvokeTimeout is the longest time that a gateway waits for an invocation. The
	// rest of AnswerTimeout is for reading a preview that is not in the result.
	InvokeTimeout = 27 * time.Second
	// FunctionTimeout is the time after which the function is stopped, on Lambda
	// and elsewhere. It is enough to read, render and store at the slowest.
	FunctionTimeout = 25 * time.Second
	// StoreTimeout is the longest time that a call to S3 takes with all its
	// attempts, in the gateway and in the function. Reading and storing together
	// leave the function a third of its time to render.
	StoreTimeout = 8 * time.Second
	// StreamTimeout is the longest time that a gateway streams one object: the largest
	// photo that is rendered, 64 MiB, takes 9 minutes at 1 Mbit/s. S3 itself has no
	// more than StoreTimeout for each part of it that a gateway waits for.
	StreamTimeout = 10 * time.Minute
)
