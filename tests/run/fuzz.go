package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// A target is one fuzz function of one package.
type target struct{ pkg, name string }

// fuzz runs every target of the module whose name matches only, each for the same time, whatever
// fails on the way. An input that fails is kept by go test below the package's testdata/fuzz.
func fuzz(out io.Writer, fuzzTime, only string) error {
	pick, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	var listed bytes.Buffer
	list := "go test -list ^Fuzz -json ./..."
	if err := execute(list, &listed, out); err != nil {
		io.Copy(out, &listed)
		return err
	}
	var run []check
	for _, t := range targets(&listed, pick) {
		line := fmt.Sprintf("go test -run ^$ -fuzz ^%s$ -fuzztime %s %s", t.name, fuzzTime, t.pkg)
		run = append(run, check{name: t.pkg + " " + t.name, run: commands(line)})
	}
	if len(run) == 0 {
		return errors.New("make fuzz: found no such fuzz target")
	}
	fmt.Fprintf(out, "%d fuzz targets, %s each\n", len(run), fuzzTime)
	begin := time.Now()
	var t tally
	if failed := perform(out, run, &t); len(failed) > 0 {
		return fmt.Errorf("make fuzz: failed: %s", strings.Join(failed, ", "))
	}
	fmt.Fprintf(out, "all of this took %s\n", time.Since(begin).Round(time.Second))
	return nil
}

// targets reads what `go test -list ^Fuzz -json` prints.
func targets(r io.Reader, pick *regexp.Regexp) (found []target) {
	for d := json.NewDecoder(r); ; {
		var e event
		if d.Decode(&e) != nil {
			return found
		}
		name := strings.TrimSpace(e.Output)
		if e.Action == "output" && strings.HasPrefix(name, "Fuzz") && pick.MatchString(name) {
			found = append(found, target{e.Package, name})
		}
	}
}
