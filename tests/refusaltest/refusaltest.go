// Package refusaltest checks what an error tells a person. Only tests import
// it.
package refusaltest

import (
	"errors"
	"strings"
	"testing"
)

// Says fails t unless err is an error with these words in it.
func Says(t *testing.T, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("error %v\nhas not the words %s", err, words)
	}
}

// Hints fails t unless err says with these words what to do next.
func Hints(t *testing.T, err error, words string) {
	t.Helper()
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), words) {
		t.Errorf("error %v\nhas not the hint %s", err, words)
	}
}
