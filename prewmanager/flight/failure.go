package flight

import (
	"encoding/json"
	"errors"
	"time"
)

// Failure is an error that goes to all callers who wait for the key, in every
// process.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
	// Mark identifies what the failure depends on. A failure with a Mark is
	// checked (Work.Holds) before it is repeated; one without holds for all of Keep.
	Mark string `json:"mark,omitempty"`
	// Keep is how long the failure is remembered for later callers; zero means
	// that it is only for those who were waiting.
	Keep time.Duration `json:"keep,omitempty"`
	// Until is the time when a remembered failure is forgotten.
	Until time.Time `json:"-"`
}

func (f *Failure) Error() string {
	if f.Message == "" {
		return f.Code
	}
	return f.Code + ": " + f.Message
}

// asFailure returns the Failure that other processes get for an error: a Failure
// itself, or a new one with the error's text. Nil stays nil.
func asFailure(err error) *Failure {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{Message: err.Error()}
}

func (f *Failure) encode() string {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings can't fail to marshal
	}
	return string(text)
}

func decodeFailure(text string) (*Failure, error) {
	f := new(Failure)
	return f, json.Unmarshal([]byte(text), f)
}
