package httpfetch_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/httpfetch"
)

// Names reach the server as they are written, behind a base that holds
// percent-encodings of its own.
func TestFetchAsksForTheNameAsItIsWritten(t *testing.T) {
	var asked []string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("Accept-Encoding")+" "+r.UserAgent())
		_, _ = io.WriteString(w, "content")
	})
	o := httpfetch.Options{UserAgent: "cargo"}
	for _, name := range []string{"2.root.json", "1.%3F.json", "1.%23.json", "1.%2E%2E.json", "1.a%2Fb.json", "1.%2e%2e%2fx.json", "a/b/c", "%5C", "%25", "a+b", "a;b", "~x!$&'()*,=:@"} {
		for _, prefix := range []string{"/mirror%2Fa/b%20c", "/mirror%2Fa/b%20c/"} {
			asked = nil
			got, err := fetch(t, base+prefix, name, o)
			want := "GET /mirror%2Fa/b%20c/" + name + " identity cargo"
			if err != nil || got != "content" || len(asked) != 1 || asked[0] != want {
				t.Errorf("%s: asked %q, want %q; got %q, %v", name, asked, want, got, err)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for name, words := range map[string]string{
		"":           "leads elsewhere",
		"../x":       "leads elsewhere",
		"a/./b":      "leads elsewhere",
		"/x":         "leads elsewhere",
		"a//b":       "leads elsewhere",
		"a/":         "leads elsewhere",
		"?":          "must be percent-encoded",
		"a#b":        "must be percent-encoded",
		"..\\x":      "must be percent-encoded",
		"a b":        "would not reach the server as it is written",
		"ü":          "would not reach the server as it is written",
		"%zz":        "would not reach the server as it is written",
		"a\x00b":     "would not reach the server as it is written",
		"a\r\nX: y":  "would not reach the server as it is written",
		"a\"<>^`{|}": "would not reach the server as it is written",
	} {
		_, err := fetch(t, "http://127.0.0.1:1/", name, httpfetch.Options{})
		if e := refused[*httpfetch.NameError](t, err, words); e.Name != name || errors.Is(err, verify.ErrNotFound) {
			t.Errorf("%q: %+v", name, e)
		}
	}
}

func TestAddresses(t *testing.T) {
	for base, words := range map[string]string{
		"":                               "must begin with https://",
		"/srv/mirror":                    "must begin with https://",
		"ftp://example.org/":             "must begin with https://",
		"https:///metadata":              "names no host",
		"https://:443/metadata":          "names no host",
		"https://example.org/?name=":     "has a ? or #",
		"https://example.org/#":          "has a ? or #",
		"https://alice:s3cret%zz@x/":     "is none",
		"https://alice:s3cret@x:port/":   "is none",
		"https://alice:s3cret@x/\x7f":    "is none",
		"alice:s3cret@example.org/x":     "must begin with https://",
		"https://alice:s3cret@/metadata": "names no host",
	} {
		_, err := httpfetch.New(base, httpfetch.Options{})
		refused[*httpfetch.AddressError](t, err, "the repository's address", words)
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: tells the password: %v", base, err)
		}
	}
}

// SPEC 5.3.3: a 404 says that there is no file, and nothing else does.
func TestStatus(t *testing.T) {
	for code, words := range map[int]string{
		201: "201 Created", 204: "204 No Content", 206: "206 Partial Content", 300: "300 Multiple Choices", 304: "304 Not Modified", 302: "302 Found",
		400: "400 Bad Request", 401: "does not let this client read", 403: "403 Forbidden; the server does not let this client read",
		404: "404 Not Found", 405: "405", 410: "410 Gone", 429: "429 Too Many Requests; try again later",
		500: "500 Internal Server Error; try again later", 503: "503 Service Unavailable; try again later", 599: "599 unknown status; try again later",
	} {
		base := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		_, err := fetch(t, base, "2.root.json", httpfetch.Options{})
		e := refused[*httpfetch.StatusError](t, err, words, base+"/2.root.json: the server answers")
		if e.Code != code || errors.Is(err, verify.ErrNotFound) != (code == 404) {
			t.Errorf("%d: %+v", code, e)
		}
	}
	// The server's own words for a status are not repeated.
	base, _ := dictate(t, "HTTP/1.1 403 \x1b[2J all is well\r\nContent-Length: 0\r\n\r\n")
	_, err := fetch(t, base, "x", httpfetch.Options{})
	if refused[*httpfetch.StatusError](t, err, "403 Forbidden"); strings.Contains(err.Error(), "well") {
		t.Error(err)
	}
}

// A network that is down is no answer.
func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, err = fetch(t, "http://alice:s3cret@"+address+"/m/", "2.root.json", httpfetch.Options{})
	refused[*net.OpError](t, err, "http://"+address+"/m/2.root.json: ")
	if errors.Is(err, verify.ErrNotFound) || strings.Contains(err.Error(), "alice") || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}

