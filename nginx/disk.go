package nginx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// bytesOf returns the number of bytes that a size without mistakes stands for: 500m.
func bytesOf(size string) int64 {
	shift := map[byte]int{'k': 10, 'm': 20, 'g': 30}[size[len(size)-1]|0x20]
	number, err := strconv.ParseInt(strings.TrimRight(size, "kKmMgG"), 10, 64)
	if err != nil {
		panic(err) // Check has matched it
	}
	return number << shift
}

// MinFree returns the room in bytes that the cache leaves on its disk: an eighth of the
// cache's size. nginx removes files every 10 s, so this is for what arrives meanwhile:
// with 2g, 25 MB a second.
func (s Site) MinFree() int64 { return s.MaxCache() / 8 }

// MaxCache returns the most bytes that the cache takes on its disk.
func (s Site) MaxCache() int64 { return bytesOf(s.withDefaults().CacheSize) }

// Held returns how many bytes of the disk the files below a folder take, and how many
// files there are. A folder that is not there holds nothing, and what goes meanwhile does
// not count. It calls rest before each folder.
func Held(dir string, rest func()) (bytes, files int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() {
			rest()
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			bytes += stat.Blocks * 512 // stat(2)
			files++
		}
		return nil
	})
	return bytes, files, err
}

// CheckDisk returns an error where the disk of dir can't hold the cache of a site without
// mistakes, and MinFree beside it. What the cache has by now counts as room for it.
func (s Site) CheckDisk(dir string) error {
	need := s.MaxCache() + s.MinFree()
	held, _, err := Held(filepath.Join(dir, "cache"), func() {})
	if err != nil {
		return err
	}
	// dir may not be there yet: its disk is that of the folder it will be made in.
	at := dir
	var disk syscall.Statfs_t
	for {
		if err = syscall.Statfs(at, &disk); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		at = filepath.Dir(at)
	}
	if err != nil {
		return &os.PathError{Op: "statfs", Path: at, Err: err}
	}
	if room := int64(disk.Bavail)*disk.Bsize + held; room < need {
		return fmt.Errorf("PREW_CACHE_SIZE: %q, but the disk of %s has room for %d MB, expected %d MB: the cache and an eighth of it to spare", s.withDefaults().CacheSize, dir, room>>20, need>>20)
	}
	return nil
}
