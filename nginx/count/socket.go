package count

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// pause is how long lines gather in the socket before they are read: to be woken by
	// each of them would cost more than to read it. The kernel's default has room for 270
	// lines, as many as come in 2 ms at 130,000 a second.
	pause = 2 * time.Millisecond
	// roomForLines is the size of the socket that is asked for, in bytes; the kernel gives
	// at most net.core.rmem_max.
	roomForLines = 1 << 20
	// longestLine is far more than a line has. What is longer is cut, and unreadable.
	longestLine = 1024
)

// Listen opens the socket that lines are sent to, on a free port of 127.0.0.1.
func Listen() (*net.UDPConn, error) {
	lines, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	return lines, lines.SetReadBuffer(roomForLines)
}

// read hands each line to add until ctx is done.
func read(ctx context.Context, lines *net.UDPConn, add func(line []byte)) error {
	socket, err := lines.SyscallConn()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { lines.SetReadDeadline(time.Now()) })
	defer stop()
	line := make([]byte, longestLine)
	for ctx.Err() == nil {
		err := socket.Read(func(fd uintptr) bool {
			for got := false; ; got = true {
				n, _, err := syscall.Recvfrom(int(fd), line, syscall.MSG_DONTWAIT)
				if err != nil {
					return got || !errors.Is(err, syscall.EAGAIN) // false waits until there is a line
				}
				safely("line", func() { add(line[:n]) })
			}
		})
		if err != nil && ctx.Err() == nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}

// lost returns how many lines the kernel has thrown away because the socket was full.
func lost(lines *net.UDPConn) (uint32, error) {
	socket, err := lines.SyscallConn()
	if err != nil {
		return 0, err
	}
	var info [unix.SK_MEMINFO_VARS]uint32
	size := uint32(unsafe.Sizeof(info))
	var errno syscall.Errno
	err = socket.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if err == nil && errno != 0 {
		err = fmt.Errorf("getsockopt SO_MEMINFO: %w", errno)
	}
	return info[unix.SK_MEMINFO_DROPS], err
}

// safely runs do. A panic there is logged and goes no further: nginx can do without the
// counts, but nothing starts what counts again.
func safely(what string, do func()) {
	defer func() {
		if reason := recover(); reason != nil {
			slog.Error("panic", "in", what, "reason", fmt.Sprint(reason), "stack", string(debug.Stack()))
		}
	}()
	do()
}
