//go:build unix

package git

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// session is what one process of git runs in.
type session struct {
	own bool // a session and process group of its own
}

// begin starts the process. One that may ask stays in this process's session
// and group, since only the group in the foreground may read from the
// terminal; Ctrl-C reaches it there by itself. Every other gets a session of
// its own: nothing in it can reach the terminal, and a cancelled context ends
// all of it.
func (s *session) begin(cmd *exec.Cmd, asks bool) error {
	s.own = !asks
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: s.own}
	// SIGTERM lets git remove its lock files; WaitDelay kills what is left.
	cmd.Cancel = func() error {
		pid := cmd.Process.Pid
		if s.own {
			pid = -pid
		}
		err := syscall.Kill(pid, syscall.SIGTERM)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	return cmd.Start()
}

// end kills what a process that did not end well left in its session.
func (s *session) end(cmd *exec.Cmd) {
	if !s.own || cmd.ProcessState == nil || cmd.ProcessState.Success() {
		return
	}
	// The system gives the number of a group to no new process while a member
	// lives; when none does, there is nothing to kill.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}

// interrupted tells whether the process was ended by Ctrl-C.
func interrupted(cmd *exec.Cmd) bool {
	if cmd.ProcessState == nil {
		return false
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGINT
}
