#!/usr/bin/env bash
# Builds what make bench-peers compares into .local/peers: our worker and the
# function, Debian's libvips through a small C program, and sharp from npm.
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=.local/peers
mkdir -p "$peers/sharp"

go build -buildvcs=false -trimpath -tags lambda.norpc -ldflags '-s -w' -o .bin/bootstrap ./lambda
go build -buildvcs=false -o "$peers/ours" ./lambda/peers/ours
go build -buildvcs=false -o .bin/peers ./lambda/peers

read -ra flags <<<"$(pkg-config --cflags --libs vips)"
gcc -std=gnu11 -Wall -Wextra -Werror -O2 -o "$peers/vips" lambda/peers/vips/vips.c "${flags[@]}"

node=$(node --version)
major=${node#v}
if [ "${major%%.*}" -lt 20 ]; then
	echo "sharp needs Node.js 20.9 or newer, this is $node: get it from https://nodejs.org/" >&2
	exit 1
fi
# npm ci takes what package-lock.json says to the byte; it is asked only when
# that has changed.
if ! cmp -s lambda/peers/sharp/package-lock.json "$peers/sharp/installed"; then
	cp lambda/peers/sharp/package.json lambda/peers/sharp/package-lock.json "$peers/sharp/"
	npm ci --prefix "$peers/sharp" --silent --no-audit --no-fund
	cp lambda/peers/sharp/package-lock.json "$peers/sharp/installed"
fi
cp lambda/peers/sharp/sharp.mjs "$peers/sharp/"
