#include "textflag.h"

// Samples of 16 bits are multiplied with weights to sums of 32 bits.

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// SMLAL is smlal vd.4s, vn.4h, vm.4h: the products of the lower halves are added
// to d. SMLAL2 is the same of the upper halves.
#define SMLAL(m, n, d) WORD $(0x0e608000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL2(m, n, d) WORD $(0x4e608000 | (m)<<16 | (n)<<5 | (d))

// SMLAL0 is smlal vd.4s, vn.4h, vm.h[0], and SMLAL1 is smlal2 vd.4s, vn.8h,
// vm.h[1]: the lower half is multiplied with one number and the upper with the
// next. SMLAL3 and SMLAL4 take the two that follow. m is below 16.
#define SMLAL0(m, n, d) WORD $(0x0f402000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL1(m, n, d) WORD $(0x4f502000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL3(m, n, d) WORD $(0x0f602000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL4(m, n, d) WORD $(0x4f702000 | (m)<<16 | (n)<<5 | (d))

// RSHRN is rshrn vd.4h, vn.4s, #15: sums become 16 bits, rounded. RSHRN2 fills
// the upper half of d.
#define RSHRN(n, d) WORD $(0x0f118c00 | (n)<<5 | (d))
#define RSHRN2(n, d) WORD $(0x4f118c00 | (n)<<5 | (d))

// SRSHR is srshr vd.4s, vn.4s, #20, a rounding shift; SSHR is sshr vd.4s, vn.4s,
// #6.
#define SRSHR(n, d) WORD $(0x4f2c2400 | (n)<<5 | (d))
#define SSHR(n, d) WORD $(0x4f3a0400 | (n)<<5 | (d))

// SQXTN is sqxtn vd.4h, vn.4s: 32 bits become 16, no further than these reach.
// SQXTN2 fills the upper half of d. SQXTUN is sqxtun vd.8b, vn.8h: 16 bits
// become 0 to 255. SQXTUN2 fills the upper half of d.
#define SQXTN(n, d) WORD $(0x0e614800 | (n)<<5 | (d))
#define SQXTN2(n, d) WORD $(0x4e614800 | (n)<<5 | (d))
#define SQXTUN(n, d) WORD $(0x2e212800 | (n)<<5 | (d))
#define SQXTUN2(n, d) WORD $(0x6e212800 | (n)<<5 | (d))

// SCVTF is scvtf vd.4s, vn.4s, and FCVTZS fcvtzs vd.4s, vn.4s: whole numbers
// become float32, and these whole again, towards zero.
#define SCVTF(n, d) WORD $(0x4e21d800 | (n)<<5 | (d))
#define FCVTZS(n, d) WORD $(0x4ea1b800 | (n)<<5 | (d))

// FDIV is fdiv vd.4s, vn.4s, vm.4s: n/m. FMUL and FADD are the same of products
// and sums.
#define FDIV(m, n, d) WORD $(0x6e20fc00 | (m)<<16 | (n)<<5 | (d))
#define FMUL(m, n, d) WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d))
#define FADD(m, n, d) WORD $(0x4e20d400 | (m)<<16 | (n)<<5 | (d))

// CMGT is cmgt vd.4s, vn.4s, vm.4s: all bits are set where n > m.
#define CMGT(m, n, d) WORD $(0x4ea03400 | (m)<<16 | (n)<<5 | (d))

// UMULL is umull vd.8h, vn.8b, vm.8b.
#define UMULL(m, n, d) WORD $(0x2e20c000 | (m)<<16 | (n)<<5 | (d))

// URSHR is urshr vd.8h, vn.8h, #8, and URHADD urhadd vd.8h, vn.8h, vm.8h: half the
// sums. Both round.
#define URSHR(n, d) WORD $(0x6f182400 | (n)<<5 | (d))
#define URHADD(m, n, d) WORD $(0x6e601400 | (m)<<16 | (n)<<5 | (d))

