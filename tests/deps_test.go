package tests

import (
	_ "filippo.io/age"
	_ "github.com/pelletier/go-toml/v2"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/secure-systems-lab/go-securesystemslib/cjson"
	_ "github.com/spf13/cobra"
	_ "github.com/theupdateframework/go-tuf/v2/metadata"
	_ "golang.org/x/term"
	_ "golang.org/x/sys/cpu"
)
