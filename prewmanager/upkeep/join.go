package upkeep

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// row is the key of a photo, of a preview or of both.
type row struct {
	key    string
	photo  bool
	stored []*listed // by preset; nil where there is no preview
}

// errEmpty is the error of a join that finds no photo at all: that is a wrong setting more
// often than a bucket whose photos are all gone.
var errEmpty = errors.New("no photo at all, expected some: is it the right bucket?")

// join yields the keys of all photos and previews below prefix, in order, from the first after
// another one on. It reads each listing once, side by side with the others. A store that lists
// keys in another order than that of their bytes, as S3's directory buckets do, is an error.
func join(ctx context.Context, photos, previews Folder, presets []string, prefix, after string) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		heads := make([]*head, 0, len(presets)+1)
		defer func() {
			for _, h := range heads {
				h.stop()
			}
		}()
		open := func(f Folder, folder string) error {
			from := ""
			if after != "" {
				from = folder + after
			}
			h := &head{folder: folder}
			h.next, h.stop = iter.Pull2(f.list(ctx, folder+prefix, from))
			heads = append(heads, h)
			return h.advance()
		}
		err := open(photos, "")
		if err == nil && heads[0].now == nil && after == "" {
			err = photos.notEmpty(ctx)
		}
		for _, preset := range presets {
			if err == nil {
				err = open(previews, preset+"/")
			}
		}
		for err == nil {
			least := ""
			for _, h := range heads {
				if h.now != nil && (least == "" || h.now.key < least) {
					least = h.now.key
				}
			}
			if least == "" {
				return
			}
			r := row{key: least, stored: make([]*listed, len(presets))}
			for i, h := range heads {
				if h.now == nil || h.now.key != least {
					continue
				}
				if i == 0 {
					r.photo = true
				} else {
					r.stored[i-1] = h.now
				}
				if advanced := h.advance(); err == nil {
					err = advanced
				}
			}
			// Of a listing that broke off, the row that was read before is still whole.
			if !yield(r, nil) {
				return
			}
		}
		yield(row{}, err)
	}
}

// notEmpty returns an error where a folder of photos has none at all.
func (f Folder) notEmpty(ctx context.Context) error {
	for _, err := range f.list(ctx, "", "") {
		return err
	}
	return fmt.Errorf("%s/%s: %w", f.Name, f.Prefix, errEmpty)
}

// head is the first object of a listing that is not joined yet, nil at its end.
type head struct {
	folder string
	next   func() (listed, error, bool)
	stop   func()
	now    *listed
}

func (h *head) advance() error {
	object, err, ok := h.next()
	if !ok {
		h.now = nil
		return nil
	}
	if err != nil {
		return err
	}
	object.key = strings.TrimPrefix(object.key, h.folder)
	if h.now != nil && object.key <= h.now.key {
		return fmt.Errorf("the store lists %q after %q, expected the order of their bytes", object.key, h.now.key)
	}
	h.now = &object
	return nil
}
