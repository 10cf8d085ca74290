#!/usr/bin/env bash
# Builds what make bench-peers compares into .local/peers: our worker and the
# function, Debian's libvips through a small C program, and sharp from npm.
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=.local/peers
mkdir -p "$peers/sharp"

go build -buildvcs=false -trimpath -tags lambda.norpc -ldflags '-s -w' -o .bin/bootstrap ./lambda
go build -buildvcs=false -o "$peers/ours" ./deploy/peers/ours
go build -buildvcs=false -o .bin/peers ./deploy/peers

read -ra flags <<<"$(pkg-config --cflags --libs vips)"
gcc -std=gnu11 -Wall -Wextra -Werror -O2 -o "$peers/vips" deploy/peers/vips/vips.c "${flags[@]}"

node=$(node --version)
major=${node#v}
if [ "${major%%.*}" -lt 20 ]; then
	echo "sharp needs Node.js 20.9 or newer, this is $node: get it from https://nodejs.org/" >&2
	exit 1
fi
# npm ci takes what package-lock.json says to the byte; it is asked only when
# that has changed.
if ! cmp -s deploy/peers/sharp/package-lock.json "$peers/sharp/installed"; then
	cp deploy/peers/sharp/package.json deploy/peers/sharp/package-lock.json "$peers/sharp/"
	npm ci --prefix "$peers/sharp" --silent --no-audit --no-fund
	cp deploy/peers/sharp/package-lock.json "$peers/sharp/installed"
fi
cp deploy/peers/sharp/sharp.mjs "$peers/sharp/"
