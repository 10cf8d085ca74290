#include "textflag.h"

// columnPlaces and rowBias of idct.go. Of rowPlaces, 16 are cut off first, which
// leaves words, and then the others.
#define COLUMN_PLACES 11
#define ROW_BIAS 0x02020000
#define ROW_PLACES_OF_WORDS 2

// turned has for the 16 bytes of four columns of four where they stand in rows.
DATA turned<>+0(SB)/8, $0x0d0905010c080400
DATA turned<>+8(SB)/8, $0x0f0b07030e0a0602
GLOBL turned<>(SB), RODATA|NOPTR, $16

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// MUL is mul vd.8h, vn.8h, vm.8h.
#define MUL(m, n, d) WORD $(0x4e609c00 | (m)<<16 | (n)<<5 | (d))

// LANE is the operand of the instructions below that is one of the factors in V0
// to V3, vm.h[i] with m = f/8 and i = f%8.
#define LANE(f) (((f)>>3)<<16 | (((f)>>2)&1)<<11 | (((f)>>1)&1)<<21 | ((f)&1)<<20)

// SMULL is smull vd.4s, vn.4h, vm.h[i]: the lower half times a factor. SMLAL is
// smlal vd.4s, vn.4h, vm.h[i] and adds that. SMULL2 and SMLAL2 do the same with
// the upper half.
#define SMULL(f, n, d) WORD $(0x0f40a000 | LANE(f) | (n)<<5 | (d))
#define SMULL2(f, n, d) WORD $(0x4f40a000 | LANE(f) | (n)<<5 | (d))
#define SMLAL(f, n, d) WORD $(0x0f402000 | LANE(f) | (n)<<5 | (d))
#define SMLAL2(f, n, d) WORD $(0x4f402000 | LANE(f) | (n)<<5 | (d))

// SQRSHRN is sqrshrn vd.4h, vn.4s, #places: sums lose binary places, rounded, and
// become words, as far as those go. SQRSHRN2 fills the upper half of d.
#define SQRSHRN(places, n, d) WORD $(0x0f009c00 | (32-(places))<<16 | (n)<<5 | (d))
#define SQRSHRN2(places, n, d) WORD $(0x4f009c00 | (32-(places))<<16 | (n)<<5 | (d))

// SHRN is shrn vd.4h, vn.4s, #16: the upper halves of sums. SHRN2 fills the upper
// half of d.
#define SHRN(n, d) WORD $(0x0f108400 | (n)<<5 | (d))
#define SHRN2(n, d) WORD $(0x4f108400 | (n)<<5 | (d))

// SQSHRUN is sqshrun vd.8b, vn.8h, #places: words lose binary places and become
// bytes, as far as those go. SQSHRUN2 fills the upper half of d.
#define SQSHRUN(places, n, d) WORD $(0x2f008400 | (16-(places))<<16 | (n)<<5 | (d))
#define SQSHRUN2(places, n, d) WORD $(0x6f008400 | (16-(places))<<16 | (n)<<5 | (d))

// SUMS4 takes the rows 0, 2, 1 and 3 of four from V16 to V19. It leaves the sums
// for sample x in V8 and for sample 3-x in V9.
#define SUMS4(x) \
	SMULL(4*x+0, 16, 4)      \
	SMLAL(4*x+1, 17, 4)      \
	SMULL(4*x+2, 18, 6)      \
	SMLAL(4*x+3, 19, 6)      \
	VADD V6.S4, V4.S4, V8.S4 \
	VSUB V6.S4, V4.S4, V9.S4

