package vpcd

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// driver is where Debian's package puts the driver.
const driver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

// Missing says what this machine lacks to run the harness, and which Debian package has it; nil when
// nothing is missing. Programs are further ones that the caller wants, with their packages:
// {"pkcs11-tool": "opensc"}; a name with a slash is a file.
func Missing(programs map[string]string) error {
	all := map[string]string{"pcscd": "pcscd", driver: "vsmartcard-vpcd", "unshare": "util-linux", "mount": "mount"}
	maps.Copy(all, programs)
	packages := make(map[string]bool)
	for program, name := range all {
		if !present(program) {
			packages["the package "+name] = true
		}
	}
	lacks := slices.Sorted(maps.Keys(packages))
	if os.Geteuid() != 0 {
		lacks = append(lacks, "root, for namespaces")
	} else if out, err := exec.Command("unshare", "--mount", "--net", "true").CombinedOutput(); err != nil && len(lacks) == 0 {
		lacks = append(lacks, "CAP_SYS_ADMIN, for namespaces: "+strings.TrimSpace(string(out)))
	}
	if len(lacks) == 0 {
		return nil
	}
	return fmt.Errorf("a real pcscd needs %s", strings.Join(lacks, ", "))
}

// present looks for a program, also where root's programs are, or for a file.
func present(program string) bool {
	if strings.Contains(program, "/") {
		_, err := os.Stat(program)
		return err == nil
	}
	_, err := find(program)
	return err == nil
}

// find returns the path of a program.
func find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		path := filepath.Join(dir, program)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New(program + " is not installed")
}
