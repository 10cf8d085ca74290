#include "textflag.h"

// Differences are words. Before its last step of six a transform of 8x8 has at most 32 times
// 255. Of that step only the larger of the two it would sum and subtract is taken, as
// |a+b| + |a-b| is twice that.

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// Bytes: usubl vd.8h, vn.8b, vm.8b; uabd; umull vd.8h, vn.8b, vm.8b, of a vector with itself.
#define USUBL(m, n, d) WORD $(0x2e202000 | (m)<<16 | (n)<<5 | (d))
#define UABD(m, n, d) WORD $(0x6e207400 | (m)<<16 | (n)<<5 | (d))
#define SQUARE(n, d) WORD $(0x2e20c000 | (n)<<16 | (n)<<5 | (d))
#define SQUARE2(n, d) WORD $(0x6e20c000 | (n)<<16 | (n)<<5 | (d))

// Words: abs, smax, and uadalp vd.4s, vn.8h: sums of neighbours that are added.
#define ABS(n, d) WORD $(0x4e60b800 | (n)<<5 | (d))
#define SMAX(m, n, d) WORD $(0x4e606400 | (m)<<16 | (n)<<5 | (d))
#define UADALP(n, d) WORD $(0x6e606800 | (n)<<5 | (d))

// SUMS leaves the sum of a and b in s and the difference in b.
#define SUMS(a, b, s) \
	VADD b, a, s \
	VSUB b, a, b

// ROW leaves the difference of a row of eight, the next ones at R0 and R2.
#define ROW(b, d) \
	VLD1 (R0), [b]      \
	VLD1 (R2), [V8.B8]  \
	ADD  R1, R0         \
	ADD  R3, R2         \
	USUBL(8, d, d)

// QUADS is a step between words 0 to 3 and 4 to 7 of a, and of b.
#define QUADS(ad, ah, bd, bh) \
	VZIP1 bd, ad, V9.D2  \
	VZIP2 bd, ad, bd     \
	VADD  bh, V9.H8, ah  \
	VSUB  bh, V9.H8, bh

// PAIRS is one between words 0 and 1 and 2 and 3 of all fours.
#define PAIRS(as, ah, bs, bh) \
	VUZP1 bs, as, V9.S4  \
	VUZP2 bs, as, bs     \
	VADD  bh, V9.H8, ah  \
	VSUB  bh, V9.H8, bh

// LARGEST leaves in a the larger of the absolute values of neighbours in a, and in b.
#define LARGEST(a, ah, b, bh) \
	ABS(a, a)             \
	ABS(b, b)             \
	VUZP1 bh, ah, V9.H8   \
	VUZP2 bh, ah, V10.H8  \
	SMAX(10, 9, a)

// func hadamard8Vector(source []uint8, stride int, predicted []uint8, of, n int) int32
TEXT ·hadamard8Vector(SB), NOSPLIT, $0-76
	MOVD source_base+0(FP), R4
	MOVD stride+24(FP), R1
	MOVD predicted_base+32(FP), R5
	MOVD of+56(FP), R3
	MOVD n+64(FP), R6
	MOVD ZR, R7
	MOVD R6, R8                    // rows to go

rows:
	MOVD R6, R9 // columns to go
	MOVD R4, R10
	MOVD R5, R11

