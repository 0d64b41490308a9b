package verify_test

import (
	"fmt"
	"math"
	"reflect"
	"runtime/debug"
	"testing"

	"github.com/rust-lang/rust-tuf/verify"
)

// What says that something was checked comes out of a check and of nothing
// else: nobody outside can make one of a document, or set what is in it.
func TestOnlyChecksMakeTrust(t *testing.T) {
	document := reflect.TypeFor[verify.Document]()
	for _, checked := range []reflect.Type{
		reflect.TypeFor[verify.Root](), reflect.TypeFor[verify.Timestamp](), reflect.TypeFor[verify.Snapshot](), reflect.TypeFor[verify.Targets](),
		reflect.TypeFor[verify.Quorum](), reflect.TypeFor[verify.Session](),
	} {
		if document.ConvertibleTo(checked) || reflect.PointerTo(document).ConvertibleTo(reflect.PointerTo(checked)) {
			t.Errorf("a document is turned into a %s", checked)
		}
		if checked.Kind() != reflect.Struct {
			t.Errorf("%s is a %s", checked, checked.Kind())
			continue
		}
		for i := range checked.NumField() {
			if f := checked.Field(i); f.IsExported() {
				t.Errorf("%s.%s can be set", checked, f.Name)
			}
		}
	}
}

// A value that nobody made says nothing, and does not end the program. Methods
// are called with zero arguments; those that call what they are given get none.
func TestZeroValues(t *testing.T) {
	var none *verify.Document
	for _, zero := range []any{
		none, &verify.Document{}, &verify.UnverifiedRoot{}, &verify.UnverifiedTargets{},
		&verify.Root{}, &verify.Timestamp{}, &verify.Snapshot{}, &verify.Targets{}, &verify.Quorum{}, &verify.Session{}, verify.NewSession(nil, now, verify.Limits{}),
		&verify.Verdict{}, verify.Voucher{}, verify.Tally{}, verify.PublicKey{}, verify.Digest{}, verify.Extension{}, verify.RootName{}, &verify.Replacement{},
		&verify.SuccinctRoles{}, &verify.SuccinctRoles{BitLength: -1}, &verify.SuccinctRoles{BitLength: 33}, &verify.SuccinctRoles{BitLength: math.MaxInt},
		&verify.Delegation{}, &verify.TargetEntry{}, &verify.MetaFile{}, &verify.SnapshotRecord{},
	} {
		v := reflect.ValueOf(zero)
		for i := range v.NumMethod() {
			call(t, fmt.Sprintf("%T %+v .%s", zero, zero, v.Type().Method(i).Name), v.Method(i))
		}
	}
	if _, ok := new(verify.Snapshot).File("targets"); ok {
		t.Error("the zero snapshot lists a file")
	}
	if promised := new(verify.Timestamp).Snapshot(); promised.Version != 0 {
		t.Errorf("the zero timestamp promises %+v", promised)
	}
	for _, bits := range []int{-1, 0, 33} {
		s := verify.SuccinctRoles{NamePrefix: "bin", BitLength: bits}
		if name := s.Bin("a"); name != "" || s.Has("bin-0") || s.Has("bin-") || s.Has("") {
			t.Errorf("%d bits: %q", bits, name)
		}
	}
}

// call calls a method with zero arguments, unless one of them is there to be
// called.
func call(t *testing.T, name string, method reflect.Value) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%.60s: %v\n%s", name, p, debug.Stack())
		}
	}()
	var arguments []reflect.Value
	for i := range method.Type().NumIn() {
		in := method.Type().In(i)
		if in.Kind() == reflect.Func || in.Kind() == reflect.Interface {
			return
		}
		arguments = append(arguments, reflect.Zero(in))
	}
	if method.Type().IsVariadic() {
		arguments = arguments[:len(arguments)-1]
	}
	method.Call(arguments)
}
