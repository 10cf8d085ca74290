#include "textflag.h"

// Offsets among the operands: vectorTables in Go.
#define AT 0(R10)
#define BEFORE 16(R10)
#define AFTER 32(R10)
#define MEAN 48(R10)
#define LEFT 64(R10)
#define ABOVE 80(R10)
#define CORNER 96(R10)
#define THREES 112
#define TWOS 240
#define ROWS01 368(R10)
#define ROWS23 400(R10)
#define COLUMNS0 432(R10)
#define COLUMNS1 464(R10)
#define COLUMNS2 496(R10)
#define COLUMNS3 528(R10)
#define REVERSE 560(R10)
#define INTERLEAVE 592(R10)
#define ZIGZAG 624(R10)
#define ZIGZAGOTHER 656(R10)
#define SPREAD 688(R10)

// HADAMARD transforms the words of two squares, Y0 and Y1, and leaves in out sums of
// absolute values, four of the first in the low half and four of the second in the high
// one. Of the last of four steps only the larger of two values counts: their sum and
// difference have twice its absolute value together. Y14 has words of 2.
#define HADAMARD(out) \
	VPERM2I128  $0x20, Y1, Y0, Y2 \
	VPERM2I128  $0x31, Y1, Y0, Y3 \
	VPADDW      Y3, Y2, Y0        \
	VPSUBW      Y3, Y2, Y1        \
	VPUNPCKLQDQ Y1, Y0, Y2        \
	VPUNPCKHQDQ Y1, Y0, Y3        \
	VPADDW      Y3, Y2, Y0        \
	VPSUBW      Y3, Y2, Y1        \
	VSHUFPS     $0x88, Y1, Y0, Y2 \
	VSHUFPS     $0xdd, Y1, Y0, Y3 \
	VPADDW      Y3, Y2, Y0        \
	VPSUBW      Y3, Y2, Y1        \
	VPABSW      Y0, Y0            \
	VPABSW      Y1, Y1            \
	VPSRLD      $16, Y0, Y2       \
	VPSLLD      $16, Y1, Y3       \
	VPBLENDW    $0xaa, Y3, Y0, Y3 \
	VPBLENDW    $0xaa, Y1, Y2, Y1 \
	VPMAXSW     Y3, Y1, Y0        \
	VPMADDWD    Y14, Y0, out

// WORDSOF2 fills Y14 with words of 2.
#define WORDSOF2 \
	VPCMPEQW Y14, Y14, Y14 \
	VPSRLW   $15, Y14, Y14 \
	VPADDW   Y14, Y14, Y14

// SATD is that of the two predictions in a register, x being its low half, of the
// source in Y15.
#define SATD(y, x, out) \
	VPMOVZXBW    x, Y0      \
	VEXTRACTI128 $1, y, X1  \
	VPMOVZXBW    X1, Y1     \
	VPSUBW       Y0, Y15, Y0 \
	VPSUBW       Y1, Y15, Y1 \
	HADAMARD(out)

// BLEND makes the predictions of two modes.
#define BLEND(i, y) \
	VPSHUFB (THREES+32*i)(R10), Y4, y  \
	VPSHUFB (TWOS+32*i)(R10), Y5, Y0   \
	VPOR    Y0, y, y                   \
	VMOVDQU y, (32+32*i)(DI)

