#include "textflag.h"

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// SQDMULH is sqdmulh vd.8h, vn.8h, vm.8h: the upper half of twice the product.
#define SQDMULH(m, n, d) WORD $(0x4e60b400 | (m)<<16 | (n)<<5 | (d))

// SSRA1 is ssra vd.8h, vn.8h, #1: half of a word is added.
#define SSRA1(n, d) WORD $(0x4f1f1400 | (n)<<5 | (d))

// SSHR3 is sshr vd.8h, vn.8h, #3.
#define SSHR3(n, d) WORD $(0x4f1d0400 | (n)<<5 | (d))

// MOVE is mov vd.16b, vn.16b. ADD8 and SUB8 are add and sub vd.8h, vn.8h, vm.8h.
#define MOVE(n, d) WORD $(0x4ea01c00 | (n)<<16 | (n)<<5 | (d))
#define ADD8(m, n, d) WORD $(0x4e608400 | (m)<<16 | (n)<<5 | (d))
#define SUB8(m, n, d) WORD $(0x6e608400 | (m)<<16 | (n)<<5 | (d))

// COSINE and SINE multiply by the factors of vp8_idct.go: V30 is that of the cosine, and
// V31 half of that of the sine.
#define COSINE(n, d) \
	SQDMULH(30, n, 16) \
	MOVE(n, d)         \
	SSRA1(16, d)

#define SINE(n, d) SQDMULH(31, n, d)

// FOURS transforms the words of the registers s, t, u and v in their places.
#define FOURS(s, t, u, v) \
	ADD8(u, s, 17)     \
	SUB8(u, s, 18)     \
	SINE(t, 19)        \
	COSINE(v, 20)      \
	COSINE(t, 21)      \
	SINE(v, 22)        \
	SUB8(20, 19, 19)   \
	ADD8(22, 21, 21)   \
	ADD8(21, 17, s)    \
	ADD8(19, 18, t)    \
	SUB8(19, 18, u)    \
	SUB8(21, 17, v)

// TURN makes rows of the columns of both blocks in V0 to V3.
#define TURN \
	VTRN1 V1.H8, V0.H8, V4.H8 \
	VTRN2 V1.H8, V0.H8, V5.H8 \
	VTRN1 V3.H8, V2.H8, V6.H8 \
	VTRN2 V3.H8, V2.H8, V7.H8 \
	VTRN1 V6.S4, V4.S4, V0.S4 \
	VTRN1 V7.S4, V5.S4, V1.S4 \
	VTRN2 V6.S4, V4.S4, V2.S4 \
	VTRN2 V7.S4, V5.S4, V3.S4

// func inverseStripVector(c *[64]int16)
TEXT ·inverseStripVector(SB), NOSPLIT, $0-8
	MOVD c+0(FP), R0
	MOVD $20091, R1
	VDUP R1, V30.H8
	MOVD $17734, R1
	VDUP R1, V31.H8
	MOVD $4, R1
	VDUP R1, V29.H8
	MOVD $2, R5

blocks:
	ADD  $32, R0, R2
	ADD  $64, R0, R3
	ADD  $96, R0, R4
	VLD1 (R0), [V0.H8]
	VLD1 (R2), [V1.H8]
	VLD1 (R3), [V2.H8]
	VLD1 (R4), [V3.H8]
	FOURS(0, 1, 2, 3)
	TURN
	ADD8(29, 0, 0)
	FOURS(0, 1, 2, 3)
	SSHR3(0, 0)
	SSHR3(1, 1)
	SSHR3(2, 2)
	SSHR3(3, 3)
	TURN
	VST1 [V0.H8], (R0)
	VST1 [V1.H8], (R2)
	VST1 [V2.H8], (R3)
	VST1 [V3.H8], (R4)
	ADD  $16, R0
	SUBS $1, R5
	BNE  blocks
	RET
