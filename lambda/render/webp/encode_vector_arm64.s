#include "textflag.h"

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// Bytes to words: uaddl and usubl vd.8h, vn.8b, vm.8b, and of the upper halves.
#define UADDL(m, n, d) WORD $(0x2e200000 | (m)<<16 | (n)<<5 | (d))
#define UADDL2(m, n, d) WORD $(0x6e200000 | (m)<<16 | (n)<<5 | (d))
#define USUBL(m, n, d) WORD $(0x2e202000 | (m)<<16 | (n)<<5 | (d))
#define USUBL2(m, n, d) WORD $(0x6e202000 | (m)<<16 | (n)<<5 | (d))

// Means of bytes: urhadd and uhadd vd.16b, vn.16b, vm.16b, rounded up and down.
#define URHADD(m, n, d) WORD $(0x6e201400 | (m)<<16 | (n)<<5 | (d))
#define UHADD(m, n, d) WORD $(0x6e200400 | (m)<<16 | (n)<<5 | (d))

// Words to bytes, limited to 0 to 255: sqxtun vd.8b, vn.8h, and to the upper half.
#define SQXTUN(n, d) WORD $(0x2e212800 | (n)<<5 | (d))
#define SQXTUN2(n, d) WORD $(0x6e212800 | (n)<<5 | (d))

// Words: abs, smax, sqdmulh (upper halves of doubled products), sqrdmulh (the same,
// rounded), mul, cmlt and cmeq with zero.
#define ABS(n, d) WORD $(0x4e60b800 | (n)<<5 | (d))
#define SMAX(m, n, d) WORD $(0x4e606400 | (m)<<16 | (n)<<5 | (d))
#define SQDMULH(m, n, d) WORD $(0x4e60b400 | (m)<<16 | (n)<<5 | (d))
#define SQRDMULH(m, n, d) WORD $(0x6e60b400 | (m)<<16 | (n)<<5 | (d))
#define MUL(m, n, d) WORD $(0x4e609c00 | (m)<<16 | (n)<<5 | (d))
#define CMLT0(n, d) WORD $(0x4e60a800 | (n)<<5 | (d))
#define CMEQ0(n, d) WORD $(0x4e609800 | (n)<<5 | (d))

// Shifts of words to the right: sshr, srshr (rounded), ssra (added to d); srshr of
// doublewords.
#define SSHR(places, n, d) WORD $(0x4f000400 | (32-(places))<<16 | (n)<<5 | (d))
#define SRSHR(places, n, d) WORD $(0x4f002400 | (32-(places))<<16 | (n)<<5 | (d))
#define SSRA(places, n, d) WORD $(0x4f001400 | (32-(places))<<16 | (n)<<5 | (d))
#define SRSHRS(places, n, d) WORD $(0x4f002400 | (64-(places))<<16 | (n)<<5 | (d))

// Products of words as doublewords: umull, smull and smlal vd.4s, vn.4h, vm.4h, and of
// the upper halves.
#define UMULL(m, n, d) WORD $(0x2e60c000 | (m)<<16 | (n)<<5 | (d))
#define UMULL2(m, n, d) WORD $(0x6e60c000 | (m)<<16 | (n)<<5 | (d))
#define SMULL(m, n, d) WORD $(0x0e60c000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL(m, n, d) WORD $(0x0e608000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL2(m, n, d) WORD $(0x4e608000 | (m)<<16 | (n)<<5 | (d))

// The same by a factor, which is the word f of V15.
#define LANE(f) (15<<16 | (((f)>>2)&1)<<11 | (((f)>>1)&1)<<21 | ((f)&1)<<20)
#define SMULLBY(f, n, d) WORD $(0x0f40a000 | LANE(f) | (n)<<5 | (d))
#define SMULL2BY(f, n, d) WORD $(0x4f40a000 | LANE(f) | (n)<<5 | (d))
#define SMLALBY(f, n, d) WORD $(0x0f402000 | LANE(f) | (n)<<5 | (d))
#define SMLAL2BY(f, n, d) WORD $(0x4f402000 | LANE(f) | (n)<<5 | (d))

