package gameday

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// roomy is the size of that disk until the fault, more than nginx's cache may take and keeps free.
// It is memory, and only what lies there takes any.
const roomy = "size=4g"

// apart is set in the environment of a program that sees mounts of its own.
const apart = "GAMEDAY_APART"

// OwnDisk mounts a disk for nginx below the folder of a stack, which nobody but this program and
// its children see, and which goes with them. For that the program is first begun anew with mounts
// of its own, so that OwnDisk returns only then, or with an error. It needs root, or a machine that
// lets users have namespaces of their own.
func OwnDisk(state string) error {
	if os.Getenv(apart) == "" {
		unshare, err := exec.LookPath("unshare")
		if err != nil {
			return fmt.Errorf("CHAOS=%s: %w", DiskFull, err)
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		arguments := []string{"unshare", "--mount"}
		if os.Geteuid() != 0 {
			arguments = append(arguments, "--user", "--map-current-user", "--keep-caps")
		}
		arguments = append(append(arguments, "--", self), os.Args[1:]...)
		return syscall.Exec(unshare, arguments, append(os.Environ(), apart+"=1"))
	}
	if err := os.Unsetenv(apart); err != nil {
		return err
	}
	dir := filepath.Join(state, "nginx")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := syscall.Mount("nginx", dir, "tmpfs", 0, roomy); err != nil {
		return fmt.Errorf("CHAOS=%s: mount %s: %w", DiskFull, dir, err)
	}
	return nil
}

// fill takes what is free on the disk mounted at a folder, and what becomes free there until ctx
// ends. It first has the disk no larger than what lies on it, so that little is written.
func fill(ctx context.Context, dir string) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return err
	}
	const spare = 1 << 20 // for what is written meanwhile
	used := int64(disk.Blocks-disk.Bfree)*disk.Bsize + spare
	if err := syscall.Mount("nginx", dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", used)); err != nil {
		return fmt.Errorf("mount %s: %w", dir, err)
	}
	file, err := os.Create(filepath.Join(dir, "something-else"))
	if err != nil {
		return err
	}
	defer file.Close()
	for piece := make([]byte, 4<<10); ctx.Err() == nil; {
		if _, err := file.Write(piece); errors.Is(err, syscall.ENOSPC) {
			select {
			case <-time.After(20 * time.Millisecond): // nginx gives up its cache bit by bit
			case <-ctx.Done():
			}
		} else if err != nil {
			return err
		}
	}
	return nil
}
