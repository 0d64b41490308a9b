//go:build !unix

package bench_test

import (
	"testing"
	"time"
)

var start = time.Now()

// processorTime returns elapsed time where nothing better is to be had.
func processorTime(*testing.B) time.Duration { return time.Since(start) }
