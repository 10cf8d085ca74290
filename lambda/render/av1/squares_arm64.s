#include "textflag.h"
#include "words_arm64.h"

// Blocks of 8x8 and of 4x4 are transformed in registers: row i in V16+i. What follows does what
// takeSteps does with the same steps, whose factors are in V0 to V3 in their order, four words to a
// turn.

// SUM makes a and b their sum and difference.
#define SUM(a, b) \
	SQADD(b, a, 4) \
	SQSUB(b, a, b) \
	COPY(4, a)

// NEGATE negates a.
#define NEGATE(a) SQNEG(a, a)

// TURN8 turns 8 words of a and b by the factors of turn i.
#define TURN8(i, a, b) \
	SMULL(4*i, a, 4)     \
	SMULL2(4*i, a, 5)    \
	SMULL(4*i+2, a, 6)   \
	SMULL2(4*i+2, a, 7)  \
	SMLAL(4*i+1, b, 4)   \
	SMLAL2(4*i+1, b, 5)  \
	SMLAL(4*i+3, b, 6)   \
	SMLAL2(4*i+3, b, 7)  \
	SQRSHRN(12, 4, a)    \
	SQRSHRN(12, 6, b)    \
	SQRSHRN2(12, 5, a)   \
	SQRSHRN2(12, 7, b)

// TURN4 turns 4 words.
#define TURN4(i, a, b) \
	SMULL(4*i, a, 4)    \
	SMULL(4*i+2, a, 6)  \
	SMLAL(4*i+1, b, 4)  \
	SMLAL(4*i+3, b, 6)  \
	SQRSHRN(12, 4, a)   \
	SQRSHRN(12, 6, b)

// TURNED8 leaves in V16 to V23 what TRANSPOSE8 does in others.
#define TURNED8 \
	TRANSPOSE8   \
	COPY(24, 16) \
	COPY(25, 17) \
	COPY(26, 18) \
	COPY(27, 19) \
	COPY(28, 20) \
	COPY(29, 21) \
	COPY(30, 22) \
	COPY(31, 23)

// TURNED4 turns 4x4 words, the rows in the lower halves of V16 to V19.
#define TURNED4 \
	VZIP1 V17.H8, V16.H8, V24.H8 \
	VZIP1 V19.H8, V18.H8, V25.H8 \
	VZIP1 V25.S4, V24.S4, V16.S4 \
	VZIP2 V25.S4, V24.S4, V18.S4 \
	VEXT  $8, V16.B16, V16.B16, V17.B16 \
	VEXT  $8, V18.B16, V18.B16, V19.B16

// The DCT of 8 samples.
TEXT cosine8<>(SB), NOSPLIT|NOFRAME, $0-0
	COPY(16, 24)
	COPY(17, 16)
	COPY(20, 17)
	COPY(24, 20)
	COPY(19, 24)
	COPY(21, 19)
	COPY(22, 21)
	COPY(24, 22)
	SUM(22, 17)
	SUM(18, 19)
	SUM(16, 21)
	SUM(20, 23)
	TURN8(0, 19, 21)
	SUM(16, 18)
	SUM(20, 22)
	SUM(23, 19)
	SUM(17, 21)
	TURN8(1, 18, 22)
	TURN8(2, 16, 20)
	TURN8(3, 21, 19)
	TURN8(4, 17, 23)
	RET

// Its inverse.
TEXT inverseCosine8<>(SB), NOSPLIT|NOFRAME, $0-0
	TURN8(0, 17, 23)
	TURN8(1, 21, 19)
	TURN8(2, 16, 20)
	TURN8(3, 18, 22)
	SUM(17, 21)
	SUM(23, 19)
	SUM(20, 22)
	SUM(16, 18)
	TURN8(4, 19, 21)
	SUM(20, 23)
	SUM(16, 21)
	SUM(18, 19)
	SUM(22, 17)
	COPY(16, 24)
	COPY(20, 16)
	COPY(17, 20)
	COPY(24, 17)
	COPY(19, 24)
	COPY(22, 19)
	COPY(21, 22)
	COPY(24, 21)
	RET

// The ADST of 8 samples.
TEXT sine8<>(SB), NOSPLIT|NOFRAME, $0-0
	COPY(16, 24)
	COPY(23, 16)
	COPY(24, 23)
	COPY(17, 24)
	COPY(18, 17)
	COPY(20, 18)
	COPY(22, 20)
	COPY(21, 22)
	COPY(19, 21)
	COPY(24, 19)
	NEGATE(16)
	NEGATE(22)
	NEGATE(21)
	NEGATE(19)
	TURN8(0, 17, 22)
	TURN8(1, 21, 18)
	SUM(20, 22)
	SUM(19, 17)
	SUM(16, 18)
	SUM(23, 21)
	TURN8(2, 17, 22)
	TURN8(3, 19, 20)
	SUM(18, 22)
	SUM(21, 17)
	SUM(16, 20)
	SUM(23, 19)
	TURN8(4, 17, 22)
	TURN8(5, 19, 20)
	TURN8(6, 21, 18)
	TURN8(7, 23, 16)
	RET

