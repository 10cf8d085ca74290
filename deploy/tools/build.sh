#!/usr/bin/env bash
# Builds the programs, and the tools named as arguments, into .bin/.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p .bin

if ! command -v go >/dev/null; then
	echo "Go is not installed: get it from https://go.dev/dl/" >&2
	exit 1
fi
# Inside the module go says which version it runs, or refuses to.
if ! answer=$(go env GOVERSION 2>&1); then
	echo "$answer" >&2
	echo "This needs Go $(sed -n 's/^go //p' go.mod) or newer: get it from https://go.dev/dl/" >&2
	exit 1
fi

# step <what it does> <command...>: one line, with the time it took. What go says
# meanwhile, a line for each module it downloads, is shown where it fails. Within
# a condition bash ignores set -e: the commands join their parts by &&.
step() {
	local started=$SECONDS said=.bin/build.log
	printf '%s ... ' "$1"
	shift
	if ! "$@" >"$said" 2>&1; then
		echo failed
		cat "$said" >&2
		exit 1
	fi
	echo "$((SECONDS - started)) s"
}

# -buildvcs=false, here and below: of a checkout that belongs to another user go
# can't ask the version control, and gives up.
#
# A tool is built again only when the pins have changed: even finding out that a
# linked one is up to date takes go a second.
pins=$(cat deploy/tools/go.mod deploy/tools/go.sum | cksum)
build_tool() { # <name> <its package>
	(cd deploy/tools && go build -buildvcs=false -o "../../.bin/$1" "$2") &&
		echo "$pins" >".bin/$1.pins"
}
tool() { # <name> <its package> <remark>
	if [ -x ".bin/$1" ] && [ "$(cat ".bin/$1.pins" 2>/dev/null)" = "$pins" ]; then return; fi
	step "building $1$3" build_tool "$1" "$2"
}
for name in "$@"; do
	case $name in
	versitygw) tool versitygw github.com/versity/versitygw/cmd/versitygw ", the S3 server (about 2 minutes, the first time only)" ;;
	gotestsum) tool gotestsum gotest.tools/gotestsum "" ;;
	staticcheck) tool staticcheck honnef.co/go/tools/cmd/staticcheck "" ;;
	benchstat) tool benchstat golang.org/x/perf/cmd/benchstat "" ;;
	*)
		echo "build.sh: $name is none of the tools in deploy/tools/go.mod" >&2
		exit 1
		;;
	esac
done

# All with the same -trimpath, which is part of what go's cache of builds goes by:
# otherwise most of this would be compiled twice.
build_programs() {
	go build -buildvcs=false -trimpath -tags lambda.norpc -ldflags '-s -w' -o .bin/bootstrap ./lambda &&
		go build -buildvcs=false -trimpath -o .bin/ ./prewmanager ./nginx/prewnginx ./deploy/local &&
		(cd deploy/tools && go build -buildvcs=false -trimpath -o ../../.bin/ ./cloudfront)
}
step "building bootstrap, prewmanager, prewnginx, local, cloudfront" build_programs