// Narrowing: rshrn vd.4h, vn.4s, rounded; xtn vd.4h, vn.4s; xtn vd.8b, vn.8h; shrn
// vd.8b, vn.8h, #4; and to the upper half.
#define RSHRN(places, n, d) WORD $(0x0f008c00 | (32-(places))<<16 | (n)<<5 | (d))
#define RSHRN2(places, n, d) WORD $(0x4f008c00 | (32-(places))<<16 | (n)<<5 | (d))
#define XTN(n, d) WORD $(0x0e612800 | (n)<<5 | (d))
#define XTN2(n, d) WORD $(0x4e612800 | (n)<<5 | (d))
#define XTNB(n, d) WORD $(0x0e212800 | (n)<<5 | (d))
#define XTNB2(n, d) WORD $(0x4e212800 | (n)<<5 | (d))
#define SHRN4(n, d) WORD $(0x0f0c8400 | (n)<<5 | (d))

// Squares of bytes as words, umull vd.8h, vn.8b, vn.8b; sums of pairs that are added:
// uadalp vd.4h, vn.8b and vd.4s, vn.8h.
#define SQUARE(n, d) WORD $(0x2e20c000 | (n)<<16 | (n)<<5 | (d))
#define UADALPB(n, d) WORD $(0x2e206800 | (n)<<5 | (d))
#define UADALPH(n, d) WORD $(0x6e606800 | (n)<<5 | (d))

// HADAMARD transforms a square's words, in V0 and V1, and leaves half of the sum of the
// absolute values in R6: of the last of four steps only the larger of two counts.
#define HADAMARD \
	VADD    V1.H8, V0.H8, V2.H8 \
	VSUB    V1.H8, V0.H8, V3.H8 \
	VZIP1   V3.D2, V2.D2, V4.D2 \
	VZIP2   V3.D2, V2.D2, V5.D2 \
	VADD    V5.H8, V4.H8, V2.H8 \
	VSUB    V5.H8, V4.H8, V3.H8 \
	VUZP1   V3.S4, V2.S4, V4.S4 \
	VUZP2   V3.S4, V2.S4, V5.S4 \
	VADD    V5.H8, V4.H8, V2.H8 \
	VSUB    V5.H8, V4.H8, V3.H8 \
	ABS(2, 2)                   \
	ABS(3, 3)                   \
	VTRN1   V3.H8, V2.H8, V4.H8 \
	VTRN2   V3.H8, V2.H8, V5.H8 \
	SMAX(5, 4, 4)               \
	VUADDLV V4.H8, V4           \
	VMOV    V4.S[0], R6

// SATD is that of the prediction n of the source in V28.
#define SATD(n) \
	USUBL(n, 28, 0)    \
	USUBL2(n, 28, 1)   \
	HADAMARD           \
	LSL    $1, R6      \
	MOVW.P R6, 4(R1)

