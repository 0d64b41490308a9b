package frame

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/exit"
)

// DefectError is a panic: a mistake in this program, and nobody's input or doing.
type DefectError struct {
	Panic string // what it says
	Place string // file and line; empty where they are not known
}

func (e *DefectError) Error() string {
	return fmt.Sprintf("this is a defect of the program, not of what you gave it: %s%s", strings.ReplaceAll(e.Panic, "\n", "; "), e.Place)
}

// Hint says where to report it, and that nothing is known of what was done so far.
func (e *DefectError) Hint() string {
	return "report it, with this message, the version and the command, at https://github.com/rust-lang/rust-tuf/issues (or as SECURITY.md says, if a file of somebody else can cause it); what was done before it is done, so look before you run it again"
}

// defect is the error for what recover returned, called while the panic's own
// stack still stands.
func defect(panicked any) error {
	return exit.With(exit.Internal, &DefectError{fmt.Sprint(panicked), place()})
}

// place is where the panic began: the first function above Go's own runtime.
func place() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	panicking := false
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicking = true
		case panicking && !strings.HasPrefix(f.Function, "runtime."):
			return fmt.Sprintf(" (%s:%d)", filepath.Join(filepath.Base(filepath.Dir(f.File)), filepath.Base(f.File)), f.Line)
		}
		if !more {
			return ""
		}
	}
}
