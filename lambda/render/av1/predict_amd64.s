#include "textflag.h"

// Samples of a row are 16 words, so that their sums have room, or 32 bytes.

#define FIRST 80 // of an edge's samples, the one next to the block

// ARGUMENTS are the rows to write, in DI, stride R8 and size R9, and both edges, in SI and DX.
#define ARGUMENTS \
	MOVQ to_base+0(FP), DI \
	MOVQ stride+24(FP), R8 \
	MOVQ n+32(FP), R9      \
	MOVQ above+40(FP), SI  \
	MOVQ left+48(FP), DX   \
	ADDQ $FIRST, SI        \
	ADDQ $FIRST, DX

// SAME spreads a byte in memory over the words of a vector.
#define SAME(at, y) \
	VPBROADCASTB at, y \
	VPSRLW       $8, y, y

// WRITE writes as many of the 16 words of Y0, as bytes, as a row has, to DI, which is then at the
// next row. It takes Y1.
#define WRITE \
	VEXTRACTI128 $1, Y0, X1 \
	VPACKUSWB    X1, X0, X0 \
	WRITEBYTES

#define WRITEBYTES \
	CMPQ    R9, $8   \
	JA      more     \
	JE      eight    \
	VMOVD   X0, (DI) \
	JMP     written  \
eight:                   \
	VMOVQ   X0, (DI) \
	JMP     written  \
more:                    \
	VMOVDQU X0, (DI) \
written:                 \
	ADDQ    R8, DI

// STRIPS begins a loop over strips of 16 columns, of which R10 is the first, and its inner one over
// rows, of which R11 is the first. What is between them is for all rows of a strip.
#define STRIPS \
	MOVQ DI, BX   \
	XORL R10, R10 \
strip:

#define ROWS \
	XORL R11, R11 \
row:

#define NEXTROW \
	INCQ R11      \
	CMPQ R11, R9  \
	JLT  row      \
	ADDQ $16, R10 \
	LEAQ (BX)(R10*1), DI \
	CMPQ R10, R9  \
	JLT  strip    \
	VZEROUPPER    \
	RET

// WHOLE writes the first n bytes of Y0 and Y1 to each row, of which BX are left.
#define WHOLE(again, label4, label8, label16, next) \
	CMPQ    R9, $8      \
	JLT     label4      \
	JE      label8      \
	CMPQ    R9, $16     \
	JE      label16     \
	VMOVDQU Y0, (DI)    \
	CMPQ    R9, $32     \
	JE      next        \
	VMOVDQU Y1, 32(DI)  \
	JMP     next        \
label4:                     \
	VMOVD   X0, (DI)    \
	JMP     next        \
label8:                     \
	VMOVQ   X0, (DI)    \
	JMP     next        \
label16:                    \
	VMOVDQU X0, (DI)    \
next:                       \
	ADDQ    R8, DI      \
	DECQ    BX          \
	JNZ     again       \
	VZEROUPPER          \
	RET

// func flatRowsVector(to []uint8, stride, n int, v uint8)
TEXT ·flatRowsVector(SB), NOSPLIT, $0-41
	MOVQ         to_base+0(FP), DI
	MOVQ         stride+24(FP), R8
	MOVQ         n+32(FP), R9
	VPBROADCASTB v+40(FP), Y0
	VMOVDQA      Y0, Y1
	MOVQ         R9, BX

row:
	WHOLE(row, four, eight, sixteen, next)

// func copyRowsVector(to []uint8, stride, n int, above, left *edge)
TEXT ·copyRowsVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	VMOVDQU 0(SI), Y0
	VMOVDQU 32(SI), Y1
	MOVQ    R9, BX

row:
	WHOLE(row, four, eight, sixteen, next)

// func spreadRowsVector(to []uint8, stride, n int, above, left *edge)
TEXT ·spreadRowsVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	MOVQ R9, BX

row:
	VPBROADCASTB (DX), Y0
	VMOVDQA      Y0, Y1
	INCQ         DX
	WHOLE(row, four, eight, sixteen, next)

// What two edges give is summed as 65,535 less it, since the mean of two words is rounded up and
// has to be rounded down.

// SMOOTH leaves the weights in CX, 65,535 less the samples below in Y13, the last ones above in
// Y12, 127 in Y15, ones in Y14.
#define SMOOTH \
	LEAQ       ·smoothWeights(SB), CX \
	ADDQ       R9, CX                 \
	VPCMPEQW   Y14, Y14, Y14          \
	VPSRLW     $9, Y14, Y15           \
	SAME(-1(DX)(R9*1), Y11)           \
	SAME(-1(SI)(R9*1), Y12)           \
	VPSLLW     $8, Y11, Y13           \
	VPXOR      Y14, Y13, Y13