// UMULL4 is umull vd.4s, vn.4h, vm.4h, and UMLAL4 umlal of the same, which adds to d.
// UMULL8 and UMLAL8 take the upper halves.
#define UMULL4(m, n, d) WORD $(0x2e60c000 | (m)<<16 | (n)<<5 | (d))
#define UMULL8(m, n, d) WORD $(0x6e60c000 | (m)<<16 | (n)<<5 | (d))
#define UMLAL4(m, n, d) WORD $(0x2e608000 | (m)<<16 | (n)<<5 | (d))
#define UMLAL8(m, n, d) WORD $(0x6e608000 | (m)<<16 | (n)<<5 | (d))

// RSHRN16 is rshrn vd.4h, vn.4s, #16, and RSHRN162 fills the upper half of d. XTN is xtn
// vd.8b, vn.8h, and XTN2 fills the upper half of d.
#define RSHRN16(n, d) WORD $(0x0f108c00 | (n)<<5 | (d))
#define RSHRN162(n, d) WORD $(0x4f108c00 | (n)<<5 | (d))
#define XTN(n, d) WORD $(0x0e212800 | (n)<<5 | (d))
#define XTN2(n, d) WORD $(0x4e212800 | (n)<<5 | (d))

// USUBL is usubl vd.8h, vn.8b, vm.8b: n-m. USUBL2 takes the upper halves.
#define USUBL(m, n, d) WORD $(0x2e202000 | (m)<<16 | (n)<<5 | (d))
#define USUBL2(m, n, d) WORD $(0x6e202000 | (m)<<16 | (n)<<5 | (d))

// SQRDMULH is sqrdmulh vd.8h, vn.8h, vm.8h: products, divided by 1 << 15 and rounded.
#define SQRDMULH(m, n, d) WORD $(0x6e60b400 | (m)<<16 | (n)<<5 | (d))

// UQADD is uqadd vd.16b, vn.16b, vm.16b, a sum of 255 at most, and UQSUB uqsub of the same,
// n-m or 0.
#define UQADD(m, n, d) WORD $(0x6e200c00 | (m)<<16 | (n)<<5 | (d))
#define UQSUB(m, n, d) WORD $(0x6e202c00 | (m)<<16 | (n)<<5 | (d))

// func interleaveVector(pair *int16, top, bottom *uint8, n int)
TEXT ·interleaveVector(SB), NOSPLIT, $0-32
	MOVD pair+0(FP), R0
	MOVD top+8(FP), R1
	MOVD bottom+16(FP), R2
	MOVD n+24(FP), R3

sixteen:
	VLD1.P  16(R1), [V0.B16]
	VLD1.P  16(R2), [V1.B16]
	VUSHLL  $7, V0.B8, V2.H8
	VUSHLL  $7, V1.B8, V3.H8
	VUSHLL2 $7, V0.B16, V4.H8
	VUSHLL2 $7, V1.B16, V5.H8
	VST2.P  [V2.H8, V3.H8], 32(R0)
	VST2.P  [V4.H8, V5.H8], 32(R0)
	SUB     $16, R3
	CBNZ    R3, sixteen
	RET

// SHARES multiplies eight samples of a colour with the alphas in a, and divides
// by 255 with seven bits behind the point.
#define SHARES(a, c) \
	UMULL(a, c, c) \
	URSHR(c, 30)   \
	URHADD(30, c, c)

// func premultiplyVector(pair *int16, top, bottom *uint8, n int)
TEXT ·premultiplyVector(SB), NOSPLIT, $0-32
	MOVD pair+0(FP), R0
	MOVD top+8(FP), R1
	MOVD bottom+16(FP), R2
	MOVD n+24(FP), R3

eight:
	VLD4.P 32(R1), [V0.B8, V1.B8, V2.B8, V3.B8]
	VLD4.P 32(R2), [V4.B8, V5.B8, V6.B8, V7.B8]
	SHARES(3, 0)
	SHARES(3, 1)
	SHARES(3, 2)
	VUSHLL $7, V3.B8, V3.H8
	SHARES(7, 4)
	SHARES(7, 5)
	SHARES(7, 6)
	VUSHLL $7, V7.B8, V7.H8
	VZIP1  V4.H8, V0.H8, V16.H8
	VZIP1  V5.H8, V1.H8, V17.H8
	VZIP1  V6.H8, V2.H8, V18.H8
	VZIP1  V7.H8, V3.H8, V19.H8
	VZIP2  V4.H8, V0.H8, V20.H8
	VZIP2  V5.H8, V1.H8, V21.H8
	VZIP2  V6.H8, V2.H8, V22.H8
	VZIP2  V7.H8, V3.H8, V23.H8
	VST4.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R0)
	VST4.P [V20.S4, V21.S4, V22.S4, V23.S4], 64(R0)
	SUB    $32, R3
	CBNZ   R3, eight
	RET

