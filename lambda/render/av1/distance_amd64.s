#include "textflag.h"

// Differences are words. Before its last step of six a transform of 8x8 has at most 32 times
// 255. Of that step only the larger of the two it would sum and subtract is taken, as
// |a+b| + |a-b| is twice that.

// SUMS leaves the sum of a and b in s and the difference in b.
#define SUMS(a, b, s) \
	VPADDW b, a, s \
	VPSUBW b, a, b

// QUADS is a step between words 0 to 3 and 4 to 7 of each lane of a, and of b.
#define QUADS(a, b) \
	VPUNPCKLQDQ b, a, Y9 \
	VPUNPCKHQDQ b, a, b  \
	VPADDW      b, Y9, a \
	VPSUBW      b, Y9, b

// PAIRS is one between words 0 and 1 and 2 and 3 of all fours.
#define PAIRS(a, b, t) \
	VSHUFPS $0x88, b, a, t \
	VSHUFPS $0xdd, b, a, b \
	VPADDW  b, t, a        \
	VPSUBW  b, t, b

// LARGEST leaves in a the larger of the absolute values of neighbours in a, and in b.
#define LARGEST(a, b, t, u) \
	VPABSW   a, a             \
	VPABSW   b, b             \
	VPSLLD   $16, b, t        \
	VPBLENDW $0xaa, t, a, t   \
	VPSRLD   $16, a, u        \
	VPBLENDW $0xaa, b, u, u   \
	VPMAXSW  u, t, a

#define PAIR(y) \
	VPMOVZXBW (SI), y   \
	VPMOVZXBW (DX), Y8  \
	ADDQ      R8, SI    \
	ADDQ      R9, DX    \
	VPSUBW    Y8, y, y

#define SINGLE(x) \
	VPMOVZXBW (SI), x   \
	VPMOVZXBW (DX), X8  \
	ADDQ      R8, SI    \
	ADDQ      R9, DX    \
	VPSUBW    X8, x, x

// HADAMARD adds to Y14 an eighth of the sum of the transforms of two 8x8, of which Y0 to Y7 are
// the rows.
#define HADAMARD \
	SUMS(Y0, Y4, Y8) \
	SUMS(Y1, Y5, Y0) \
	SUMS(Y2, Y6, Y1) \
	SUMS(Y3, Y7, Y2) \
	SUMS(Y8, Y1, Y3) \
	SUMS(Y0, Y2, Y8) \
	SUMS(Y4, Y6, Y0) \
	SUMS(Y5, Y7, Y4) \
	SUMS(Y3, Y8, Y5) \
	SUMS(Y1, Y2, Y3) \
	SUMS(Y0, Y4, Y1) \
	SUMS(Y6, Y7, Y0) \
	QUADS(Y5, Y8)    \
	QUADS(Y3, Y2)    \
	QUADS(Y1, Y4)    \
	QUADS(Y0, Y7)    \
	PAIRS(Y5, Y8, Y9) \
	PAIRS(Y3, Y2, Y9) \
	PAIRS(Y1, Y4, Y9) \
	PAIRS(Y0, Y7, Y9) \
	LARGEST(Y5, Y8, Y9, Y10) \
	LARGEST(Y3, Y2, Y9, Y10) \
	LARGEST(Y1, Y4, Y9, Y10) \
	LARGEST(Y0, Y7, Y9, Y10) \
	VPADDW   Y5, Y3, Y5       \
	VPADDW   Y1, Y0, Y1       \
	VPADDW   Y5, Y1, Y5       \
	VPMADDWD Y15, Y5, Y5      \
	VPSHUFD  $0x4e, Y5, Y0    \
	VPADDD   Y0, Y5, Y5       \
	VPSHUFD  $0xb1, Y5, Y0    \
	VPADDD   Y0, Y5, Y5       \
	VPSRLD   $2, Y5, Y5       \
	VPADDD   Y5, Y14, Y14

// func hadamard8Vector(source []uint8, stride int, predicted []uint8, of, n int) int32
TEXT ·hadamard8Vector(SB), NOSPLIT, $0-76
	MOVQ     source_base+0(FP), SI
	MOVQ     stride+24(FP), R8
	MOVQ     predicted_base+32(FP), DX
	MOVQ     of+56(FP), R9
	MOVQ     n+64(FP), CX
	VPXOR    Y14, Y14, Y14
	VPCMPEQW Y15, Y15, Y15
	VPSRLW   $15, Y15, Y15
	CMPQ     CX, $8
	JNE      many

	SINGLE(X0)
	SINGLE(X1)
	SINGLE(X2)
	SINGLE(X3)
	SINGLE(X4)
	SINGLE(X5)
	SINGLE(X6)
	SINGLE(X7)
	HADAMARD
	VMOVD X14, AX
	MOVL  AX, ret+72(FP)
	VZEROUPPER
	RET

