#include "textflag.h"

// ROW adds a row of what coefficients add to the sixteen words in Y0, writes them as
// samples, and leaves zeros in the row's place. Y15 is zero.
#define ROW \
	VPADDW       (R9), Y0, Y1  \
	VEXTRACTI128 $1, Y1, X2    \
	VPACKUSWB    X2, X1, X1    \
	VMOVDQU      X1, (DI)      \
	VMOVDQU      Y15, (R9)     \
	ADDQ         SI, DI        \
	ADDQ         $32, R9

// CLAMPED clamps the words in Y0 to samples. Y14 is 255 in each.
#define CLAMPED \
	VPMAXSW Y15, Y0, Y0 \
	VPMINSW Y14, Y0, Y0

// func wholeVector(dst *uint8, stride, mode, e int, c *coefficients)
TEXT ·wholeVector(SB), NOSPLIT, $0-40
	MOVQ  dst+0(FP), DI
	MOVQ  stride+8(FP), SI
	MOVQ  mode+16(FP), AX
	MOVQ  e+24(FP), BX
	MOVQ  c+32(FP), R9
	MOVQ  DI, R8
	SUBQ  SI, R8
	VPXOR X15, X15, X15
	MOVQ  $16, CX
	CMPQ  AX, $2
	JEQ   vertical
	JHI   horizontal
	TESTQ AX, AX
	JNE   motion

	// The mean of what there is above and left.
	XORL    DX, DX
	TESTQ   $2, BX
	JEQ     left
	VMOVDQU (R8), X0
	VPSADBW X15, X0, X0
	VPSRLDQ $8, X0, X1
	VPADDD  X1, X0, X0
	VMOVD   X0, DX

left:
	TESTQ $1, BX
	JEQ   mean
	MOVQ  DI, R10

next:
	MOVBLZX -1(R10), R11
	MOVBLZX -1(R10)(SI*1), R12
	ADDL    R11, DX
	ADDL    R12, DX
	LEAQ    (R10)(SI*2), R10
	SUBQ    $2, CX
	JNE     next
	MOVQ    $16, CX

mean:
	ANDQ $3, BX
	CMPQ BX, $3
	JNE  one
	ADDL $16, DX
	SHRL $5, DX
	JMP  flat

one:
	ADDL  $8, DX
	SHRL  $4, DX
	TESTQ BX, BX
	JNE   flat
	MOVL  $128, DX

flat:
	VMOVD        DX, X0
	VPBROADCASTW X0, Y0
	JMP          same

vertical:
	VPMOVZXBW (R8), Y0

same:
	ROW
	DECQ CX
	JNE  same
	VZEROUPPER
	RET

horizontal:
	VPBROADCASTB -1(DI), X0
	VPMOVZXBW    X0, Y0
	ROW
	DECQ         CX
	JNE          horizontal
	VZEROUPPER
	RET

motion:
	VPCMPEQW     Y14, Y14, Y14
	VPSRLW       $8, Y14, Y14
	VPMOVZXBW    (R8), Y3
	VPBROADCASTB -1(R8), X4
	VPMOVZXBW    X4, Y4
	VPSUBW       Y4, Y3, Y3

moved:
	VPBROADCASTB -1(DI), X0
	VPMOVZXBW    X0, Y0
	VPADDW       Y3, Y0, Y0
	CLAMPED
	ROW
	DECQ         CX
	JNE          moved
	VZEROUPPER
	RET

// ROWS is ROW for rows of both planes of chroma.
#define ROWS \
	VPADDW       (R9), Y0, Y1 \
	VPACKUSWB    Y1, Y1, Y1   \
	VEXTRACTI128 $1, Y1, X2   \
	VMOVQ        X1, (DI)     \
	VMOVQ        X2, (R13)    \
	VMOVDQU      Y15, (R9)    \
	ADDQ         SI, DI       \
	ADDQ         SI, R13      \
	ADDQ         $32, R9

// EVERY puts a sample of each plane into eight words.
#define EVERY(cb, cr, y, x) \
	VPBROADCASTB cb, x        \
	VPBROADCASTB cr, X2       \
	VPUNPCKLQDQ  X2, x, x     \
	VPMOVZXBW    x, y

// func chromaVector(cb, cr *uint8, stride, mode, e int, c *coefficients)
TEXT ·chromaVector(SB), NOSPLIT, $0-48
	MOVQ  cb+0(FP), DI
	MOVQ  cr+8(FP), R13
	MOVQ  stride+16(FP), SI
	MOVQ  mode+24(FP), AX
	MOVQ  e+32(FP), BX
	MOVQ  c+40(FP), R9
	ADDQ  $512, R9
	MOVQ  DI, R8
	SUBQ  SI, R8
	MOVQ  R13, R10
	SUBQ  SI, R10
	VPXOR X15, X15, X15
	MOVQ  $8, CX
	CMPQ  AX, $2
	JEQ   vertical
	JHI   horizontal
	TESTQ AX, AX
	JNE   motion

	// The means of what there is above and left.
	XORL    DX, DX
	XORL    R11, R11
	TESTQ   $2, BX
	JEQ     left
	VMOVQ   (R8), X0
	VMOVQ   (R10), X1
	VPSADBW X15, X0, X0
	VPSADBW X15, X1, X1
	VMOVD   X0, DX
	VMOVD   X1, R11

