package hub

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/rust-lang/rust-tuf/metadata/forge"
	"github.com/rust-lang/rust-tuf/tests/importtest"
)

// sent remembers the requests that would have left this machine.
type sent []string

func (s *sent) RoundTrip(r *http.Request) (*http.Response, error) {
	*s = append(*s, r.URL.String()+" "+r.Header.Get("Authorization"))
	return nil, errors.New("sent")
}

// The last gate before the network lets one origin through, whoever made the request.
func TestTransport(t *testing.T) {
	base, err := url.Parse("https://api.github.com/")
	if err != nil {
		t.Fatal(err)
	}
	token, err := forge.NewToken("GH_TOKEN", "ghp_0123456789")
	if err != nil {
		t.Fatal(err)
	}
	var left sent
	gate := &transport{base: base, token: token, next: &left}
	for _, address := range []string{"https://api.github.com.example.org/", "http://api.github.com/", "https://api.github.com:8443/", "https://uploads.github.com/", "https://github.com/"} {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		var refused *elsewhereError
		if _, err := gate.RoundTrip(r); !errors.As(err, &refused) || r.Header.Get("Authorization") != "" {
			t.Errorf("%s: %v", address, err)
		}
	}
	r, err := http.NewRequest(http.MethodGet, "https://api.github.com/user", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gate.RoundTrip(r); err == nil || len(left) != 1 || left[0] != "https://api.github.com/user Bearer ghp_0123456789" || r.Header.Get("Authorization") != "" {
		t.Errorf("%v: %q", err, left)
	}
}

// TestImports holds every forge's own client out of what all of them share.
func TestImports(t *testing.T) {
	importtest.Check(t, []string{"metadata/forge", "metadata/git"}, "log", "os", "os/exec", "syscall", "unsafe")
}
