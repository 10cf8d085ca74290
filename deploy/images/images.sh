#!/usr/bin/env bash
# Builds the container images prew-gateway and prew-nginx with docker, podman or
# buildah, whichever is there first, or with BUILDER. Arguments go to each build,
# such as --platform linux/arm64 or --build-arg GO_IMAGE=...
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${BUILDER:-}" ]; then
	for BUILDER in docker podman buildah none; do
		if command -v "$BUILDER" >/dev/null; then break; fi
	done
fi
if ! command -v "${BUILDER%% *}" >/dev/null; then
	echo "images: nothing to build with: install docker, podman or buildah, or name one by BUILDER" >&2
	exit 1
fi
# For podman and buildah, whose own format has no HEALTHCHECK.
export BUILDAH_FORMAT=docker
for image in gateway nginx; do
	# BUILDER may bring options of its own, such as buildah's --root: no quotes.
	$BUILDER build "$@" -f "deploy/images/$image.Dockerfile" -t "prew-$image" .
done
