package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a client waits for an answer: longer than nginx, which has the
// outermost timeout, waits for a gateway. A client without an answer after that
// counts as hanging.
const patience = 40 * time.Second

// reply is how one request ended.
type reply struct {
	key    string // of the preview that was asked for
	began  time.Time
	took   time.Duration
	status int // 0: there was no answer
	header http.Header
	wrong  bool // the body is not the preview, or not the placeholder of a failure, or caches between would take it for everybody's
	err    error
}

func (r reply) ended() time.Time { return r.began.Add(r.took) }

// hung reports whether the client gave up waiting.
func (r reply) hung() bool { return errors.Is(r.err, os.ErrDeadlineExceeded) }

// good reports whether the reply is the preview.
func (r reply) good() bool { return r.status == http.StatusOK && !r.wrong && r.err == nil }

// visitor is a client that keeps its connection as browsers do.
type visitor struct {
	addr   string
	conn   net.Conn // nil: none yet, or the last one can't be used again
	reader *bufio.Reader
	asked  reply
}

// buffers hold the bytes of bodies as they are read. They are shared, because a
// buffer for each of ten thousand clients would take too much memory.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// get asks for a preview and waits for the answer.
func (v *visitor) get(key string) reply {
	if err := v.send(key); err != nil {
		v.leave()
		v.asked.err, v.asked.took = err, time.Since(v.asked.began)
		return v.asked
	}
	return v.receive()
}

// send asks for a preview.
func (v *visitor) send(key string) error {
	v.asked = reply{key: key, began: time.Now()}
	deadline := v.asked.began.Add(patience)
	if v.conn == nil {
		conn, err := (&net.Dialer{Deadline: deadline}).Dial("tcp", v.addr)
		if err != nil {
			return err
		}
		v.conn = conn
		if v.reader == nil {
			v.reader = bufio.NewReaderSize(conn, 1<<10)
		} else {
			v.reader.Reset(conn)
		}
	}
	if err := v.conn.SetDeadline(deadline); err != nil {
		return err
	}
	path, accept := negotiated(key)
	_, err := io.WriteString(v.conn, "GET /"+path+" HTTP/1.1\r\nHost: prew.test\r\nAccept: "+accept+"\r\n\r\n")
	return err
}

// negotiated returns the path by which all clients ask for a preview, which is that of its
// preset, and the Accept that makes it the answer.
func negotiated(key string) (path, accept string) {
	for format, accept := range map[string]string{"webp": "image/webp,*/*;q=0.8", "avif": "image/avif,image/webp,*/*;q=0.8"} {
		if preset, photo, ok := strings.Cut(key, "."+format+"/"); ok {
			return preset + "/" + photo, accept
		}
	}
	return key, "*/*"
}

// receive reads the answer to the last request.
func (v *visitor) receive() reply {
	r := v.asked
	response, err := http.ReadResponse(v.reader, nil)
	if err == nil {
		r.status, r.header = response.StatusCode, response.Header
		r.wrong, err = check(response, r.key)
		r.wrong = r.wrong || response.Header.Get("Vary") != "Accept"
	}
	r.took, r.err = time.Since(r.began), err
	if err != nil || response.Close {
		v.leave()
	}
	return r
}

// leave closes the connection, answered or not.
func (v *visitor) leave() {
	if v.conn != nil {
		v.conn.Close()
		v.conn = nil
	}
}

// check reads a body and reports whether it is wrong. The body of a 200 must be the
// key's preview; any other must be a placeholder, with the code of a failure.
func check(response *http.Response, key string) (wrong bool, err error) {
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		head := make([]byte, 4)
		if _, err := io.ReadFull(response.Body, head); err != nil {
			return true, err
		}
		_, err := io.Copy(io.Discard, response.Body)
		return string(head[1:]) != "PNG" || response.Header.Get("X-Prew-Error") == "", err
	}
	line := []byte(key + "\n")
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	at := 0
	for {
		n, err := response.Body.Read(buffer[:])
		for part := buffer[:n]; len(part) > 0 && !wrong; {
			expected := line[at%len(line):]
			expected = expected[:min(len(expected), len(part))]
			wrong = !bytes.Equal(part[:len(expected)], expected)
			part = part[len(expected):]
			at += len(expected)
		}
		if err == io.EOF {
			return wrong || at != previewSize(key), nil
		}
		if err != nil {
			return wrong, err
		}
	}
}

// visitors are n clients of a server.
func visitors(n int, addrs ...string) []*visitor {
	all := make([]*visitor, n)
	for i := range all {
		all[i] = &visitor{addr: addrs[i%len(addrs)]}
	}
	return all
}