// func predictSquares(to *fourByFour, satds *int32, b *border, source *fourByFour, t *vectorTables)
TEXT ·predictSquares(SB), NOSPLIT, $0-40
	MOVQ to+0(FP), DI
	MOVQ satds+8(FP), SI
	MOVQ b+16(FP), BX
	MOVQ source+24(FP), DX
	MOVQ t+32(FP), R10

	// Means of three and of two: the mean of those before and after, rounded down, and
	// that of it and the one between, rounded up.
	VMOVDQU     (BX), X0
	VPSHUFB     AT, X0, X1
	VPSHUFB     BEFORE, X0, X2
	VPSHUFB     AFTER, X0, X3
	VPAVGB      X3, X1, X5
	VPAVGB      X3, X2, X4
	VPXOR       X3, X2, X6
	VPCMPEQB    X7, X7, X7
	VPABSB      X7, X7
	VPAND       X7, X6, X6
	VPSUBB      X6, X4, X4
	VPAVGB      X4, X1, X4
	VINSERTI128 $1, X4, Y4, Y4
	VINSERTI128 $1, X5, Y5, Y5

	// The mean and TrueMotion.
	VPSHUFB      MEAN, X0, X8
	VPXOR        X9, X9, X9
	VPSADBW      X9, X8, X8
	VMOVD        X8, AX
	ADDL         $4, AX
	SHRL         $3, AX
	VMOVD        AX, X8
	VPBROADCASTB X8, X8
	VPSHUFB      LEFT, X0, X10
	VPSHUFB      ABOVE, X0, X11
	VPSHUFB      CORNER, X0, X12
	VPMOVZXBW    X10, Y10
	VPMOVZXBW    X11, Y11
	VPMOVZXBW    X12, Y12
	VPADDW       Y11, Y10, Y10
	VPSUBW       Y12, Y10, Y10
	VEXTRACTI128 $1, Y10, X11
	VPACKUSWB    X11, X10, X10
	VINSERTI128  $1, X10, Y8, Y8
	VMOVDQU      Y8, 0(DI)

	BLEND(0, Y9)
	BLEND(1, Y10)
	BLEND(2, Y11)
	BLEND(3, Y12)

	VPMOVZXBW (DX), Y15
	WORDSOF2
	SATD(Y8, X8, Y4)
	SATD(Y9, X9, Y5)
	SATD(Y10, X10, Y6)
	SATD(Y11, X11, Y7)
	SATD(Y12, X12, Y13)

	VPHADDD      Y5, Y4, Y0
	VPHADDD      Y7, Y6, Y1
	VPHADDD      Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPUNPCKLDQ   X1, X0, X2
	VPUNPCKHDQ   X1, X0, X3
	VMOVDQU      X2, 0(SI)
	VMOVDQU      X3, 16(SI)
	VPHADDD      Y13, Y13, Y13
	VPHADDD      Y13, Y13, Y13
	VEXTRACTI128 $1, Y13, X1
	VPUNPCKLDQ   X1, X13, X0
	VMOVQ        X0, 32(SI)
	VZEROUPPER
	RET

// func predictWholes(to *fourByFour, above, left *[16]uint8, across, corner, mean int, t *vectorTables)
TEXT ·predictWholes(SB), NOSPLIT, $0-56
	MOVQ         to+0(FP), DI
	MOVQ         above+8(FP), SI
	MOVQ         left+16(FP), DX
	MOVQ         across+24(FP), CX
	MOVQ         corner+32(FP), AX
	VMOVD        AX, X5
	VPBROADCASTW X5, Y5
	MOVQ         mean+40(FP), AX
	VMOVD        AX, X6
	VPBROADCASTB X6, X6
	MOVQ         t+48(FP), R10
	VMOVDQU      SPREAD, X7
	MOVQ         CX, R8

row:
	VPBROADCASTD (DX), X1
	VPSHUFB      X7, X1, X1
	VPMOVZXBW    X1, Y2
	VPSUBW       Y5, Y2, Y2
	MOVQ         SI, BX
	MOVQ         CX, R9

square:
	VPBROADCASTD (BX), X3
	VPMOVZXBW    X3, Y4
	VPADDW       Y2, Y4, Y4
	VEXTRACTI128 $1, Y4, X0
	VPACKUSWB    X0, X4, X4
	VMOVDQU      X6, 0(DI)
	VMOVDQU      X4, 256(DI)
	VMOVDQU      X3, 512(DI)
	VMOVDQU      X1, 768(DI)
	ADDQ         $4, BX
	ADDQ         $16, DI
	DECQ         R9
	JNZ          square
	ADDQ         $4, DX
	DECQ         R8
	JNZ          row
	VZEROUPPER
	RET

// func satdPairs(source, prediction *fourByFour, pairs int) int32
TEXT ·satdPairs(SB), NOSPLIT, $0-28
	MOVQ source+0(FP), SI
	MOVQ prediction+8(FP), DX
	MOVQ pairs+16(FP), CX
	WORDSOF2
	VPXOR Y13, Y13, Y13

pair:
	VPMOVZXBW 0(SI), Y0
	VPMOVZXBW 0(DX), Y2
	VPMOVZXBW 16(SI), Y1
	VPMOVZXBW 16(DX), Y3
	VPSUBW    Y2, Y0, Y0
	VPSUBW    Y3, Y1, Y1
	HADAMARD(Y0)
	VPADDD    Y0, Y13, Y13
	ADDQ      $32, SI
	ADDQ      $32, DX
	DECQ      CX
	JNZ       pair

	VEXTRACTI128 $1, Y13, X0
	VPADDD       X0, X13, X0
	VPHADDD      X0, X0, X0
	VPHADDD      X0, X0, X0
	VMOVD        X0, AX
	MOVL         AX, ret+24(FP)
	VZEROUPPER
	RET

// ACROSS transforms the rows of a square.
#define ACROSS(y, s, d) \
	VPSHUFB   REVERSE, y, s      \
	VPSUBW    s, y, d            \
	VPADDW    s, y, s            \
	VPBLENDD  $0xaa, d, s, s     \
	VPMADDWD  ROWS01, s, y       \
	VPMADDWD  ROWS23, s, d       \
	VPADDD    Y14, y, y          \
	VPADDD    Y14, d, d          \
	VPSRAD    $11, y, y          \
	VPSRAD    $11, d, d          \
	VPACKSSDW d, y, y            \
	VPSHUFD   $0xd8, y, y

