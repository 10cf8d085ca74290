package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// withoutMessages carries the answers of a Redis, but drops the messages of
// subscriptions to channels.
func withoutMessages(client io.Writer, server io.Reader) error {
	from := bufio.NewReaderSize(server, 64<<10)
	var reply []byte
	for {
		var err error
		if reply, err = readReply(reply[:0], from, 0); err != nil {
			return err
		}
		// An array to a client that speaks RESP2, a push in RESP3.
		if bytes.HasPrefix(reply[1:], []byte("3\r\n$7\r\nmessage\r\n")) {
			continue
		}
		if _, err := client.Write(reply); err != nil {
			return err
		}
	}
}

// errReply is the error for bytes that are no reply of Redis.
var errReply = errors.New("not a reply of redis")

// readReply appends one reply of the Redis serialization protocol (RESP3
// specification) to b, as it came.
func readReply(b []byte, from *bufio.Reader, depth int) ([]byte, error) {
	// Redis answers the scripts here with lists of a few words; the answers to HELLO
	// and COMMAND are the deepest.
	const deepest, most, longest = 8, 1 << 16, 1 << 24
	if depth > deepest {
		return b, fmt.Errorf("%w: deeper than %d", errReply, deepest)
	}
	line, err := from.ReadSlice('\n')
	if err != nil {
		return b, err
	}
	b = append(b, line...)
	if len(line) < 3 {
		return b, fmt.Errorf("%w: %q", errReply, line)
	}
	kind := line[0]
	switch kind {
	case '+', '-', ':', '_', '#', ',', '(':
		return b, nil
	}
	n, err := strconv.Atoi(string(line[1 : len(line)-2]))
	if err != nil || n > longest {
		return b, fmt.Errorf("%w: %q", errReply, line)
	}
	if n < 0 {
		return b, nil // null in RESP2
	}
	switch kind {
	case '$', '!', '=':
		at := len(b)
		b = append(b, make([]byte, n+2)...)
		_, err := io.ReadFull(from, b[at:])
		return b, err
	case '%':
		n *= 2
	case '|': // attributes of the reply that follows them
		n = 2*n + 1
	case '*', '~', '>':
	default:
		return b, fmt.Errorf("%w: %q", errReply, line)
	}
	if n > most {
		return b, fmt.Errorf("%w: %d parts", errReply, n)
	}
	for range n {
		if b, err = readReply(b, from, depth+1); err != nil {
			return b, err
		}
	}
	return b, nil
}
