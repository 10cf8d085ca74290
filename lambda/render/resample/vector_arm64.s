#include "textflag.h"

// Samples become 16 bits wide and are multiplied with weights to sums of 32 bits.

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// SMLAL is smlal vd.4s, vn.4h, vm.4h: the products of the lower halves are added
// to d. SMLAL2 is the same of the upper halves.
#define SMLAL(m, n, d) WORD $(0x0e608000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL2(m, n, d) WORD $(0x4e608000 | (m)<<16 | (n)<<5 | (d))

// SQRSHRUN is sqrshrun vd.4h, vn.4s, #14: sums become 16 bits, rounded, none
// below zero. SQRSHRUN2 fills the upper half of d.
#define SQRSHRUN(n, d) WORD $(0x2f128c00 | (n)<<5 | (d))
#define SQRSHRUN2(n, d) WORD $(0x6f128c00 | (n)<<5 | (d))

// UQXTN is uqxtn vd.8b, vn.8h: 16 bits become 8, none above 255. UQXTN2 fills
// the upper half of d.
#define UQXTN(n, d) WORD $(0x2e214800 | (n)<<5 | (d))
#define UQXTN2(n, d) WORD $(0x6e214800 | (n)<<5 | (d))

// UMULL is umull vd.8h, vn.8b, vm.8b, and UMULL2 the same of the upper halves.
#define UMULL(m, n, d) WORD $(0x2e20c000 | (m)<<16 | (n)<<5 | (d))
#define UMULL2(m, n, d) WORD $(0x6e20c000 | (m)<<16 | (n)<<5 | (d))

// URSHR is urshr vd.8h, vn.8h, #8: a rounding shift.
#define URSHR(n, d) WORD $(0x6f182400 | (n)<<5 | (d))

// RADDHN is raddhn vd.8b, vn.8h, vm.8h: the upper halves of sums, rounded.
// RADDHN2 fills the upper half of d.
#define RADDHN(m, n, d) WORD $(0x2e204000 | (m)<<16 | (n)<<5 | (d))
#define RADDHN2(m, n, d) WORD $(0x6e204000 | (m)<<16 | (n)<<5 | (d))