// func fdctPairs(to *[16]int16, source *fourByFour, step int, prediction *fourByFour, pairs int, t *vectorTables)
TEXT ·fdctPairs(SB), NOSPLIT, $0-48
	MOVQ to+0(FP), DI
	MOVQ source+8(FP), SI
	MOVQ step+16(FP), R8
	MOVQ prediction+24(FP), DX
	MOVQ pairs+32(FP), CX
	MOVQ t+40(FP), R10

	MOVL         $1024, AX
	VMOVD        AX, X14
	VPBROADCASTD X14, Y14
	MOVL         $131072, AX
	VMOVD        AX, X15
	VPBROADCASTD X15, Y15

pair:
	VPMOVZXBW 0(SI), Y0
	VPMOVZXBW 0(DX), Y1
	VPMOVZXBW 0(SI)(R8*1), Y2
	VPMOVZXBW 16(DX), Y3
	VPSUBW    Y1, Y0, Y0
	VPSUBW    Y3, Y2, Y2
	ACROSS(Y0, Y4, Y5)
	ACROSS(Y2, Y6, Y7)

	// The rows of both squares: the upper ones in Y4, the lower ones exchanged in Y5.
	VPERM2I128 $0x20, Y2, Y0, Y4
	VPERM2I128 $0x31, Y2, Y0, Y5
	VPSHUFD    $0x4e, Y5, Y5
	VPADDW     Y5, Y4, Y6
	VPSUBW     Y5, Y4, Y7
	VPSHUFB    INTERLEAVE, Y6, Y6
	VPSHUFB    INTERLEAVE, Y7, Y7
	VPMADDWD   COLUMNS0, Y6, Y0
	VPMADDWD   COLUMNS1, Y7, Y1
	VPMADDWD   COLUMNS2, Y6, Y2
	VPMADDWD   COLUMNS3, Y7, Y3
	VPADDD     Y15, Y0, Y0
	VPADDD     Y15, Y1, Y1
	VPADDD     Y15, Y2, Y2
	VPADDD     Y15, Y3, Y3
	VPSRAD     $18, Y0, Y0
	VPSRAD     $18, Y1, Y1
	VPSRAD     $18, Y2, Y2
	VPSRAD     $18, Y3, Y3
	VPACKSSDW  Y1, Y0, Y0
	VPACKSSDW  Y3, Y2, Y2
	VPERM2I128 $0x20, Y2, Y0, Y4
	VPERM2I128 $0x31, Y2, Y0, Y5
	VMOVDQU    Y4, 0(DI)
	VMOVDQU    Y5, 32(DI)

	LEAQ (SI)(R8*2), SI
	ADDQ $32, DX
	ADDQ $64, DI
	DECQ CX
	JNZ  pair
	VZEROUPPER
	RET

// INVERSE is a pass of the inverse transform: X0 has the first and the second of four
// values for each of four places, X1 the third and the fourth. X14 and X15 have the
// factors, less 1 each way; add is done to the sums that get no factors.
#define INVERSE(add) \
	VPMULHW     X14, X0, X2 \
	VPMULHW     X15, X0, X3 \
	VPMULHW     X14, X1, X4 \
	VPMULHW     X15, X1, X5 \
	VPADDW      X0, X2, X2  \
	VPADDW      X0, X3, X3  \
	VPADDW      X1, X4, X4  \
	VPADDW      X1, X5, X5  \
	VPSUBW      X4, X3, X3  \
	VPADDW      X5, X2, X2  \
	VPADDW      X1, X0, X4  \
	VPSUBW      X1, X0, X5  \
	VPUNPCKLQDQ X5, X4, X4  \
	VPUNPCKHQDQ X3, X2, X2  \
	add                     \
	VPADDW      X2, X4, X0  \
	VPSUBW      X2, X4, X1  \
	VPSHUFD     $0x4e, X1, X1

#define NOTHING
#define ADD4 VPADDW X13, X4, X4

// TRANSPOSE exchanges the rows and columns of X0 and X1.
#define TRANSPOSE \
	VPUNPCKLWD X1, X0, X2 \
	VPUNPCKHWD X1, X0, X3 \
	VPUNPCKLWD X3, X2, X0 \
	VPUNPCKHWD X3, X2, X1

