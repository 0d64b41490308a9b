//go:build unix

package main

import "testing"

// What `make test-gitea` needs is built in a folder of its own, of a module held to
// its checksum.
func TestGiteaThatIsMissing(t *testing.T) {
	const (
		lacks = "make test-gitea needs Gitea, a forge, built in a folder of its own (200 megabytes, and some minutes):\n" +
			"  code.gitea.io/gitea v1.26.0\none command installs it, from the package registry that go asks:\n  mkdir -p '"
		builds = "go mod download code.gitea.io/gitea\ngo build -tags sqlite sqlite_unlock_notify\n"
	)
	maker := func(failing string) *machine {
		return debian().with("cp", `mkdir -p "$3"`).with("rm", "exit 0").inCI("true").with("go", `case "$2" in GOVERSION) echo go1.26.8 ;; CC) echo gcc ;; esac
case "$3" in
mod) echo "go $3 $4 $5" >>"$LOG"; `+failing+`;;
build) echo "go $3 $4 $5" >>"$LOG";;
esac`)
	}
	for _, c := range []needed{
		{"CI", maker(""), 0, []string{lacks, "/rust-tuf/gitea-"}, builds},
		{"agreed", maker("").inCI("").answers("y\n"), 0, []string{lacks, "run it now? [y/N] "}, builds},
		{"declined", maker("").inCI("").answers("n\n"), 1, []string{lacks, "nothing was installed: run make test-gitea again when you want it\n"}, ""},
		{"another file", maker("echo 'SECURITY ERROR'; exit 1"), 1, []string{"a file is not the one that tests/gitea/go.sum names, see above\n"}, "go mod download code.gitea.io/gitea\n"},
		{"no network in CI", maker("echo 'no such host'; exit 1"), 0, []string{"no such host\nthe command failed, see above: Gitea is not asked\n"}, "go mod download code.gitea.io/gitea\n"},
		{"no network", maker("exit 1").inCI("").answers("y\n"), 1, []string{"the command failed, see above\n"}, "go mod download code.gitea.io/gitea\n"},
	} {
		c.check(t, "gitea")
	}
}
