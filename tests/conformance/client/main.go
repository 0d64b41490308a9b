// Command client is the program that the conformance suite for TUF clients
// (theupdateframework/tuf-conformance) drives. It is thin: every verdict is one
// of package verify, over its adapters httpfetch and dirstore.
//
//	client --metadata-dir DIR init TRUSTED_ROOT_FILE
//	client --metadata-url URL --metadata-dir DIR refresh
//	client --metadata-url URL --metadata-dir DIR --target-name T [--target-name T2 …]
//	       --target-dir TDIR --target-base-url URL download
//
// Each command ends with 0, or with 1 whatever went wrong, a defect of its own
// included; why, it says on standard error.
//
// DIR holds what is trusted: root.json, timestamp.json, snapshot.json,
// targets.json, and delegated roles under dirstore.FileName, each as it was
// received; the rest is in the folder DIR/state. TDIR holds verified artifacts,
// under dirstore.FileName of their path. One that is there and unchanged is not
// downloaded again.
//
// The time is what the program date says, since the suite changes the time of
// programs that ask the C library, which Go does not.
//
// To run the suite, build the client, and in a checkout of the suite:
//
//	make dev
//	./env/bin/pytest tuf_conformance --entrypoint PATH_OF_THE_CLIENT
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// options are what stands before the command.
type options struct {
	metadataURL, metadataDir string
	targetNames              []string
	targetDir, targetsURL    string
	command                  string
	argument                 string // of init
}

func main() {
	os.Exit(exitCode(os.Stderr, func() error { return run(context.Background(), os.Args[1:]) }))
}

// exitCode is 0 or 1, and never the 2 of a panic.
func exitCode(stderr io.Writer, do func() error) (code int) {
	defer func() {
		if defect := recover(); defect != nil {
			fmt.Fprintf(stderr, "client: a defect: %v\n", defect)
			code = 1
		}
	}()
	if err := do(); err != nil {
		fmt.Fprintf(stderr, "client: %v\n", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	switch o.command {
	case "init":
		return initialize(o)
	case "refresh":
		return refresh(ctx, o)
	}
	return download(ctx, o)
}

func parse(args []string) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.metadataURL, "metadata-url", "", "")
	flags.StringVar(&o.metadataDir, "metadata-dir", "", "")
	flags.StringVar(&o.targetDir, "target-dir", "", "")
	flags.StringVar(&o.targetsURL, "target-base-url", "", "")
	flags.Func("target-name", "", func(name string) error { o.targetNames = append(o.targetNames, name); return nil })
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	o.command, o.argument = flags.Arg(0), flags.Arg(1)
	want := 1
	if o.command == "init" {
		want = 2
	}
	needs := map[string]string{"--metadata-dir": o.metadataDir}
	switch o.command {
	case "init":
	case "download":
		needs["--target-dir"], needs["--target-base-url"] = o.targetDir, o.targetsURL
		if len(o.targetNames) == 0 {
			return nil, errors.New("download needs --target-name")
		}
		fallthrough
	case "refresh":
		needs["--metadata-url"] = o.metadataURL
	default:
		return nil, fmt.Errorf("the command must be init, refresh or download, found %q", o.command)
	}
	if flags.NArg() != want {
		return nil, fmt.Errorf("%s takes %d arguments, found %d", o.command, want-1, flags.NArg()-1)
	}
	for name, value := range needs {
		if value == "" {
			return nil, fmt.Errorf("%s needs %s", o.command, name)
		}
	}
	return o, nil
}