columns:
	MOVD R10, R0
	MOVD R11, R2
	ROW(V0.B8, 0)
	ROW(V1.B8, 1)
	ROW(V2.B8, 2)
	ROW(V3.B8, 3)
	ROW(V4.B8, 4)
	ROW(V5.B8, 5)
	ROW(V6.B8, 6)
	ROW(V7.B8, 7)
	SUMS(V0.H8, V4.H8, V8.H8)
	SUMS(V1.H8, V5.H8, V0.H8)
	SUMS(V2.H8, V6.H8, V1.H8)
	SUMS(V3.H8, V7.H8, V2.H8)
	SUMS(V8.H8, V1.H8, V3.H8)
	SUMS(V0.H8, V2.H8, V8.H8)
	SUMS(V4.H8, V6.H8, V0.H8)
	SUMS(V5.H8, V7.H8, V4.H8)
	SUMS(V3.H8, V8.H8, V5.H8)
	SUMS(V1.H8, V2.H8, V3.H8)
	SUMS(V0.H8, V4.H8, V1.H8)
	SUMS(V6.H8, V7.H8, V0.H8)
	QUADS(V5.D2, V5.H8, V8.D2, V8.H8)
	QUADS(V3.D2, V3.H8, V2.D2, V2.H8)
	QUADS(V1.D2, V1.H8, V4.D2, V4.H8)
	QUADS(V0.D2, V0.H8, V7.D2, V7.H8)
	PAIRS(V5.S4, V5.H8, V8.S4, V8.H8)
	PAIRS(V3.S4, V3.H8, V2.S4, V2.H8)
	PAIRS(V1.S4, V1.H8, V4.S4, V4.H8)
	PAIRS(V0.S4, V0.H8, V7.S4, V7.H8)
	LARGEST(5, V5.H8, 8, V8.H8)
	LARGEST(3, V3.H8, 2, V2.H8)
	LARGEST(1, V1.H8, 4, V4.H8)
	LARGEST(0, V0.H8, 7, V7.H8)
	VADD V5.H8, V3.H8, V5.H8
	VADD V1.H8, V0.H8, V1.H8
	VADD V5.H8, V1.H8, V5.H8
	VUADDLV V5.H8, V5
	VMOV V5.S[0], R12
	ADD  R12>>2, R7
	ADD  $8, R10
	ADD  $8, R11
	SUBS $8, R9
	BNE  columns
	ADD  R1<<3, R4
	ADD  R3<<3, R5
	SUBS $8, R8
	BNE  rows
	MOVW R7, ret+72(FP)
	RET

// func hadamard4Vector(source []uint8, stride int, predicted []uint8, of int) int32
TEXT ·hadamard4Vector(SB), NOSPLIT, $0-68
	MOVD source_base+0(FP), R0
	MOVD stride+24(FP), R1
	MOVD predicted_base+32(FP), R2
	MOVD of+56(FP), R3
	VLD1 (R0), V0.S[0]
	ADD  R1, R0
	VLD1 (R0), V0.S[1]
	ADD  R1, R0
	VLD1 (R0), V1.S[0]
	ADD  R1, R0
	VLD1 (R0), V1.S[1]
	VLD1 (R2), V2.S[0]
	ADD  R3, R2
	VLD1 (R2), V2.S[1]
	ADD  R3, R2
	VLD1 (R2), V3.S[0]
	ADD  R3, R2
	VLD1 (R2), V3.S[1]
	USUBL(2, 0, 0)
	USUBL(3, 1, 1)
	SUMS(V0.H8, V1.H8, V2.H8)
	QUADS(V2.D2, V2.H8, V1.D2, V1.H8)
	PAIRS(V2.S4, V2.H8, V1.S4, V1.H8)
	LARGEST(2, V2.H8, 1, V1.H8)
	VUADDLV V2.H8, V2
	VMOV V2.S[0], R0
	LSR  $1, R0
	MOVW R0, ret+64(FP)
	RET

// func squaresVector(a, b []uint8, stride, w, h int) int32
TEXT ·squaresVector(SB), NOSPLIT, $0-76
	MOVD a_base+0(FP), R0
	MOVD b_base+24(FP), R1
	MOVD stride+48(FP), R2
	MOVD w+56(FP), R3
	MOVD h+64(FP), R4
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16

row:
	MOVD R0, R5
	MOVD R1, R6
	SUBS $16, R3, R7
	BLT  eight

sixteen:
	VLD1.P 16(R5), [V0.B16]
	VLD1.P 16(R6), [V1.B16]
	UABD(1, 0, 0)
	SQUARE(0, 1)
	SQUARE2(0, 2)
	UADALP(1, 4)
	UADALP(2, 5)
	SUBS $16, R7
	BGE  sixteen

eight:
	TBZ  $3, R3, four
	VLD1.P 8(R5), [V0.B8]
	VLD1.P 8(R6), [V1.B8]
	UABD(1, 0, 0)
	SQUARE(0, 1)
	UADALP(1, 4)

four:
	TBZ  $2, R3, next
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VLD1 (R5), V0.S[0]
	VLD1 (R6), V1.S[0]
	UABD(1, 0, 0)
	SQUARE(0, 1)
	UADALP(1, 4)

next:
	ADD  R2, R0
	ADD  R2, R1
	SUBS $1, R4
	BNE  row
	VADD V5.S4, V4.S4, V4.S4
	VADDV V4.S4, V4
	VMOV V4.S[0], R0
	MOVW R0, ret+72(FP)
	RET
