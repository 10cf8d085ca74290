#include "textflag.h"

// A pixel's bytes are words, so that their sums have room.

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2), all of eight
// words: UABD is |n-m|, CMHI all bits where n > m, UMIN the smaller, and BSL n where d
// has bits, else m.
#define UABD(m, n, d) WORD $(0x6e607400 | (m)<<16 | (n)<<5 | (d))
#define CMHI(m, n, d) WORD $(0x6e603400 | (m)<<16 | (n)<<5 | (d))
#define UMIN(m, n, d) WORD $(0x6e606c00 | (m)<<16 | (n)<<5 | (d))
#define BSL(m, n, d) WORD $(0x6e601c00 | (m)<<16 | (n)<<5 | (d))

// func unfilterLeftVector(dst, src *uint8, n, count int)
TEXT ·unfilterLeftVector(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R3
	MOVD count+24(FP), R4
	VEOR V0.B16, V0.B16, V0.B16 // the pixel before

pixel:
	VLD1 (R1), [V1.B8]
	VADD V1.B8, V0.B8, V0.B8
	VST1 [V0.B8], (R0)
	ADD  R3, R1
	ADD  R3, R0
	SUBS $1, R4
	BNE  pixel
	RET

// func unfilterAboveVector(dst, src, up *uint8, count int)
TEXT ·unfilterAboveVector(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD up+16(FP), R2
	MOVD count+24(FP), R4

many:
	VLD1.P 32(R1), [V0.B16, V1.B16]
	VLD1.P 32(R2), [V2.B16, V3.B16]
	VADD   V2.B16, V0.B16, V0.B16
	VADD   V3.B16, V1.B16, V1.B16
	VST1.P [V0.B16, V1.B16], 32(R0)
	SUBS   $1, R4
	BNE    many
	RET

// func unfilterAverageVector(dst, src, up *uint8, n, count int)
TEXT ·unfilterAverageVector(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD up+16(FP), R2
	MOVD n+24(FP), R3
	MOVD count+32(FP), R4
	VEOR V0.B16, V0.B16, V0.B16 // the pixel before

pixel:
	VLD1   (R2), [V2.B8]
	VLD1   (R1), [V3.B8]
	VUSHLL $0, V2.B8, V2.H8
	VUSHLL $0, V3.B8, V3.H8
	VADD   V2.H8, V0.H8, V0.H8
	VUSHR  $1, V0.H8, V0.H8
	VADD   V3.B16, V0.B16, V0.B16
	VUZP1  V0.B16, V0.B16, V1.B16
	VST1   [V1.B8], (R0)
	ADD    R3, R1
	ADD    R3, R2
	ADD    R3, R0
	SUBS   $1, R4
	BNE    pixel
	RET

// func unfilterPaethVector(dst, src, up *uint8, n, count int)
TEXT ·unfilterPaethVector(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD up+16(FP), R2
	MOVD n+24(FP), R3
	MOVD count+32(FP), R4
	VEOR V0.B16, V0.B16, V0.B16 // a, the pixel before
	VEOR V1.B16, V1.B16, V1.B16 // c, the one above it

pixel:
	VLD1   (R2), [V2.B8]
	VLD1   (R1), [V3.B8]
	VUSHLL $0, V2.B8, V2.H8      // b, the one above
	VUSHLL $0, V3.B8, V3.H8
	UABD(1, 2, 4)                // how far a is from a+b-c
	UABD(1, 0, 5)                // and b
	VADD   V2.H8, V0.H8, V6.H8
	VADD   V1.H8, V1.H8, V7.H8
	UABD(7, 6, 6)                // and c
	CMHI(6, 5, 7)
	BSL(2, 1, 7)                 // the nearer of b and c
	UMIN(6, 5, 8)
	CMHI(8, 4, 8)
	BSL(0, 7, 8)                 // the nearest
	VADD   V3.B16, V8.B16, V0.B16
	VUZP1  V0.B16, V0.B16, V9.B16
	VST1   [V9.B8], (R0)
	VORR   V2.B16, V2.B16, V1.B16
	ADD    R3, R1
	ADD    R3, R2
	ADD    R3, R0
	SUBS   $1, R4
	BNE    pixel
	RET
