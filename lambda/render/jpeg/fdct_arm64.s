#include "textflag.h"

// A register is eight words of a block, which are a row of samples at first.

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// UADDL is uaddl vd.8h, vn.8b, vm.8b, and USUBL usubl vd.8h, vn.8b, vm.8b: bytes
// are added, or those of m taken from those of n, to words.
#define UADDL(m, n, d) WORD $(0x2e200000 | (m)<<16 | (n)<<5 | (d))
#define USUBL(m, n, d) WORD $(0x2e202000 | (m)<<16 | (n)<<5 | (d))

// LANE is the operand of the instructions below that is one of the factors in V0
// and V1, vm.h[i] with m = f/8 and i = f%8.
#define LANE(f) (((f)>>3)<<16 | (((f)>>2)&1)<<11 | (((f)>>1)&1)<<21 | ((f)&1)<<20)

// SMULL is smull vd.4s, vn.4h, vm.h[i]: the lower half times a factor. SMLAL is
// smlal vd.4s, vn.4h, vm.h[i] and adds that. SMULL2 and SMLAL2 do the same with
// the upper half.
#define SMULL(f, n, d) WORD $(0x0f40a000 | LANE(f) | (n)<<5 | (d))
#define SMULL2(f, n, d) WORD $(0x4f40a000 | LANE(f) | (n)<<5 | (d))
#define SMLAL(f, n, d) WORD $(0x0f402000 | LANE(f) | (n)<<5 | (d))
#define SMLAL2(f, n, d) WORD $(0x4f402000 | LANE(f) | (n)<<5 | (d))

// RSHRN is rshrn vd.4h, vn.4s, #places: sums lose binary places, rounded, and
// become words. RSHRN2 fills the upper half of d.
#define RSHRN(places, n, d) WORD $(0x0f008c00 | (32-(places))<<16 | (n)<<5 | (d))
#define RSHRN2(places, n, d) WORD $(0x4f008c00 | (32-(places))<<16 | (n)<<5 | (d))

// SRSHR is srshr vd.8h, vn.8h, #places: words lose binary places, rounded. SSHR
// is sshr vd.8h, vn.8h, #places, not rounded.
#define SRSHR(places, n, d) WORD $(0x4f002400 | (32-(places))<<16 | (n)<<5 | (d))
#define SSHR(places, n, d) WORD $(0x4f000400 | (32-(places))<<16 | (n)<<5 | (d))

// ABS is abs vd.8h, vn.8h.
#define ABS(n, d) WORD $(0x4e60b800 | (n)<<5 | (d))

// SQDMULH is sqdmulh vd.8h, vn.8h, vm.8h: the upper halves of products of words,
// doubled.
#define SQDMULH(m, n, d) WORD $(0x4e60b400 | (m)<<16 | (n)<<5 | (d))

// The factors.
#define COS1 0
#define COS2 1
#define COS3 2
#define COS5 3
#define COS6 4
#define COS7 5
#define MINUS 8

// EVEN is a coefficient of the even half, the sum of products of V12 and V13
// with factors.
#define EVEN(f0, f1, places, lo, hi, out) \
	SMULL(f0, 12, lo)       \
	SMULL2(f0, 12, hi)      \
	SMLAL(f1, 13, lo)       \
	SMLAL2(f1, 13, hi)      \
	RSHRN(places, lo, out)  \
	RSHRN2(places, hi, out)

// ODD is a coefficient of the odd half, the sum of products of V6 to V9 with
// factors.
#define ODD(f0, f1, f2, f3, places, lo, hi, out) \
	SMULL(f0, 6, lo)        \
	SMULL2(f0, 6, hi)       \
	SMLAL(f1, 7, lo)        \
	SMLAL2(f1, 7, hi)       \
	SMLAL(f2, 8, lo)        \
	SMLAL2(f2, 8, hi)       \
	SMLAL(f3, 9, lo)        \
	SMLAL2(f3, 9, hi)       \
	RSHRN(places, lo, out)  \
	RSHRN2(places, hi, out)

// PASS transforms eight values to V16 to V23. Their sums, of the first and the
// last and so on, are V2 to V5, and their differences V6 to V9. Of what comes
// out, V16 and V20 have no more binary places than before.
#define PASS(places) \
	VADD V5.H8, V2.H8, V10.H8   \
	VSUB V5.H8, V2.H8, V12.H8   \
	VADD V4.H8, V3.H8, V11.H8   \
	VSUB V4.H8, V3.H8, V13.H8   \
	VADD V11.H8, V10.H8, V16.H8 \
	VSUB V11.H8, V10.H8, V20.H8 \
	EVEN(COS2, COS6, places, 26, 27, 18)       \
	EVEN(COS6, COS2+MINUS, places, 28, 29, 22) \
	ODD(COS1, COS3, COS5, COS7, places, 30, 31, 17)                   \
	ODD(COS3, COS7+MINUS, COS1+MINUS, COS5+MINUS, places, 26, 27, 19) \
	ODD(COS5, COS1+MINUS, COS7, COS3, places, 28, 29, 21)             \
	ODD(COS7, COS5+MINUS, COS3, COS1+MINUS, places, 30, 31, 23)

