//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A machine for need.sh is a folder of commands, its whole PATH; each is a line of shell.
type machine struct {
	commands map[string]string
	system   string // /etc/os-release
	ci       string // $CI
	typed    string // what the person at the terminal answers
}

// debian has everything, and a user who may install with sudo. Its apt-get installs a gcc that works.
// Both write down how they are called.
func debian() *machine {
	return &machine{
		system: "NAME=\"Debian GNU/Linux\"\nID=debian\n",
		commands: map[string]string{
			"go":    `case $2 in GOVERSION) echo go1.26.8 ;; CC) echo gcc ;; esac`,
			"git":   `echo git version 2.39.5`,
			"gcc":   `exit 0`,
			"id":    `echo 1000`,
			"ls":    `exit 0`, // drivers and modules are files
			"sudo":  `printf 'sudo ' >>"$LOG"; exec "$@"`,
			"pcscd": `exit 0`, "ssh-keygen": `exit 0`, "pkg-config": `exit 0`, "yubico-piv-tool": `exit 0`, "pkcs15-tool": `exit 0`, "openssl": `exit 0`,
			"apt-get": `echo "apt-get $*" >>"$LOG"; [ "$1" = update ] || ln -s true "$BIN/gcc"`,
		},
	}
}

// bare is debian without a C compiler.
func bare() *machine { return debian().without("gcc") }

func (m *machine) without(command string) *machine { delete(m.commands, command); return m }

func (m *machine) with(command, line string) *machine { m.commands[command] = line; return m }

func (m *machine) is(system string) *machine { m.system = system; return m }

func (m *machine) inCI(value string) *machine { m.ci = value; return m }

func (m *machine) answers(line string) *machine { m.typed = line; return m }

// need runs need.sh and returns its exit code, what it said, and how it called apt-get.
func (m *machine) need(t *testing.T, what string) (code int, said, called string) {
	t.Helper()
	dir := t.TempDir()
	bin, log, system := filepath.Join(dir, "bin"), filepath.Join(dir, "log"), filepath.Join(dir, "os-release")
	write(t, log, "", 0o644)
	write(t, system, m.system, 0o644)
	for name, line := range m.commands {
		write(t, filepath.Join(bin, name), "#!/bin/sh\n"+line+"\n", 0o755)
	}
	for _, name := range []string{"sh", "awk", "sed", "grep", "xargs", "echo", "dirname", "ln", "true", "cksum", "mkdir", "chmod"} {
		found, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(found, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(bin, "sh"), "need.sh", what)
	cmd.Env = []string{"PATH=" + bin, "BIN=" + bin, "LOG=" + log, "OS_RELEASE=" + system, "CI=" + m.ci, "XDG_CACHE_HOME=" + dir}
	cmd.Stdin = strings.NewReader(m.typed)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	calls, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out), string(calls)
}

// needed is what need.sh does on a machine: a part of what it says, and all that it
// calls.
type needed struct {
	name  string
	on    *machine
	code  int
	says  []string
	calls string
}

func (n needed) check(t *testing.T, what string) {
	t.Helper()
	t.Run(n.name, func(t *testing.T) {
		code, said, calls := n.on.need(t, what)
		if code != n.code || calls != n.calls {
			t.Errorf("exit code %d, want %d; said\n%s\ncalled\n%s", code, n.code, said, calls)
		}
		for _, words := range n.says {
			if !strings.Contains(said, words) {
				t.Errorf("said\n%s\nit lacks\n%s", said, words)
			}
		}
	})
}

