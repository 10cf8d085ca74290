package main

import "testing"

func TestReadDistance(t *testing.T) {
	got, err := readDistance("1.9345\n3-norm: 0.812345\n")
	if err != nil || got != 0.812345 {
		t.Errorf("%v, %v; want 0.812345", got, err)
	}
	if _, err := readDistance("could not read\n"); err == nil {
		t.Error("what has no norm is read")
	}
}