// DOWNS leaves in Y4 what the weights of rows are multiplied by: the samples below less those
// above.
#define DOWNS \
	VPMOVZXBW (SI)(R10*1), Y4 \
	VPSUBW    Y4, Y11, Y4

// ACROSSES leaves the negative weights of columns in Y2, and in Y3 65,535 less the last samples by
// theirs.
#define ACROSSES \
	VPMOVZXBW (CX)(R10*1), Y3 \
	VPXOR     Y2, Y2, Y2      \
	VPSUBW    Y3, Y2, Y2      \
	VPSRLW    $15, Y14, Y5    \
	VPSLLW    $8, Y5, Y5      \
	VPSUBW    Y3, Y5, Y3      \
	VPMULLW   Y12, Y3, Y3     \
	VPXOR     Y14, Y3, Y3

#define DOWN(y) \
	SAME((CX)(R11*1), y) \
	VPMULLW Y4, y, y     \
	VPADDW  Y13, y, y

#define ACROSS(y) \
	SAME((DX)(R11*1), y) \
	VPMULLW Y2, y, y     \
	VPADDW  Y3, y, y

// ROUND makes samples of what 65,535 is more than their 256ths.
#define ROUND \
	VPSUBW Y0, Y15, Y0 \
	VPSRLW $8, Y0, Y0

// func smoothRowsVector(to []uint8, stride, n int, above, left *edge)
TEXT ·smoothRowsVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	SMOOTH
	STRIPS
	DOWNS
	ACROSSES
	ROWS
	DOWN(Y0)
	ACROSS(Y1)
	VPAVGW Y1, Y0, Y0
	ROUND
	WRITE
	NEXTROW

// func smoothDownVector(to []uint8, stride, n int, above, left *edge)
TEXT ·smoothDownVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	SMOOTH
	STRIPS
	DOWNS
	ROWS
	DOWN(Y0)
	ROUND
	WRITE
	NEXTROW

// func smoothAcrossVector(to []uint8, stride, n int, above, left *edge)
TEXT ·smoothAcrossVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	SMOOTH
	STRIPS
	ACROSSES
	ROWS
	ACROSS(Y0)
	ROUND
	WRITE
	NEXTROW

// func paethRowsVector(to []uint8, stride, n int, above, left *edge)
TEXT ·paethRowsVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	SAME(-1(SI), Y15)
	STRIPS
	VPMOVZXBW (SI)(R10*1), Y2
	VPSUBW    Y15, Y2, Y3
	VPABSW    Y3, Y4
	ROWS
	SAME((DX)(R11*1), Y0)
	VPSUBW    Y15, Y0, Y5
	VPADDW    Y3, Y5, Y6
	VPABSW    Y5, Y5         // from above
	VPABSW    Y6, Y6         // from the corner
	VPCMPGTW  Y6, Y5, Y7
	VPMINSW   Y6, Y5, Y5
	VPCMPGTW  Y5, Y4, Y5     // the one to the left is further than another
	VPBLENDVB Y7, Y15, Y2, Y7
	VPBLENDVB Y5, Y7, Y0, Y0
	WRITE
	NEXTROW

// func slantedRowsVector(to []uint8, stride, n int, from *edge, slope int)
TEXT ·slantedRowsVector(SB), NOSPLIT, $0-56
	MOVQ to_base+0(FP), DI
	MOVQ stride+24(FP), R8
	MOVQ n+32(FP), R9
	MOVQ from+40(FP), SI
	MOVQ slope+48(FP), DX
	ADDQ $FIRST, SI
	LEAQ ·inside(SB), R10
	ADDQ $64, R10

	VPCMPEQW Y14, Y14, Y14
	VPSRLW   $15, Y14, Y14
	VPSLLW   $10, Y14, Y14 // 1,024, which rounds away 5 bits
	MOVQ     R9, R11
	MOVQ     DX, R12

