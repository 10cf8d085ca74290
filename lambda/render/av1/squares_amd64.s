#include "textflag.h"
#include "words_amd64.h"

// Blocks of 8x8 and of 4x4 are transformed in registers: row i in Xi. What follows does what
// takeSteps does with the same steps, whose factors are at R12 in their order, four words to a turn.

// ROUNDING fills X15 with doublewords of 2,048, a half of what is shifted off, and X14 with zeros.
#define ROUNDING \
	VPCMPEQD X15, X15, X15 \
	VPSRLD   $31, X15, X15 \
	VPSLLD   $11, X15, X15 \
	VPXOR    X14, X14, X14

// SUM makes a and b their sum and difference.
#define SUM(a, b) \
	VPADDSW b, a, X8 \
	VPSUBSW b, a, b  \
	VMOVDQA X8, a

// NEGATE negates a.
#define NEGATE(a) VPSUBSW a, X14, a

// TURN8 turns 8 words of a and b by the factors of turn i.
#define TURN8(i, a, b) \
	VPBROADCASTD (8*i)(R12), X12   \
	VPBROADCASTD (8*i+4)(R12), X13 \
	VPUNPCKLWD   b, a, X8          \
	VPUNPCKHWD   b, a, X9          \
	VPMADDWD     X12, X8, X10      \
	VPMADDWD     X12, X9, X11      \
	VPMADDWD     X13, X8, X8       \
	VPMADDWD     X13, X9, X9       \
	VPADDD       X15, X10, X10     \
	VPADDD       X15, X11, X11     \
	VPADDD       X15, X8, X8       \
	VPADDD       X15, X9, X9       \
	VPSRAD       $12, X10, X10     \
	VPSRAD       $12, X11, X11     \
	VPSRAD       $12, X8, X8       \
	VPSRAD       $12, X9, X9       \
	VPACKSSDW    X11, X10, a       \
	VPACKSSDW    X9, X8, b

// TURN4 turns 4 words.
#define TURN4(i, a, b) \
	VPBROADCASTD (8*i)(R12), X12   \
	VPBROADCASTD (8*i+4)(R12), X13 \
	VPUNPCKLWD   b, a, X8          \
	VPMADDWD     X12, X8, X9       \
	VPMADDWD     X13, X8, X8       \
	VPADDD       X15, X9, X9       \
	VPADDD       X15, X8, X8       \
	VPSRAD       $12, X9, X9       \
	VPSRAD       $12, X8, X8       \
	VPACKSSDW    X9, X9, a         \
	VPACKSSDW    X8, X8, b

// TURNED8 leaves in X0 to X7 what TRANSPOSE8 does in others.
#define TURNED8 \
	TRANSPOSE8       \
	VMOVDQA X8, X0   \
	VMOVDQA X9, X1   \
	VMOVDQA X10, X2  \
	VMOVDQA X11, X3  \
	VMOVDQA X12, X4  \
	VMOVDQA X13, X5  \
	VMOVDQA X14, X6  \
	VMOVDQA X15, X7

// TURNED4 turns 4x4 words, the rows in the lower halves of X0 to X3. What it makes of rows 1 and 3 is
// in the upper halves of X0 and X2 too.
#define TURNED4 \
	VPUNPCKLWD  X1, X0, X8  \
	VPUNPCKLWD  X3, X2, X9  \
	VPUNPCKLDQ  X9, X8, X0  \
	VPUNPCKHDQ  X9, X8, X2  \
	VPUNPCKHQDQ X0, X0, X1  \
	VPUNPCKHQDQ X2, X2, X3

// The DCT of 8 samples.
TEXT cosine8<>(SB), NOSPLIT|NOFRAME, $0-0
	VMOVDQA X0, X8
	VMOVDQA X1, X0
	VMOVDQA X4, X1
	VMOVDQA X8, X4
	VMOVDQA X3, X8
	VMOVDQA X5, X3
	VMOVDQA X6, X5
	VMOVDQA X8, X6
	SUM(X6, X1)
	SUM(X2, X3)
	SUM(X0, X5)
	SUM(X4, X7)
	TURN8(0, X3, X5)
	SUM(X0, X2)
	SUM(X4, X6)
	SUM(X7, X3)
	SUM(X1, X5)
	TURN8(1, X2, X6)
	TURN8(2, X0, X4)
	TURN8(3, X5, X3)
	TURN8(4, X1, X7)
	RET