func TestToolsThatAreNeeded(t *testing.T) {
	const (
		noGo  = "install Go 1.25.0 or newer from https://go.dev/dl/\n" // as go.mod says
		noGit = "install git 2.38 or newer, see https://git-scm.com/downloads\n"
	)
	for _, c := range []struct {
		name string
		what string
		on   *machine
		code int
		says string
	}{
		{"everything", "test", debian(), 0, ""},
		{"demo without compiler", "demo", bare(), 0, ""},
		{"build without git", "build", debian().without("git"), 0, ""},
		{"no go", "demo", debian().without("go"), 1, "go is missing: " + noGo},
		{"old go", "build", debian().with("go", "echo go1.19.8"), 1, "go1.19.8 is too old: " + noGo},
		{"development go", "build", debian().with("go", "echo devel go1.28-0123456"), 0, ""},
		{"no git", "demo", debian().without("git"), 1, "git is missing: " + noGit},
		{"old git", "demo", debian().with("git", "echo git version 2.37.9"), 1, "git 2.37.9 is too old: " + noGit},
		{"older git", "test", debian().with("git", "echo git version 1.99.9"), 1, "git 1.99.9 is too old: " + noGit},
		{"oldest git", "demo", debian().with("git", "echo git version 2.38.0.windows.1"), 0, ""},
		{"git of a Mac", "demo", debian().with("git", "echo 'git version 3.0.1 (Apple Git-200)'"), 0, ""},
		{"wrong call", "tea", debian(), 2, "usage: sh tests/run/need.sh build|demo|test|peers|forge|gitea\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, said, called := c.on.need(t, c.what)
			if code != c.code || said != c.says || called != "" {
				t.Errorf("exit code %d, want %d; said\n%s\nwant\n%s\ncalled\n%s", code, c.code, said, c.says, called)
			}
		})
	}
}

