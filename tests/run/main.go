// Run is what `make test`, `make fuzz` and `make mutants` call.
//
//	go run ./tests/run test
//	go run ./tests/run [-time 30s] [-only regexp] fuzz
//	go run ./tests/run [-only regexp] mutants
//
// test runs every check of [checks], says one line about each, and ends with a summary whose last line
// counts checks and tests alike: "N passed, N failed, N skipped". With CI=true a skipped test fails the
// run, unless its reason is [absentData]. What a test measured, in its attribute "measured", stands in
// the summary too.
//
// fuzz finds every fuzz target of the module and gives each the same time.
//
// mutants removes the normative checks of the verifier one by one; a test has to notice each time.
//
// The exit code is 0 when all is well, 1 when something failed, 2 for a wrong call.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, os.Getenv("CI") == "true"))
}

func run(args []string, stdout, stderr io.Writer, ci bool) int {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	fuzzTime := flags.String("time", "30s", "fuzz: how long each target runs, as go test -fuzztime takes it")
	only := flags.String("only", ".", "fuzz, mutants: regular expression that picks targets by name, checks by file, line and comment")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: go run ./tests/run [-time 30s] [-only regexp] test|fuzz|mutants")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return 2
	}

	var err error
	switch verb := flags.Arg(0); {
	case verb == "test" && flags.NArg() == 1:
		err = test(stdout, ci)
	case verb == "fuzz" && flags.NArg() == 1:
		err = fuzz(stdout, *fuzzTime, *only)
	case verb == "mutants" && flags.NArg() == 1:
		err = mutants(stdout, *only)
	default:
		flags.Usage()
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