// func verticalVector(line, pairs *int16, count, n int, w *int16)
TEXT ·verticalVector(SB), NOSPLIT, $0-40
	MOVD line+0(FP), R0
	MOVD pairs+8(FP), R1
	MOVD count+16(FP), R2
	MOVD n+24(FP), R3
	MOVD w+32(FP), R4
	LSL  $2, R3, R5
	MOVD R3, R9

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
	MOVD R4, R7
	MOVD R2, R8

pair:
	VLD2   (R6), [V0.H8, V1.H8]
	ADD    $32, R6, R10
	VLD2   (R10), [V2.H8, V3.H8]
	ADD    $64, R6, R10
	VLD2   (R10), [V4.H8, V5.H8]
	ADD    $96, R6, R10
	VLD2   (R10), [V6.H8, V7.H8]
	VLD1R  (R7), [V24.H8]
	ADD    $2, R7
	VLD1R  (R7), [V25.H8]
	ADD    $2, R7
	ADD    R5, R6
	SMLAL(24, 0, 16)
	SMLAL2(24, 0, 17)
	SMLAL(24, 2, 18)
	SMLAL2(24, 2, 19)
	SMLAL(24, 4, 20)
	SMLAL2(24, 4, 21)
	SMLAL(24, 6, 22)
	SMLAL2(24, 6, 23)
	SMLAL(25, 1, 16)
	SMLAL2(25, 1, 17)
	SMLAL(25, 3, 18)
	SMLAL2(25, 3, 19)
	SMLAL(25, 5, 20)
	SMLAL2(25, 5, 21)
	SMLAL(25, 7, 22)
	SMLAL2(25, 7, 23)
	SUB    $1, R8
	CBNZ   R8, pair

	RSHRN(16, 0)
	RSHRN2(17, 0)
	RSHRN(18, 1)
	RSHRN2(19, 1)
	RSHRN(20, 2)
	RSHRN2(21, 2)
	RSHRN(22, 3)
	RSHRN2(23, 3)
	VST1.P [V0.H8, V1.H8, V2.H8, V3.H8], 64(R0)
	ADD    $128, R1
	SUB    $32, R9
	CBNZ   R9, block
	RET

// func closeVector(dst *uint8, line *int16, groups, pairs int, at *int32, shuffle *uint8, w *int16)
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
	ADD    R7<<1, R1, R7
	ADD    R8<<1, R1, R8
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
	ADD    $4, R7
	ADD    $4, R8
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
	SRSHR(16, 16)
	SRSHR(18, 18)
	SQXTN(16, 0)
	SQXTN2(18, 0)
	SQXTUN(0, 0)
	VST1.P [V0.B8], 8(R0)
	SUB    $1, R2
	CBNZ   R2, group
	RET

// func farVector(dst *uint8, line *int16, quads, sixteens int, at *int32, w *int16)
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
	ADD    R6<<1, R1, R6
	ADD    R7<<1, R1, R7
	ADD    R8<<1, R1, R8
	ADD    R9<<1, R1, R9
	VEOR   V16.B16, V16.B16, V16.B16
	VEOR   V17.B16, V17.B16, V17.B16
	VEOR   V18.B16, V18.B16, V18.B16
	VEOR   V19.B16, V19.B16, V19.B16
	MOVD   R3, R10