// Its inverse.
TEXT inverseSine8<>(SB), NOSPLIT|NOFRAME, $0-0
	TURN8(0, 23, 16)
	TURN8(1, 21, 18)
	TURN8(2, 19, 20)
	TURN8(3, 17, 22)
	SUM(23, 19)
	SUM(16, 20)
	SUM(21, 17)
	SUM(18, 22)
	TURN8(4, 19, 20)
	TURN8(5, 17, 22)
	SUM(23, 21)
	SUM(16, 18)
	SUM(19, 17)
	SUM(20, 22)
	TURN8(6, 21, 18)
	TURN8(7, 17, 22)
	NEGATE(19)
	NEGATE(21)
	NEGATE(22)
	NEGATE(16)
	COPY(16, 24)
	COPY(23, 16)
	COPY(24, 23)
	COPY(17, 24)
	COPY(19, 17)
	COPY(21, 19)
	COPY(22, 21)
	COPY(20, 22)
	COPY(18, 20)
	COPY(24, 18)
	RET

// The DCT of 4 samples.
TEXT cosine4<>(SB), NOSPLIT|NOFRAME, $0-0
	COPY(16, 24)
	COPY(17, 16)
	COPY(18, 17)
	COPY(24, 18)
	SUM(16, 17)
	SUM(18, 19)
	TURN4(0, 17, 19)
	TURN4(1, 16, 18)
	RET

// Its inverse.
TEXT inverseCosine4<>(SB), NOSPLIT|NOFRAME, $0-0
	TURN4(0, 16, 18)
	TURN4(1, 17, 19)
	SUM(18, 19)
	SUM(16, 17)
	COPY(16, 24)
	COPY(18, 16)
	COPY(17, 18)
	COPY(24, 17)
	RET

// SINEROW makes a row, d, of the sines of 4 samples from the factor f on.
#define SINEROW(f, d) \
	SMULL(f, 16, 4)    \
	SMLAL(f+1, 17, 4)  \
	SMLAL(f+2, 18, 4)  \
	SMLAL(f+3, 19, 4)  \
	SQRSHRN(12, 4, d)

// The ADST of 4 samples, or its inverse, as the factors are.
TEXT sine4<>(SB), NOSPLIT|NOFRAME, $0-0
	SINEROW(0, 24)
	SINEROW(4, 25)
	SINEROW(8, 26)
	SINEROW(12, 27)
	COPY(24, 16)
	COPY(25, 17)
	COPY(26, 18)
	COPY(27, 19)
	RET

// FACTORS reads the factors at a register.
#define FACTORS(r) VLD1 (r), [V0.H8, V1.H8, V2.H8, V3.H8]

// DIFFERENCE8 reads 8 differences, doubled, and goes to the next row.
#define DIFFERENCE8(d) \
	VLD1  (R1), [V4.B8] \
	VLD1  (R3), [V5.B8] \
	USUBL(5, 4, d)      \
	SHL(1, d, d)        \
	ADD   R2, R1        \
	ADD   R4, R3

// DIFFERENCE4 reads 4 differences, times 4, and goes to the next row.
#define DIFFERENCE4(d) \
	FMOVS (R1), F4  \
	FMOVS (R3), F5  \
	USUBL(5, 4, d)  \
	SHL(2, d, d)    \
	ADD   R2, R1    \
	ADD   R4, R3

// STORE8 writes 8 words as doublewords.
#define STORE8(n) \
	SXTL(n, 4)                         \
	SXTL2(n, 5)                        \
	VST1.P [V4.S4, V5.S4], 32(R0)

// func forward8(to *int32, source *uint8, stride int, predicted *uint8, of int, columns, rows *factors, sines int)
TEXT ·forward8(SB), NOSPLIT, $0-64
	MOVD to+0(FP), R0
	MOVD source+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD predicted+24(FP), R3
	MOVD of+32(FP), R4
	MOVD columns+40(FP), R5
	MOVD rows+48(FP), R6
	MOVD sines+56(FP), R7
	DIFFERENCE8(16)
	DIFFERENCE8(17)
	DIFFERENCE8(18)
	DIFFERENCE8(19)
	DIFFERENCE8(20)
	DIFFERENCE8(21)
	DIFFERENCE8(22)
	DIFFERENCE8(23)
	FACTORS(R5)
	TBNZ $0, R7, columnsSine
	BL   cosine8<>(SB)

rows:
	TURNED8
	FACTORS(R6)
	TBNZ $1, R7, rowsSine
	BL   cosine8<>(SB)

