package main

import (
	"slices"
	"testing"
)

func TestDeadLinks(t *testing.T) {
	root := repository(t, map[string]string{
		"docs/here.md": "# One *title*, `code`\n\n## Same\n### Same ##\n#no heading\n<a id=\"named\"></a>\n" +
			"```\n# In code\n```\n",
		"docs/a b.txt": "text",
		"README.md": `# Top
[ok](docs/here.md) [ok](./docs/) [ok](/docs/here.md "title") [ok](<docs/a%20b.txt>) ![ok](docs/here.md)
[ok](#top) [ok](docs/here.md#one-title-code) [ok](docs/here.md#same-1) [ok](docs/here.md#named)
[ok](https://example.org/#x) [ok](mailto:x@example.org) [ok](//example.org)
[dead](docs/gone.md) and [dead](docs/here.md#same-2)
[dead](../beside/x.md), [dead](#bottom), [dead](docs/HERE.md)
` + "`[code](gone)` and ``[code](gone)``" + `
~~~
[code](gone)
~~~
[ref]: docs/here.md
[dead]: docs/here.md#in-code
`,
		"docs/up.md":          "[ok](../README.md#top) [dead](README.md) [dead](%zz)\n",
		"x/testdata/wrong.md": "[ignored](gone)\n",
	})
	got, err := deadLinks(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"README.md:5: link to docs/gone.md: no such file",
		"README.md:5: link to docs/here.md#same-2: no such heading",
		"README.md:6: link to ../beside/x.md: leads out of the repository",
		"README.md:6: link to #bottom: no such heading",
		"README.md:6: link to docs/HERE.md: no such file",
		"README.md:12: link to docs/here.md#in-code: no such heading",
		"docs/up.md:1: link to README.md: no such file",
		`docs/up.md:1: link to %zz: invalid URL escape "%zz"`,
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found\n%q\nwant\n%q", got, want)
	}
}