// QUANTISE divides a column, register n or y, by the words of a quantiser:
// half, reciprocal (register r) and scale (register s), which is changed. V27 is
// all ones where the column is below zero.
#define QUANTISE(n, y, half, r, s, scale) \
	ABS(n, 26)                       \
	SSHR(15, n, 27)                  \
	VADD  half.H8, V26.H8, V26.H8    \
	VUSHR $2, scale.H8, scale.H8     \
	SQDMULH(r, 26, 26)               \
	SQDMULH(s, 26, 26)               \
	VEOR  V27.B16, V26.B16, V26.B16  \
	VSUB  V27.H8, V26.H8, y.H8

// LOW and HIGH gather the words of a vector in zigzag order from the first four
// columns and from the last four, HIGH those that LOW has left out.
#define LOW(shuffle, out) VTBL shuffle.B16, [V16.B16, V17.B16, V18.B16, V19.B16], out.B16
#define HIGH(shuffle, out) VTBX shuffle.B16, [V20.B16, V21.B16, V22.B16, V23.B16], out.B16

// func fdctEach(blocks *block, masks *uint64, n int, src *uint8, stride int, q *quantiser, o *fdctTables)
TEXT ·fdctEach(SB), NOSPLIT, $0-56
	MOVD blocks+0(FP), R0
	MOVD masks+8(FP), R1
	MOVD n+16(FP), R2
	MOVD src+24(FP), R3
	MOVD stride+32(FP), R4
	MOVD q+40(FP), R5
	MOVD o+48(FP), R6
	VLD1.P 32(R6), [V0.H8, V1.H8]
	MOVD $1024, R7

