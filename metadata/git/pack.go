package git

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
)

// newObject is an object that is about to be written.
type newObject struct {
	kind string // "blob" or "tree"
	data []byte
}

// write stores objects in the repository, all with one run of git.
func (r *Repo) write(ctx context.Context, objects []newObject) error {
	stream, err := r.format.pack(objects)
	if err != nil {
		return err
	}
	_, err = r.run(ctx, command{args: []string{"unpack-objects", "-q"}, stdin: stream})
	return err
}

// pack is the stream that `git unpack-objects` takes (gitformat-pack, version
// 2): a header, each object with its type, size and zlib stream, and the hash
// of all that.
func (f format) pack(objects []newObject) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("PACK")
	header := binary.BigEndian.AppendUint32(nil, 2)
	out.Write(binary.BigEndian.AppendUint32(header, uint32(len(objects))))
	z := zlib.NewWriter(&out)
	for _, o := range objects {
		out.Write(packHeader(o))
		z.Reset(&out)
		if _, err := z.Write(o.data); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
	}
	h := f.new()
	h.Write(out.Bytes())
	return h.Sum(out.Bytes()), nil
}

// packHeader is an object's type in three bits and its size: four bits in the
// first byte, seven in each further one, the lowest first; the top bit says
// that another byte follows.
func packHeader(o newObject) []byte {
	kind := byte(2) // tree
	if o.kind == "blob" {
		kind = 3
	}
	size := uint64(len(o.data))
	head := []byte{kind<<4 | byte(size&15)}
	for size >>= 4; size > 0; size >>= 7 {
		head[len(head)-1] |= 0x80
		head = append(head, byte(size&0x7f))
	}
	return head
}
