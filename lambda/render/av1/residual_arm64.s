#include "textflag.h"
#include "words_arm64.h"

// Operations of transform.go: turns come before sums, negations after them, mirrors last.
#define SUM 2
#define ALONE 4
#define SPREAD 5

// func subtract(to *block, rows *[64]uint8, source *uint8, stride int, predicted *uint8, of, n int)
TEXT ·subtract(SB), NOSPLIT, $0-56
	MOVD to+0(FP), R0
	MOVD rows+8(FP), R1
	MOVD source+16(FP), R2
	MOVD stride+24(FP), R3
	MOVD predicted+32(FP), R4
	MOVD of+40(FP), R5
	MOVD n+48(FP), R6
	MOVD R6, R8

rows:
	MOVBU.P 1(R1), R9
	ADD     R9<<7, R0, R9
	MOVD    R2, R10
	MOVD    R4, R11
	MOVD    R6, R12

eight:
	VLD1.P 8(R10), [V0.B8]
	VLD1.P 8(R11), [V1.B8]
	USUBL(1, 0, 0)
	VST1.P [V0.H8], 16(R9)
	SUBS   $8, R12
	BNE    eight
	ADD    R3, R2
	ADD    R5, R4
	SUBS   $1, R8
	BNE    rows
	RET


// ROWS reads where a step's two rows are.
#define ROWS \
	MOVHU.P 2(R1), R5  \
	MOVHU.P 2(R1), R6  \
	ADD     R0, R5     \
	ADD     R0, R6

// func takeSteps(b *block, program *uint32, n int)
TEXT ·takeSteps(SB), NOSPLIT, $0-24
	MOVD b+0(FP), R0
	MOVD program+8(FP), R2
	MOVD n+16(FP), R3

columns:
	MOVD R2, R1

run:
	MOVWU.P 4(R1), R4
	AND     $255, R4, R5
	LSR     $8, R4
	CBZ     R5, done
	CMP     $SUM, R5
	BEQ     sum
	BLO     turn
	CMP     $ALONE, R5
	BLO     negate
	BEQ     alone
	CMP     $SPREAD, R5
	BEQ     spread

mirror:
	ROWS
	VLD1 (R5), [V4.H8]
	SQNEG(4, 5)
	VST1 [V4.H8], (R6)
	VST1 [V5.H8], (R5)
	SUBS $1, R4
	BNE  mirror
	B    run

sum:
	ROWS
	VLD1 (R5), [V4.H8]
	VLD1 (R6), [V5.H8]
	SQADD(5, 4, 6)
	SQSUB(5, 4, 7)
	VST1 [V6.H8], (R5)
	VST1 [V7.H8], (R6)
	SUBS $1, R4
	BNE  sum
	B    run

turn:
	ROWS
	VLD1.P 8(R1), [V0.H4]
	VLD1   (R5), [V4.H8]
	VLD1   (R6), [V5.H8]
	SMULL(0, 4, 6)
	SMULL2(0, 4, 7)
	SMULL(2, 4, 8)
	SMULL2(2, 4, 9)
	SMLAL(1, 5, 6)
	SMLAL2(1, 5, 7)
	SMLAL(3, 5, 8)
	SMLAL2(3, 5, 9)
	SQRSHRN(12, 6, 6)
	SQRSHRN(12, 8, 8)
	SQRSHRN2(12, 7, 6)
	SQRSHRN2(12, 9, 8)
	VST1   [V6.H8], (R5)
	VST1   [V8.H8], (R6)
	SUBS   $1, R4
	BNE    turn
	B      run

alone:
	ROWS
	FMOVS (R1), F0
	ADD   $4, R1
	VLD1  (R5), [V4.H8]
	SQRDMULH(0, 4, 6)
	SQRDMULH(1, 4, 7)
	VST1  [V6.H8], (R5)
	VST1  [V7.H8], (R6)
	SUBS  $1, R4
	BNE   alone
	B     run

spread:
	ROWS
	VLD1 (R5), [V4.H8]
	VST1 [V4.H8], (R6)
	SUBS $1, R4
	BNE  spread
	B    run

negate:
	ROWS
	VLD1 (R5), [V4.H8]
	SQNEG(4, 5)
	VST1 [V5.H8], (R5)
	SUBS $1, R4
	BNE  negate
	B    run

done:
	ADD  $16, R0
	SUBS $8, R3
	BGT  columns
	RET

// LOAD reads 8 words of the next row of those at R1.
#define LOAD(v) \
	MOVBU.P 1(R1), R9       \
	ADD     R9<<7, R2, R9   \
	VLD1    (R9), [v.H8]

// STORE writes 8 words to the next row of those at R3.
#define STORE(v) \
	MOVBU.P 1(R3), R9       \
	ADD     R9<<7, R4, R9   \
	VST1    [v.H8], (R9)

// func turnRows(to *block, toRows *[64]uint8, from *block, fromRows *[64]uint8, wide, high, shift int)
TEXT ·turnRows(SB), NOSPLIT, $0-56
	MOVD to+0(FP), R4
	MOVD toRows+8(FP), R5
	MOVD from+16(FP), R6
	MOVD fromRows+24(FP), R1
	MOVD wide+32(FP), R7
	MOVD high+40(FP), R8
	MOVD shift+48(FP), R9
	NEG  R9, R9
	VDUP R9, V0.H8

