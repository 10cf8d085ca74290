# nginx as Debian packages it, with its two modules, and prewnginx, which writes
# its configuration from the environment and becomes it; where metrics are wanted,
# prewnginx also counts beside it. There is no shell and no other program. From the root of the checkout, for any platform without
# emulation:
#
#	docker build -f deploy/images/nginx.Dockerfile -t prew-nginx .
#
# It listens on 8080, which needs no privilege, and on 8443 where PREW_TLS_LISTEN
# says so. It writes to /var/cache/prewnginx and nowhere else.

ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm
ARG DEBIAN_IMAGE=docker.io/library/debian:bookworm-slim

# The compiler runs as the machine's own program and compiles for another.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS program
WORKDIR /prew
# The modules first: they are downloaded again only when these two files change.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETARCH
# As in gateway.Dockerfile.
RUN CGO_ENABLED=0 GOOS=linux GOARCH=$TARGETARCH \
    go build -buildvcs=false -trimpath -ldflags '-s -w' -o /prewnginx ./nginx/prewnginx

# The packages are unpacked and not installed: nothing of another platform runs
# here, and none of their scripts is needed. These are nginx's dependencies as far
# as its programs load them; one that is missing is found by the first start.
FROM --platform=$BUILDPLATFORM ${DEBIAN_IMAGE} AS packages
ARG TARGETARCH
WORKDIR /packages
RUN arch=${TARGETARCH:-$(dpkg --print-architecture)} && \
    dpkg --add-architecture "$arch" && \
    apt-get update && \
    apt-get install -y --no-install-recommends ca-certificates && \
    apt-get download "nginx:$arch" \
        "libnginx-mod-http-headers-more-filter:$arch" "libnginx-mod-stream:$arch" \
        "libc6:$arch" "libcrypt1:$arch" "libpcre2-8-0:$arch" "libssl3:$arch" "zlib1g:$arch" && \
    for package in *.deb; do dpkg-deb -x "$package" . || exit; done
# The linker lies where the programs name it, the libraries where it looks. -L: a
# library is a link to the file of its version.
RUN mkdir -p /image/etc/ssl/certs /cache && \
    cp -L --parents usr/sbin/nginx \
        usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so \
        usr/lib/nginx/modules/ngx_stream_module.so \
        lib*/ld-linux-* lib/*/libc.so.6 lib/*/libcrypt.so.1 lib/*/libz.so.1 \
        usr/lib/*/libpcre2-8.so.0 usr/lib/*/libssl.so.3 usr/lib/*/libcrypto.so.3 \
        /image/ && \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ && \
    echo 'prew:x:65532:65532:prew:/:/none' >/image/etc/passwd && \
    echo 'prew:x:65532:' >/image/etc/group

FROM scratch
COPY --from=packages /image /
COPY --from=program /prewnginx /prewnginx
# A volume that is mounted here for the first time takes over the owner, in Docker
# and on Fargate, if the folder has it before VOLUME.
COPY --from=packages --chown=65532:65532 /cache /var/cache/prewnginx
VOLUME /var/cache/prewnginx
# nginx is looked for in the PATH, of which an image from scratch has none, nor has
# it a /tmp, which check writes to. What runs containers keeps and limits what they
# print, a file only grows.
ENV PATH=/usr/sbin TMPDIR=/var/cache/prewnginx PREW_NGINX_DIR=/var/cache/prewnginx PREW_NGINX_ACCESS_LOG=stdout
# By number: what runs it can see that this is not root without reading passwd.
USER 65532:65532
EXPOSE 8080 8443
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/prewnginx", "health"]
# nginx's word for a stop that lets clients have their answers.
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/prewnginx"]
CMD ["serve"]
