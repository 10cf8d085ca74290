#include "textflag.h"
#include "words_arm64.h"

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// Doublewords: abs, sshl (by places to the left), smin, mul, cmlt with zero; umull vd.2d, vn.2s,
// vm.2s, and of the upper halves; xtn vd.4h, vn.4s, and to the upper half.
#define ABS(n, d) WORD $(0x4ea0b800 | (n)<<5 | (d))
#define SSHL(m, n, d) WORD $(0x4ea04400 | (m)<<16 | (n)<<5 | (d))
#define SMIN(m, n, d) WORD $(0x4ea06c00 | (m)<<16 | (n)<<5 | (d))
#define MUL(m, n, d) WORD $(0x4ea09c00 | (m)<<16 | (n)<<5 | (d))
#define CMLT0(n, d) WORD $(0x4ea0a800 | (n)<<5 | (d))
#define UMULL(m, n, d) WORD $(0x2ea0c000 | (m)<<16 | (n)<<5 | (d))
#define UMULL2(m, n, d) WORD $(0x6ea0c000 | (m)<<16 | (n)<<5 | (d))
#define XTN(n, d) WORD $(0x0e612800 | (n)<<5 | (d))
#define XTN2(n, d) WORD $(0x4e612800 | (n)<<5 | (d))

// Words: cmeq with zero, smax, smaxv (the largest). Bytes: umax, and bic (n without the bits of m).
#define CMEQ0(n, d) WORD $(0x4e609800 | (n)<<5 | (d))
#define SMAX(m, n, d) WORD $(0x4e606400 | (m)<<16 | (n)<<5 | (d))
#define SMAXV(n, d) WORD $(0x4e70a800 | (n)<<5 | (d))
#define UMAX(m, n, d) WORD $(0x6e206400 | (m)<<16 | (n)<<5 | (d))
#define BIC(m, n, d) WORD $(0x4e601c00 | (m)<<16 | (n)<<5 | (d))

// FOUR quantises the next 4 coefficients, and leaves their levels in V1 and what is left in rests, in
// 1<<15ths.
#define FOUR(rests) \
	VLD1.P 16(R1), [V0.S4]          \
	VLD1.P 16(R9), [V12.S4]         \
	ABS(0, 1)                       \
	SSHL(7, 1, 1)                   \
	UMULL(12, 1, 2)                 \
	UMULL2(12, 1, 3)                \
	VADD   V14.D2, V2.D2, V2.D2     \
	VADD   V14.D2, V3.D2, V3.D2     \
	VUZP1  V3.S4, V2.S4, rests.S4   \
	VUZP2  V3.S4, V2.S4, V1.S4      \
	SMIN(8, 1, 1)                   \
	CMLT0(0, 3)                     \
	VEOR   V3.B16, V1.B16, V1.B16   \
	VSUB   V3.S4, V1.S4, V1.S4      \
	VUSHR  $17, rests.S4, rests.S4

// func quantiseSixteens(levels, overs *int16, coefficients *int32, sixteens, shift int, reciprocals *uint32, ends *int16, extents *uint16) (end, extent int)
TEXT ·quantiseSixteens(SB), NOSPLIT, $0-80
	MOVD levels+0(FP), R0
	MOVD overs+8(FP), R8
	MOVD coefficients+16(FP), R1
	MOVD sixteens+24(FP), R2
	MOVD shift+32(FP), R3
	MOVD reciprocals+40(FP), R9
	MOVD ends+48(FP), R5
	MOVD extents+56(FP), R6
	LSL  $1, R2 // eights
	VDUP R3, V7.S4
	MOVD $32767, R3
	VDUP R3, V8.S4
	MOVD $15360, R3 // nearly
	VDUP R3, V13.H8
	LSL  $17, R3
	VDUP R3, V14.D2
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16

eight:
	FOUR(V5)
	XTN(1, 4)
	FOUR(V6)
	XTN2(1, 4)
	VST1.P [V4.H8], 16(R0)
	XTN(5, 5)
	XTN2(6, 5)
	VSUB   V5.H8, V13.H8, V5.H8
	VST1.P [V5.H8], 16(R8)
	CMEQ0(4, 4)
	VLD1.P 16(R5), [V0.H8]
	VLD1.P 16(R6), [V1.H8]
	BIC(4, 0, 0)
	BIC(4, 1, 1)
	SMAX(0, 20, 20)
	UMAX(1, 21, 21)
	SUBS   $1, R2
	BNE    eight

	SMAXV(20, 20)
	VMOV V20.H[0], R7
	MOVD R7, end+64(FP)
	VEXT $8, V21.B16, V21.B16, V0.B16
	UMAX(0, 21, 21)
	VEXT $4, V21.B16, V21.B16, V0.B16
	UMAX(0, 21, 21)
	VEXT $2, V21.B16, V21.B16, V0.B16
	UMAX(0, 21, 21)
	VMOV V21.H[0], R7
	MOVD R7, extent+72(FP)
	RET

// LEVELS4 turns the 4 levels in V1, as doublewords, into what a decoder makes of them.
#define LEVELS4 \
	VLD1.P 16(R4), [V2.S4]        \
	ABS(1, 3)                     \
	MUL(2, 3, 3)                  \
	VAND   V8.B16, V3.B16, V3.B16 \
	SSHL(7, 3, 3)                 \
	CMLT0(1, 1)                   \
	VEOR   V1.B16, V3.B16, V3.B16 \
	VSUB   V1.S4, V3.S4, V3.S4    \
	VST1.P [V3.S4], 16(R0)

// func dequantiseEights(coefficients *int32, levels *int16, eights, shift int, steps *int32)
TEXT ·dequantiseEights(SB), NOSPLIT, $0-40
	MOVD coefficients+0(FP), R0
	MOVD levels+8(FP), R1
	MOVD eights+16(FP), R2
	MOVD shift+24(FP), R3
	MOVD steps+32(FP), R4
	NEG  R3, R3
	VDUP R3, V7.S4
	MOVD $0xffffff, R3
	VDUP R3, V8.S4

eight:
	VLD1.P 16(R1), [V0.H8]
	SXTL(0, 1)
	LEVELS4
	SXTL2(0, 1)
	LEVELS4
	SUBS   $1, R2
	BNE    eight
	RET
