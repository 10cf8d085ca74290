#!/usr/bin/env bash
# Installs the packages that the system runs on, where they are missing: nginx
# with its headers-more and stream modules, and Redis; and curl, by which compose.yaml
# sets its S3 server up, and its tests do. Arguments add to them: wrk, chromium, firefox,
# prometheus, webp (libwebp's commands), av1 (decoders of AV1 and AVIF), node (which runs a function of CloudFront's),
# qemu (which runs arm64's programs), sharp (what sharp needs), network (what makes networks on one machine), heif (libheif's
# commands), peers (libvips and butteraugli), images (what builds and runs containers,
# and systemd's checks of its units).
set -euo pipefail

# Ordinary users of Debian have no sbin in their PATH, and nginx lies there.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

have() { command -v "$1" >/dev/null; }

have_module() { # <name of nginx's>
	local dir
	for dir in /usr/lib/nginx/modules /usr/lib64/nginx/modules /usr/share/nginx/modules; do
		if [ -e "$dir/$1.so" ]; then return 0; fi
	done
	return 1
}

packages=()
have nginx || packages+=(nginx)
have_module ngx_http_headers_more_filter_module || packages+=(libnginx-mod-http-headers-more-filter)
have_module ngx_stream_module || packages+=(libnginx-mod-stream)
have redis-server || packages+=(redis-server)
have curl || packages+=(curl)
for extra in "$@"; do
	case $extra in
	wrk) have wrk || packages+=(wrk) ;;
	chromium) have chromium || have chromium-browser || have google-chrome || packages+=(chromium) ;;
	firefox) have firefox || have firefox-esr || packages+=(firefox-esr) ;;
	prometheus) have prometheus && have promtool || packages+=(prometheus) ;;
	webp) have dwebp || packages+=(webp) ;;
	av1)
		have dav1d || packages+=(dav1d)
		have aomdec || packages+=(aom-tools)
		have avifdec || packages+=(libavif-bin)
		;;
	node) have node || packages+=(nodejs) ;;
	qemu) have qemu-aarch64-static || packages+=(qemu-user-static) ;;
	peers)
		have gcc || packages+=(gcc libc6-dev)
		have pkg-config || packages+=(pkg-config)
		have pkg-config && pkg-config --exists vips || packages+=(libvips-dev)
		have butteraugli_main || packages+=(libjxl-devtools)
		;;
	sharp) have npm || packages+=(nodejs npm) ;;
	network)
		have ip || packages+=(iproute2)
		have nsenter || packages+=(util-linux)
		;;
	heif) have heif-convert || packages+=(libheif-examples) ;;
	images)
		have buildah || packages+=(buildah)
		have runc || packages+=(runc)
		have debootstrap || packages+=(debootstrap)
		have systemd-analyze || packages+=(systemd)
		;;
	*)
		echo "install.sh: $extra: expected wrk, chromium, firefox, prometheus, webp, av1, node, qemu, sharp, network, heif, peers or images" >&2
		exit 1
		;;
	esac
done
if [ ${#packages[@]} -eq 0 ]; then exit 0; fi

give_up() {
	echo "$1" >&2
	echo "Install these, then try again: ${packages[*]}" >&2
	echo "(as Debian and Ubuntu name them; the libnginx-mod packages are modules of nginx's)" >&2
	exit 1
}

have apt-get || give_up "This machine has no apt-get."
if [ "$(id -u)" -eq 0 ]; then
	as_root() { "$@"; }
elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
	as_root() { sudo "$@"; } # asks for the password if it needs one and somebody is there
else
	give_up "Installing packages needs root or sudo."
fi

echo "installing ${packages[*]}"

# Debian starts a service as soon as its package is installed, and at every boot
# from then on. These are installed to be run by this checkout alone: on port 80
# nobody asked for them. policy-rc.d is how an administrator says so; where one
# is there it is left alone, ours goes again however this ends.
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
own_policy=
clean_up() {
	rm -f "$log"
	if [ -n "$own_policy" ]; then as_root rm -f "$policy"; fi
}
trap clean_up EXIT
if [ ! -e "$policy" ]; then
	own_policy=yes
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null # 101: action forbidden
	as_root chmod 755 "$policy"
fi

install_packages() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
}
# The lists of packages are absent on a fresh machine and may be old on another.
if ! install_packages >"$log" 2>&1; then
	if ! { as_root apt-get update && install_packages; } >"$log" 2>&1; then
		cat "$log" >&2
		give_up "apt-get could not install them."
	fi
fi
if [ -d /run/systemd/system ]; then
	for package in "${packages[@]}"; do
		case $package in
		nginx | redis-server | prometheus) as_root systemctl disable --quiet "$package" 2>/dev/null || true ;;
		esac
	done
fi
