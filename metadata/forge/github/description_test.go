//go:build prism

package github_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPublishedDescription holds every request of every operation to GitHub's own
// description of its interface, by way of the mock Prism, and lays what the hub
// answers over the examples of that description. Then each request is refused with
// each refusal that is described for it. `make test-forge` runs it; RUST_TUF_PRISM is
// the folder that tests/run/need.sh has filled.
func TestPublishedDescription(t *testing.T) {
	folder := os.Getenv("RUST_TUF_PRISM")
	if folder == "" {
		t.Fatal("RUST_TUF_PRISM names no folder: run make test-forge")
	}
	file := filepath.Join(folder, "node_modules", "@octokit", "openapi", "generated", "api.github.com.json")
	d := readDescription(t, file)
	p := startPrism(t, folder, file)

	t.Run("what is wrong is noticed", func(t *testing.T) { notices(t, d, p) })
	checked, refusals := 0, 0
	for _, o := range operations() {
		t.Run(o.name, func(t *testing.T) {
			h := newHub(t)
			o.ready(h)
			h.example = func(r *http.Request, body []byte, status int) any {
				checked++
				d.check(t, r, body)
				return p.example(t, r, body, status)
			}
			c, _ := client(t, h)
			if err := o.do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			for _, request := range o.requests(t) {
				for _, code := range d.refusals(t, request) {
					refusals++
					h := newHub(t)
					o.ready(h)
					h.Fail(request, 1000, false, p.serve(t, code))
					c, _ := client(t, h)
					sound(t, fmt.Sprintf("%s answers %d", request, code), o.do(t.Context(), c))
				}
			}
		})
	}
	if checked < 30 || refusals < 30 {
		t.Errorf("%d requests were checked and %d refusals played: this test tests nothing", checked, refusals)
	}
	t.Logf("%d requests are valid, %d refusals are handled", checked, refusals)
}

// notices asserts that requests which the description does not allow are found.
func notices(t *testing.T, d *description, p *prism) {
	for _, bad := range []struct{ method, path, body string }{
		{"POST", place + "pulls", `{"title": 1, "head": "alice:x", "base": "main"}`},
		{"POST", place + "pulls", `{"title": "x", "head": "alice:x"}`},
		{"POST", place + "pulls", `{"title": "x", "head": "alice:x", "base": "main", "squash": true}`},
		{"GET", place + "pulls?state=merged&per_page=100", ""},
		{"GET", place + "pulls?author=alice", ""},
		{"POST", place + "statuses/" + string(judged), `{"state": "perhaps"}`},
		{"PUT", place + "pulls/1/merge", `{"merge_method": "octopus"}`},
		{"POST", place + "pulls/1/merge", `{}`},
		{"GET", place + "nothing", ""},
	} {
		r, err := http.NewRequest(bad.method, "http://127.0.0.1"+bad.path, strings.NewReader(bad.body))
		if err != nil {
			t.Fatal(err)
		}
		if wrong := append(d.faults(r, []byte(bad.body)), p.faults(t, r, []byte(bad.body))...); len(wrong) == 0 {
			t.Errorf("%+v is taken for valid", bad)
		}
	}
}

// prism is a mock server of GitHub's interface on this machine.
type prism struct{ url string }

// startPrism starts the mock and waits until it says that it listens. It is ended
// with the test, by its own process.
func startPrism(t *testing.T, folder, file string) *prism {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	begin := time.Now()
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(folder, "node_modules", "@stoplight", "prism-cli", "dist", "index.js"),
		"mock", "--host", "127.0.0.1", "--port", strconv.Itoa(port), file)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listens, said := make(chan bool), ""
	go func() {
		lines := bufio.NewScanner(out)
		ready := false
		for lines.Scan() {
			if !ready {
				said += lines.Text() + "\n"
				if ready = strings.Contains(lines.Text(), "is listening on"); ready {
					listens <- true
				}
			}
		}
		_, _ = io.Copy(io.Discard, out)
		close(listens)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	select {
	case ok := <-listens:
		if !ok {
			t.Fatalf("Prism ended:\n%s", said)
		}
	case <-time.After(5 * time.Minute):
		t.Fatal("Prism does not start")
	}
	t.Logf("Prism was ready after %s", time.Since(begin).Round(time.Second/10))
	return &prism{fmt.Sprintf("http://127.0.0.1:%d", port)}
}