// Its inverse.
TEXT inverseCosine8<>(SB), NOSPLIT|NOFRAME, $0-0
	TURN8(0, X1, X7)
	TURN8(1, X5, X3)
	TURN8(2, X0, X4)
	TURN8(3, X2, X6)
	SUM(X1, X5)
	SUM(X7, X3)
	SUM(X4, X6)
	SUM(X0, X2)
	TURN8(4, X3, X5)
	SUM(X4, X7)
	SUM(X0, X5)
	SUM(X2, X3)
	SUM(X6, X1)
	VMOVDQA X0, X8
	VMOVDQA X4, X0
	VMOVDQA X1, X4
	VMOVDQA X8, X1
	VMOVDQA X3, X8
	VMOVDQA X6, X3
	VMOVDQA X5, X6
	VMOVDQA X8, X5
	RET

// The ADST of 8 samples.
TEXT sine8<>(SB), NOSPLIT|NOFRAME, $0-0
	VMOVDQA X0, X8
	VMOVDQA X7, X0
	VMOVDQA X8, X7
	VMOVDQA X1, X8
	VMOVDQA X2, X1
	VMOVDQA X4, X2
	VMOVDQA X6, X4
	VMOVDQA X5, X6
	VMOVDQA X3, X5
	VMOVDQA X8, X3
	NEGATE(X0)
	NEGATE(X6)
	NEGATE(X5)
	NEGATE(X3)
	TURN8(0, X1, X6)
	TURN8(1, X5, X2)
	SUM(X4, X6)
	SUM(X3, X1)
	SUM(X0, X2)
	SUM(X7, X5)
	TURN8(2, X1, X6)
	TURN8(3, X3, X4)
	SUM(X2, X6)
	SUM(X5, X1)
	SUM(X0, X4)
	SUM(X7, X3)
	TURN8(4, X1, X6)
	TURN8(5, X3, X4)
	TURN8(6, X5, X2)
	TURN8(7, X7, X0)
	RET

// Its inverse.
TEXT inverseSine8<>(SB), NOSPLIT|NOFRAME, $0-0
	TURN8(0, X7, X0)
	TURN8(1, X5, X2)
	TURN8(2, X3, X4)
	TURN8(3, X1, X6)
	SUM(X7, X3)
	SUM(X0, X4)
	SUM(X5, X1)
	SUM(X2, X6)
	TURN8(4, X3, X4)
	TURN8(5, X1, X6)
	SUM(X7, X5)
	SUM(X0, X2)
	SUM(X3, X1)
	SUM(X4, X6)
	TURN8(6, X5, X2)
	TURN8(7, X1, X6)
	NEGATE(X3)
	NEGATE(X5)
	NEGATE(X6)
	NEGATE(X0)
	VMOVDQA X0, X8
	VMOVDQA X7, X0
	VMOVDQA X8, X7
	VMOVDQA X1, X8
	VMOVDQA X3, X1
	VMOVDQA X5, X3
	VMOVDQA X6, X5
	VMOVDQA X4, X6
	VMOVDQA X2, X4
	VMOVDQA X8, X2
	RET

// The DCT of 4 samples.
TEXT cosine4<>(SB), NOSPLIT|NOFRAME, $0-0
	VMOVDQA X0, X8
	VMOVDQA X1, X0
	VMOVDQA X2, X1
	VMOVDQA X8, X2
	SUM(X0, X1)
	SUM(X2, X3)
	TURN4(0, X1, X3)
	TURN4(1, X0, X2)
	RET

// Its inverse.
TEXT inverseCosine4<>(SB), NOSPLIT|NOFRAME, $0-0
	TURN4(0, X0, X2)
	TURN4(1, X1, X3)
	SUM(X2, X3)
	SUM(X0, X1)
	VMOVDQA X0, X8
	VMOVDQA X2, X0
	VMOVDQA X1, X2
	VMOVDQA X8, X1
	RET

// SINEROW makes the row i, a, of the sines of 4 samples, of which X12 and X13 have pairs.
#define SINEROW(i, a) \
	VPBROADCASTD (8*i)(R12), X8    \
	VPBROADCASTD (8*i+4)(R12), X9  \
	VPMADDWD     X12, X8, X8       \
	VPMADDWD     X13, X9, X9       \
	VPADDD       X9, X8, X8        \
	VPADDD       X15, X8, X8       \
	VPSRAD       $12, X8, X8       \
	VPACKSSDW    X8, X8, a

