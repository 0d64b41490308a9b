package git

import (
	"runtime"
	"slices"
	"strings"
)

// nowhere is the null device as git spells it on every system; its Windows
// port maps the name.
const nowhere = "/dev/null"

// overrides are configuration given on the command line, which wins over every
// file and over GIT_CONFIG_COUNT in the environment.
func overrides() []string {
	return []string{
		// No program runs on the content, and nothing converts it.
		"core.hooksPath=" + nowhere,
		"core.fsmonitor=false",
		"core.attributesFile=" + nowhere,
		"merge.renormalize=false",
		// History is what the commits say.
		"core.commitGraph=false",
		// A file that one side adds stays where that side put it, even when
		// the other side moved its neighbours: signatures that arrive while an
		// event is being closed must not slip into the log.
		"merge.directoryRenames=false",
		// Transports that are a command line in a URL.
		"protocol.ext.allow=never",
		"protocol.fd.allow=never",
		// One operation does one thing.
		"gc.auto=0",
		"maintenance.auto=false",
		"submodule.recurse=false",
		// Output and commit messages in the one form that is read here.
		"color.ui=false",
		"i18n.commitEncoding=UTF-8",
	}
}

// scrubbed names the inherited variables that are dropped: those that tie git
// to a repository (a hook or an alias may have started this process), that
// alter how paths and attributes are read, or that run a program on content.
var scrubbed = []string{
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_ATTR_NOSYSTEM",
	"GIT_ATTR_SOURCE",
	"GIT_COMMON_DIR",
	"GIT_CONFIG",
	"GIT_DEFAULT_HASH",
	"GIT_DEFAULT_REF_FORMAT",
	"GIT_DIFF_OPTS",
	"GIT_DIR",
	"GIT_EXTERNAL_DIFF",
	"GIT_FLUSH",
	"GIT_GLOB_PATHSPECS",
	"GIT_GRAFT_FILE",
	"GIT_ICASE_PATHSPECS",
	"GIT_IMPLICIT_WORK_TREE",
	"GIT_INDEX_FILE",
	"GIT_INDEX_VERSION",
	"GIT_INTERNAL_SUPER_PREFIX",
	"GIT_LITERAL_PATHSPECS",
	"GIT_NAMESPACE",
	"GIT_NOGLOB_PATHSPECS",
	"GIT_NO_REPLACE_OBJECTS",
	"GIT_OBJECT_DIRECTORY",
	"GIT_OPTIONAL_LOCKS",
	"GIT_PREFIX",
	"GIT_QUARANTINE_PATH",
	"GIT_REFLOG_ACTION",
	"GIT_REF_PARANOIA",
	"GIT_REPLACE_REF_BASE",
	"GIT_SHALLOW_FILE",
	"GIT_WORK_TREE",
	"LANGUAGE",
	"LC_ALL",
}

// environment returns the variables for git, made from those that this process
// was given. Everything about identity, credentials, ssh, proxies and signing
// stays.
func environment(inherited []string, terminal bool) []string {
	env := make([]string, 0, len(inherited)+8)
	for _, entry := range inherited {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || slices.ContainsFunc(scrubbed, func(s string) bool { return sameVariable(s, name) }) {
			continue
		}
		if sameVariable(name, "GIT_ALLOW_PROTOCOL") {
			// It wins over protocol.*.allow, so it is held to the same rule.
			entry = name + "=" + allowed(value)
		}
		env = append(env, entry)
	}
	env = append(env,
		"LC_ALL=C",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_LITERAL_PATHSPECS=1",
		// A file below the null device cannot exist, so there are no grafts
		// and no warning about them.
		"GIT_GRAFT_FILE="+nowhere+"/none",
	)
	if !terminal {
		env = append(env, "GIT_TERMINAL_PROMPT=0")
	}
	return env
}

// sameVariable compares names of environment variables, which Windows does not
// distinguish by case.
func sameVariable(a, b string) bool {
	if runtime.GOOS == "windows" {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// allowed takes the transports that run command lines out of a list of
// protocols separated by colons.
func allowed(protocols string) string {
	kept := slices.DeleteFunc(strings.Split(protocols, ":"), func(p string) bool {
		return p == "ext" || p == "fd"
	})
	return strings.Join(kept, ":")
}
