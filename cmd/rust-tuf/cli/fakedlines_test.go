package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rust-lang/rust-tuf/cmd/rust-tuf/words"
)

// Each result, with a name that holds a line end wherever a text can stand: no
// line of what people read is made by that name. The list of results is held
// against the sources, so that none is forgotten.
func TestNoNameFakesALine(t *testing.T) {
	t.Parallel()
	reports := []report{
		&attestationsResult{}, &auditResult{}, &bundleExportResult{}, &bundleImportResult{}, &completeResult{}, &demoResult{}, &doctorResult{}, &dueResult{},
		&enrolResult{}, &gateResult{}, &gateRun{}, &handoverReview{}, &initResult{}, &keyResult{}, &logResult{}, &lostResult{}, &memberResult{}, &payloadReview{},
		&proposeResult{}, &publishResult{}, &rehearseResult{}, &reminderEntry{}, &retireResult{}, &reviewResult{}, &runbookList{}, &signResult{}, &statusResult{},
		&transcriptResult{}, &trustResult{},
	}
	files := []string{"calendarResult", "gateReport", "runbookResult"} // whole files: their own tests hold their escapes
	var names []string
	for _, r := range reports {
		typ := reflect.TypeOf(r).Elem()
		names = append(names, typ.Name())
		for _, full := range []bool{true, false} {
			value := reflect.New(typ)
			fill(value.Elem(), full, 6)
			var lines words.Lines
			value.Interface().(report).text(&lines)
			if text := lines.String(); strings.Contains(text, "\nok: faked") || full && !strings.Contains(text, `\nok: faked`) {
				t.Errorf("%s:\n%s", typ.Name(), text)
			}
		}
	}
	names = append(names, files...)
	slices.Sort(names)
	if want := textMethods(t); !slices.Equal(names, want) {
		t.Errorf("results: %v\nhere: %v", want, names)
	}
}

// fill writes into every place that is open to this package: names that hold a
// line end, one element in each list, and yes or no to every question.
func fill(v reflect.Value, yes bool, depth int) {
	if !v.CanSet() || depth == 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x\nok: faked\ny")
	case reflect.Bool:
		v.SetBool(yes)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), yes, depth-1)
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), yes, depth-1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), yes, depth-1)
		}
	}
}

// textMethods names the types of this package that can be shown as a result.
func textMethods(t *testing.T) []string {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "text" && f.Recv != nil {
				if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
					names = append(names, star.X.(*ast.Ident).Name)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}
