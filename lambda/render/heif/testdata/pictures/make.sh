#!/usr/bin/env bash
# Makes the pictures of avif/ and heic/ anew, and into expected/ what the reference
# decoders make of them, as PNGs of eight bits. It needs avifenc and avifdec (Debian's
# libavif-bin), heif-enc and heif-convert (libheif-examples) and Go. The same versions
# make the same bytes. Look at expected/ before committing what has changed.
set -euo pipefail
cd "$(dirname "$0")"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go build -o "$scratch/tool" ./tool
tool() { "$scratch/tool" "$@"; }

rm -rf avif heic expected
mkdir -p avif heic expected

# drawn prints the name of a picture that is drawn as told: jpg, or options of tool draw.
drawn() {
	local kind=png
	if [ "${1-}" = jpg ]; then
		kind=jpg
		shift
	fi
	local options="$*"
	local to=$scratch/source${options// /}.$kind
	[ -e "$to" ] || tool draw "$@" "$to"
	echo "$to"
}

# keep keeps what a decoder made of a picture: <name> <decoded PNG> [options of tool keep].
keep() {
	local name=$1 decoded=$2
	shift 2
	tool keep "$@" "$decoded" "expected/$name.png"
}

# avif makes a picture by avifenc: <name> <source> [options]. Its code points are kept
# where they are not those of sRGB. avifdec leaves turns, mirrors and crops to others.
avif() {
	local name=$1 from=$2 kept=()
	shift 2
	avifenc -j 1 -s 6 --min 16 --max 16 --minalpha 8 --maxalpha 8 "$@" "$from" "avif/$name.avif" >"$scratch/log" || { cat "$scratch/log"; return 1; }
	avifdec -j 1 -d 8 "avif/$name.avif" "$scratch/decoded.png" >"$scratch/log" || { cat "$scratch/log"; return 1; }
	if [ "$name" = 400-limited ]; then kept+=(-limited); fi # avifdec, and heif-convert, write grey as it is
	while [ $# -gt 0 ]; do
		case $1,${2-} in
		--cicp,12/13/* | --cicp,9/*) kept+=(-cicp "${2%/*}") ;;
		--irot,* | --imir,* | --crop,*) kept+=("${1#-}" "$2") ;;
		esac
		shift
	done
	keep "avif-$name" "$scratch/decoded.png" "${kept[@]}"
}

convert_by_libheif() {
	rm -f "$scratch"/decoded*.png
	heif-convert "$1" "$scratch/decoded.png" >"$scratch/log" 2>&1 || { cat "$scratch/log"; return 1; }
	# Of several pictures each has a number.
	[ -e "$scratch/decoded.png" ] || mv "$scratch/decoded-1.png" "$scratch/decoded.png"
}

# encode runs heif-enc: <to> <source> [options].
encode() {
	local to=$1 from=$2
	shift 2
	heif-enc -o "$to" "$@" "$from" >"$scratch/log" 2>&1 || { cat "$scratch/log"; return 1; }
}

# heic makes a picture by heif-enc: <name> <source> [options].
heic() {
	local name=$1
	encode "heic/$name.heic" "${@:2}"
	convert_by_libheif "heic/$name.heic"
	keep "heic-$name" "$scratch/decoded.png"
}

# by_tool puts a HEIC together of others: <name> <options of tool heic> -- <tiles>.
by_tool() {
	local name=$1 options=() kept=()
	shift
	while [ "$1" != -- ]; do
		case $1,$2 in
		-nclx,12/13/* | -nclx,9/*) kept=(-cicp "$(cut -d / -f 1-2 <<<"$2")") ;;
		esac
		options+=("$1")
		shift
	done
	tool heic "${options[@]}" "heic/$name.heic" "${@:2}"
	convert_by_libheif "heic/$name.heic"
	keep "heic-$name" "$scratch/decoded.png" "${kept[@]}"
}

sizes="1x1 2x3 5x5 16x16 33x17 64x64 67x67"
plain=$(drawn)
deep=$(drawn -deep)
alpha=$(drawn -alpha)
square=$(drawn -size 64x64)
deep_alpha=$(drawn -alpha -deep)

for size in $sizes; do
	for chroma in 400 420 422 444; do
		grey=()
		if [ "$chroma" = 400 ]; then grey=(-grey); fi
		avif "$chroma-8bit-$size" "$(drawn -size "$size" "${grey[@]}")" -y "$chroma"
		if [ "$chroma" = 400 ]; then
			heic "$chroma-8bit-$size" "$(drawn -size "$size" -grey)" -q 70
		else
			heic "$chroma-8bit-$size" "$(drawn -size "$size")" -q 70 -p "chroma=$chroma"
		fi
	done
done
for chroma in 400 420 422 444; do
	grey=()
	if [ "$chroma" = 400 ]; then grey=(-grey); fi
	for depth in 10 12; do
		for size in 5x5 33x17; do
			from=$(drawn -deep -size "$size" "${grey[@]}")
			avif "$chroma-${depth}bit-$size" "$from" -y "$chroma" -d "$depth"
			if [ "$chroma" = 400 ]; then
				heic "$chroma-${depth}bit-$size" "$from" -q 70 -b "$depth"
			else
				heic "$chroma-${depth}bit-$size" "$from" -q 70 -b "$depth" -p "chroma=$chroma"
			fi
		done
	done
done

# Qualities, and without loss.
for quality in 4 32 63; do avif "quantizer-$quality" "$square" -y 420 --min "$quality" --max "$quality"; done
for quality in 10 50 95; do heic "quality-$quality" "$square" -q "$quality"; done
avif lossless "$plain" --lossless
avif lossless-alpha "$alpha" --lossless
avif lossless-10bit "$deep" --lossless -d 10
avif film-grain "$square" -y 420 -a film-grain-test=1
heic lossless "$plain" -L -p chroma=444 --matrix_coefficients=0
heic lossless-420 "$plain" -L -p chroma=420

# Alpha.
avif alpha-420 "$alpha" -y 420
avif alpha-444 "$alpha" -y 444
avif alpha-400 "$(drawn -grey -alpha)" -y 400
avif alpha-10bit "$deep_alpha" -y 444 -d 10
avif alpha-67x67 "$(drawn -alpha -size 67x67)" -y 420
avif alpha-premultiplied "$alpha" -y 444 --premultiply
avif alpha-premultiplied-420-10bit "$deep_alpha" -y 420 -d 10 --premultiply
heic alpha-420 "$alpha" -q 70
heic alpha-444 "$alpha" -q 70 -p chroma=444
heic alpha-400 "$(drawn -grey -alpha)" -q 70
heic alpha-10bit "$deep_alpha" -q 70 -b 10
heic alpha-67x67 "$(drawn -alpha -size 67x67)" -q 70

# Turns, mirrors and crops. heif-enc has none of them.
encode "$scratch/straight.heic" "$(drawn -size 96x64)" -q 70
for turn in 0 1 2 3; do
	for mirror in none 0 1; do
		options=()
		if [ "$turn" != 0 ]; then options+=(--irot "$turn"); fi
		if [ "$mirror" != none ]; then options+=(--imir "$mirror"); fi
		if [ ${#options[@]} -eq 0 ]; then continue; fi
		avif "irot-$turn-imir-$mirror" "$plain" -y 444 "${options[@]}"
		by_tool "irot-$turn-imir-$mirror" "${options[@]}" -- "$scratch/straight.heic"
	done
done
avif irot-1-alpha "$alpha" -y 444 --irot 1
avif crop-444 "$plain" -y 444 --crop 5,3,20,11
avif crop-420 "$plain" -y 420 --crop 4,2,20,12
avif crop-irot-1-imir-0 "$plain" -y 444 --crop 5,3,20,11 --irot 1 --imir 0
avif crop-alpha "$alpha" -y 444 --crop 5,3,20,11

# EXIF says how the picture was turned, and is not to be applied again or alone.
tool exif 6 "$scratch/exif6"
tool exif 1 "$scratch/exif1"
avif exif-6-irot-3 "$plain" -y 444 --exif "$scratch/exif6" --irot 3
avif exif-1-irot-3 "$plain" -y 444 --exif "$scratch/exif1" --irot 3
heic exif-6 "$(drawn jpg -exif 6)" -q 70
by_tool exif-6-irot-3 -exif 6 -irot 3 -- "$scratch/straight.heic"

# Colours: profiles, and code points.
avif profile-p3 "$(drawn -p3)" -y 444
avif profile-p3-alpha "$(drawn -p3 -alpha)" -y 420
heic profile-p3 "$(drawn -p3)" -q 70
heic profile-p3-444-alpha "$(drawn -p3 -alpha)" -q 70 -p chroma=444
heic profile-p3-and-nclx "$(drawn -p3 -size 64x64)" -q 70 --enable-two-colr-boxes
encode "$scratch/even.heic" "$square" -q 70 -p chroma=444
encode "$scratch/deep.heic" "$(drawn -deep -size 64x64)" -q 70 -b 10 -p chroma=444
for range in full limited; do
	avif "cicp-1-13-6-$range" "$plain" -y 444 --cicp 1/13/6 -r "$range"
	avif "cicp-1-13-1-$range" "$plain" -y 420 --cicp 1/13/1 -r "$range"
	avif "cicp-12-13-6-$range" "$plain" -y 444 --cicp 12/13/6 -r "$range"
	avif "cicp-9-16-9-$range-10bit" "$deep" -y 444 -d 10 --cicp 9/16/9 -r "$range"
	full=1
	if [ "$range" = limited ]; then full=0; fi
	for points in 1/13/6 1/13/1 12/13/6; do by_tool "nclx-${points//\//-}-$range" -nclx "$points/$full" -- "$scratch/even.heic"; done
	by_tool "nclx-9-16-9-$range-10bit" -nclx "9/16/9/$full" -- "$scratch/deep.heic"
done
avif 400-limited "$(drawn -grey)" -y 400 -r limited
avif 420-limited-10bit "$deep" -y 420 -d 10 -r limited

# Grids, thumbnails, and a file of two pictures, of which the first is the primary one.
avif grid-3x1-444 "$(drawn -size 192x66)" -y 444 --grid 3x1
avif grid-2x2-420 "$(drawn -size 128x128)" -y 420 --grid 2x2
avif grid-1x2-alpha "$(drawn -size 64x128 -alpha)" -y 420 --grid 1x2
avif grid-2x1-irot-1 "$(drawn -size 128x64)" -y 420 --grid 2x1 --irot 1
heic thumbnail "$(drawn -size 67x67)" -q 70 -t 32
heic thumbnail-alpha "$(drawn -size 64x64 -alpha)" -q 70 -t 32
encode heic/two-pictures.heic "$plain" -q 70 "$(drawn -size 16x16)"
convert_by_libheif heic/two-pictures.heic
keep heic-two-pictures "$scratch/decoded.png"

# A grid of 3x2 tiles that is cut to 150x100, and one as phones have it.
tiles=()
for y in 0 1; do
	for x in 0 1 2; do
		tool draw -size 192x128 -part "64x64+$((64 * x))+$((64 * y))" "$scratch/tile.png"
		encode "$scratch/tile-$y$x.heic" "$scratch/tile.png" -q 50
		tiles+=("$scratch/tile-$y$x.heic")
	done
done
encode "$scratch/small.heic" "$(drawn -size 96x64)" -q 50
by_tool grid -- "${tiles[@]}"
by_tool phone -irot 3 -exif 6 -thumbnail "$scratch/small.heic" -- "${tiles[@]}"

# AVIFs by heif-enc, which lays files out in another way.
by_heif_enc() {
	local name=$1
	encode "avif/$name.avif" "${@:2}" -A
	convert_by_libheif "avif/$name.avif"
	keep "avif-$name" "$scratch/decoded.png"
}
by_heif_enc heif-enc "$plain" -q 70
by_heif_enc heif-enc-alpha "$alpha" -q 70
by_heif_enc heif-enc-orientation-6 "$(drawn jpg -exif 6)" -q 70
