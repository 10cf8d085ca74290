package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// photos is the store of the photos as the gateways see it: the S3 server, but whoever
// asks whether there is a photo finds it. So thousands of previews can be asked for
// without a photo of each being stored: the renderer needs none.
type photos struct {
	server *http.Server
	addr   string
}

func startPhotos(s3Addr string) (*photos, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &photos{addr: listener.Addr().String()}
	through := &httputil.ReverseProxy{
		ErrorLog: log.New(io.Discard, "", 0), // a frozen S3 is no news
		// The request's Host stays, because it is part of the signature.
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: s3Addr})
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method == http.MethodHead && r.StatusCode == http.StatusNotFound {
				r.StatusCode, r.Status = http.StatusOK, "200 OK"
				r.Header.Set("ETag", `"chaos"`)
			}
			return nil
		},
	}
	p.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "bytes=0-0" {
			through.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Range", "bytes 0-0/1") // without S3, to which each miss would be one request more
		w.WriteHeader(http.StatusPartialContent)
		io.WriteString(w, "x")
	})}
	go p.server.Serve(listener)
	return p, nil
}

func (p *photos) stop() { p.server.Close() }