rows:
	MOVD R7, R10
	MOVD R6, R2
	MOVD R5, R3

square:
	LOAD(V16)
	LOAD(V17)
	LOAD(V18)
	LOAD(V19)
	LOAD(V20)
	LOAD(V21)
	LOAD(V22)
	LOAD(V23)
	SUB   $8, R1
	SRSHL(0, 16, 16)
	SRSHL(0, 17, 17)
	SRSHL(0, 18, 18)
	SRSHL(0, 19, 19)
	SRSHL(0, 20, 20)
	SRSHL(0, 21, 21)
	SRSHL(0, 22, 22)
	SRSHL(0, 23, 23)
	TRANSPOSE8
	STORE(V24)
	STORE(V25)
	STORE(V26)
	STORE(V27)
	STORE(V28)
	STORE(V29)
	STORE(V30)
	STORE(V31)
	ADD   $16, R2
	SUBS  $8, R10
	BGT   square
	ADD   $8, R1
	ADD   $16, R4
	SUBS  $8, R8
	BGT   rows
	RET

// COEFFICIENTS reads 8 of the row at R6 into the words v, number n, and goes to the next row.
#define COEFFICIENTS(n) \
	VLD1 (R6), [V0.S4, V1.S4] \
	SQXTN(0, n)                \
	SQXTN2(1, n)               \
	ADD  R2, R6

// PUT writes 8 words, and goes to the next row.
#define PUT(v) \
	VST1 [v.H8], (R6) \
	ADD  $128, R6

// func loadCoefficients(to *block, coefficients *int32, low, wide, high int)
TEXT ·loadCoefficients(SB), NOSPLIT, $0-40
	MOVD to+0(FP), R0
	MOVD coefficients+8(FP), R1
	MOVD low+16(FP), R2
	MOVD wide+24(FP), R3
	MOVD high+32(FP), R4
	LSL  $2, R2

rows:
	MOVD R3, R5
	MOVD R1, R7
	MOVD R0, R8

square:
	MOVD R7, R6
	COEFFICIENTS(16)
	COEFFICIENTS(17)
	COEFFICIENTS(18)
	COEFFICIENTS(19)
	COEFFICIENTS(20)
	COEFFICIENTS(21)
	COEFFICIENTS(22)
	COEFFICIENTS(23)
	TRANSPOSE8
	MOVD R8, R6
	PUT(V24)
	PUT(V25)
	PUT(V26)
	PUT(V27)
	PUT(V28)
	PUT(V29)
	PUT(V30)
	PUT(V31)
	ADD  $32, R7
	MOVD R6, R8
	SUBS $8, R5
	BGT  square
	ADD  R2<<3, R1
	ADD  $16, R0
	SUBS $8, R4
	BGT  rows
	RET


// GET reads 8 words, and goes to the next row.
#define GET(v) \
	VLD1 (R6), [v.H8] \
	ADD  $128, R6

// UNLOAD writes the 8 words of the register n as coefficients of a row, and goes to the next one.
#define UNLOAD(n) \
	SXTL(n, 0)                 \
	SXTL2(n, 1)                \
	VST1 [V0.S4, V1.S4], (R6) \
	ADD  R3, R6

// func unloadCoefficients(to *int32, from *block, low int)
TEXT ·unloadCoefficients(SB), NOSPLIT, $0-24
	MOVD to+0(FP), R0
	MOVD from+8(FP), R1
	MOVD low+16(FP), R2
	LSL  $2, R2, R3
	MOVD R2, R4

rows:
	MOVD R2, R5
	MOVD R1, R7
	MOVD R0, R8

square:
	MOVD R7, R6
	GET(V16)
	GET(V17)
	GET(V18)
	GET(V19)
	GET(V20)
	GET(V21)
	GET(V22)
	GET(V23)
	MOVD R6, R7
	TRANSPOSE8
	MOVD R8, R6
	UNLOAD(24)
	UNLOAD(25)
	UNLOAD(26)
	UNLOAD(27)
	UNLOAD(28)
	UNLOAD(29)
	UNLOAD(30)
	UNLOAD(31)
	ADD  $32, R8
	SUBS $8, R5
	BGT  square
	ADD  R3<<3, R0
	ADD  $16, R1
	SUBS $8, R4
	BGT  rows
	RET


// func add(to *uint8, stride int, from *block, rows *[64]uint8, n int)
TEXT ·add(SB), NOSPLIT, $0-40
	MOVD to+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD from+16(FP), R2
	MOVD rows+24(FP), R3
	MOVD n+32(FP), R4
	MOVD R4, R5

rows:
	MOVBU.P 1(R3), R9
	ADD     R9<<7, R2, R9
	MOVD    R0, R6
	MOVD    R4, R7

eight:
	VLD1.P 16(R9), [V0.H8]
	VLD1   (R6), [V1.B8]
	SRSHR(4, 0, 0)
	UADDW(1, 0, 0)
	SQXTUN(0, 0)
	VST1.P [V0.B8], 8(R6)
	SUBS   $8, R7
	BNE    eight
	ADD    R1, R0
	SUBS   $1, R5
	BNE    rows
	RET