block:
	MOVD R3, R8
	VLD1 (R8), [V16.B8]
	ADD  R4, R8
	VLD1 (R8), [V17.B8]
	ADD  R4, R8
	VLD1 (R8), [V18.B8]
	ADD  R4, R8
	VLD1 (R8), [V19.B8]
	ADD  R4, R8
	VLD1 (R8), [V20.B8]
	ADD  R4, R8
	VLD1 (R8), [V21.B8]
	ADD  R4, R8
	VLD1 (R8), [V22.B8]
	ADD  R4, R8
	VLD1 (R8), [V23.B8]
	ADD  $8, R3

	// Down the columns. The level shift of all samples is one of the sums.
	UADDL(23, 16, 2)
	UADDL(22, 17, 3)
	UADDL(21, 18, 4)
	UADDL(20, 19, 5)
	USUBL(23, 16, 6)
	USUBL(22, 17, 7)
	USUBL(21, 18, 8)
	USUBL(20, 19, 9)
	PASS(11)
	VDUP R7, V14.H8
	VSUB V14.H8, V16.H8, V16.H8
	VSHL $2, V16.H8, V16.H8
	VSHL $2, V20.H8, V20.H8

	// Rows become columns.
	VTRN1 V17.H8, V16.H8, V2.H8
	VTRN2 V17.H8, V16.H8, V3.H8
	VTRN1 V19.H8, V18.H8, V4.H8
	VTRN2 V19.H8, V18.H8, V5.H8
	VTRN1 V21.H8, V20.H8, V6.H8
	VTRN2 V21.H8, V20.H8, V7.H8
	VTRN1 V23.H8, V22.H8, V8.H8
	VTRN2 V23.H8, V22.H8, V9.H8
	VTRN1 V4.S4, V2.S4, V10.S4
	VTRN2 V4.S4, V2.S4, V11.S4
	VTRN1 V5.S4, V3.S4, V12.S4
	VTRN2 V5.S4, V3.S4, V13.S4
	VTRN1 V8.S4, V6.S4, V14.S4
	VTRN2 V8.S4, V6.S4, V15.S4
	VTRN1 V9.S4, V7.S4, V2.S4
	VTRN2 V9.S4, V7.S4, V3.S4
	VTRN1 V14.D2, V10.D2, V16.D2
	VTRN1 V2.D2, V12.D2, V17.D2
	VTRN1 V15.D2, V11.D2, V18.D2
	VTRN1 V3.D2, V13.D2, V19.D2
	VTRN2 V14.D2, V10.D2, V20.D2
	VTRN2 V2.D2, V12.D2, V21.D2
	VTRN2 V15.D2, V11.D2, V22.D2
	VTRN2 V3.D2, V13.D2, V23.D2

	// Along the rows.
	VADD V23.H8, V16.H8, V2.H8
	VADD V22.H8, V17.H8, V3.H8
	VADD V21.H8, V18.H8, V4.H8
	VADD V20.H8, V19.H8, V5.H8
	VSUB V23.H8, V16.H8, V6.H8
	VSUB V22.H8, V17.H8, V7.H8
	VSUB V21.H8, V18.H8, V8.H8
	VSUB V20.H8, V19.H8, V9.H8
	PASS(15)
	SRSHR(2, 16, 16)
	SRSHR(2, 20, 20)

	ADD    $128, R5, R9
	ADD    $256, R5, R10
	VLD1.P 64(R9), [V6.H8, V7.H8, V8.H8, V9.H8]
	VLD1.P 64(R10), [V10.H8, V11.H8, V12.H8, V13.H8]
	MOVD   R5, R8
	VLD1.P 64(R8), [V2.H8, V3.H8, V4.H8, V5.H8]
	QUANTISE(16, V16, V2, 6, 10, V10)
	QUANTISE(17, V17, V3, 7, 11, V11)
	QUANTISE(18, V18, V4, 8, 12, V12)
	QUANTISE(19, V19, V5, 9, 13, V13)
	VLD1   (R9), [V6.H8, V7.H8, V8.H8, V9.H8]
	VLD1   (R10), [V10.H8, V11.H8, V12.H8, V13.H8]
	VLD1   (R8), [V2.H8, V3.H8, V4.H8, V5.H8]
	QUANTISE(20, V20, V2, 6, 10, V10)
	QUANTISE(21, V21, V3, 7, 11, V11)
	QUANTISE(22, V22, V4, 8, 12, V12)
	QUANTISE(23, V23, V5, 9, 13, V13)

	MOVD   R6, R8
	VLD1.P 64(R8), [V2.B16, V3.B16, V4.B16, V5.B16]
	VLD1.P 64(R8), [V6.B16, V7.B16, V8.B16, V9.B16]
	VLD1.P 64(R8), [V10.B16, V11.B16, V12.B16, V13.B16]
	VLD1.P 32(R8), [V14.B16, V15.B16]
	LOW(V2, V24)
	LOW(V3, V25)
	LOW(V5, V26)
	LOW(V7, V27)
	LOW(V9, V28)
	LOW(V11, V29)
	LOW(V13, V30)
	VEOR   V31.B16, V31.B16, V31.B16
	HIGH(V4, V25)
	HIGH(V6, V26)
	HIGH(V8, V27)
	HIGH(V10, V28)
	HIGH(V12, V29)
	HIGH(V14, V30)
	HIGH(V15, V31)
	VST1.P [V24.H8, V25.H8, V26.H8, V27.H8], 64(R0)
	VST1.P [V28.H8, V29.H8, V30.H8, V31.H8], 64(R0)

	// A byte of ones for each coefficient that is not zero, then a bit.
	VLD1    (R8), [V2.B16]
	VCMTST  V24.H8, V24.H8, V24.H8
	VCMTST  V25.H8, V25.H8, V25.H8
	VCMTST  V26.H8, V26.H8, V26.H8
	VCMTST  V27.H8, V27.H8, V27.H8
	VCMTST  V28.H8, V28.H8, V28.H8
	VCMTST  V29.H8, V29.H8, V29.H8
	VCMTST  V30.H8, V30.H8, V30.H8
	VCMTST  V31.H8, V31.H8, V31.H8
	VUZP1   V25.B16, V24.B16, V24.B16
	VUZP1   V27.B16, V26.B16, V26.B16
	VUZP1   V29.B16, V28.B16, V28.B16
	VUZP1   V31.B16, V30.B16, V30.B16
	VAND    V2.B16, V24.B16, V24.B16
	VAND    V2.B16, V26.B16, V26.B16
	VAND    V2.B16, V28.B16, V28.B16
	VAND    V2.B16, V30.B16, V30.B16
	VADDP   V26.B16, V24.B16, V24.B16
	VADDP   V30.B16, V28.B16, V28.B16
	VADDP   V28.B16, V24.B16, V24.B16
	VADDP   V24.B16, V24.B16, V24.B16
	VMOV    V24.D[0], R8
	MOVD.P  R8, 8(R1)

	SUB  $1, R2
	CBNZ R2, block
	RET