// leaveAll closes the clients' connections.
func leaveAll(all []*visitor) {
	for _, v := range all {
		v.leave()
	}
}

// together makes all clients ask for the same preview at the same moment.
func together(all []*visitor, key string) []reply {
	replies := make([]reply, len(all))
	var asking sync.WaitGroup
	for i, v := range all {
		asking.Go(func() { replies[i] = v.get(key) })
	}
	asking.Wait()
	return replies
}

// crowd makes every client ask for a number of the keys, given by each, one after the
// other. All clients take the keys in about the same order, like the readers of a
// page, so that some wait for a preview while others ask for the next.
func crowd(ctx context.Context, random *rand.Rand, all []*visitor, keys []string, each int) []reply {
	const apart = 25 // keys: how far the clients' orders differ
	replies := make([][]reply, len(all))
	var asking sync.WaitGroup
	for i, v := range all {
		order := selection(random, len(keys), each, apart)
		asking.Go(func() {
			for _, k := range order {
				if ctx.Err() != nil {
					return
				}
				replies[i] = append(replies[i], v.get(keys[k]))
			}
		})
	}
	asking.Wait()
	return slices.Concat(replies...)
}

// selection chooses at most most of the numbers below n at random. Their order differs
// from the numbers' own by up to apart.
func selection(random *rand.Rand, n, most int, apart float64) []int {
	chosen := random.Perm(n)[:min(most, n)]
	place := make(map[int]float64, len(chosen))
	for _, k := range chosen {
		place[k] = float64(k) + apart*random.Float64()
	}
	slices.SortFunc(chosen, func(a, b int) int { return cmp.Compare(place[a], place[b]) })
	return chosen
}

// stream makes rate requests a second, whether or not they are answered, until ctx
// ends; the ith request is for key(i). At most most requests are open at a time; one
// more is not made, and counts as a request without an answer.
func stream(ctx context.Context, rate, most int, key func(i int) string, addrs ...string) []reply {
	var (
		mu      sync.Mutex // protects the rest
		replies []reply
		idle    []*visitor
		busy    int
	)
	var asking sync.WaitGroup
	began := time.Now()
	for i := 0; ctx.Err() == nil; i++ {
		pause(ctx, time.Until(began.Add(time.Duration(i)*time.Second/time.Duration(rate))))
		mu.Lock()
		if busy == most {
			replies = append(replies, reply{key: key(i), began: time.Now(), err: fmt.Errorf("%d requests at a time", most)})
			mu.Unlock()
			continue
		}
		busy++
		v := &visitor{addr: addrs[i%len(addrs)]}
		if n := len(idle); n > 0 {
			v, idle = idle[n-1], idle[:n-1]
		}
		mu.Unlock()
		asking.Go(func() {
			r := v.get(key(i))
			mu.Lock()
			defer mu.Unlock()
			replies, idle, busy = append(replies, r), append(idle, v), busy-1
		})
	}
	asking.Wait()
	leaveAll(idle)
	return replies
}

// tally counts many replies.
type tally struct {
	all, good, wrong, hung int
	cut                    int            // previews that ended early
	other                  map[string]int // all other replies, by their status or error
	longest                time.Duration
}

func (t *tally) add(replies []reply) {
	if t.other == nil {
		t.other = map[string]int{}
	}
	for _, r := range replies {
		t.all++
		t.longest = max(t.longest, r.took)
		switch {
		case r.good():
			t.good++
		case r.hung():
			t.hung++
		case r.wrong:
			t.wrong++
		case r.status == http.StatusOK && errors.Is(r.err, io.ErrUnexpectedEOF):
			t.cut++
		case r.err != nil:
			t.other[reason(r.err)]++
		default:
			t.other[strconv.Itoa(r.status)+" "+r.header.Get("X-Prew-Error")]++
		}
	}
}

// reason is the text of an error without the parts that differ between connections.
func reason(err error) string {
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e.Error()
	}
	return err.Error()
}

// others lists the replies in other.
func (t *tally) others() string {
	if len(t.other) == 0 {
		return "none"
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(t.other)) {
		parts = append(parts, fmt.Sprintf("%d: %s", t.other[what], what))
	}
	return strings.Join(parts, ", ")
}

// percentile is the smallest duration that percent of the durations do not exceed; 0
// if there are none.
func percentile(durations []time.Duration, percent int) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	slices.Sort(durations)
	return durations[(len(durations)*percent+99)/100-1]
}

// times are the durations of replies.
func times(replies []reply) []time.Duration {
	durations := make([]time.Duration, len(replies))
	for i, r := range replies {
		durations[i] = r.took
	}
	return durations
}