store:
	TRANSPOSE8
	STORE8(24)
	STORE8(25)
	STORE8(26)
	STORE8(27)
	STORE8(28)
	STORE8(29)
	STORE8(30)
	STORE8(31)
	RET

columnsSine:
	BL sine8<>(SB)
	B  rows

rowsSine:
	BL sine8<>(SB)
	B  store

// func forward4(to *int32, source *uint8, stride int, predicted *uint8, of int, columns, rows *factors, sines int)
TEXT ·forward4(SB), NOSPLIT, $0-64
	MOVD to+0(FP), R0
	MOVD source+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD predicted+24(FP), R3
	MOVD of+32(FP), R4
	MOVD columns+40(FP), R5
	MOVD rows+48(FP), R6
	MOVD sines+56(FP), R7
	DIFFERENCE4(16)
	DIFFERENCE4(17)
	DIFFERENCE4(18)
	DIFFERENCE4(19)
	FACTORS(R5)
	TBNZ $0, R7, columnsSine
	BL   cosine4<>(SB)

rows:
	TURNED4
	FACTORS(R6)
	TBNZ $1, R7, rowsSine
	BL   cosine4<>(SB)

store:
	TURNED4
	SXTL(16, 4)
	SXTL(17, 5)
	SXTL(18, 6)
	SXTL(19, 7)
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R0)
	RET

columnsSine:
	BL sine4<>(SB)
	B  rows

rowsSine:
	BL sine4<>(SB)
	B  store

// COEFFICIENTS8 reads 8 of the next row.
#define COEFFICIENTS8(d) \
	VLD1.P 32(R2), [V4.S4, V5.S4] \
	SQXTN(4, d)                   \
	SQXTN2(5, d)

// ADD8 adds 8 words, in sixteenths, to samples, and goes to the next row.
#define ADD8(n) \
	VLD1 (R0), [V4.B8] \
	SRSHR(4, n, n)     \
	UADDW(4, n, n)     \
	SQXTUN(n, 4)       \
	VST1 [V4.B8], (R0) \
	ADD  R1, R0

// ADD4 does so with 4 words.
#define ADD4(n) \
	FMOVS (R0), F4  \
	SRSHR(4, n, n)  \
	UADDW(4, n, n)  \
	SQXTUN(n, 4)    \
	FMOVS F4, (R0)  \
	ADD   R1, R0

// func inverse8(to *uint8, stride int, coefficients *int32, columns, rows *factors, sines int)
TEXT ·inverse8(SB), NOSPLIT, $0-48
	MOVD to+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD coefficients+16(FP), R2
	MOVD columns+24(FP), R3
	MOVD rows+32(FP), R4
	MOVD sines+40(FP), R5
	COEFFICIENTS8(16)
	COEFFICIENTS8(17)
	COEFFICIENTS8(18)
	COEFFICIENTS8(19)
	COEFFICIENTS8(20)
	COEFFICIENTS8(21)
	COEFFICIENTS8(22)
	COEFFICIENTS8(23)
	TURNED8
	FACTORS(R4)
	TBNZ $1, R5, rowsSine
	BL   inverseCosine8<>(SB)

columns:
	SRSHR(1, 16, 16)
	SRSHR(1, 17, 17)
	SRSHR(1, 18, 18)
	SRSHR(1, 19, 19)
	SRSHR(1, 20, 20)
	SRSHR(1, 21, 21)
	SRSHR(1, 22, 22)
	SRSHR(1, 23, 23)
	TURNED8
	FACTORS(R3)
	TBNZ $0, R5, columnsSine
	BL   inverseCosine8<>(SB)

store:
	ADD8(16)
	ADD8(17)
	ADD8(18)
	ADD8(19)
	ADD8(20)
	ADD8(21)
	ADD8(22)
	ADD8(23)
	RET

rowsSine:
	BL inverseSine8<>(SB)
	B  columns

columnsSine:
	BL inverseSine8<>(SB)
	B  store

// func inverse4(to *uint8, stride int, coefficients *int32, columns, rows *factors, sines int)
TEXT ·inverse4(SB), NOSPLIT, $0-48
	MOVD to+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD coefficients+16(FP), R2
	MOVD columns+24(FP), R3
	MOVD rows+32(FP), R4
	MOVD sines+40(FP), R5
	VLD1 (R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	SQXTN(4, 16)
	SQXTN(5, 17)
	SQXTN(6, 18)
	SQXTN(7, 19)
	TURNED4
	FACTORS(R4)
	TBNZ $1, R5, rowsSine
	BL   inverseCosine4<>(SB)

columns:
	TURNED4
	FACTORS(R3)
	TBNZ $0, R5, columnsSine
	BL   inverseCosine4<>(SB)

store:
	ADD4(16)
	ADD4(17)
	ADD4(18)
	ADD4(19)
	RET

rowsSine:
	BL sine4<>(SB)
	B  columns

columnsSine:
	BL sine4<>(SB)
	B  store