row:
	MOVQ    R12, AX // where the row begins on the edge
	SARQ    $6, AX
	MOVQ    R9, CX
	NOTQ    CX
	CMPQ    AX, CX
	CMOVQLT CX, AX
	LEAQ    -1(R9)(R9*1), CX
	CMPQ    AX, CX
	CMOVQGT CX, AX
	LEAQ    (SI)(AX*1), BX
	XORL    CX, CX  // minus how many samples are before the corner
	INCQ    AX
	CMPQ    AX, CX
	CMOVQGT CX, AX
	LEAQ    (R10)(AX*1), R13

	MOVQ         R12, AX
	SHRQ         $1, AX
	ANDL         $31, AX
	IMULL        $255, AX
	ADDL         $32, AX
	VMOVD        AX, X0
	VPBROADCASTW X0, Y15 // weights of a sample and the next one
	ADDQ         DX, R12

	CMPQ R9, $16
	JGT  wide

	VMOVDQU    (BX), X0
	VMOVDQU    1(BX), X1
	VMOVDQU    (R13), X3
	VPUNPCKHBW X1, X0, X2
	VPUNPCKLBW X1, X0, X0
	VPMADDUBSW X15, X0, X0
	VPMADDUBSW X15, X2, X2
	VPMULHRSW  X14, X0, X0
	VPMULHRSW  X14, X2, X2
	VPACKUSWB  X2, X0, X0
	CMPQ       R9, $8
	JGT        sixteen
	JEQ        eight
	VMOVD      (DI), X1
	VPBLENDVB  X3, X0, X1, X0
	VMOVD      X0, (DI)
	JMP        next

eight:
	VMOVQ     (DI), X1
	VPBLENDVB X3, X0, X1, X0
	VMOVQ     X0, (DI)
	JMP       next

sixteen:
	VMOVDQU   (DI), X1
	VPBLENDVB X3, X0, X1, X0
	VMOVDQU   X0, (DI)
	JMP       next

wide:
	XORL CX, CX

columns:
	VMOVDQU    (BX)(CX*1), Y0
	VMOVDQU    1(BX)(CX*1), Y1
	VMOVDQU    (R13)(CX*1), Y3
	VPUNPCKHBW Y1, Y0, Y2
	VPUNPCKLBW Y1, Y0, Y0
	VPMADDUBSW Y15, Y0, Y0
	VPMADDUBSW Y15, Y2, Y2
	VPMULHRSW  Y14, Y0, Y0
	VPMULHRSW  Y14, Y2, Y2
	VPACKUSWB  Y2, Y0, Y0
	VMOVDQU    (DI)(CX*1), Y1
	VPBLENDVB  Y3, Y0, Y1, Y0
	VMOVDQU    Y0, (DI)(CX*1)
	ADDQ       $32, CX
	CMPQ       CX, R9
	JLT        columns

next:
	ADDQ R8, DI
	DECQ R11
	JNZ  row
	VZEROUPPER
	RET

// func slantedHalvesVector(to []uint8, stride, n int, from, halves *edge, slope int)
TEXT ·slantedHalvesVector(SB), NOSPLIT, $0-64
	MOVQ to_base+0(FP), DI
	MOVQ stride+24(FP), R8
	MOVQ n+32(FP), R9
	MOVQ from+40(FP), SI
	MOVQ halves+48(FP), R13
	MOVQ slope+56(FP), DX
	ADDQ $FIRST, SI
	ADDQ $FIRST, R13
	LEAQ ·inside(SB), R10
	ADDQ $64, R10
	ADDQ DX, DX

	VPCMPEQW X14, X14, X14
	VPSRLW   $15, X14, X14
	VPSLLW   $10, X14, X14
	MOVQ     R9, R11
	MOVQ     DX, R12

row:
	MOVQ    R12, AX                // where the row begins on the edge, in halves
	SARQ    $6, AX
	MOVQ    R9, CX
	NOTQ    CX
	ADDQ    CX, CX
	CMPQ    AX, CX
	CMOVQLT CX, AX
	LEAQ    -2(R9)(R9*1), CX
	LEAQ    (CX)(R9*2), CX
	CMPQ    AX, CX
	CMOVQGT CX, AX
	MOVQ    AX, BX
	SARQ    $1, BX
	LEAQ    (R13)(BX*1), CX
	LEAQ    (SI)(BX*1), BX
	TESTQ   $1, AX
	JEQ     even
	XCHGQ   BX, CX
	INCQ    CX

even:
	VMOVQ      (BX), X0
	VMOVQ      (CX), X1
	VPUNPCKLBW X1, X0, X0
	XORL       CX, CX
	ADDQ       $2, AX
	SARQ       $1, AX              // if negative, minus how many samples are before the corner
	CMPQ       AX, CX
	CMOVQGT    CX, AX
	VMOVQ      (R10)(AX*1), X3

	MOVQ         R12, AX
	SHRQ         $1, AX
	ANDL         $31, AX
	IMULL        $255, AX
	ADDL         $32, AX
	VMOVD        AX, X1
	VPBROADCASTW X1, X15
	ADDQ         DX, R12

	VPMADDUBSW X15, X0, X0
	VPMULHRSW  X14, X0, X0
	VPACKUSWB  X0, X0, X0
	CMPQ       R9, $8
	JEQ        eight
	VMOVD      (DI), X1
	VPBLENDVB  X3, X0, X1, X0
	VMOVD      X0, (DI)
	JMP        next

