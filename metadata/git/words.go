package git

import (
	"strings"
	"unicode"
)

// clean makes what git or a remote said safe to show: a server's words may
// hold terminal control sequences.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r': // progress overwrites its line
			return '\n'
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar))))
}

// summary is the part of git's words that names the cause, in one line. err
// serves when git said nothing.
func summary(output string, err error) string {
	var causes []string
	forge := "" // what was said before git's own words, as a forge does over ssh
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		switch cause, marked := cutMark(line); {
		case marked && cause == "Could not read from remote repository." && forge != "":
			causes = append(causes, lastWords(forge))
		case marked:
			causes = append(causes, cause)
		case strings.HasPrefix(line, "!\t"): // push --porcelain: flag, refs, reason
			causes = append(causes, line[strings.LastIndexByte(line, '\t')+1:])
		case line != "" && len(causes) == 0:
			forge = strings.TrimPrefix(line, "ERROR: ")
		}
	}
	switch {
	case len(causes) > 0:
		return strings.Join(causes, "; ")
	case output != "":
		return lastWords(output)
	case err != nil:
		return err.Error()
	}
	return "no reason given"
}

// cutMark takes off what git puts before the cause of a failure.
func cutMark(line string) (cause string, marked bool) {
	for _, mark := range []string{"fatal: ", "error: ", "remote: error: "} {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return rest, true
		}
	}
	return "", false
}

// lastWords is the end of what was said, in one line of at most 200 words.
func lastWords(output string) string {
	words := strings.Fields(output)
	if surplus := len(words) - 200; surplus > 0 {
		words = append([]string{"…"}, words[surplus:]...)
	}
	return strings.Join(words, " ")
}

// hints tell what to do about what git says. The first that fits is taken, so
// the particular stand before the general. Git's words are those of LC_ALL=C;
// no decision rests on them, only advice.
var hints = []struct{ sign, advice string }{
	{"failed to sign", "commit.gpgsign is set, so `git commit -S` must work by hand first; look at user.signingkey and gpg.format"},
	{"gpg.ssh.defaultkeycommand", "commit.gpgsign is set with gpg.format=ssh: set user.signingkey to your public key"},
	{"no private key found", "commit.gpgsign is set with gpg.format=ssh: the private key of user.signingkey must be there, or in your ssh agent"},
	{"couldn't load public key", "commit.gpgsign is set with gpg.format=ssh: user.signingkey must name a public key that is there"},
	{"dubious ownership", "the folder belongs to somebody else; if that is right, add it to git's safe.directory"},
	{".lock': file exists", "another git works on this clone, or one was killed: when none runs, remove the .lock file that is named"},
	{"shallow update not allowed", "complete this clone with `git fetch --unshallow`"},
	{"hook declined", "a rule of the remote forbids this branch or this commit: ask who maintains it, or push to a fork and open a pull request"},
	{"protected branch", "the branch is protected: push another branch and open a pull request"},
	{"permission denied (publickey", "the remote does not know your ssh key: check `ssh -T` to its host and that your agent has the key"},
	{"host key verification failed", "connect once with ssh by hand and compare the fingerprint of the host"},
	{"terminal prompts disabled", "the remote asks for a password and nobody can be asked here: set up a credential helper or an ssh key"},
	{"authentication failed", "the remote refused your credentials: renew the token or password that your credential helper keeps"},
	{"denied to", "you may not write there: push to your fork and open a pull request"},
	{"error: 403", "you may not write there: push to your fork and open a pull request"},
	{"could not resolve host", "check the network and the address of the remote (`git remote -v`)"},
	{"connection refused", "check the network and the address of the remote (`git remote -v`)"},
	{"connection timed out", "check the network and the address of the remote (`git remote -v`)"},
	{"network is unreachable", "check the network"},
	{"not allowed", "use an address that starts with https:// or ssh://, or a path"},
	{"does not appear to be a git repository", "correct the address of the remote: `git remote -v` shows it, `git remote set-url <remote> <address>` changes it"},
	{"repository not found", "correct the address of the remote (`git remote -v`, `git remote set-url <remote> <address>`), or ask to be let in"},
	{"does not exist", "correct the address of the remote: `git remote -v` shows it, `git remote set-url <remote> <address>` changes it"},
	{"no space left", "free some space and run it again"},
	{"insufficient permission", "the folder of this clone is not writable for you"},
}

func hint(output string) string {
	lower := strings.ToLower(output)
	for _, h := range hints {
		if strings.Contains(lower, h.sign) {
			return h.advice
		}
	}
	return ""
}