// ask sends a request on to the mock, which answers with an example of that status.
func (p *prism) ask(t *testing.T, r *http.Request, body []byte, status int) (*http.Response, []byte) {
	t.Helper()
	again, err := http.NewRequest(r.Method, p.url+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	again.Header = r.Header.Clone()
	again.Header.Del("Accept-Encoding")
	again.Header.Del("Authorization")
	if len(body) > 0 {
		again.Header.Set("Content-Type", "application/json")
	}
	if status > 0 {
		again.Header.Set("Prefer", fmt.Sprintf("code=%d", status))
	}
	resp, err := http.DefaultClient.Do(again)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, answer
}

// faults are what the mock finds wrong with a request. What it finds wrong with
// GitHub's own examples is left aside: some lack what their schema demands.
func (p *prism) faults(t *testing.T, r *http.Request, body []byte) (wrong []string) {
	resp, answer := p.ask(t, r, body, 0)
	var violations []struct {
		Location []string
		Message  string
	}
	if found := resp.Header.Get("Sl-Violations"); found != "" {
		if err := json.Unmarshal([]byte(found), &violations); err != nil {
			t.Error(err)
		}
	}
	for _, v := range violations {
		if len(v.Location) > 0 && v.Location[0] == "request" {
			wrong = append(wrong, v.Message)
		}
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") {
		wrong = append(wrong, string(answer))
	}
	return wrong
}

// example asserts that a request is valid, and gives the body of an answer with a
// status; nil where that status is not described.
func (p *prism) example(t *testing.T, r *http.Request, body []byte, status int) any {
	for _, wrong := range p.faults(t, r, body) {
		t.Errorf("%s %s %s: %s", r.Method, r.URL, body, wrong)
	}
	resp, answer := p.ask(t, r, body, status)
	if resp.StatusCode != status || len(answer) == 0 {
		return nil
	}
	var example any
	if err := json.Unmarshal(answer, &example); err != nil {
		t.Errorf("%s %s, %d: %v", r.Method, r.URL, status, err)
	}
	return example
}

// serve answers with the described refusal.
func (p *prism) serve(t *testing.T, code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// The hub has read the body; a refusal may be shown for an empty one.
		resp, answer := p.ask(t, r, nil, code)
		if resp.StatusCode != code {
			answer = []byte(`{"message": "no"}`) // Prism found the empty body wrong
		}
		w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
		w.WriteHeader(code)
		_, _ = w.Write(answer)
	}
}

// description is GitHub's, read for what Prism lets pass: parameters and fields that
// are not described at all.
type description struct{ all fields }

func readDescription(t *testing.T, file string) *description {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return &description{parse(t, text)}
}

// at follows names and, where one stands, a reference.
func (d *description) at(v any, names ...string) any {
	for _, name := range append(names, "") {
		m, ok := v.(fields)
		if !ok && name != "" {
			return nil
		}
		if ref, ok := m["$ref"].(string); ok {
			v = d.at(d.all, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			if m, ok = v.(fields); !ok {
				return nil
			}
		}
		if name != "" {
			v = m[name]
		}
	}
	return v
}

// operation finds what is described for a method and a path: the path with the
// fewest variables.
func (d *description) operation(method, path string) any {
	parts, best, fewest := strings.Split(path, "/"), any(nil), 99
	for template, item := range d.all["paths"].(fields) {
		variables := 0
		fits := slices.EqualFunc(strings.Split(template, "/"), parts, func(want, got string) bool {
			variable := strings.HasPrefix(want, "{")
			if variable {
				variables++
			}
			return variable || want == got
		})
		if o := d.at(item, strings.ToLower(method)); fits && o != nil && variables < fewest {
			best, fewest = o, variables
		}
	}
	return best
}

func (d *description) check(t *testing.T, r *http.Request, body []byte) {
	for _, wrong := range d.faults(r, body) {
		t.Errorf("%s %s %s: %s", r.Method, r.URL, body, wrong)
	}
}

func (d *description) faults(r *http.Request, body []byte) (wrong []string) {
	o := d.operation(r.Method, r.URL.Path)
	if o == nil {
		return []string{"no such operation is described"}
	}
	var known []string
	list, _ := d.at(o, "parameters").([]any)
	for _, parameter := range list {
		if d.at(parameter, "in") == "query" {
			known = append(known, d.at(parameter, "name").(string))
		}
	}
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) {
			wrong = append(wrong, "parameter "+name+" is not described")
		}
	}
	var sent fields
	if len(body) == 0 || json.Unmarshal(body, &sent) != nil {
		return wrong
	}
	described, _ := d.at(o, "requestBody", "content", "application/json", "schema", "properties").(fields)
	for name := range sent {
		if _, ok := described[name]; !ok {
			wrong = append(wrong, "field "+name+" is not described")
		}
	}
	return wrong
}

// refusals are the codes that are described for a request of the hub's log.
func (d *description) refusals(t *testing.T, request string) (codes []int) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	if !strings.HasPrefix(path, "/") {
		path = place + path
	}
	path, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	answers, _ := d.at(d.operation(method, path), "responses").(fields)
	if len(answers) == 0 {
		t.Errorf("%s: no answers are described", request)
	}
	for text := range answers {
		if code, err := strconv.Atoi(text); err == nil && code >= 400 {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}
