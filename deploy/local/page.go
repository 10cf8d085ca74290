package main

import (
	"net/http"
	"slices"
)

// fromPage lets requests through that the pages of this run make, at a port of their own, and no
// others: whoever reaches that port from a browser would be any page that somebody has open. A
// browser sends Origin with each request to another port, and asks before it sends the header
// X-Prew-Page or anything but GET and the plainest POST. Host is what a name that leads here
// only since its page was loaded (DNS rebinding) gives away.
type fromPage struct {
	origins []string // of the pages
	host    string   // host:port of the listener
	next    http.Handler
}

// ServeHTTP implements http.Handler.
func (p fromPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if r.Host != p.host || !slices.Contains(p.origins, origin) {
		http.Error(w, "expected a page of make run", http.StatusForbidden)
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Headers", "Content-Type, X-Prew-Page")
	h.Set("Access-Control-Max-Age", "600")
	h.Set("Vary", "Origin")
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && (r.Method != http.MethodPost || r.Header.Get("X-Prew-Page") == ""):
		http.Error(w, "expected GET, or a POST with X-Prew-Page", http.StatusMethodNotAllowed)
	default:
		p.next.ServeHTTP(w, r)
	}
}
