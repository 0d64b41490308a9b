package git

// Option adjusts how git is called.
type Option func(*settings)

type settings struct {
	program  string
	environ  []string
	terminal bool
}

// Program names the git program to run instead of the first one on PATH.
func Program(path string) Option {
	return func(s *settings) { s.program = path }
}

// Environ gives git this environment ("NAME=value") instead of this
// process's own. Variables that would point git at another repository, index
// or worktree are left out in either case.
func Environ(environ []string) Option {
	return func(s *settings) { s.environ = environ }
}

// Terminal says that a person sits at the terminal, so git, ssh and the
// signing program may ask for user names, passphrases and touches while
// talking to a remote or signing a commit. For that they stay in the process
// group in the foreground: Ctrl-C reaches them directly, while a context that
// ends otherwise ends git, and leaves it to git to end what it started. Without
// this option they run in a session of their own, end with it, and fail instead
// of waiting for an answer.
func Terminal() Option {
	return func(s *settings) { s.terminal = true }
}
