#include "textflag.h"

// The factors of vp8_idct.go, of which that of the sine is 1<<16 too small in sixteen
// bits.
DATA cosine<>+0(SB)/4, $0x4e7b4e7b
GLOBL cosine<>(SB), RODATA|NOPTR, $4
DATA sine<>+0(SB)/4, $0x8a8c8a8c
GLOBL sine<>(SB), RODATA|NOPTR, $4
DATA four<>+0(SB)/4, $0x00040004
GLOBL four<>(SB), RODATA|NOPTR, $4

// TIMES multiplies by a factor that is 1<<16 larger than the one in f.
#define TIMES(f, from, to) \
	VPMULHW f, from, to \
	VPADDW  from, to, to

// FOURS transforms s, t, u and v in their places.
#define FOURS(s, t, u, v) \
	VPADDW u, s, Y8      \
	VPSUBW u, s, Y9      \
	TIMES(Y15, t, Y10)   \
	TIMES(Y14, v, Y11)   \
	TIMES(Y14, t, Y12)   \
	TIMES(Y15, v, Y13)   \
	VPSUBW Y11, Y10, Y10 \
	VPADDW Y13, Y12, Y12 \
	VPADDW Y12, Y8, s    \
	VPADDW Y10, Y9, t    \
	VPSUBW Y10, Y9, u    \
	VPSUBW Y12, Y8, v

// TURN makes rows of the columns of each block: of r0 to r3 in t0 to t3.
#define TURN(r0, r1, r2, r3, t0, t1, t2, t3) \
	VPUNPCKLWD  r1, r0, t0  \
	VPUNPCKHWD  r1, r0, t1  \
	VPUNPCKLWD  r3, r2, t2  \
	VPUNPCKHWD  r3, r2, t3  \
	VPUNPCKLDQ  t2, t0, r0  \
	VPUNPCKHDQ  t2, t0, r1  \
	VPUNPCKLDQ  t3, t1, r2  \
	VPUNPCKHDQ  t3, t1, r3  \
	VPUNPCKLQDQ r2, r0, t0  \
	VPUNPCKHQDQ r2, r0, t1  \
	VPUNPCKLQDQ r3, r1, t2  \
	VPUNPCKHQDQ r3, r1, t3

// func inverseStripVector(c *[64]int16)
TEXT ·inverseStripVector(SB), NOSPLIT, $0-8
	MOVQ         c+0(FP), DI
	VPBROADCASTD cosine<>(SB), Y14
	VPBROADCASTD sine<>(SB), Y15
	VMOVDQU      (DI), Y0
	VMOVDQU      32(DI), Y1
	VMOVDQU      64(DI), Y2
	VMOVDQU      96(DI), Y3

	FOURS(Y0, Y1, Y2, Y3)
	TURN(Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7)
	VPBROADCASTD four<>(SB), Y0
	VPADDW       Y0, Y4, Y4
	FOURS(Y4, Y5, Y6, Y7)
	VPSRAW       $3, Y4, Y4
	VPSRAW       $3, Y5, Y5
	VPSRAW       $3, Y6, Y6
	VPSRAW       $3, Y7, Y7
	TURN(Y4, Y5, Y6, Y7, Y0, Y1, Y2, Y3)

	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	VMOVDQU Y2, 64(DI)
	VMOVDQU Y3, 96(DI)
	VZEROUPPER
	RET
