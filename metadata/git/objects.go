package git

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// objects reads raw objects through one `git cat-file`. It is for one
// goroutine and must be closed.
type objects struct {
	repo   *Repo
	ctx    context.Context // of the operation that this reader is part of
	cancel context.CancelFunc
	cmd    *exec.Cmd
	in     *bufio.Writer
	stdin  io.Closer
	out    *bufio.Reader
	words  *capture
	s      session
	asked  int // questions without an answer
	ended  bool
}

// object is one object, its name proven by its bytes.
type object struct {
	id, kind string
	data     []byte
}

// objects starts the reader.
func (r *Repo) objects(ctx context.Context) (*objects, error) {
	inner, cancel := context.WithCancel(ctx)
	o := &objects{repo: r, ctx: ctx, cancel: cancel, words: &capture{most: r.limits.words}}
	o.cmd = r.prepare(inner, command{args: []string{"cat-file", "--batch-command", "--buffer"}})
	o.cmd.Stderr = o.words
	in, err := o.cmd.StdinPipe()
	if err == nil {
		var out io.ReadCloser
		if out, err = o.cmd.StdoutPipe(); err == nil {
			o.in, o.stdin, o.out = bufio.NewWriter(in), in, bufio.NewReaderSize(out, 1<<16)
			err = o.s.begin(o.cmd, false)
		}
	}
	if err != nil {
		cancel()
		return nil, &CommandError{Command: "cat-file", err: err}
	}
	return o, nil
}

// close ends the reader, whatever state it is in.
func (o *objects) close() {
	if o.asked > 0 {
		o.cancel() // git may be in the middle of an answer that nobody takes
	}
	o.wait()
	o.cancel()
}

// wait waits for git, which ends by itself when there are no more questions.
func (o *objects) wait() {
	if !o.ended {
		o.ended = true
		_ = o.stdin.Close()
		_ = wait(o.cmd, &o.s)
	}
}

// batch is how many objects are asked for at a time; git keeps the questions
// in memory until it is told to answer.
const batch = 1000

// read calls each for every id, in order. Objects larger than the limit for
// files end it before they are read.
func (o *objects) read(ids []string, each func(object) error) error {
	for len(ids) > 0 {
		n := min(len(ids), batch)
		o.asked = n
		for _, id := range ids[:n] {
			o.in.WriteString("contents " + id + "\n")
		}
		o.in.WriteString("flush\n")
		if err := o.in.Flush(); err != nil {
			return o.failure(ids[0], err)
		}
		for _, id := range ids[:n] {
			got, err := o.next(id)
			if err != nil {
				return err
			}
			if err := each(got); err != nil {
				return err
			}
		}
		ids = ids[n:]
	}
	return nil
}

// next reads one answer.
func (o *objects) next(id string) (object, error) {
	header, err := o.out.ReadString('\n')
	if err != nil {
		return object{}, o.failure(id, err)
	}
	fields := strings.Fields(header)
	if len(fields) == 2 && fields[1] == "missing" {
		o.asked--
		return object{}, &ObjectError{ID: id, Reason: "is not in this clone"}
	}
	if len(fields) != 3 || fields[0] != id {
		return object{}, &ObjectError{ID: id, Reason: fmt.Sprintf("git answered %q", clean(header))}
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size < 0 {
		return object{}, &ObjectError{ID: id, Reason: fmt.Sprintf("git answered %q", clean(header))}
	}
	if most := o.repo.limits.fileBytes; size > most {
		return object{}, &LimitError{What: "bytes in one file", Limit: most, Found: size}
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(o.out, data); err != nil {
		return object{}, o.failure(id, err)
	}
	o.asked--
	data = data[:size:size]
	if actual := o.repo.format.id(fields[1], data); actual != id {
		return object{}, &ObjectError{ID: id, Reason: "its bytes are those of " + actual}
	}
	return object{id: id, kind: fields[1], data: data}, nil
}

// failure explains why the reader ended.
func (o *objects) failure(id string, err error) error {
	if ctxErr := o.ctx.Err(); ctxErr != nil {
		return fmt.Errorf("git cat-file: %w", ctxErr)
	}
	o.wait()
	return &ObjectError{ID: id, Reason: summary(clean(string(o.words.kept)), err)}
}