sixteen:
	VLD1.P 32(R6), [V0.H8, V1.H8]
	VLD1.P 32(R7), [V2.H8, V3.H8]
	VLD1.P 32(R8), [V4.H8, V5.H8]
	VLD1.P 32(R9), [V6.H8, V7.H8]
	VLD1.P 64(R5), [V20.H8, V21.H8, V22.H8, V23.H8]
	VLD1.P 64(R5), [V24.H8, V25.H8, V26.H8, V27.H8]
	SMLAL(20, 0, 16)
	SMLAL(22, 2, 17)
	SMLAL(24, 4, 18)
	SMLAL(26, 6, 19)
	SMLAL2(20, 0, 16)
	SMLAL2(22, 2, 17)
	SMLAL2(24, 4, 18)
	SMLAL2(26, 6, 19)
	SMLAL(21, 1, 16)
	SMLAL(23, 3, 17)
	SMLAL(25, 5, 18)
	SMLAL(27, 7, 19)
	SMLAL2(21, 1, 16)
	SMLAL2(23, 3, 17)
	SMLAL2(25, 5, 18)
	SMLAL2(27, 7, 19)
	SUB    $1, R10
	CBNZ   R10, sixteen

	VADDP   V17.S4, V16.S4, V16.S4
	VADDP   V19.S4, V18.S4, V18.S4
	VADDP   V18.S4, V16.S4, V16.S4
	SRSHR(16, 16)
	SQXTN(16, 0)
	SQXTUN(0, 0)
	FMOVS.P F0, 4(R0)
	SUB     $1, R2
	CBNZ    R2, quad
	RET

// ADDFOUR adds four weighted pixels, of which two lie in a register, to the sums
// of a result.
#define ADDFOUR(pixels, w, sums) \
	VLD1.P 32(pixels), [V0.H8, V1.H8] \
	VLD1.P 8(w), [V2.H4]              \
	SMLAL0(2, 0, sums)                \
	SMLAL1(2, 0, sums)                \
	SMLAL3(2, 1, sums)                \
	SMLAL4(2, 1, sums)

// STRAIGHTEN takes the alpha out of the colours of a pixel and makes whole
// numbers of them. The alphas of four are in V20, and what colours are multiplied
// with in V21.
#define STRAIGHTEN(i, n, bytes) \
	VDUP V21.S[i], V22.S4             \
	VMOV V29.S[0], V22.S[3]           \
	VDUP V20.S[i], V23.S4             \
	SCVTF(n, n)                       \
	FMUL(22, n, n)                    \
	FADD(30, n, n)                    \
	FCVTZS(n, n)                      \
	CMGT(27, 23, 23)                  \
	VAND V23.B16, bytes, bytes

