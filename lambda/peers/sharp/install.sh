#!/usr/bin/env bash
# Installs sharp from npm into .local/peers/sharp, as package-lock.json says to the
# byte, with the programs that use it.
set -euo pipefail
cd "$(dirname "$0")/../../.."
to=.local/peers/sharp
mkdir -p "$to"

node=$(node --version)
major=${node#v}
if [ "${major%%.*}" -lt 20 ]; then
	echo "sharp needs Node.js 20.9 or newer, this is $node: get it from https://nodejs.org/" >&2
	exit 1
fi
# npm is asked only when package-lock.json has changed.
if ! cmp -s lambda/peers/sharp/package-lock.json "$to/installed"; then
	cp lambda/peers/sharp/package.json lambda/peers/sharp/package-lock.json "$to/"
	npm ci --prefix "$to" --silent --no-audit --no-fund
	cp lambda/peers/sharp/package-lock.json "$to/installed"
fi
cp lambda/peers/sharp/*.mjs "$to/"