// The ADST of 4 samples, or its inverse, as the factors are.
TEXT sine4<>(SB), NOSPLIT|NOFRAME, $0-0
	VPUNPCKLWD X1, X0, X12
	VPUNPCKLWD X3, X2, X13
	SINEROW(0, X0)
	SINEROW(1, X1)
	SINEROW(2, X2)
	SINEROW(3, X3)
	RET

// DIFFERENCE8 reads 8 differences, doubled, and goes to the next row.
#define DIFFERENCE8(x) \
	VPMOVZXBW (SI), x    \
	VPMOVZXBW (DX), X8   \
	VPSUBW    X8, x, x   \
	VPADDW    x, x, x    \
	ADDQ      R9, SI     \
	ADDQ      R10, DX

// DIFFERENCE4 reads 4 differences, times 4, and goes to the next row.
#define DIFFERENCE4(x) \
	VMOVD     (SI), x    \
	VMOVD     (DX), X8   \
	VPMOVZXBW x, x       \
	VPMOVZXBW X8, X8     \
	VPSUBW    X8, x, x   \
	VPSLLW    $2, x, x   \
	ADDQ      R9, SI     \
	ADDQ      R10, DX

// func forward8(to *int32, source *uint8, stride int, predicted *uint8, of int, columns, rows *factors, sines int)
TEXT ·forward8(SB), NOSPLIT, $0-64
	MOVQ to+0(FP), DI
	MOVQ source+8(FP), SI
	MOVQ stride+16(FP), R9
	MOVQ predicted+24(FP), DX
	MOVQ of+32(FP), R10
	MOVQ columns+40(FP), R12
	MOVQ sines+56(FP), AX
	DIFFERENCE8(X0)
	DIFFERENCE8(X1)
	DIFFERENCE8(X2)
	DIFFERENCE8(X3)
	DIFFERENCE8(X4)
	DIFFERENCE8(X5)
	DIFFERENCE8(X6)
	DIFFERENCE8(X7)
	ROUNDING
	BTQ  $0, AX
	JCS  columnsSine
	CALL cosine8<>(SB)

rows:
	TURNED8
	ROUNDING
	MOVQ rows+48(FP), R12
	BTQ  $1, AX
	JCS  rowsSine
	CALL cosine8<>(SB)

store:
	TRANSPOSE8
	VPMOVSXWD X8, Y8
	VPMOVSXWD X9, Y9
	VPMOVSXWD X10, Y10
	VPMOVSXWD X11, Y11
	VPMOVSXWD X12, Y12
	VPMOVSXWD X13, Y13
	VPMOVSXWD X14, Y14
	VPMOVSXWD X15, Y15
	VMOVDQU   Y8, (DI)
	VMOVDQU   Y9, 32(DI)
	VMOVDQU   Y10, 64(DI)
	VMOVDQU   Y11, 96(DI)
	VMOVDQU   Y12, 128(DI)
	VMOVDQU   Y13, 160(DI)
	VMOVDQU   Y14, 192(DI)
	VMOVDQU   Y15, 224(DI)
	VZEROUPPER
	RET

columnsSine:
	CALL sine8<>(SB)
	JMP  rows

rowsSine:
	CALL sine8<>(SB)
	JMP  store

// func forward4(to *int32, source *uint8, stride int, predicted *uint8, of int, columns, rows *factors, sines int)
TEXT ·forward4(SB), NOSPLIT, $0-64
	MOVQ to+0(FP), DI
	MOVQ source+8(FP), SI
	MOVQ stride+16(FP), R9
	MOVQ predicted+24(FP), DX
	MOVQ of+32(FP), R10
	MOVQ columns+40(FP), R12
	MOVQ sines+56(FP), AX
	DIFFERENCE4(X0)
	DIFFERENCE4(X1)
	DIFFERENCE4(X2)
	DIFFERENCE4(X3)
	ROUNDING
	BTQ  $0, AX
	JCS  columnsSine
	CALL cosine4<>(SB)

