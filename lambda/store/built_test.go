//go:build !lambda.env

package store_test

import (
	"os/exec"
	"testing"
)

// TestAsBuiltForLambda runs the tests of the package as the zip of the function has it.
func TestAsBuiltForLambda(t *testing.T) {
	if out, err := exec.Command("go", "test", "-count=1", "-tags", "lambda.env", ".").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
