package prew

import "time"

// The ladder of timeouts. Whoever is further out waits longer than whoever is
// further in, so that it is always the innermost that speaks and every failure
// has a name. nginx and what stands before it wait longer still; their steps are
// in nginx's configuration and in the templates, and a test holds all of them to
// one another.
const (
	// AnswerTimeout is the longest time that a gateway takes to answer. It is what
	// a person may be expected to wait for a picture, and then some; nginx waits
	// 5 s longer.
	AnswerTimeout = 30 * time.Second
	// InvokeTimeout is the longest that a gateway waits for an invocation. What is
	// left of its answer is for reading the preview where it did not come along.
	InvokeTimeout = 27 * time.Second
	// FunctionTimeout is after how long the function is stopped, on Lambda and
	// elsewhere: reading, rendering and storing, each as slow as it may be.
	FunctionTimeout = 25 * time.Second
	// StoreTimeout is the longest call to S3, of gateway and function alike, with
	// every attempt. Reading and storing together leave the function a third of
	// its time to render.
	StoreTimeout = 8 * time.Second
)
