package git

import (
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"
)

// session is what one process of git runs in: a job, which ends as a whole.
// git on PATH is often a small program that starts the real one.
type session struct {
	mu  sync.Mutex
	job windows.Handle // zero when the process is in no job of ours
}

// begin starts the process. One that may ask shares the console; every other
// has none. Windows has no way to ask a process to end, so a cancelled git may
// leave lock files.
func (s *session) begin(cmd *exec.Cmd, asks bool) error {
	if !asks {
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	}
	cmd.Cancel = func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.job != 0 {
			return windows.TerminateJobObject(s.job, 1)
		}
		return cmd.Process.Kill()
	}
	s.mu.Lock() // a context that ends now waits until the process has its job
	defer s.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	s.job = newJob(uint32(cmd.Process.Pid))
	return nil
}

// end gives the job back once the process was waited for.
func (s *session) end(*exec.Cmd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job != 0 {
		_ = windows.CloseHandle(s.job)
		s.job = 0
	}
}

// newJob returns a job that holds the process, or zero where the system allows
// none; then only the process itself is ended.
func newJob(pid uint32) windows.Handle {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0
	}
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, pid)
	if err == nil {
		err = windows.AssignProcessToJobObject(job, process)
		_ = windows.CloseHandle(process)
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return 0
	}
	return job
}

// interrupted tells whether the process was ended by Ctrl-C.
func interrupted(cmd *exec.Cmd) bool {
	return cmd.ProcessState != nil && uint32(cmd.ProcessState.ExitCode()) == uint32(windows.STATUS_CONTROL_C_EXIT)
}