eight:
	VMOVQ     (DI), X1
	VPBLENDVB X3, X0, X1, X0
	VMOVQ     X0, (DI)

next:
	ADDQ R8, DI
	DECQ R11
	JNZ  row
	RET

// func turnVector(to []uint8, stride, n int, from *[largest * largest]uint8)
TEXT ·turnVector(SB), NOSPLIT, $0-48
	MOVQ to_base+0(FP), DI
	MOVQ stride+24(FP), R8
	MOVQ n+32(FP), R9
	MOVQ from+40(FP), SI
	LEAQ (R8)(R8*2), R10
	CMPQ R9, $4
	JNE  large

	VMOVDQU    (SI), X0
	VPSRLDQ    $8, X0, X1
	VPUNPCKLBW X1, X0, X0 // rows 0 and 2, 1 and 3
	VPSRLDQ    $8, X0, X1
	VPUNPCKLBW X1, X0, X0
	VMOVD      X0, (DI)
	VPEXTRD    $1, X0, (DI)(R8*1)
	VPEXTRD    $2, X0, (DI)(R8*2)
	VPEXTRD    $3, X0, (DI)(R10*1)
	RET

	// Squares of 8, of which those in a row of to are in a column of from.
large:
	LEAQ (R9)(R9*2), R11
	XORL R12, R12        // column of from

across:
	LEAQ (SI)(R12*1), AX
	MOVQ DI, BX
	MOVQ R9, CX

square:
	VMOVQ      (AX), X0
	VMOVQ      (AX)(R9*1), X1
	VMOVQ      (AX)(R9*2), X2
	VMOVQ      (AX)(R11*1), X3
	LEAQ       (AX)(R9*4), AX
	VMOVQ      (AX), X4
	VMOVQ      (AX)(R9*1), X5
	VMOVQ      (AX)(R9*2), X6
	VMOVQ      (AX)(R11*1), X7
	LEAQ       (AX)(R9*4), AX
	VPUNPCKLBW X1, X0, X0
	VPUNPCKLBW X3, X2, X2
	VPUNPCKLBW X5, X4, X4
	VPUNPCKLBW X7, X6, X6
	VPUNPCKHWD X2, X0, X1
	VPUNPCKLWD X2, X0, X0
	VPUNPCKHWD X6, X4, X5
	VPUNPCKLWD X6, X4, X4
	VPUNPCKHDQ X4, X0, X2
	VPUNPCKLDQ X4, X0, X0
	VPUNPCKHDQ X5, X1, X3
	VPUNPCKLDQ X5, X1, X1
	LEAQ       (BX)(R8*4), R13
	VMOVQ      X0, (BX)
	VPEXTRQ    $1, X0, (BX)(R8*1)
	VMOVQ      X2, (BX)(R8*2)
	VPEXTRQ    $1, X2, (BX)(R10*1)
	VMOVQ      X1, (R13)
	VPEXTRQ    $1, X1, (R13)(R8*1)
	VMOVQ      X3, (R13)(R8*2)
	VPEXTRQ    $1, X3, (R13)(R10*1)
	ADDQ       $8, BX
	SUBQ       $8, CX
	JNZ        square
	LEAQ       (DI)(R8*8), DI
	ADDQ       $8, R12
	CMPQ       R12, R9
	JLT        across
	RET

// func totalOfVector(of []uint8, n int) int
TEXT ·totalOfVector(SB), NOSPLIT, $0-40
	MOVQ  of_base+0(FP), SI
	MOVQ  n+24(FP), CX
	VPXOR X0, X0, X0
	CMPQ  CX, $8
	JGT   many
	VMOVQ (SI), X1
	JEQ   few
	VMOVD (SI), X1

few:
	VPSADBW X0, X1, X2
	VMOVQ   X2, ret+32(FP)
	RET

many:
	VPXOR X2, X2, X2

sixteen:
	VPSADBW (SI), X0, X1
	VPADDQ  X1, X2, X2
	ADDQ    $16, SI
	SUBQ    $16, CX
	JNZ     sixteen
	VPSRLDQ $8, X2, X1
	VPADDQ  X1, X2, X2
	VMOVQ   X2, ret+32(FP)
	RET
