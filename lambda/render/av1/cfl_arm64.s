#include "textflag.h"

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// Sums of neighbours: uaddlp vd.8h, vn.16b; uadalp, which adds them; uadalp vd.4s, vn.8h.
#define UADDLP(n, d) WORD $(0x6e202800 | (n)<<5 | (d))
#define UADALP(n, d) WORD $(0x6e206800 | (n)<<5 | (d))
#define UADALPH(n, d) WORD $(0x6e606800 | (n)<<5 | (d))

// Words: smlal and smlal2 vd.4s; sqrdmulh, products rounded to their 32,768ths; abs; sshr.
#define SMLAL(m, n, d) WORD $(0x0e608000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL2(m, n, d) WORD $(0x4e608000 | (m)<<16 | (n)<<5 | (d))
#define SQRDMULH(m, n, d) WORD $(0x6e60b400 | (m)<<16 | (n)<<5 | (d))
#define ABS(n, d) WORD $(0x4e60b800 | (n)<<5 | (d))
#define SSHR(places, n, d) WORD $(0x4f000400 | (32-(places))<<16 | (n)<<5 | (d))

// Words to bytes, limited to 0 to 255: sqxtun vd.8b, vn.8h.
#define SQXTUN(n, d) WORD $(0x2e212800 | (n)<<5 | (d))

#define TOTAL \
	VADDV V4.S4, V4 \
	VMOV  V4.S[0], R0

// func meansOfLumaVector(to []int16, from []uint8, stride, n int) int32
TEXT ·meansOfLumaVector(SB), NOSPLIT, $0-68
	MOVD to_base+0(FP), R0
	MOVD from_base+24(FP), R1
	MOVD stride+48(FP), R2
	MOVD n+56(FP), R3
	VEOR V4.B16, V4.B16, V4.B16
	MOVD R3, R4
	ADD  R1, R2, R5
	LSL  $1, R2
	CMP  $4, R3
	BEQ  four

row:
	MOVD R1, R6
	MOVD R5, R7
	MOVD R3, R8

eight:
	VLD1.P 16(R6), [V0.B16]
	VLD1.P 16(R7), [V1.B16]
	UADDLP(0, 0)
	UADALP(1, 0)
	VSHL   $1, V0.H8, V0.H8
	VST1.P [V0.H8], 16(R0)
	UADALPH(0, 4)
	SUBS   $8, R8
	BNE    eight
	ADD    R2, R1
	ADD    R2, R5
	SUBS   $1, R4
	BNE    row

sum:
	TOTAL
	MOVW R0, ret+64(FP)
	RET

four:
	VLD1   (R1), [V0.B8]
	VLD1   (R5), [V1.B8]
	UADDLP(0, 0)
	UADALP(1, 0)
	VSHL   $1, V0.H8, V0.H8
	VST1.P [V0.H4], 8(R0)
	UADALPH(0, 4)
	ADD    R2, R1
	ADD    R2, R5
	SUBS   $1, R4
	BNE    four
	B      sum

// func copyOfLumaVector(to []int16, from []uint8, stride, n int) int32
TEXT ·copyOfLumaVector(SB), NOSPLIT, $0-68
	MOVD to_base+0(FP), R0
	MOVD from_base+24(FP), R1
	MOVD stride+48(FP), R2
	MOVD n+56(FP), R3
	VEOR V4.B16, V4.B16, V4.B16
	MOVD R3, R4
	CMP  $4, R3
	BEQ  four

row:
	MOVD R1, R6
	MOVD R3, R8

eight:
	VLD1.P 8(R6), [V0.B8]
	VUSHLL $3, V0.B8, V0.H8
	VST1.P [V0.H8], 16(R0)
	UADALPH(0, 4)
	SUBS   $8, R8
	BNE    eight
	ADD    R2, R1
	SUBS   $1, R4
	BNE    row

sum:
	TOTAL
	MOVW R0, ret+64(FP)
	RET

four:
	VEOR   V0.B16, V0.B16, V0.B16
	VLD1   (R1), V0.S[0]
	VUSHLL $3, V0.B8, V0.H8
	VST1.P [V0.H4], 8(R0)
	UADALPH(0, 4)
	ADD    R2, R1
	SUBS   $1, R4
	BNE    four
	B      sum

