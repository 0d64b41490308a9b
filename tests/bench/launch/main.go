// Command launch runs a program and says what it used. Benchmarks start
// programs through it: a process begins with the peak memory of the one that
// started it, and this one is small.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

type report struct {
	Elapsed, Processor time.Duration
	Peak               int64  // bytes of memory; 0 where that is not known
	Output             string // what it wrote to standard output
	Exit               int
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: launch PROGRAM [ARGUMENT …]")
		os.Exit(2)
	}
	var out bytes.Buffer
	c := exec.Command(os.Args[1], os.Args[2:]...)
	c.Stdout, c.Stderr = &out, os.Stderr
	begin := time.Now()
	_ = c.Run() // its exit code says it
	elapsed := time.Since(begin)
	if c.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "launch: the program did not start")
		os.Exit(1)
	}
	r := report{elapsed, c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peak(c.ProcessState), out.String(), c.ProcessState.ExitCode()}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