// func verticalVector(dst, src *uint8, stride, rows, n int, w *int16)
TEXT ·verticalVector(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD rows+24(FP), R3
	MOVD n+32(FP), R4
	MOVD w+40(FP), R5

block:
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16
	MOVD R1, R6
	MOVD R5, R7
	MOVD R3, R8

row:
	VLD1    (R6), [V0.B16, V1.B16]
	VLD1R.P 2(R7), [V2.H8]
	ADD     R2, R6
	VUXTL   V0.B8, V3.H8
	VUXTL2  V0.B16, V4.H8
	VUXTL   V1.B8, V5.H8
	VUXTL2  V1.B16, V6.H8
	SMLAL(2, 3, 16)
	SMLAL2(2, 3, 17)
	SMLAL(2, 4, 18)
	SMLAL2(2, 4, 19)
	SMLAL(2, 5, 20)
	SMLAL2(2, 5, 21)
	SMLAL(2, 6, 22)
	SMLAL2(2, 6, 23)
	SUB     $1, R8
	CBNZ    R8, row

	SQRSHRUN(16, 0)
	SQRSHRUN2(17, 0)
	SQRSHRUN(18, 1)
	SQRSHRUN2(19, 1)
	SQRSHRUN(20, 2)
	SQRSHRUN2(21, 2)
	SQRSHRUN(22, 3)
	SQRSHRUN2(23, 3)
	UQXTN(0, 0)
	UQXTN2(1, 0)
	UQXTN(2, 1)
	UQXTN2(3, 1)
	VST1.P  [V0.B16, V1.B16], 32(R0)
	ADD     $32, R1
	SUB     $32, R4
	CBNZ    R4, block
	RET

// func closeVector(dst, line *uint8, groups, pairs int, at *int32, shuffle *uint8, w *int16)
TEXT ·closeVector(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD line+8(FP), R1
	MOVD groups+16(FP), R2
	MOVD pairs+24(FP), R3
	MOVD at+32(FP), R4
	MOVD shuffle+40(FP), R5
	MOVD w+48(FP), R6

group:
	MOVW.P 4(R4), R7
	MOVW.P 4(R4), R8
	ADD    R1, R7
	ADD    R1, R8
	VLD1.P 32(R5), [V6.B16, V7.B16]
	VEOR   V16.B16, V16.B16, V16.B16
	VEOR   V17.B16, V17.B16, V17.B16
	VEOR   V18.B16, V18.B16, V18.B16
	VEOR   V19.B16, V19.B16, V19.B16
	MOVD   R3, R9

pair:
	VLD1   (R7), [V0.B16]
	VLD1   (R8), [V1.B16]
	VLD1.P 32(R6), [V2.H8, V3.H8]
	ADD    $2, R7
	ADD    $2, R8
	VTBL   V6.B16, [V0.B16], V0.B16
	VTBL   V7.B16, [V1.B16], V1.B16
	SMLAL(2, 0, 16)
	SMLAL2(2, 0, 17)
	SMLAL(3, 1, 18)
	SMLAL2(3, 1, 19)
	SUB    $1, R9
	CBNZ   R9, pair

	VADDP V17.S4, V16.S4, V16.S4
	VADDP V19.S4, V18.S4, V18.S4
	SQRSHRUN(16, 0)
	SQRSHRUN2(18, 0)
	UQXTN(0, 0)
	VST1.P [V0.B8], 8(R0)
	SUB    $1, R2
	CBNZ   R2, group
	RET

// func farVector(dst, line *uint8, quads, sixteens int, at *int32, w *int16)
TEXT ·farVector(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD line+8(FP), R1
	MOVD quads+16(FP), R2
	MOVD sixteens+24(FP), R3
	MOVD at+32(FP), R4
	MOVD w+40(FP), R5

quad:
	MOVW.P 4(R4), R6
	MOVW.P 4(R4), R7
	MOVW.P 4(R4), R8
	MOVW.P 4(R4), R9
	ADD    R1, R6
	ADD    R1, R7
	ADD    R1, R8
	ADD    R1, R9
	VEOR   V16.B16, V16.B16, V16.B16
	VEOR   V17.B16, V17.B16, V17.B16
	VEOR   V18.B16, V18.B16, V18.B16
	VEOR   V19.B16, V19.B16, V19.B16
	MOVD   R3, R10

sixteen:
	VLD1.P 16(R6), [V0.B16]
	VLD1.P 16(R7), [V1.B16]
	VLD1.P 16(R8), [V2.B16]
	VLD1.P 16(R9), [V3.B16]
	VLD1.P 64(R5), [V20.H8, V21.H8, V22.H8, V23.H8]
	VLD1.P 64(R5), [V24.H8, V25.H8, V26.H8, V27.H8]
	VUXTL  V0.B8, V4.H8
	VUXTL2 V0.B16, V5.H8
	VUXTL  V1.B8, V6.H8
	VUXTL2 V1.B16, V7.H8
	VUXTL  V2.B8, V28.H8
	VUXTL2 V2.B16, V29.H8
	VUXTL  V3.B8, V30.H8
	VUXTL2 V3.B16, V31.H8
	SMLAL(20, 4, 16)
	SMLAL(22, 6, 17)
	SMLAL(24, 28, 18)
	SMLAL(26, 30, 19)
	SMLAL2(20, 4, 16)
	SMLAL2(22, 6, 17)
	SMLAL2(24, 28, 18)
	SMLAL2(26, 30, 19)
	SMLAL(21, 5, 16)
	SMLAL(23, 7, 17)
	SMLAL(25, 29, 18)
	SMLAL(27, 31, 19)
	SMLAL2(21, 5, 16)
	SMLAL2(23, 7, 17)
	SMLAL2(25, 29, 18)
	SMLAL2(27, 31, 19)
	SUB    $1, R10
	CBNZ   R10, sixteen

	VADDP   V17.S4, V16.S4, V16.S4
	VADDP   V19.S4, V18.S4, V18.S4
	VADDP   V18.S4, V16.S4, V16.S4
	SQRSHRUN(16, 0)
	UQXTN(0, 0)
	FMOVS.P F0, 4(R0)
	SUB     $1, R2
	CBNZ    R2, quad
	RET

// func splitVector(c0, c1, c2, c3, src *uint8, pixels int)
TEXT ·splitVector(SB), NOSPLIT, $0-48
	MOVD c0+0(FP), R0
	MOVD c1+8(FP), R1
	MOVD c2+16(FP), R2
	MOVD c3+24(FP), R3
	MOVD src+32(FP), R4
	MOVD pixels+40(FP), R5

pixels:
	VLD4.P 64(R4), [V0.B16, V1.B16, V2.B16, V3.B16]
	VST1.P [V0.B16], 16(R0)
	VST1.P [V1.B16], 16(R1)
	VST1.P [V2.B16], 16(R2)
	VST1.P [V3.B16], 16(R3)
	SUB    $16, R5
	CBNZ   R5, pixels
	RET

// WEIGH multiplies a channel with the alphas in V3 and divides it by 255: n
// rounded, with its rounded 256th, rounded again.
#define WEIGH(c) \
	UMULL(3, c, 4)   \
	UMULL2(3, c, 5)  \
	URSHR(4, 6)      \
	URSHR(5, 7)      \
	RADDHN(6, 4, c)  \
	RADDHN2(7, 5, c)

// func premultiplyVector(pix *uint8, n int)
TEXT ·premultiplyVector(SB), NOSPLIT, $0-16
	MOVD pix+0(FP), R0
	MOVD n+8(FP), R1

sixteen:
	VLD4   (R0), [V0.B16, V1.B16, V2.B16, V3.B16]
	WEIGH(0)
	WEIGH(1)
	WEIGH(2)
	VST4.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)
	SUB    $64, R1
	CBNZ   R1, sixteen
	RET