// func square4(coef *coefficients, quant *[64]int16, f *vector4, dst *uint8, stride, m int)
TEXT ·square4(SB), NOSPLIT, $0-48
	MOVD coef+0(FP), R0
	MOVD quant+8(FP), R1
	MOVD f+16(FP), R2
	MOVD dst+24(FP), R3
	MOVD stride+32(FP), R4
	MOVD m+40(FP), R5

	VLD1   (R2), [V0.H8]
	VLD1   (R0), [V16.H8, V17.H8]
	VLD1   (R1), [V4.H8, V5.H8]
	VEOR   V6.B16, V6.B16, V6.B16
	VEOR   V7.B16, V7.B16, V7.B16
	VST1   [V6.H8, V7.H8], (R0)
	MUL(4, 16, 4)
	MUL(5, 17, 5)
	VUZP1  V4.H8, V4.H8, V16.H8
	VUZP2  V4.H8, V4.H8, V17.H8
	VUZP1  V5.H8, V5.H8, V18.H8
	VUZP2  V5.H8, V5.H8, V19.H8

	SUMS4(0)
	SQRSHRN(COLUMN_PLACES, 8, 24)
	SQRSHRN(COLUMN_PLACES, 9, 27)
	SUMS4(1)
	SQRSHRN(COLUMN_PLACES, 8, 25)
	SQRSHRN(COLUMN_PLACES, 9, 26)

	// Rows become columns: 0, 2, 1 and 3, as they stand in the rows.
	VTRN1 V25.H4, V24.H4, V4.H4
	VTRN2 V25.H4, V24.H4, V5.H4
	VTRN1 V27.H4, V26.H4, V6.H4
	VTRN2 V27.H4, V26.H4, V7.H4
	VTRN1 V6.S2, V4.S2, V16.S2
	VTRN1 V7.S2, V5.S2, V17.S2
	VTRN2 V6.S2, V4.S2, V18.S2
	VTRN2 V7.S2, V5.S2, V19.S2

	MOVD $ROW_BIAS, R7
	VDUP R7, V12.S4
	SUMS4(0)
	VADD V12.S4, V8.S4, V8.S4
	VADD V12.S4, V9.S4, V10.S4
	SHRN(8, 24)
	SUMS4(1)
	VADD V12.S4, V8.S4, V8.S4
	VADD V12.S4, V9.S4, V9.S4
	SHRN2(8, 24)
	SHRN(9, 25)
	SHRN2(10, 25)

	SQSHRUN(ROW_PLACES_OF_WORDS, 24, 4)
	SQSHRUN2(ROW_PLACES_OF_WORDS, 25, 4)
	MOVD $turned<>(SB), R6
	VLD1 (R6), [V5.B16]
	VTBL V5.B16, [V4.B16], V4.B16

	ADD R3, R4, R6
	ADD R6, R4, R7
	CMP $4, R5
	BNE three
	ADD R7, R4, R8
	VST1 V4.S[0], (R3)
	VST1 V4.S[1], (R6)
	VST1 V4.S[2], (R7)
	VST1 V4.S[3], (R8)
	RET

three:
	// The third of the four rows is the second again, as in the rows.
	VST1 V4.H[0], (R3)
	ADD  $1, R3
	VST1 V4.H[1], (R3)
	VST1 V4.H[2], (R6)
	ADD  $1, R6
	VST1 V4.H[3], (R6)
	VST1 V4.H[6], (R7)
	ADD  $1, R7
	VST1 V4.H[7], (R7)
	RET

// SUMS8 takes the rows 0, 2, 4, 6, 1, 3, 5 and 7 from V16 to V23. It leaves the
// sums for sample x in V8 and V9 and for sample 7-x in V10 and V11.
#define SUMS8(x) \
	SMULL(8*x+0, 16, 4)       \
	SMULL2(8*x+0, 16, 5)      \
	SMULL(8*x+4, 20, 6)       \
	SMULL2(8*x+4, 20, 7)      \
	SMLAL(8*x+1, 17, 4)       \
	SMLAL2(8*x+1, 17, 5)      \
	SMLAL(8*x+5, 21, 6)       \
	SMLAL2(8*x+5, 21, 7)      \
	SMLAL(8*x+2, 18, 4)       \
	SMLAL2(8*x+2, 18, 5)      \
	SMLAL(8*x+6, 22, 6)       \
	SMLAL2(8*x+6, 22, 7)      \
	SMLAL(8*x+3, 19, 4)       \
	SMLAL2(8*x+3, 19, 5)      \
	SMLAL(8*x+7, 23, 6)       \
	SMLAL2(8*x+7, 23, 7)      \
	VADD V6.S4, V4.S4, V8.S4  \
	VADD V7.S4, V5.S4, V9.S4  \
	VSUB V6.S4, V4.S4, V10.S4 \
	VSUB V7.S4, V5.S4, V11.S4