// func straightVector(dst *uint8, line *int16, quads, lo int, first *int32, w *int16, stride int)
TEXT ·straightVector(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD line+8(FP), R1
	MOVD quads+16(FP), R2
	MOVD lo+24(FP), R3
	MOVD first+32(FP), R4
	MOVD w+40(FP), R5
	MOVD stride+48(FP), R6
	SUB  R3<<3, R1
	MOVD $8191, R7
	VDUP R7, V27.S4
	MOVD $0x437f0000, R7 // 255
	VDUP R7, V28.S4
	MOVD $0x38800000, R7 // 1/(1<<14)
	VDUP R7, V29.S4
	MOVD $0x3f000000, R7 // 1/2
	VDUP R7, V30.S4

quad:
	MOVW.P 4(R4), R8
	MOVW.P 4(R4), R9
	MOVW.P 4(R4), R10
	MOVW.P 4(R4), R11
	ADD    R8<<3, R1, R8
	ADD    R9<<3, R1, R9
	ADD    R10<<3, R1, R10
	ADD    R11<<3, R1, R11
	ADD    R6<<1, R5, R12
	ADD    R6<<1, R12, R13
	ADD    R6<<1, R13, R14
	VEOR   V16.B16, V16.B16, V16.B16
	VEOR   V17.B16, V17.B16, V17.B16
	VEOR   V18.B16, V18.B16, V18.B16
	VEOR   V19.B16, V19.B16, V19.B16
	MOVD   R6, R15

four:
	ADDFOUR(R8, R5, 16)
	ADDFOUR(R9, R12, 17)
	ADDFOUR(R10, R13, 18)
	ADDFOUR(R11, R14, 19)
	SUB  $4, R15
	CBNZ R15, four

	SSHR(16, 16)
	SSHR(17, 17)
	SSHR(18, 18)
	SSHR(19, 19)
	VMOV   V16.S[3], V20.S[0]
	VMOV   V17.S[3], V20.S[1]
	VMOV   V18.S[3], V20.S[2]
	VMOV   V19.S[3], V20.S[3]
	SCVTF(20, 21)
	FDIV(21, 28, 21)
	STRAIGHTEN(0, 16, V16.B16)
	STRAIGHTEN(1, 17, V17.B16)
	STRAIGHTEN(2, 18, V18.B16)
	STRAIGHTEN(3, 19, V19.B16)
	SQXTN(16, 0)
	SQXTN2(17, 0)
	SQXTN(18, 1)
	SQXTN2(19, 1)
	SQXTUN(0, 0)
	SQXTUN2(1, 0)
	VST1.P [V0.B16], 16(R0)
	MOVD   R14, R5
	SUB    $1, R2
	CBNZ   R2, quad
	RET

// LUMA makes the reds, greens and blues of eight pixels, of 16 bits, their luma.
#define LUMA(r, g, b, d) \
	UMULL4(16, r, 20) \
	UMLAL4(17, g, 20) \
	UMLAL4(18, b, 20) \
	UMULL8(16, r, 21) \
	UMLAL8(17, g, 21) \
	UMLAL8(18, b, 21) \
	RSHRN16(20, d)    \
	RSHRN162(21, d)

// func lumasVector(luma, pixels *uint8, n int)
TEXT ·lumasVector(SB), NOSPLIT, $0-24
	MOVD luma+0(FP), R0
	MOVD pixels+8(FP), R1
	MOVD n+16(FP), R2
	MOVD $19595, R3
	VDUP R3, V16.H8
	MOVD $38470, R3
	VDUP R3, V17.H8
	MOVD $7471, R3
	VDUP R3, V18.H8

sixteen:
	VLD4.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]
	VUXTL  V0.B8, V4.H8
	VUXTL  V1.B8, V5.H8
	VUXTL  V2.B8, V6.H8
	LUMA(4, 5, 6, 22)
	VUXTL2 V0.B16, V4.H8
	VUXTL2 V1.B16, V5.H8
	VUXTL2 V2.B16, V6.H8
	LUMA(4, 5, 6, 23)
	XTN(22, 24)
	XTN2(23, 24)
	VST1.P [V24.B16], 16(R0)
	SUB    $16, R2
	CBNZ   R2, sixteen
	RET

// func unsharpVector(pixels, luma, soft *uint8, n, amount int)
TEXT ·unsharpVector(SB), NOSPLIT, $0-40
	MOVD pixels+0(FP), R0
	MOVD luma+8(FP), R1
	MOVD soft+16(FP), R2
	MOVD n+24(FP), R3
	MOVD amount+32(FP), R4
	VDUP R4, V10.H8
	VEOR V11.B16, V11.B16, V11.B16

sixteen:
	// Differences with seven bits behind the point, times the amount. What is to be added goes
	// to V6 and what is to be taken to V7, 255 at most.
	VLD1.P 16(R1), [V0.B16]
	VLD1.P 16(R2), [V1.B16]
	USUBL(1, 0, 2)
	USUBL2(1, 0, 3)
	VSHL   $7, V2.H8, V2.H8
	VSHL   $7, V3.H8, V3.H8
	SQRDMULH(10, 2, 2)
	SQRDMULH(10, 3, 3)
	VSUB   V2.H8, V11.H8, V4.H8
	VSUB   V3.H8, V11.H8, V5.H8
	SQXTUN(2, 6)
	SQXTUN2(3, 6)
	SQXTUN(4, 7)
	SQXTUN2(5, 7)
	VLD4   (R0), [V16.B16, V17.B16, V18.B16, V19.B16]
	UQADD(6, 16, 16)
	UQADD(6, 17, 17)
	UQADD(6, 18, 18)
	UQSUB(7, 16, 16)
	UQSUB(7, 17, 17)
	UQSUB(7, 18, 18)
	VST4.P [V16.B16, V17.B16, V18.B16, V19.B16], 64(R0)
	SUB    $16, R3
	CBNZ   R3, sixteen
	RET
