#!/usr/bin/env bash
# Builds what make bench-peers compares into .local/peers: our worker and the
# function, Debian's libvips through a small C program, and sharp from npm.
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=.local/peers
mkdir -p "$peers"

go build -buildvcs=false -trimpath -tags lambda.norpc -ldflags '-s -w' -o .bin/bootstrap ./lambda
go build -buildvcs=false -o "$peers/ours" ./lambda/peers/ours
go build -buildvcs=false -o .bin/peers ./lambda/peers

read -ra flags <<<"$(pkg-config --cflags --libs vips)"
gcc -std=gnu11 -Wall -Wextra -Werror -O2 -o "$peers/vips" lambda/peers/vips/vips.c "${flags[@]}"

lambda/peers/sharp/install.sh
