// Command rust-tuf changes what rustup and cargo trust, with the signatures
// of a quorum, and checks what they trust.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := cli.Main(ctx, os.Args[1:], cli.System())
	stop()
	os.Exit(code)
}