left:
	TESTQ $1, BX
	JEQ   mean
	MOVQ  DI, R8
	MOVQ  R13, R10

next:
	MOVBLZX -1(R8), R12
	MOVBLZX -1(R10), AX
	ADDL    R12, DX
	ADDL    AX, R11
	ADDQ    SI, R8
	ADDQ    SI, R10
	DECQ    CX
	JNE     next
	MOVQ    $8, CX

mean:
	ANDQ $3, BX
	CMPQ BX, $3
	JNE  one
	ADDL $8, DX
	SHRL $4, DX
	ADDL $8, R11
	SHRL $4, R11
	JMP  flat

one:
	ADDL  $4, DX
	SHRL  $3, DX
	ADDL  $4, R11
	SHRL  $3, R11
	TESTQ BX, BX
	JNE   flat
	MOVL  $128, DX
	MOVL  $128, R11

flat:
	VMOVD        DX, X0
	VMOVD        R11, X1
	VPBROADCASTW X0, X0
	VPBROADCASTW X1, X1
	VINSERTI128  $1, X1, Y0, Y0
	JMP          same

vertical:
	VPMOVZXBW   (R8), X0
	VPMOVZXBW   (R10), X1
	VINSERTI128 $1, X1, Y0, Y0

same:
	ROWS
	DECQ CX
	JNE  same
	VZEROUPPER
	RET

horizontal:
	EVERY(-1(DI), -1(R13), Y0, X0)
	ROWS
	DECQ CX
	JNE  horizontal
	VZEROUPPER
	RET

motion:
	VPCMPEQW    Y14, Y14, Y14
	VPSRLW      $8, Y14, Y14
	VPMOVZXBW   (R8), X3
	VPMOVZXBW   (R10), X1
	VINSERTI128 $1, X1, Y3, Y3
	EVERY(-1(R8), -1(R10), Y4, X4)
	VPSUBW      Y4, Y3, Y3

moved:
	EVERY(-1(DI), -1(R13), Y0, X0)
	VPADDW Y3, Y0, Y0
	CLAMPED
	ROWS
	DECQ   CX
	JNE    moved
	VZEROUPPER
	RET

// edgeLeft and edgeAbove are where the samples of an edge come from (vp8_predict.go): of
// a square of samples, those on its right, and of eight samples all.
DATA edgeLeft<>+0(SB)/8, $0x80808003070b0f0f
DATA edgeLeft<>+8(SB)/8, $0x8080808080808080
GLOBL edgeLeft<>(SB), RODATA|NOPTR, $16
DATA edgeAbove<>+0(SB)/8, $0x0100808080808080
DATA edgeAbove<>+8(SB)/8, $0x8007070605040302
GLOBL edgeAbove<>(SB), RODATA|NOPTR, $16

// beside has the samples of an edge that lie beside the square.
DATA beside<>+0(SB)/8, $0xffff00ffffffff00
DATA beside<>+8(SB)/8, $0x000000000000ffff
GLOBL beside<>(SB), RODATA|NOPTR, $16

DATA ones<>+0(SB)/8, $0x0101010101010101
DATA ones<>+8(SB)/8, $0x0101010101010101
GLOBL ones<>(SB), RODATA|NOPTR, $16

DATA fours<>+0(SB)/8, $4
DATA fours<>+8(SB)/8, $0
GLOBL fours<>(SB), RODATA|NOPTR, $16

// For the words of two rows of a square: what is above, the corner, and what is left of
// the rows 0 and 1, and of 2 and 3.
DATA aboveWords<>+0(SB)/8, $0x8009800880078006
DATA aboveWords<>+8(SB)/8, $0x8009800880078006
GLOBL aboveWords<>(SB), RODATA|NOPTR, $16
DATA cornerWords<>+0(SB)/8, $0x8005800580058005
DATA cornerWords<>+8(SB)/8, $0x8005800580058005
GLOBL cornerWords<>(SB), RODATA|NOPTR, $16
DATA leftWords<>+0(SB)/8, $0x8004800480048004
DATA leftWords<>+8(SB)/8, $0x8003800380038003
DATA leftWords<>+16(SB)/8, $0x8002800280028002
DATA leftWords<>+24(SB)/8, $0x8001800180018001
GLOBL leftWords<>(SB), RODATA|NOPTR, $32