// func idctSquare(to *fourByFour, coefs *[16]int16, prediction *fourByFour)
TEXT ·idctSquare(SB), NOSPLIT, $0-24
	MOVQ to+0(FP), DI
	MOVQ coefs+8(FP), SI
	MOVQ prediction+16(FP), DX

	MOVL         $20091, AX
	VMOVD        AX, X14
	VPBROADCASTW X14, X14
	MOVL         $-30068, AX // 35468 less 1<<16
	VMOVD        AX, X15
	VPBROADCASTW X15, X15
	MOVL         $4, AX
	VMOVD        AX, X13
	VPBROADCASTW X13, X13

	VMOVDQU   0(SI), X0
	VMOVDQU   16(SI), X1
	INVERSE(NOTHING)
	TRANSPOSE
	INVERSE(ADD4)
	VPSRAW    $3, X0, X0
	VPSRAW    $3, X1, X1
	TRANSPOSE
	VPMOVZXBW 0(DX), X2
	VPMOVZXBW 8(DX), X3
	VPADDW    X2, X0, X0
	VPADDW    X3, X1, X1
	VPACKUSWB X1, X0, X0
	VMOVDQU   X0, (DI)
	RET

// func quantiseBlock(levels, rebuilt, coefs *[16]int16, q *quantiser, t *vectorTables) (last, distortion int)
TEXT ·quantiseBlock(SB), NOSPLIT, $0-56
	MOVQ levels+0(FP), DI
	MOVQ rebuilt+8(FP), SI
	MOVQ coefs+16(FP), DX
	MOVQ q+24(FP), BX
	MOVQ t+32(FP), R10

	VMOVDQU  (DX), Y0
	VPABSW   Y0, Y1
	VPADDW   64(BX), Y1, Y1
	VPMULHUW 32(BX), Y1, Y1
	VPSIGNW  Y0, Y1, Y1
	VPMULLW  0(BX), Y1, Y2
	VMOVDQU  Y2, (SI)
	VPSUBW   Y2, Y0, Y2
	VPMADDWD Y2, Y2, Y2

	VPERMQ   $0x4e, Y1, Y3
	VPSHUFB  ZIGZAG, Y1, Y1
	VPSHUFB  ZIGZAGOTHER, Y3, Y3
	VPOR     Y3, Y1, Y1
	VMOVDQU  Y1, (DI)

	VPXOR     Y4, Y4, Y4
	VPCMPEQW  Y4, Y1, Y1
	VPMOVMSKB Y1, AX
	NOTL      AX
	MOVQ      $-1, CX
	BSRL      AX, AX
	JZ        none
	SHRL      $1, AX
	MOVQ      AX, CX

none:
	MOVQ CX, last+40(FP)

	VEXTRACTI128 $1, Y2, X3
	VPADDD       X3, X2, X2
	VPHADDD      X2, X2, X2
	VPHADDD      X2, X2, X2
	VMOVD        X2, AX
	MOVQ         AX, distortion+48(FP)
	VZEROUPPER
	RET

// func momentsOf8x8(src *uint8, stride int) (total, squares int)
TEXT ·momentsOf8x8(SB), NOSPLIT, $0-32
	MOVQ  src+0(FP), SI
	MOVQ  stride+8(FP), R8
	MOVQ  $4, CX
	VPXOR X0, X0, X0
	VPXOR X1, X1, X1
	VPXOR X2, X2, X2

rows:
	VMOVQ       (SI), X3
	VMOVQ       (SI)(R8*1), X4
	VPUNPCKLQDQ X4, X3, X3
	VPSADBW     X0, X3, X4
	VPADDD      X4, X1, X1
	VPMOVZXBW   X3, Y3
	VPMADDWD    Y3, Y3, Y3
	VPADDD      Y3, Y2, Y2
	LEAQ        (SI)(R8*2), SI
	DECQ        CX
	JNZ         rows

	VPSHUFD      $0x4e, X1, X3
	VPADDD       X3, X1, X1
	VMOVD        X1, AX
	MOVQ         AX, total+16(FP)
	VEXTRACTI128 $1, Y2, X3
	VPADDD       X3, X2, X2
	VPHADDD      X2, X2, X2
	VPHADDD      X2, X2, X2
	VMOVD        X2, AX
	MOVQ         AX, squares+24(FP)
	VZEROUPPER
	RET

// func limitSixteens(to, from *uint8, sixteens, factor, zero, base int)
TEXT ·limitSixteens(SB), NOSPLIT, $0-48
	MOVQ         to+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         sixteens+16(FP), CX
	MOVQ         factor+24(FP), AX
	VMOVD        AX, X4
	VPBROADCASTW X4, Y4
	MOVQ         zero+32(FP), AX
	VMOVD        AX, X5
	VPBROADCASTW X5, Y5
	MOVQ         base+40(FP), AX
	VMOVD        AX, X6
	VPBROADCASTW X6, Y6

sixteen:
	VPMOVZXBW    (SI), Y0
	VPSUBW       Y5, Y0, Y0
	VPMULHRSW    Y4, Y0, Y0
	VPADDW       Y6, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VMOVDQU      X0, (DI)
	ADDQ         $16, SI
	ADDQ         $16, DI
	DECQ         CX
	JNZ          sixteen
	VZEROUPPER
	RET