func TestPackagesThatAreMissing(t *testing.T) {
	const (
		git      = "  git, for the repositories that the tests make\n"
		compiler = "  a C compiler, for go test -race\n"
		lacks    = "make test needs what this machine lacks:\n" + compiler
		install  = "apt-get install --yes --no-install-recommends gcc libc6-dev"
		asRoot   = lacks + "one command installs it:\n  apt-get update && " + install + "\n"
		asUser   = lacks + "one command installs it:\n  sudo apt-get update && sudo " + install + "\n"
		ask      = "run it now? [y/N] "
		declined = "nothing was installed: run the command, then make test again\n"
		done     = "sudo apt-get update\nsudo " + install + "\n"
		byHand   = "install it with this system's package manager, then run make test again\n"
		tool     = "make test needs what this machine lacks:\n  the tool that Yubico gives out, to compare the virtual YubiKeys with\n"
		without  = "make test goes on: the tests that need it are skipped, and counted at the end\n"
		offer    = tool + "one command installs it:\n  sudo apt-get update && sudo apt-get install --yes --no-install-recommends yubico-piv-tool\n"
	)
	for _, c := range []struct {
		name  string
		on    *machine
		code  int
		says  string
		calls string
	}{
		{"agreed", bare().answers("y\n"), 0, asUser + ask, done},
		{"declined", bare().answers("n\n"), 1, asUser + ask + declined, ""},
		{"silence is no", bare().answers("\n"), 1, asUser + ask + declined, ""},
		{"nobody to ask", bare(), 1, asUser + ask + "\n" + declined, ""},
		{"nobody to ask, as root", bare().with("id", "echo 0"), 1, asRoot + ask + "\n" + declined, ""},
		{"CI", bare().inCI("true"), 0, asUser, done},
		{"CI as root", bare().inCI("true").with("id", "echo 0").without("sudo"), 0, asRoot, "apt-get update\n" + install + "\n"},
		{"CI of another value", bare().inCI("false"), 1, asUser + ask + "\n" + declined, ""},
		{"Ubuntu", bare().inCI("true").is("ID=ubuntu\nID_LIKE=debian\n"), 0, asUser, done},
		{"Mint", bare().inCI("true").is("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), 0, asUser, done},
		{"Fedora", bare().inCI("true").is("ID=fedora\n"), 1, lacks + byHand, ""},
		{"no os-release, as on a Mac", bare().inCI("true").is(""), 1, lacks + byHand, ""},
		{"no apt-get", bare().inCI("true").without("apt-get"), 1, lacks + byHand, ""},
		{"no sudo", bare().answers("y\n").without("sudo"), 1,
			asUser + "sudo is missing too: run the command as root, without sudo, then make test again\n", ""},
		{"no headers", debian().with("gcc", `exit 1`), 1, asUser + ask + "\n" + declined, ""},
		{"update fails", bare().inCI("true").with("apt-get", "exit 100"), 1, asUser + "the command failed, see above\n", "sudo "},
		{"installs nothing", bare().inCI("true").with("apt-get", "exit 0"), 1,
			asUser + "still missing after the command:\n" + compiler, "sudo sudo "},
		{"a Mac has PC/SC", debian().with("go", "case $2 in GOVERSION) echo go1.26.8 ;; CC) echo gcc ;; GOOS) echo darwin ;; esac").is("").without("pkg-config"), 0, "", ""},
		{"Fedora without what single tests need", debian().without("yubico-piv-tool").is("ID=fedora\n"), 0, tool + byHand + without, ""},
		{"the same in CI", debian().without("yubico-piv-tool").is("ID=fedora\n").inCI("true"), 0, tool + byHand + without, ""},
		{"Fedora without a compiler too", bare().without("yubico-piv-tool").is("ID=fedora\n"), 1,
			lacks + "  the tool that Yubico gives out, to compare the virtual YubiKeys with\n" + byHand, ""},
		{"single tests declined", debian().without("yubico-piv-tool").answers("n\n"), 0, offer + ask + declined + without, ""},
		{"single tests in CI, update fails", debian().without("yubico-piv-tool").inCI("true").with("apt-get", "exit 100"), 0,
			offer + "the command failed, see above\n" + without, "sudo "},
		{"git too", bare().inCI("true").without("git"), 1,
			strings.Replace(strings.Replace(asUser, compiler, git+compiler, 1), "gcc", "git gcc", 1) +
				"still missing after the command:\n" + git,
			strings.Replace(done, "gcc", "git gcc", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, said, calls := c.on.need(t, "test")
			if code != c.code || said != c.says || calls != c.calls {
				t.Errorf("exit code %d, want %d; said\n%s\nwant\n%s\ncalled\n%s\nwant\n%s", code, c.code, said, c.says, calls, c.calls)
			}
		})
	}
}

// What `make test-forge` needs is put in a folder of its own, held to its hashes.
func TestDescriptionOfGitHub(t *testing.T) {
	const (
		lacks = "make test-forge needs GitHub's description of its interface and Prism, a mock that holds requests to it,\n" +
			"in a folder of their own (half a gigabyte while it is unpacked, then a fifth of that):\n" +
			"  @octokit/openapi 23.0.2\n  @stoplight/prism-cli 5.16.0\n" +
			"one command installs it, from the package registry that npm asks:\n  mkdir -p '"
		files = `mkdir -p "$3/node_modules/@octokit/openapi"; echo "npm $1 $2 $4" >>"$LOG"`
	)
	node := func() *machine {
		return debian().with("node", "exit 0").with("npm", files).with("cp", "exit 0").with("find", "exit 0").inCI("true")
	}
	for _, c := range []needed{
		{"CI", node(), 0, []string{lacks, "/rust-tuf/forge-"}, "npm ci --prefix --ignore-scripts\n"},
		{"agreed", node().inCI("").answers("y\n"), 0, []string{lacks, "run it now? [y/N] "}, "npm ci --prefix --ignore-scripts\n"},
		{"declined", node().inCI("").answers("n\n"), 1, []string{lacks, "nothing was installed: run make test-forge again when you want it\n"}, ""},
		{"another file", node().with("npm", "echo npm ERR! code EINTEGRITY; exit 1"), 1,
			[]string{"a file is not the one that tests/forge/package-lock.json names, see above\n"}, ""},
		{"no network in CI", node().with("npm", "echo ENOTFOUND; exit 1"), 0, []string{"ENOTFOUND\nthe command failed, see above: GitHub's description is not asked\n"}, ""},
		{"no network", node().inCI("").answers("y\n").with("npm", "echo ENOTFOUND; exit 1"), 1, []string{"the command failed, see above\n"}, ""},
		{"no node", node().without("node").inCI(""), 1, []string{"make test-forge needs what this machine lacks:\n  Node.js 18 or newer with npm, for a mock of GitHub\n",
			"apt-get install --yes --no-install-recommends nodejs npm\n"}, ""},
	} {
		c.check(t, "forge")
	}
}
