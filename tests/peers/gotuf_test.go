package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rust-lang/rust-tuf/tests/vectors"
	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"
)

const address = "http://vectors.invalid/metadata/"

// goTUF is a client on go-tuf, and the server that it asks. Between two
// refreshes it keeps its folder alone.
type goTUF struct {
	dir   string
	files map[string][]byte
	fails map[string]bool
}

func newGoTUF(t testing.TB) *goTUF {
	return &goTUF{t.TempDir(), map[string][]byte{}, map[string]bool{}}
}

func (g *goTUF) DownloadFile(where string, limit int64, _ time.Duration) ([]byte, error) {
	name, err := url.PathUnescape(strings.TrimPrefix(where, address))
	if err != nil {
		return nil, err
	}
	if g.fails[name] {
		return nil, &metadata.ErrDownloadHTTP{StatusCode: http.StatusServiceUnavailable}
	}
	content, ok := g.files[name]
	if !ok {
		return nil, &metadata.ErrDownloadHTTP{StatusCode: http.StatusNotFound}
	}
	if int64(len(content)) > limit {
		return nil, &metadata.ErrDownloadLengthMismatch{Msg: "too long"}
	}
	return content, nil
}

// refresh is one run of the client; a panic is what it says, too.
func (g *goTUF) refresh(trusted []byte, at time.Time, target string) (said string) {
	defer func() {
		if p := recover(); p != nil {
			said = "refused crash"
		}
	}()
	// Its updater begins with the root that it is given, so that is the newest.
	if kept, err := os.ReadFile(filepath.Join(g.dir, "root.json")); err == nil {
		trusted = kept
	}
	cfg, err := config.New(address, trusted)
	if err != nil {
		return "refused " + goTUFKind(err)
	}
	cfg.Fetcher, cfg.LocalMetadataDir, cfg.LocalTargetsDir = g, g.dir, filepath.Join(g.dir, "targets")
	up, err := updater.New(cfg)
	if err != nil {
		return "refused " + goTUFKind(err)
	}
	up.UnsafeSetRefTime(at)
	if err := up.Refresh(); err != nil {
		return "refused " + goTUFKind(err)
	}
	found, err := up.GetTargetInfo(target)
	switch {
	case err != nil && strings.HasPrefix(err.Error(), "target ") && strings.HasSuffix(err.Error(), " not found"):
		return "refused target"
	case err != nil:
		return "refused " + goTUFKind(err)
	}
	return fmt.Sprintf("accepted %d bytes", found.Length)
}

// goTUFKind is what the vectors call an error of go-tuf; where it has no type
// for it, it cannot be told from a bad format.
func goTUFKind(err error) string {
	var http *metadata.ErrDownloadHTTP
	switch {
	case errors.As(err, &http) && http.StatusCode == 404:
		return "missing"
	case errors.As(err, &http):
		return "unavailable"
	case isA[*metadata.ErrExpiredMetadata](err):
		return "expired"
	case isA[*metadata.ErrLengthOrHashMismatch](err):
		return "content"
	case isA[*metadata.ErrBadVersionNumber](err), isA[*metadata.ErrEqualVersionNumber](err):
		return "version"
	case isA[*metadata.ErrUnsignedMetadata](err):
		return "threshold"
	case isA[*metadata.ErrDownloadLengthMismatch](err):
		return "limit"
	}
	return "format"
}

func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// trusts are the versions in the client's folder.
func (g *goTUF) trusts(t testing.TB) string {
	t.Helper()
	var versions [4]int64
	for i, role := range []string{"root", "timestamp", "snapshot", "targets"} {
		raw, err := os.ReadFile(filepath.Join(g.dir, role+".json"))
		if err != nil {
			continue
		}
		var d struct{ Signed struct{ Version int64 } }
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		versions[i] = d.Signed.Version
	}
	return vectors.Versions(versions[0], versions[1], versions[2], versions[3])
}

// says goes through one vector.
func (g *goTUF) says(t testing.TB, v *vectors.Vector) string {
	t.Helper()
	for _, e := range v.Events {
		switch {
		case e.Serve != "":
			g.files[e.Serve] = e.Content
		case e.Remove != "":
			delete(g.files, e.Remove)
		case e.Fail != "":
			g.fails[e.Fail] = true
		default:
			if said := g.refresh(v.Trusted, e.Refresh, v.Target); !strings.HasPrefix(said, e.Expect) {
				return "an earlier refresh " + said
			}
		}
	}
	return g.refresh(v.Trusted, v.At, v.Target) + "; trusts " + g.trusts(t)
}

// go-tuf says of the vectors what stands there, but for known differences.
func TestGoTUFVectors(t *testing.T) {
	said := map[string]string{}
	for _, v := range all(t) {
		said[v.Name] = newGoTUF(t).says(t, v)
	}
	known, err := readTable("go-tuf")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range compare(all(t), said, known) {
		t.Error(line)
	}
}