func TestRedirects(t *testing.T) {
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the other origin was asked") })
	for to, words := range map[string]string{
		"/b":                                  "",
		"b?token=s3cret":                      "",
		"/loop":                               "more than 4 redirects, the last to",
		other + "/b":                          "redirects to " + other + ", which is another origin",
		"//example.org/b":                     "redirects to http://example.org, which is another origin",
		"https://127.0.0.1/b":                 "redirects to https://127.0.0.1, which is another origin",
		"ftp://127.0.0.1/b":                   "redirects to ftp://127.0.0.1, which is another origin",
		"file:///etc/hostname":                "redirects to file://, which is another origin",
		"http://alice:s3cret@example.org/b?q": "redirects to http://example.org, which is another origin",
	} {
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/a":
				http.Redirect(w, r, to, http.StatusFound)
			case "/loop":
				http.Redirect(w, r, "/loop", http.StatusMovedPermanently)
			default:
				_, _ = io.WriteString(w, "content")
			}
		})
		got, err := fetch(t, base, "a", httpfetch.Options{})
		if words == "" {
			if got != "content" || err != nil {
				t.Errorf("%s: %q, %v", to, got, err)
			}
			continue
		}
		refused[*httpfetch.RedirectError](t, err, base+"/a: ", words)
		if strings.Contains(err.Error(), "s3cret") || errors.Is(err, verify.ErrNotFound) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// A redirect to what does not exist is a 404, as if it were asked for there.
func TestRedirectToNothing(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			http.Redirect(w, r, "/b?token=s3cret", http.StatusFound)
			return
		}
		http.NotFound(w, r)
	})
	_, err := fetch(t, base, "a", httpfetch.Options{})
	if refused[*httpfetch.StatusError](t, err, "/b: the server answers 404"); !errors.Is(err, verify.ErrNotFound) || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}

// gzip is not asked for, and not unpacked if it comes all the same.
func TestEncodings(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, "content")
		_ = z.Close()
	})
	_, err := fetch(t, base, "x", httpfetch.Options{})
	if e := refused[*httpfetch.EncodingError](t, err, `sent in the encoding "gzip", though none was asked for`); e.Encoding != "gzip" {
		t.Errorf("%+v", e)
	}
	base = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "identity")
		_, _ = io.WriteString(w, "content")
	})
	if got, err := fetch(t, base, "x", httpfetch.Options{}); got != "content" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A user name and password go to the server, and nowhere else.
func TestPassword(t *testing.T) {
	var user, password string
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ = r.BasicAuth()
		w.WriteHeader(http.StatusForbidden)
	})
	_, err := fetch(t, strings.Replace(base, "//", "//alice:s3cret@", 1), "x", httpfetch.Options{})
	if refused[*httpfetch.StatusError](t, err, base+"/x"); user != "alice" || password != "s3cret" || strings.Contains(err.Error(), "alice") {
		t.Errorf("%q %q %v", user, password, err)
	}
}

func TestTLS(t *testing.T) {
	var version string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version = r.Proto
		_, _ = io.WriteString(w, "content")
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = quiet
	server.StartTLS()
	defer server.Close()
	authorities := x509.NewCertPool()
	authorities.AddCert(server.Certificate())
	got, err := fetch(t, server.URL, "x", httpfetch.Options{TLS: &tls.Config{RootCAs: authorities}})
	if got != "content" || err != nil || version != "HTTP/1.1" {
		t.Errorf("%q, %v, %s", got, err, version)
	}
	_, err = fetch(t, server.URL, "x", httpfetch.Options{})
	refused[*tls.CertificateVerificationError](t, err, server.URL+"/x: ", "certificate")
}

// The environment is read only if the caller says so.
func TestProxy(t *testing.T) {
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "through the proxy: ", r.RequestURI) })
	t.Setenv("HTTP_PROXY", proxy)
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "straight") })
	if got, err := fetch(t, base, "x", httpfetch.Options{}); got != "straight" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	address, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	got, err := fetch(t, "http://example.org/m", "x", httpfetch.Options{Proxy: http.ProxyURL(address)})
	if got != "through the proxy: http://example.org/m/x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// One fetcher, many goroutines.
func TestConcurrent(t *testing.T) {
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/none") {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, strings.Repeat(r.URL.Path, 1000))
	})
	f, err := httpfetch.New(base, httpfetch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 20 {
				name := fmt.Sprintf("file-%d-%d", i, j)
				got, err := read(f, context.Background(), name)
				if err != nil || got != strings.Repeat("/"+name, 1000) {
					t.Errorf("%s: %d bytes, %v", name, len(got), err)
				}
				if _, err := read(f, context.Background(), "none-"+name); !errors.Is(err, verify.ErrNotFound) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	group.Wait()
}

// Whoever cancels gets to know it.
func TestCancel(t *testing.T) {
	mine := errors.New("judy pressed a key")
	ctx, cancel := context.WithCancelCause(context.Background())
	end := make(chan struct{})
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/header" {
			cancel(mine)
			<-end
			return
		}
		w.(http.Flusher).Flush()
		<-end
	})
	defer close(end)
	f, err := httpfetch.New(base, httpfetch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	body, err := f.Fetch(ctx, "body")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Fetch(ctx, "header"); !errors.Is(err, mine) || !strings.Contains(err.Error(), "/header: judy") {
		t.Error(err)
	}
	if _, err := io.ReadAll(body); !errors.Is(err, mine) || !strings.Contains(err.Error(), "/body: judy") {
		t.Error(err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := body.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if _, err := f.Fetch(ctx, "x"); !errors.Is(err, mine) || os.IsTimeout(err) {
		t.Error(err)
	}
}
