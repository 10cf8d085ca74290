#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME; go takes one at a time.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=$(go list ./...)
for package in $packages; do
	listed=$(go test -list '^Fuzz' "$package")
	for target in $listed; do
		case $target in Fuzz*) ;; *) continue ;; esac # the last line says ok and the time
		echo "$package $target"
		# Minimising what is interesting would take nearly all of the time.
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 50x "$package"
	done
done