many:
	MOVQ CX, R10 // rows to go

rows:
	MOVQ CX, R11 // columns to go
	MOVQ SI, R12
	MOVQ DX, R13

columns:
	PAIR(Y0)
	PAIR(Y1)
	PAIR(Y2)
	PAIR(Y3)
	PAIR(Y4)
	PAIR(Y5)
	PAIR(Y6)
	PAIR(Y7)
	HADAMARD
	ADDQ $16, R12
	ADDQ $16, R13
	SUBQ $16, R11
	JEQ  next
	MOVQ R12, SI
	MOVQ R13, DX
	JMP  columns

next:
	SUBQ CX, SI  // the last strip's column
	ADDQ $16, SI
	SUBQ CX, DX
	ADDQ $16, DX
	SUBQ $8, R10
	JNZ  rows

	VEXTRACTI128 $1, Y14, X0
	VPADDD       X0, X14, X0
	VMOVD        X0, AX
	MOVL         AX, ret+72(FP)
	VZEROUPPER
	RET

// func hadamard4Vector(source []uint8, stride int, predicted []uint8, of int) int32
TEXT ·hadamard4Vector(SB), NOSPLIT, $0-68
	MOVQ         source_base+0(FP), SI
	MOVQ         stride+24(FP), R8
	MOVQ         predicted_base+32(FP), DX
	MOVQ         of+56(FP), R9
	LEAQ         (R8)(R8*2), R10
	LEAQ         (R9)(R9*2), R11
	VMOVD        (SI), X0
	VPINSRD      $1, (SI)(R8*1), X0, X0
	VPINSRD      $2, (SI)(R8*2), X0, X0
	VPINSRD      $3, (SI)(R10*1), X0, X0
	VMOVD        (DX), X1
	VPINSRD      $1, (DX)(R9*1), X1, X1
	VPINSRD      $2, (DX)(R9*2), X1, X1
	VPINSRD      $3, (DX)(R11*1), X1, X1
	VPMOVZXBW    X0, Y0
	VPMOVZXBW    X1, Y1
	VPSUBW       Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDW       X1, X0, X2
	VPSUBW       X1, X0, X3
	VPUNPCKLQDQ  X3, X2, X0
	VPUNPCKHQDQ  X3, X2, X1
	VPADDW       X1, X0, X2
	VPSUBW       X1, X0, X3
	PAIRS(X2, X3, X0)
	LARGEST(X2, X3, X0, X1)
	VPCMPEQW     X0, X0, X0
	VPSRLW       $15, X0, X0
	VPMADDWD     X0, X2, X2
	VPSHUFD      $0x4e, X2, X0
	VPADDD       X0, X2, X2
	VPSHUFD      $0xb1, X2, X0
	VPADDD       X0, X2, X2
	VMOVD        X2, AX
	SHRL         $1, AX
	MOVL         AX, ret+64(FP)
	VZEROUPPER
	RET

#define SQUARES(d, of, s) \
	VPSUBW   of, d, d \
	VPMADDWD d, d, d  \
	VPADDD   d, s, s

// func squaresVector(a, b []uint8, stride, w, h int) int32
TEXT ·squaresVector(SB), NOSPLIT, $0-76
	MOVQ  a_base+0(FP), SI
	MOVQ  b_base+24(FP), DX
	MOVQ  stride+48(FP), R8
	MOVQ  w+56(FP), R9
	MOVQ  h+64(FP), R10
	VPXOR Y4, Y4, Y4
	VPXOR X5, X5, X5
	LEAQ  -16(R9), R11

row:
	XORL CX, CX
	CMPQ CX, R11
	JGT  eight

sixteen:
	VPMOVZXBW (SI)(CX*1), Y0
	VPMOVZXBW (DX)(CX*1), Y1
	SQUARES(Y0, Y1, Y4)
	ADDQ      $16, CX
	CMPQ      CX, R11
	JLE       sixteen

eight:
	TESTQ     $8, R9
	JEQ       four
	VPMOVZXBW (SI)(CX*1), X0
	VPMOVZXBW (DX)(CX*1), X1
	SQUARES(X0, X1, X5)
	ADDQ      $8, CX

four:
	TESTQ     $4, R9
	JEQ       next
	VMOVD     (SI)(CX*1), X0
	VMOVD     (DX)(CX*1), X1
	VPMOVZXBW X0, X0
	VPMOVZXBW X1, X1
	SQUARES(X0, X1, X5)

next:
	ADDQ R8, SI
	ADDQ R8, DX
	DECQ R10
	JNZ  row

	VEXTRACTI128 $1, Y4, X0
	VPADDD       X0, X4, X0
	VPADDD       X0, X5, X0
	VPSHUFD      $0x4e, X0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VPADDD       X1, X0, X0
	VMOVD        X0, AX
	MOVL         AX, ret+72(FP)
	VZEROUPPER
	RET