// func lowerVector(luma []int16, by int16)
TEXT ·lowerVector(SB), NOSPLIT, $0-26
	MOVD luma_base+0(FP), R0
	MOVD luma_len+8(FP), R1
	MOVH by+24(FP), R2
	VDUP R2, V2.H8

sixteen:
	VLD1   (R0), [V0.H8, V1.H8]
	VSUB   V2.H8, V0.H8, V0.H8
	VSUB   V2.H8, V1.H8, V1.H8
	VST1.P [V0.H8, V1.H8], 32(R0)
	SUBS   $16, R1
	BNE    sixteen
	RET

// func powerOfVector(luma []int16) int32
TEXT ·powerOfVector(SB), NOSPLIT, $0-28
	MOVD luma_base+0(FP), R1
	MOVD luma_len+8(FP), R2
	VEOR V4.B16, V4.B16, V4.B16

eight:
	VLD1.P 16(R1), [V0.H8]
	SMLAL(0, 0, 4)
	SMLAL2(0, 0, 4)
	SUBS   $8, R2
	BNE    eight
	TOTAL
	MOVW   R0, ret+24(FP)
	RET

// func sumOfProductsVector(luma []int16, source []uint8, stride, n int) int32
TEXT ·sumOfProductsVector(SB), NOSPLIT, $0-68
	MOVD luma_base+0(FP), R0
	MOVD source_base+24(FP), R1
	MOVD stride+48(FP), R2
	MOVD n+56(FP), R3
	VEOR V4.B16, V4.B16, V4.B16
	MOVD R3, R4
	CMP  $4, R3
	BEQ  four

row:
	MOVD R1, R6
	MOVD R3, R8

eight:
	VLD1.P 8(R6), [V0.B8]
	VLD1.P 16(R0), [V1.H8]
	VUXTL  V0.B8, V0.H8
	SMLAL(0, 1, 4)
	SMLAL2(0, 1, 4)
	SUBS   $8, R8
	BNE    eight
	ADD    R2, R1
	SUBS   $1, R4
	BNE    row

sum:
	TOTAL
	MOVW R0, ret+64(FP)
	RET

four:
	VLD1   (R1), V0.S[0]
	VLD1.P 8(R0), [V1.H4]
	VUXTL  V0.B8, V0.H8
	SMLAL(0, 1, 4)
	ADD    R2, R1
	SUBS   $1, R4
	BNE    four
	B      sum

// PRODUCTS adds to the words of V0 those of V1 times alpha, of which V15 has the sign and V14 512
// times the absolute value.
#define PRODUCTS \
	VEOR V15.B16, V1.B16, V3.B16 \
	SSHR(15, 3, 3)               \
	ABS(1, 2)                    \
	SQRDMULH(14, 2, 2)           \
	VEOR V3.B16, V2.B16, V2.B16  \
	VSUB V3.H8, V2.H8, V2.H8     \
	VADD V2.H8, V0.H8, V0.H8     \
	SQXTUN(0, 0)

// func addProductsVector(to []uint8, stride int, luma []int16, n, alpha int)
TEXT ·addProductsVector(SB), NOSPLIT, $0-72
	MOVD to_base+0(FP), R0
	MOVD stride+24(FP), R1
	MOVD luma_base+32(FP), R2
	MOVD n+56(FP), R3
	MOVD alpha+64(FP), R4
	VDUP R4, V15.H8
	ABS(15, 14)
	VSHL $9, V14.H8, V14.H8
	MOVD R3, R4
	CMP  $4, R3
	BEQ  four

row:
	MOVD R0, R6
	MOVD R3, R8

eight:
	VLD1   (R6), [V0.B8]
	VLD1.P 16(R2), [V1.H8]
	VUXTL  V0.B8, V0.H8
	PRODUCTS
	VST1.P [V0.B8], 8(R6)
	SUBS   $8, R8
	BNE    eight
	ADD    R1, R0
	SUBS   $1, R4
	BNE    row
	RET

four:
	VLD1   (R0), V0.S[0]
	VLD1.P 8(R2), [V1.H4]
	VUXTL  V0.B8, V0.H8
	PRODUCTS
	VST1   V0.S[0], (R0)
	ADD    R1, R0
	SUBS   $1, R4
	BNE    four
	RET
