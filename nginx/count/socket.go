package count

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"runtime/debug"
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
	// atOnce is how many lines are read by one system call.
	atOnce = 64
)

// message is a struct mmsghdr (recvmmsg(2)): where a line goes, and how long it is.
type message struct {
	header unix.Msghdr
	length uint32
}

// Lines is the socket that lines are sent to. Go's poller does not know of it: it would be
// woken by each line, also while they gather, which took three times as long as all the rest.
type Lines struct{ fd int }

// Listen opens the socket, on a free port of 127.0.0.1.
func Listen() (*Lines, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	l := &Lines{fd}
	err = errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, roomForLines))
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Inherited is the socket of a process before this one, by its descriptor.
func Inherited(fd int) *Lines { return &Lines{fd} }

// FD returns the descriptor of the socket.
func (l *Lines) FD() int { return l.fd }

// Addr returns host:port of the socket.
func (l *Lines) Addr() string {
	addr, err := unix.Getsockname(l.fd)
	inet, ok := addr.(*unix.SockaddrInet4)
	if err != nil || !ok {
		return ""
	}
	return netip.AddrPortFrom(netip.AddrFrom4(inet.Addr), uint16(inet.Port)).String()
}

// Close closes the socket. Nobody may read from it any more.
func (l *Lines) Close() error { return unix.Close(l.fd) }

// read hands each line to add until ctx is done.
func (l *Lines) read(ctx context.Context, add func(line []byte)) error {
	// The socket has no other end, which is an error here, but the poll wakes all the same
	// (inet_shutdown in Linux).
	stop := context.AfterFunc(ctx, func() { _ = unix.Shutdown(l.fd, unix.SHUT_RD) })
	defer stop()
	var messages [atOnce]message
	var buffers [atOnce][longestLine]byte
	var vectors [atOnce]unix.Iovec
	for i := range messages {
		vectors[i].Base = &buffers[i][0]
		vectors[i].SetLen(longestLine)
		messages[i].header.Iov = &vectors[i]
		messages[i].header.SetIovlen(1)
	}
	for ctx.Err() == nil {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}, -1); err != nil && err != unix.EINTR {
			return os.NewSyscallError("poll", err)
		}
		for {
			n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(l.fd), uintptr(unsafe.Pointer(&messages)), atOnce, unix.MSG_DONTWAIT, 0, 0)
			if errno != 0 { // mostly EAGAIN: there are no more
				break
			}
			for i := range messages[:n] {
				safely("line", func() { add(buffers[i][:messages[i].length]) })
			}
			if n < atOnce {
				break
			}
		}
		time.Sleep(pause)
	}
	return nil
}

// lost returns how many lines the kernel has thrown away because the socket was full.
func (l *Lines) lost() (uint32, error) {
	var info [unix.SK_MEMINFO_VARS]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(l.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, os.NewSyscallError("getsockopt SO_MEMINFO", errno)
	}
	return info[unix.SK_MEMINFO_DROPS], nil
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