// func predictSquares(to *fourByFour, satds *int32, b *border, source *fourByFour, t *vectorTables)
TEXT ·predictSquares(SB), NOSPLIT, $0-40
	MOVD to+0(FP), R0
	MOVD satds+8(FP), R1
	MOVD b+16(FP), R2
	MOVD source+24(FP), R3
	MOVD t+32(FP), R4

	VLD1   (R2), [V0.B16]
	VLD1.P 64(R4), [V1.B16, V2.B16, V3.B16, V4.B16]
	VLD1.P 48(R4), [V5.B16, V6.B16, V7.B16]
	VTBL   V1.B16, [V0.B16], V8.B16
	VTBL   V2.B16, [V0.B16], V9.B16
	VTBL   V3.B16, [V0.B16], V10.B16
	UHADD(10, 9, 11)
	URHADD(11, 8, 16)
	URHADD(10, 8, 17)

	// The mean and TrueMotion.
	VTBL    V4.B16, [V0.B16], V11.B16
	VUADDLV V11.B16, V12
	VMOV    V12.H[0], R5
	ADD     $4, R5
	LSR     $3, R5
	VDUP    R5, V18.B16
	VTBL    V5.B16, [V0.B16], V12.B16
	VTBL    V6.B16, [V0.B16], V13.B16
	VTBL    V7.B16, [V0.B16], V14.B16
	UADDL(13, 12, 19)
	UADDL2(13, 12, 20)
	VUXTL   V14.B8, V15.H8
	VSUB    V15.H8, V19.H8, V19.H8
	VSUB    V15.H8, V20.H8, V20.H8
	SQXTUN(19, 19)
	SQXTUN2(20, 19)

	VLD1.P 64(R4), [V0.B16, V1.B16, V2.B16, V3.B16]
	VTBL   V0.B16, [V16.B16, V17.B16], V20.B16
	VTBL   V1.B16, [V16.B16, V17.B16], V21.B16
	VTBL   V2.B16, [V16.B16, V17.B16], V22.B16
	VTBL   V3.B16, [V16.B16, V17.B16], V23.B16
	VLD1.P 64(R4), [V0.B16, V1.B16, V2.B16, V3.B16]
	VTBL   V0.B16, [V16.B16, V17.B16], V24.B16
	VTBL   V1.B16, [V16.B16, V17.B16], V25.B16
	VTBL   V2.B16, [V16.B16, V17.B16], V26.B16
	VTBL   V3.B16, [V16.B16, V17.B16], V27.B16
	VST1.P [V18.B16, V19.B16, V20.B16, V21.B16], 64(R0)
	VST1.P [V22.B16, V23.B16, V24.B16, V25.B16], 64(R0)
	VST1   [V26.B16, V27.B16], (R0)

	VLD1 (R3), [V28.B16]
	SATD(18)
	SATD(19)
	SATD(20)
	SATD(21)
	SATD(22)
	SATD(23)
	SATD(24)
	SATD(25)
	SATD(26)
	SATD(27)
	RET

// func predictWholes(to *fourByFour, above, left *[16]uint8, across, corner, mean int, t *vectorTables)
TEXT ·predictWholes(SB), NOSPLIT, $0-56
	MOVD to+0(FP), R0
	MOVD above+8(FP), R1
	MOVD left+16(FP), R2
	MOVD across+24(FP), R3
	MOVD corner+32(FP), R4
	VDUP R4, V5.H8
	MOVD mean+40(FP), R4
	VDUP R4, V6.B16
	MOVD t+48(FP), R4
	ADD  $288, R4
	VLD1 (R4), [V7.B16]
	MOVD R3, R5

row:
	MOVWU.P 4(R2), R6
	VMOV    R6, V0.S[0]
	VTBL    V7.B16, [V0.B16], V1.B16
	VUXTL   V1.B8, V2.H8
	VUXTL2  V1.B16, V3.H8
	VSUB    V5.H8, V2.H8, V2.H8
	VSUB    V5.H8, V3.H8, V3.H8
	MOVD    R1, R7
	MOVD    R3, R8

square:
	MOVWU.P 4(R7), R6
	VDUP    R6, V4.S4
	VUXTL   V4.B8, V16.H8
	VADD    V16.H8, V2.H8, V17.H8
	VADD    V16.H8, V3.H8, V18.H8
	SQXTUN(17, 19)
	SQXTUN2(18, 19)
	VST1    [V6.B16], (R0)
	ADD     $256, R0, R9
	VST1    [V19.B16], (R9)
	ADD     $512, R0, R9
	VST1    [V4.B16], (R9)
	ADD     $768, R0, R9
	VST1    [V1.B16], (R9)
	ADD     $16, R0
	SUBS    $1, R8
	BNE     square
	SUBS    $1, R5
	BNE     row
	RET

// func satdPairs(source, prediction *fourByFour, pairs int) int32
TEXT ·satdPairs(SB), NOSPLIT, $0-28
	MOVD source+0(FP), R0
	MOVD prediction+8(FP), R1
	MOVD pairs+16(FP), R2
	LSL  $1, R2
	MOVD ZR, R3

each:
	VLD1.P 16(R0), [V16.B16]
	VLD1.P 16(R1), [V17.B16]
	USUBL(17, 16, 0)
	USUBL2(17, 16, 1)
	HADAMARD
	ADD    R6, R3
	SUBS   $1, R2
	BNE    each

	LSL  $1, R3
	MOVW R3, ret+24(FP)
	RET

