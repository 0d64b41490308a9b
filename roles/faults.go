package roles

import (
	"errors"
	"fmt"
)

// faults gathers what is wrong with one file.
type faults struct {
	outline *outline
	errs    []error
	more    int // those beyond maxFaults
}

func (f *faults) add(path, format string, args ...any) {
	if len(f.errs) == maxFaults {
		f.more++
		return
	}
	f.errs = append(f.errs, f.outline.refuse(path, fmt.Sprintf(format, args...)))
}

func (f *faults) check(path string, err error) {
	if err != nil {
		f.add(path, "%s", err)
	}
}

func (f *faults) join() error {
	if len(f.errs) == 1 {
		return f.errs[0]
	}
	if f.more > 0 {
		f.errs = append(f.errs, &SyntaxError{File: f.outline.file, Reason: "and " + count(f.more, "fault") + " more"})
	}
	return errors.Join(f.errs...)
}
