package forgetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Faults are what goes wrong with the next requests at a server.
type Faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Fault is what goes wrong with requests that begin so.
type Fault struct {
	Late  bool             // after the server has done what was asked
	Serve http.HandlerFunc // nil: what was asked is answered

	request string // "POST pulls"
	times   int
}

// Fail makes the next requests of a kind fail; late: after they have had effect.
func (f *Faults) Fail(request string, times int, late bool, serve http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &Fault{late, serve, request, times})
}

// Next is what goes wrong with a request; nil for nothing.
func (f *Faults) Next(request string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.list {
		if one.times > 0 && strings.HasPrefix(request, one.request) {
			one.times--
			return one
		}
	}
	return nil
}

// Says answers with a status, headers in pairs, and an object.
func Says(status int, object map[string]any, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(object)
	}
}

// Endless answers with a status and a text that never ends.
func Endless(status int, begin string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, err := io.WriteString(w, begin)
		for err == nil {
			_, err = io.WriteString(w, strings.Repeat("x", 1<<16))
		}
	}
}

// Pages answers with an empty list that goes on for ever: behind each page is one
// more, at a host where nobody should ask.
func Pages(host string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := 1
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		w.Header().Set("Link", fmt.Sprintf(`<https://%s/x?page=%d>; rel="next"`, host, page+1))
		_, _ = io.WriteString(w, `[]`)
	}
}

// Circle answers with an empty list whose second page leads to the second page.
func Circle(host string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", fmt.Sprintf(`<https://%s/x?page=2>; rel="next"`, host))
		_, _ = io.WriteString(w, `[]`)
	}
}