// The factors among the words of V15.
#define COS 0
#define SIN 1
#define MINUSCOS 2

// func fdctPairs(to *[16]int16, source *fourByFour, step int, prediction *fourByFour, pairs int, t *vectorTables)
TEXT ·fdctPairs(SB), NOSPLIT, $0-48
	MOVD to+0(FP), R0
	MOVD source+8(FP), R1
	MOVD step+16(FP), R2
	MOVD prediction+24(FP), R3
	MOVD pairs+32(FP), R4
	MOVD t+40(FP), R5
	ADD  $240, R5
	VLD1 (R5), [V15.H8]

pair:
	VLD1   (R1), [V16.B16]
	ADD    R2, R1
	VLD1   (R1), [V18.B16]
	ADD    R2, R1
	VLD1.P 16(R3), [V17.B16]
	VLD1.P 16(R3), [V19.B16]
	USUBL(17, 16, 0)
	USUBL2(17, 16, 1)
	USUBL(19, 18, 2)
	USUBL2(19, 18, 3)

	// The columns of both squares.
	VZIP1 V1.H8, V0.H8, V4.H8
	VZIP2 V1.H8, V0.H8, V5.H8
	VZIP1 V5.H8, V4.H8, V6.H8
	VZIP2 V5.H8, V4.H8, V7.H8
	VZIP1 V3.H8, V2.H8, V4.H8
	VZIP2 V3.H8, V2.H8, V5.H8
	VZIP1 V5.H8, V4.H8, V8.H8
	VZIP2 V5.H8, V4.H8, V9.H8
	VZIP1 V8.D2, V6.D2, V0.D2
	VZIP2 V8.D2, V6.D2, V1.D2
	VZIP1 V9.D2, V7.D2, V2.D2
	VZIP2 V9.D2, V7.D2, V3.D2

	VADD V3.H8, V0.H8, V4.H8
	VADD V2.H8, V1.H8, V5.H8
	VSUB V2.H8, V1.H8, V6.H8
	VSUB V3.H8, V0.H8, V7.H8
	VADD V5.H8, V4.H8, V10.H8
	VSUB V5.H8, V4.H8, V12.H8
	VSHL $3, V10.H8, V10.H8
	VSHL $3, V12.H8, V12.H8
	SMULLBY(COS, 7, 20)
	SMULL2BY(COS, 7, 21)
	SMLALBY(SIN, 6, 20)
	SMLAL2BY(SIN, 6, 21)
	RSHRN(11, 20, 11)
	RSHRN2(11, 21, 11)
	SMULLBY(SIN, 7, 20)
	SMULL2BY(SIN, 7, 21)
	SMLALBY(MINUSCOS, 6, 20)
	SMLAL2BY(MINUSCOS, 6, 21)
	RSHRN(11, 20, 13)
	RSHRN2(11, 21, 13)

	// Columns become rows.
	VTRN1 V11.H8, V10.H8, V0.H8
	VTRN2 V11.H8, V10.H8, V1.H8
	VTRN1 V13.H8, V12.H8, V2.H8
	VTRN2 V13.H8, V12.H8, V3.H8
	VTRN1 V2.S4, V0.S4, V4.S4
	VTRN1 V3.S4, V1.S4, V5.S4
	VTRN2 V2.S4, V0.S4, V6.S4
	VTRN2 V3.S4, V1.S4, V7.S4

	VADD V7.H8, V4.H8, V0.H8
	VADD V6.H8, V5.H8, V1.H8
	VSUB V6.H8, V5.H8, V2.H8
	VSUB V7.H8, V4.H8, V3.H8
	VADD V1.H8, V0.H8, V10.H8
	VSUB V1.H8, V0.H8, V12.H8
	SRSHR(4, 10, 10)
	SRSHR(4, 12, 12)
	SMULLBY(COS, 3, 20)
	SMULL2BY(COS, 3, 21)
	SMLALBY(SIN, 2, 20)
	SMLAL2BY(SIN, 2, 21)
	SRSHRS(18, 20, 20)
	SRSHRS(18, 21, 21)
	XTN(20, 11)
	XTN2(21, 11)
	SMULLBY(SIN, 3, 20)
	SMULL2BY(SIN, 3, 21)
	SMLALBY(MINUSCOS, 2, 20)
	SMLAL2BY(MINUSCOS, 2, 21)
	SRSHRS(18, 20, 20)
	SRSHRS(18, 21, 21)
	XTN(20, 13)
	XTN2(21, 13)

	VZIP1  V11.D2, V10.D2, V0.D2
	VZIP1  V13.D2, V12.D2, V1.D2
	VZIP2  V11.D2, V10.D2, V2.D2
	VZIP2  V13.D2, V12.D2, V3.D2
	VST1.P [V0.H8, V1.H8, V2.H8, V3.H8], 64(R0)
	SUBS   $1, R4
	BNE    pair
	RET

