# The gateway: prewmanager, the function's bootstrap for PREW_FUNCTION=local, and
# the certificates by which AWS is known. There is no shell and no other program.
# From the root of the checkout, for any platform without emulation:
#
#	docker build -f deploy/images/gateway.Dockerfile -t prew-gateway .
#
# It answers on 127.0.0.1:8081, where an nginx in the same network namespace (a
# task, a pod) reaches it and nobody else does. With a network of its own, as in
# compose.yaml, it needs PREW_LISTEN=:8081. It writes no files.

# The Go of go.mod. Another registry's copy, or a patch release: --build-arg.
ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm

# The compiler runs as the machine's own program and compiles for another.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /prew
# The modules first: they are downloaded again only when these two files change.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETARCH
# As deploy/tools/build.sh does: static, no paths of this machine, no symbols, and the
# function without the RPC of Lambda's retired Go runtime. Without TARGETARCH,
# from a builder that does not know it, it is the machine's own.
RUN export CGO_ENABLED=0 GOOS=linux GOARCH=$TARGETARCH && \
    mkdir /image && \
    go build -buildvcs=false -trimpath -ldflags '-s -w' -o /image/prewmanager ./prewmanager && \
    go build -buildvcs=false -trimpath -ldflags '-s -w' -tags lambda.norpc -o /image/bootstrap ./lambda
RUN mkdir -p /image/etc/ssl/certs && \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ && \
    echo 'prew:x:65532:65532:prew:/:/none' >/image/etc/passwd && \
    echo 'prew:x:65532:' >/image/etc/group

FROM scratch
COPY --from=build /image /
# By number: what runs it can see that this is not root without reading passwd.
USER 65532:65532
EXPOSE 8081
# A gateway is ready half a second after its start, without Redis after two. One
# that drains is not, and is ended by whoever asked it to drain.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/prewmanager", "health"]
ENTRYPOINT ["/prewmanager"]
CMD ["serve"]
