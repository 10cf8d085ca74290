package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"prew"
)

// stacks is the memory of the stacks of all goroutines, in bytes.
func stacks() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.StackInuse)
}

// TestWaitersHaveSmallStacks: the answer to a request that has waited fits into the stack with
// which it waited. A function whose variables lie below the answer on the stack makes it 16 KiB
// in place of 8, once for each of 10,000 clients.
func TestWaitersHaveSmallStacks(t *testing.T) {
	for _, test := range []struct {
		name, key string
		answer    func(http.ResponseWriter, prew.RenderRequest)
		status    int
	}{
		{"a preview", "waiters/preview.jpg", results(prew.RenderResult{Status: true, ContentType: "image/png", Size: 64 << 10, Data: make([]byte, 64<<10)}), 200},
		{"a failure", "waiters/failure.jpg", refusals(prew.SourceDamaged), 422},
	} {
		t.Run(test.name, func(t *testing.T) {
			const waiters = 200
			gate := make(chan struct{})
			server := start(t, &renderer{answer: func(w http.ResponseWriter, request prew.RenderRequest) {
				<-gate
				test.answer(w, request)
			}})
			defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection makes stacks smaller
			var clients []*bufio.Reader
			for range waiters {
				conn, err := net.Dial("tcp", server.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(time.Minute))
				fmt.Fprintf(conn, "GET /prew/card/%s HTTP/1.1\r\nHost: prew.test\r\n\r\n", test.key)
				clients = append(clients, bufio.NewReader(conn))
			}
			flights := server.Config.Handler.(*Gateway).flights
			for deadline := time.Now().Add(time.Minute); flights.Stats().Waiters < waiters; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("not all wait after a minute")
				}
			}
			waiting := stacks()
			close(gate)
			for _, client := range clients {
				response, err := http.ReadResponse(client, nil)
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(io.Discard, response.Body)
				if response.StatusCode != test.status {
					t.Fatalf("%s, want %d", response.Status, test.status)
				}
			}
			// Every stack that grows, grows by 8 KiB; the flight's own goroutines may.
			if grown := stacks() - waiting; grown > waiters*(4<<10) {
				t.Errorf("the stacks of %d waiters grow by %d bytes each, expected none", waiters, grown/waiters)
			}
		})
	}
}