#define COLUMNS8(x, near, far) \
	SUMS8(x)                          \
	SQRSHRN(COLUMN_PLACES, 8, near)   \
	SQRSHRN2(COLUMN_PLACES, 9, near)  \
	SQRSHRN(COLUMN_PLACES, 10, far)   \
	SQRSHRN2(COLUMN_PLACES, 11, far)

// The bias is in V12.
#define ROWS8(x, near, far) \
	SUMS8(x)                    \
	VADD V12.S4, V8.S4, V8.S4   \
	VADD V12.S4, V9.S4, V9.S4   \
	VADD V12.S4, V10.S4, V10.S4 \
	VADD V12.S4, V11.S4, V11.S4 \
	SHRN(8, near)               \
	SHRN2(9, near)              \
	SHRN(10, far)               \
	SHRN2(11, far)

// func square8(coef *coefficients, quant *[64]int16, f *vector8, dst *uint8, stride, m int)
TEXT ·square8(SB), NOSPLIT, $0-48
	MOVD coef+0(FP), R0
	MOVD quant+8(FP), R1
	MOVD f+16(FP), R2
	MOVD dst+24(FP), R3
	MOVD stride+32(FP), R4
	MOVD m+40(FP), R5

	VLD1   (R2), [V0.H8, V1.H8, V2.H8, V3.H8]
	MOVD   R0, R6
	VLD1.P 64(R6), [V16.H8, V17.H8, V18.H8, V19.H8]
	VLD1   (R6), [V20.H8, V21.H8, V22.H8, V23.H8]
	VLD1.P 64(R1), [V4.H8, V5.H8, V6.H8, V7.H8]
	VLD1   (R1), [V8.H8, V9.H8, V10.H8, V11.H8]
	VEOR   V12.B16, V12.B16, V12.B16
	VEOR   V13.B16, V13.B16, V13.B16
	VEOR   V14.B16, V14.B16, V14.B16
	VEOR   V15.B16, V15.B16, V15.B16
	VST1.P [V12.H8, V13.H8, V14.H8, V15.H8], 64(R0)
	VST1   [V12.H8, V13.H8, V14.H8, V15.H8], (R0)
	MUL(4, 16, 4)
	MUL(5, 17, 5)
	MUL(6, 18, 6)
	MUL(7, 19, 7)
	MUL(8, 20, 8)
	MUL(9, 21, 9)
	MUL(10, 22, 10)
	MUL(11, 23, 11)
	VUZP1  V5.H8, V4.H8, V16.H8
	VUZP2  V5.H8, V4.H8, V17.H8
	VUZP1  V7.H8, V6.H8, V18.H8
	VUZP2  V7.H8, V6.H8, V19.H8
	VUZP1  V9.H8, V8.H8, V20.H8
	VUZP2  V9.H8, V8.H8, V21.H8
	VUZP1  V11.H8, V10.H8, V22.H8
	VUZP2  V11.H8, V10.H8, V23.H8

	COLUMNS8(0, 24, 31)
	COLUMNS8(1, 25, 30)
	COLUMNS8(2, 26, 29)
	COLUMNS8(3, 27, 28)

	// Rows become columns: 0, 2, 4, 6, 1, 3, 5 and 7, as they stand in the rows.
	VTRN1 V25.H8, V24.H8, V4.H8
	VTRN2 V25.H8, V24.H8, V5.H8
	VTRN1 V27.H8, V26.H8, V6.H8
	VTRN2 V27.H8, V26.H8, V7.H8
	VTRN1 V29.H8, V28.H8, V8.H8
	VTRN2 V29.H8, V28.H8, V9.H8
	VTRN1 V31.H8, V30.H8, V10.H8
	VTRN2 V31.H8, V30.H8, V11.H8
	VTRN1 V6.S4, V4.S4, V12.S4
	VTRN2 V6.S4, V4.S4, V13.S4
	VTRN1 V7.S4, V5.S4, V14.S4
	VTRN2 V7.S4, V5.S4, V15.S4
	VTRN1 V10.S4, V8.S4, V24.S4
	VTRN2 V10.S4, V8.S4, V25.S4
	VTRN1 V11.S4, V9.S4, V26.S4
	VTRN2 V11.S4, V9.S4, V27.S4
	VTRN1 V24.D2, V12.D2, V16.D2
	VTRN1 V26.D2, V14.D2, V17.D2
	VTRN1 V25.D2, V13.D2, V18.D2
	VTRN1 V27.D2, V15.D2, V19.D2
	VTRN2 V24.D2, V12.D2, V20.D2
	VTRN2 V26.D2, V14.D2, V21.D2
	VTRN2 V25.D2, V13.D2, V22.D2
	VTRN2 V27.D2, V15.D2, V23.D2

	MOVD $ROW_BIAS, R7
	VDUP R7, V12.S4
	ROWS8(0, 24, 31)
	ROWS8(1, 25, 30)
	ROWS8(2, 26, 29)
	ROWS8(3, 27, 28)

	// Bytes of eight rows, of columns 0 and 4, 1 and 5, 2 and 6, 3 and 7.
	SQSHRUN(ROW_PLACES_OF_WORDS, 24, 4)
	SQSHRUN2(ROW_PLACES_OF_WORDS, 28, 4)
	SQSHRUN(ROW_PLACES_OF_WORDS, 25, 5)
	SQSHRUN2(ROW_PLACES_OF_WORDS, 29, 5)
	SQSHRUN(ROW_PLACES_OF_WORDS, 26, 6)
	SQSHRUN2(ROW_PLACES_OF_WORDS, 30, 6)
	SQSHRUN(ROW_PLACES_OF_WORDS, 27, 7)
	SQSHRUN2(ROW_PLACES_OF_WORDS, 31, 7)

	// Four columns of rows 0 and 4 and four more of them, and so on.
	VTRN1 V5.B16, V4.B16, V8.B16
	VTRN2 V5.B16, V4.B16, V9.B16
	VTRN1 V7.B16, V6.B16, V10.B16
	VTRN2 V7.B16, V6.B16, V11.B16
	VTRN1 V10.H8, V8.H8, V4.H8
	VTRN1 V11.H8, V9.H8, V5.H8
	VTRN2 V10.H8, V8.H8, V6.H8
	VTRN2 V11.H8, V9.H8, V7.H8

	// The second half of the rows begins at row m-4, that of each row at sample
	// m-4.
	SUB  $4, R5
	MADD R5, R3, R4, R6
	ADD  R5, R3, R7
	ADD  R5, R6, R8
	VST1 V4.S[0], (R3)
	VST1 V4.S[1], (R6)
	VST1 V4.S[2], (R7)
	VST1 V4.S[3], (R8)
	ADD  R4, R3
	ADD  R4, R6
	ADD  R4, R7
	ADD  R4, R8
	VST1 V5.S[0], (R3)
	VST1 V5.S[1], (R6)
	VST1 V5.S[2], (R7)
	VST1 V5.S[3], (R8)
	ADD  R4, R3
	ADD  R4, R6
	ADD  R4, R7
	ADD  R4, R8
	VST1 V6.S[0], (R3)
	VST1 V6.S[1], (R6)
	VST1 V6.S[2], (R7)
	VST1 V6.S[3], (R8)
	ADD  R4, R3
	ADD  R4, R6
	ADD  R4, R7
	ADD  R4, R8
	VST1 V7.S[0], (R3)
	VST1 V7.S[1], (R6)
	VST1 V7.S[2], (R7)
	VST1 V7.S[3], (R8)
	RET
