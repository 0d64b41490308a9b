// Package bench_test times the verifier beside go-tuf v2 and beside the limit:
// the bare signature verifications that are needed, with keys that are parsed
// already, plus one SHA-256 over the bytes. All three work on the same bytes
// in the same run, and each checks the verdict that it times.
package bench_test

import (
	"runtime"
	"slices"
	"testing"
)

// contest is one job done in three ways. Each reports whether the verdict was
// the right one.
type contest struct {
	ours, gotuf, limit func() bool
	batch              int // calls in a row when all three take turns

	// before, if there is one, makes ready what so many calls of ours need that
	// is no part of the job. It is not timed.
	before func(calls int)
}

// run times each way for itself, and then all in turn. On a machine that does
// other things too, whatever disturbs only adds: the ratios compare the least
// of many turns.
func (c contest) run(b *testing.B, name string) {
	b.Helper()
	for _, way := range []struct {
		name string
		do   func() bool
	}{{"ours", c.ours}, {"go-tuf", c.gotuf}, {"limit", c.limit}} {
		b.Run(name+"/"+way.name, func(b *testing.B) {
			b.ReportAllocs()
			c.ready(b.N)
			b.ResetTimer()
			for range b.N {
				if !way.do() {
					b.Fatal("wrong verdict")
				}
			}
		})
	}
	b.Run(name+"/ratio", func(b *testing.B) {
		var limit, gotuf, ours []float64
		for range max(b.N, rounds) {
			for range turns { // in a row: after somebody else's garbage the first is slower
				gotuf = append(gotuf, c.clock(b, c.gotuf))
			}
			for range turns {
				limit = append(limit, c.clock(b, c.limit))
			}
			for range turns {
				ours = append(ours, c.clock(b, c.ours))
			}
		}
		b.ReportMetric(slices.Min(ours)/slices.Min(limit), "ours/limit")
		b.ReportMetric(slices.Min(gotuf)/slices.Min(ours), "go-tuf/ours")
		b.ReportMetric(0, "ns/op") // of no meaning here
	})
}

const (
	rounds = 7 // each of the three has its turns in each
	turns  = 3
)

// clock returns the processor time that a batch takes, that of the garbage
// collector included: elapsed time would hide what a second core does.
func (c contest) clock(b *testing.B, do func() bool) float64 {
	c.ready(c.batch)
	runtime.GC() // everybody pays for the own garbage
	start := processorTime(b)
	for range c.batch {
		if !do() {
			b.Fatal("wrong verdict")
		}
	}
	return (processorTime(b) - start).Seconds()
}

func (c contest) ready(calls int) {
	if c.before != nil {
		c.before(calls)
	}
}
