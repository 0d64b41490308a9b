package git

import (
	"testing"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.git(".", "init", "-q", "repo")
	for said, words := range map[string]string{
		"git version 2.37.9":  `"git version 2.37.9": git 2.38 or newer is needed`,
		"git version 1.99.0":  `"git version 1.99.0"`,
		"busybox git applet":  `"busybox git applet"`,
		"":                    `"no git"`,
		"git version 2.x":     `"git version 2.x"`,
		"git version \x1b[2J": "git version",
	} {
		_, err := Open(t.Context(), w.path("repo"), Environ(w.environ), Program(w.script("old-git", "printf '%s\\n' '"+said+"'")))
		e := wantError[*VersionError](t, err, words)
		if e.Need != "2.38" || e.Program != w.path("old-git") {
			t.Errorf("%+v", e)
		}
	}
	_, err := Open(t.Context(), w.path("repo"), Environ(w.environ), Program(w.script("no-git", "echo usage >&2; exit 3")))
	wantError[*VersionError](t, err, `"usage"`)
	_, err = Open(t.Context(), w.path("repo"), Environ(w.environ), Program(w.path("absent")))
	if e := wantError[*VersionError](t, err, "not found", "install git 2.38 or newer"); e.Found != "" {
		t.Errorf("%+v", e)
	}
}

func TestParseVersion(t *testing.T) {
	for s, want := range map[string][2]int{
		"git version 2.38.0": {2, 38}, "git version 2.39.5 (Apple Git-154)": {2, 39}, "git version 2.47.1.windows.2": {2, 47},
		"git version 2.50.0-rc1": {2, 50}, "git version 2.50-rc1": {2, 50}, "git version 3.0": {3, 0},
	} {
		if major, minor, ok := parseVersion(s); !ok || [2]int{major, minor} != want {
			t.Errorf("%s = %d.%d, %t", s, major, minor, ok)
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	f.Add("git version 2.39.5")
	f.Add("git version 99999999999.1")
	f.Fuzz(func(t *testing.T, s string) {
		if major, minor, ok := parseVersion(s); ok && (major < 0 || minor < 0) {
			t.Errorf("%q = %d.%d", s, major, minor)
		}
	})
}