rows:
	TURNED4
	MOVQ rows+48(FP), R12
	BTQ  $1, AX
	JCS  rowsSine
	CALL cosine4<>(SB)

store:
	TURNED4
	VPMOVSXWD X0, Y0 // which has two rows
	VPMOVSXWD X2, Y2
	VMOVDQU   Y0, (DI)
	VMOVDQU   Y2, 32(DI)
	VZEROUPPER
	RET

columnsSine:
	CALL sine4<>(SB)
	JMP  rows

rowsSine:
	CALL sine4<>(SB)
	JMP  store

// COEFFICIENTS8 reads 8 of row i.
#define COEFFICIENTS8(i, x) \
	VMOVDQU   (32*i)(SI), x        \
	VPACKSSDW (32*i+16)(SI), x, x

// ADD8 adds 8 words, times the 16th in X14, to samples, and goes to the next row.
#define ADD8(x) \
	VPMULHRSW X14, x, x      \
	VPMOVZXBW (DI), X8       \
	VPADDW    X8, x, x       \
	VPACKUSWB x, x, x        \
	VMOVQ     x, (DI)        \
	ADDQ      R9, DI

// ADD4 does so with 4 words.
#define ADD4(x) \
	VPMULHRSW X14, x, x      \
	VMOVD     (DI), X8       \
	VPMOVZXBW X8, X8         \
	VPADDW    X8, x, x       \
	VPACKUSWB x, x, x        \
	VMOVD     x, (DI)        \
	ADDQ      R9, DI

// func inverse8(to *uint8, stride int, coefficients *int32, columns, rows *factors, sines int)
TEXT ·inverse8(SB), NOSPLIT, $0-48
	MOVQ to+0(FP), DI
	MOVQ stride+8(FP), R9
	MOVQ coefficients+16(FP), SI
	MOVQ columns+24(FP), R13
	MOVQ rows+32(FP), R12
	MOVQ sines+40(FP), AX
	COEFFICIENTS8(0, X0)
	COEFFICIENTS8(1, X1)
	COEFFICIENTS8(2, X2)
	COEFFICIENTS8(3, X3)
	COEFFICIENTS8(4, X4)
	COEFFICIENTS8(5, X5)
	COEFFICIENTS8(6, X6)
	COEFFICIENTS8(7, X7)
	CALL rebuilt8<>(SB)
	VZEROUPPER
	RET

// DEQUANTISE8 reads 8 levels of row i, and multiplies them by their steps at (BX). Y9 has 0xffffff.
#define DEQUANTISE8(i, x, y) \
	VPMOVSXWD    (16*i)(SI), y     \
	VPABSD       y, Y8             \
	VPMULLD      (32*i)(BX), Y8, Y8 \
	VPAND        Y9, Y8, Y8        \
	VPSIGND      y, Y8, y          \
	VEXTRACTI128 $1, y, X8         \
	VPACKSSDW    X8, x, x

// func rebuild8(to *uint8, stride int, levels *int16, steps *int32, columns, rows *factors, sines int)
TEXT ·rebuild8(SB), NOSPLIT, $0-56
	MOVQ     to+0(FP), DI
	MOVQ     stride+8(FP), R9
	MOVQ     levels+16(FP), SI
	MOVQ     steps+24(FP), BX
	MOVQ     columns+32(FP), R13
	MOVQ     rows+40(FP), R12
	MOVQ     sines+48(FP), AX
	VPCMPEQD Y9, Y9, Y9
	VPSRLD   $8, Y9, Y9
	DEQUANTISE8(0, X0, Y0)
	DEQUANTISE8(1, X1, Y1)
	DEQUANTISE8(2, X2, Y2)
	DEQUANTISE8(3, X3, Y3)
	DEQUANTISE8(4, X4, Y4)
	DEQUANTISE8(5, X5, Y5)
	DEQUANTISE8(6, X6, Y6)
	DEQUANTISE8(7, X7, Y7)
	CALL     rebuilt8<>(SB)
	VZEROUPPER
	RET

// What rebuild8 and inverse8 do with coefficients in X0 to X7: the factors of columns are at R13.
TEXT rebuilt8<>(SB), NOSPLIT|NOFRAME, $0-0
	TURNED8
	ROUNDING
	BTQ  $1, AX
	JCS  rowsSine
	CALL inverseCosine8<>(SB)

