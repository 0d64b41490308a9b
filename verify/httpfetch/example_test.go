package httpfetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rust-lang/rust-tuf/verify"
	"github.com/rust-lang/rust-tuf/verify/httpfetch"
)

// A client that gives up early, for a program in which a person is waiting.
func Example() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()

	metadata, err := httpfetch.New(server.URL+"/metadata/", httpfetch.Options{Header: 5 * time.Second, Idle: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer metadata.Close()
	_, err = metadata.Fetch(context.Background(), "2.root.json")
	fmt.Println(strings.TrimPrefix(err.Error(), server.URL))
	if errors.Is(err, verify.ErrNotFound) {
		fmt.Println("root 1 is the newest")
	}
	// Output:
	// /metadata/2.root.json: the server answers 404 Not Found
	// root 1 is the newest
}