// func squaresVector(dst *uint8, stride int, modes *[16]uint8, right *[4]uint8, c *coefficients, shuffles *[10][3][16]uint8)
TEXT ·squaresVector(SB), NOSPLIT, $0-48
	MOVQ    dst+0(FP), DI
	MOVQ    stride+8(FP), SI
	MOVQ    modes+16(FP), R8
	MOVQ    right+24(FP), R10
	MOVQ    c+32(FP), R9
	MOVQ    shuffles+40(FP), R11
	VPXOR   X15, X15, X15
	VMOVDQU edgeLeft<>(SB), X14
	VMOVDQU edgeAbove<>(SB), X13
	VMOVDQU beside<>(SB), X12
	VMOVDQU ones<>(SB), X11
	VMOVDQU fours<>(SB), X10
	MOVQ    $4, CX

row:
	// X9 is the square on the left, of which the right column counts.
	LEAQ    (DI)(SI*2), BX
	VPINSRB $3, -1(DI), X15, X9
	VPINSRB $7, -1(DI)(SI*1), X9, X9
	VPINSRB $11, -1(BX), X9, X9
	VPINSRB $15, -1(BX)(SI*1), X9, X9
	MOVQ    DI, R12
	SUBQ    SI, R12
	MOVQ    $4, DX

square:
	VMOVD   (R12), X0
	LEAQ    4(R12), AX
	CMPQ    DX, $1
	CMOVQEQ R10, AX
	VPINSRD $1, (AX), X0, X0
	VPSHUFB X13, X0, X0
	VPSHUFB X14, X9, X1
	VPOR    X1, X0, X0
	VPINSRB $5, -1(R12), X0, X0
	MOVBLZX (R8), AX
	INCQ    R8
	CMPL    AX, $1
	JEQ     motion

	// The mean beside the square, behind the edge.
	VPAND   X12, X0, X1
	VPSADBW X15, X1, X1
	VPSRLDQ $8, X1, X2
	VPADDW  X2, X1, X1
	VPADDW  X10, X1, X1
	VPSRLW  $3, X1, X1
	VPSLLDQ $15, X1, X1

	// The means of pairs, in X4, and the wide ones, in X6. The mean of two is
	// rounded up where their lowest bits differ, and that of three needs one that
	// is rounded down.
	VPSRLDQ $1, X0, X2
	VPSLLDQ $1, X0, X3
	VPAVGB  X2, X0, X4
	VPXOR   X3, X2, X5
	VPAVGB  X3, X2, X6
	VPAND   X11, X5, X5
	VPSUBB  X5, X6, X6
	VPAVGB  X6, X0, X6
	VPOR    X1, X0, X0

	LEAQ    (AX)(AX*2), AX
	SHLQ    $4, AX
	ADDQ    R11, AX
	VPSHUFB (AX), X6, X6
	VPSHUFB 16(AX), X4, X4
	VPSHUFB 32(AX), X0, X0
	VPOR    X4, X6, X6
	VPOR    X0, X6, X0

add:
	VPMOVZXBW  X0, X1
	VPUNPCKHBW X15, X0, X2
	VMOVQ      (R9), X3
	VMOVHPS    32(R9), X3, X3
	VMOVQ      64(R9), X4
	VMOVHPS    96(R9), X4, X4
	VPADDW     X3, X1, X1
	VPADDW     X4, X2, X2
	VPACKUSWB  X2, X1, X9
	VMOVD      X9, (DI)
	VPEXTRD    $1, X9, (DI)(SI*1)
	VPEXTRD    $2, X9, (BX)
	VPEXTRD    $3, X9, (BX)(SI*1)
	ADDQ       $4, DI
	ADDQ       $4, BX
	ADDQ       $4, R12
	ADDQ       $8, R9
	DECQ       DX
	JNE        square
	LEAQ       -16(DI)(SI*4), DI
	ADDQ       $96, R9
	DECQ       CX
	JNE        row

	MOVQ $4, CX

zero:
	VMOVDQU Y15, -128(R9)
	VMOVDQU Y15, -96(R9)
	VMOVDQU Y15, -64(R9)
	VMOVDQU Y15, -32(R9)
	ADDQ    $-128, R9
	DECQ    CX
	JNE     zero
	VZEROUPPER
	RET

motion:
	VPSHUFB   aboveWords<>(SB), X0, X1
	VPSHUFB   cornerWords<>(SB), X0, X2
	VPSHUFB   leftWords<>+0(SB), X0, X3
	VPSHUFB   leftWords<>+16(SB), X0, X4
	VPSUBW    X2, X1, X1
	VPADDW    X1, X3, X3
	VPADDW    X1, X4, X4
	VPACKUSWB X4, X3, X0
	JMP       add
