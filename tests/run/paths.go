package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// home is a path below somebody's home directory, where it begins: not a part of a longer path.
var home = regexp.MustCompile("(?:^|[\\s\"'`=(:,])" + `(/(?:home|Users)/[A-Za-z0-9]|/root/[A-Za-z0-9.]|[A-Za-z]:\\Users\\)`)

// machinePaths finds paths that exist on one machine only: of home directories, and of this checkout
// and the data beside it. A path in a test or a document would name the machine of whoever wrote it.
func machinePaths(root string) ([]string, error) {
	here, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	all, err := files(root)
	if err != nil {
		return nil, err
	}
	own := []string{here, filepath.Join(filepath.Dir(here), "shared")}
	if dir, err := os.UserHomeDir(); err == nil {
		own = append(own, dir)
	}
	var lines []string
	for _, f := range all {
		number := 0
		for line := range strings.Lines(string(f.data)) {
			number++
			if found := machinePath(line, own); found != "" {
				lines = append(lines, fmt.Sprintf("%s:%d: names a path of one machine: %s", f.path, number, found))
			}
		}
	}
	return lines, nil
}

// machinePath returns the path of one machine that the line holds, or "". A directory directly below
// the root, such as /src, is too short to be told from other text and finds nothing.
func machinePath(line string, own []string) string {
	if m := home.FindStringSubmatch(line); m != nil {
		return m[1] + "…"
	}
	for _, dir := range own {
		if strings.Count(filepath.ToSlash(dir), "/") > 1 && strings.Contains(line, dir) {
			return dir
		}
	}
	return ""
}