columns:
	VPCMPEQW  X8, X8, X8
	VPSRLW    $15, X8, X8
	VPSLLW    $14, X8, X8 // halves
	VPMULHRSW X8, X0, X0
	VPMULHRSW X8, X1, X1
	VPMULHRSW X8, X2, X2
	VPMULHRSW X8, X3, X3
	VPMULHRSW X8, X4, X4
	VPMULHRSW X8, X5, X5
	VPMULHRSW X8, X6, X6
	VPMULHRSW X8, X7, X7
	TURNED8
	ROUNDING
	MOVQ      R13, R12
	BTQ       $0, AX
	JCS       columnsSine
	CALL      inverseCosine8<>(SB)

store:
	VPCMPEQW X14, X14, X14
	VPSRLW   $15, X14, X14
	VPSLLW   $11, X14, X14
	ADD8(X0)
	ADD8(X1)
	ADD8(X2)
	ADD8(X3)
	ADD8(X4)
	ADD8(X5)
	ADD8(X6)
	ADD8(X7)
	RET

rowsSine:
	CALL inverseSine8<>(SB)
	JMP  columns

columnsSine:
	CALL inverseSine8<>(SB)
	JMP  store

// func inverse4(to *uint8, stride int, coefficients *int32, columns, rows *factors, sines int)
TEXT ·inverse4(SB), NOSPLIT, $0-48
	MOVQ      to+0(FP), DI
	MOVQ      stride+8(FP), R9
	MOVQ      coefficients+16(FP), SI
	MOVQ      columns+24(FP), R13
	MOVQ      rows+32(FP), R12
	MOVQ      sines+40(FP), AX
	VMOVDQU   (SI), X0
	VMOVDQU   16(SI), X1
	VMOVDQU   32(SI), X2
	VMOVDQU   48(SI), X3
	VPACKSSDW X0, X0, X0
	VPACKSSDW X1, X1, X1
	VPACKSSDW X2, X2, X2
	VPACKSSDW X3, X3, X3
	CALL      rebuilt4<>(SB)
	RET

// func rebuild4(to *uint8, stride int, levels *int16, steps *int32, columns, rows *factors, sines int)
TEXT ·rebuild4(SB), NOSPLIT, $0-56
	MOVQ         to+0(FP), DI
	MOVQ         stride+8(FP), R9
	MOVQ         levels+16(FP), SI
	MOVQ         steps+24(FP), BX
	MOVQ         columns+32(FP), R13
	MOVQ         rows+40(FP), R12
	MOVQ         sines+48(FP), AX
	VPCMPEQD     Y9, Y9, Y9
	VPSRLD       $8, Y9, Y9 // 0xffffff
	VPMOVSXWD    (SI), Y0
	VPMOVSXWD    16(SI), Y2
	VPABSD       Y0, Y1
	VPABSD       Y2, Y3
	VPMULLD      (BX), Y1, Y1
	VPMULLD      32(BX), Y3, Y3
	VPAND        Y9, Y1, Y1
	VPAND        Y9, Y3, Y3
	VPSIGND      Y0, Y1, Y0
	VPSIGND      Y2, Y3, Y2
	VPACKSSDW    Y0, Y0, Y0
	VPACKSSDW    Y2, Y2, Y2
	VEXTRACTI128 $1, Y0, X1
	VEXTRACTI128 $1, Y2, X3
	CALL         rebuilt4<>(SB)
	VZEROUPPER
	RET

// What rebuild4 and inverse4 do with coefficients in X0 to X3: the factors of columns are at R13.
TEXT rebuilt4<>(SB), NOSPLIT|NOFRAME, $0-0
	TURNED4
	ROUNDING
	BTQ       $1, AX
	JCS       rowsSine
	CALL      inverseCosine4<>(SB)

columns:
	TURNED4
	MOVQ R13, R12
	BTQ  $0, AX
	JCS  columnsSine
	CALL inverseCosine4<>(SB)

store:
	VPCMPEQW X14, X14, X14
	VPSRLW   $15, X14, X14
	VPSLLW   $11, X14, X14
	ADD4(X0)
	ADD4(X1)
	ADD4(X2)
	ADD4(X3)
	RET

rowsSine:
	CALL sine4<>(SB)
	JMP  columns

columnsSine:
	CALL sine4<>(SB)
	JMP  store