// INVERSE is a pass of the inverse transform: V0 has the first and the second of four
// values for each of four places, V1 the third and the fourth. What gets no factors is
// left in V4 and the rest in V2, to be added and subtracted.
#define INVERSE \
	SQDMULH(30, 0, 2)           \
	VORR  V0.B16, V0.B16, V6.B16 \
	SSRA(1, 2, 6)               \
	SQDMULH(31, 0, 3)           \
	SQDMULH(30, 1, 4)           \
	VORR  V1.B16, V1.B16, V7.B16 \
	SSRA(1, 4, 7)               \
	SQDMULH(31, 1, 5)           \
	VSUB  V7.H8, V3.H8, V3.H8   \
	VADD  V5.H8, V6.H8, V2.H8   \
	VADD  V1.H8, V0.H8, V4.H8   \
	VSUB  V1.H8, V0.H8, V5.H8   \
	VZIP1 V5.D2, V4.D2, V4.D2   \
	VZIP2 V3.D2, V2.D2, V2.D2

#define SUMS \
	VADD V2.H8, V4.H8, V0.H8            \
	VSUB V2.H8, V4.H8, V1.H8            \
	VEXT $8, V1.B16, V1.B16, V1.B16

// TRANSPOSE exchanges the rows and columns of V0 and V1.
#define TRANSPOSE \
	VZIP1 V1.H8, V0.H8, V2.H8 \
	VZIP2 V1.H8, V0.H8, V3.H8 \
	VZIP1 V3.H8, V2.H8, V0.H8 \
	VZIP2 V3.H8, V2.H8, V1.H8

// func idctSquare(to *fourByFour, coefs *[16]int16, prediction *fourByFour)
TEXT ·idctSquare(SB), NOSPLIT, $0-24
	MOVD to+0(FP), R0
	MOVD coefs+8(FP), R1
	MOVD prediction+16(FP), R2
	MOVD $20091, R3
	VDUP R3, V30.H8
	MOVD $17734, R3 // half of 35468, as products are doubled
	VDUP R3, V31.H8
	MOVD $4, R3
	VDUP R3, V29.H8
	VLD1 (R1), [V0.H8, V1.H8]
	INVERSE
	SUMS
	TRANSPOSE
	INVERSE
	VADD V29.H8, V4.H8, V4.H8
	SUMS
	SSHR(3, 0, 0)
	SSHR(3, 1, 1)
	TRANSPOSE
	VLD1 (R2), [V16.B16]
	VUXTL  V16.B8, V17.H8
	VUXTL2 V16.B16, V18.H8
	VADD   V17.H8, V0.H8, V0.H8
	VADD   V18.H8, V1.H8, V1.H8
	SQXTUN(0, 19)
	SQXTUN2(1, 19)
	VST1   [V19.B16], (R0)
	RET

// QUANTISE divides the words of a register n, or v, to levels; r are the decoder's
// coefficients, and the differences are left in V10.
#define QUANTISE(n, v, step, reciprocal, rounding, out, level, r, rebuilt) \
	ABS(n, 8)                              \
	VADD  rounding.H8, V8.H8, V8.H8        \
	UMULL(reciprocal, 8, 10)               \
	UMULL2(reciprocal, 8, 11)              \
	VUZP2 V11.H8, V10.H8, V8.H8            \
	CMLT0(n, 12)                           \
	VEOR  V12.B16, V8.B16, V8.B16          \
	VSUB  V12.H8, V8.H8, level.H8          \
	MUL(step, out, r)                      \
	VSUB  rebuilt.H8, v.H8, V10.H8

// func quantiseBlock(levels, rebuilt, coefs *[16]int16, q *quantiser, t *vectorTables) (last, distortion int)
TEXT ·quantiseBlock(SB), NOSPLIT, $0-56
	MOVD levels+0(FP), R0
	MOVD rebuilt+8(FP), R1
	MOVD coefs+16(FP), R2
	MOVD q+24(FP), R3
	MOVD t+32(FP), R4
	ADD  $256, R4
	VLD1   (R2), [V0.H8, V1.H8]
	VLD1.P 32(R3), [V2.H8, V3.H8]
	VLD1.P 32(R3), [V4.H8, V5.H8]
	VLD1   (R3), [V6.H8, V7.H8]
	VLD1   (R4), [V21.B16, V22.B16]
	QUANTISE(0, V0, 2, 4, V6, 16, V16, 18, V18)
	SMULL(10, 10, 20)
	SMLAL2(10, 10, 20)
	QUANTISE(1, V1, 3, 5, V7, 17, V17, 19, V19)
	SMLAL(10, 10, 20)
	SMLAL2(10, 10, 20)
	VST1   [V18.H8, V19.H8], (R1)
	VTBL   V21.B16, [V16.B16, V17.B16], V23.B16
	VTBL   V22.B16, [V16.B16, V17.B16], V24.B16
	VST1   [V23.B16, V24.B16], (R0)

	// Four bits for each level, of which those that are not zero have none.
	CMEQ0(23, 25)
	CMEQ0(24, 26)
	XTNB(25, 27)
	XTNB2(26, 27)
	SHRN4(27, 27)
	VMOV V27.D[0], R5
	MVN  R5, R5
	MOVD $-1, R6
	CBZ  R5, none
	CLZ  R5, R5
	MOVD $63, R6
	SUB  R5, R6
	LSR  $2, R6

none:
	MOVD  R6, last+40(FP)
	VADDV V20.S4, V20
	VMOV  V20.S[0], R5
	MOVD  R5, distortion+48(FP)
	RET

// func momentsOf8x8(src *uint8, stride int) (total, squares int)
TEXT ·momentsOf8x8(SB), NOSPLIT, $0-32
	MOVD src+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD $8, R2
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16

row:
	VLD1 (R0), [V2.B8]
	ADD  R1, R0
	UADALPB(2, 0)
	SQUARE(2, 3)
	UADALPH(3, 1)
	SUBS $1, R2
	BNE  row

	VUADDLV V0.H8, V0
	VMOV    V0.S[0], R3
	MOVD    R3, total+16(FP)
	VADDV   V1.S4, V1
	VMOV    V1.S[0], R3
	MOVD    R3, squares+24(FP)
	RET

// func limitSixteens(to, from *uint8, sixteens, factor, zero, base int)
TEXT ·limitSixteens(SB), NOSPLIT, $0-48
	MOVD to+0(FP), R0
	MOVD from+8(FP), R1
	MOVD sixteens+16(FP), R2
	MOVD factor+24(FP), R3
	VDUP R3, V4.H8
	MOVD zero+32(FP), R3
	VDUP R3, V5.H8
	MOVD base+40(FP), R3
	VDUP R3, V6.H8

sixteen:
	VLD1.P 16(R1), [V0.B16]
	VUXTL  V0.B8, V1.H8
	VUXTL2 V0.B16, V2.H8
	VSUB   V5.H8, V1.H8, V1.H8
	VSUB   V5.H8, V2.H8, V2.H8
	SQRDMULH(4, 1, 1)
	SQRDMULH(4, 2, 2)
	VADD   V6.H8, V1.H8, V1.H8
	VADD   V6.H8, V2.H8, V2.H8
	SQXTUN(1, 3)
	SQXTUN2(2, 3)
	VST1.P [V3.B16], 16(R0)
	SUBS   $1, R2
	BNE    sixteen
	RET
