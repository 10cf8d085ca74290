#include "textflag.h"

// Sixteen places along an edge are filtered at a time, whose samples across it are in X0
// to X7: four before it and four behind. Where the edge stands, columns are turned into
// rows first.

#define BYTES(name, v) \
	DATA name<>+0(SB)/8, v \
	DATA name<>+8(SB)/8, v \
	GLOBL name<>(SB), RODATA|NOPTR, $16

BYTES(signs, $0x8080808080808080)
BYTES(threes, $0x0303030303030303)
BYTES(fours, $0x0404040404040404)
BYTES(sixteens, $0x1010101010101010)
BYTES(fiveBits, $0x1f1f1f1f1f1f1f1f)
BYTES(sevenBits, $0x7f7f7f7f7f7f7f7f)

DATA nines<>+0(SB)/4, $0x00090009
GLOBL nines<>(SB), RODATA|NOPTR, $4
DATA half<>+0(SB)/4, $0x003f003f
GLOBL half<>(SB), RODATA|NOPTR, $4

// The limits are spread over the stack, above the columns that were turned.
#define OUTER_LIMIT 320(SP)
#define INNER_LIMIT 336(SP)
#define INTERIOR 352(SP)
#define VARIANCE 368(SP)

#define SPREAD(f) \
	VPBROADCASTB (f), X0          \
	VPBROADCASTB 1(f), X1         \
	VPBROADCASTB 2(f), X2         \
	VPBROADCASTB 3(f), X3         \
	VMOVDQU      X0, OUTER_LIMIT  \
	VMOVDQU      X1, INNER_LIMIT  \
	VMOVDQU      X2, INTERIOR     \
	VMOVDQU      X3, VARIANCE

// DIFFERENCE is |a-b|.
#define DIFFERENCE(a, b, d, t) \
	VPSUBUSB b, a, d \
	VPSUBUSB a, b, t \
	VPOR     t, d, d

// MASKS sets X8 where the edge is filtered, and X10 where the steps beside it are below
// the limit of variance.
#define MASKS(limit) \
	DIFFERENCE(X0, X1, X8, X9)         \
	DIFFERENCE(X1, X2, X9, X11)        \
	VPMAXUB  X9, X8, X8                \
	DIFFERENCE(X7, X6, X9, X11)        \
	VPMAXUB  X9, X8, X8                \
	DIFFERENCE(X6, X5, X9, X11)        \
	VPMAXUB  X9, X8, X8                \
	DIFFERENCE(X2, X3, X10, X11)       \
	DIFFERENCE(X5, X4, X9, X11)        \
	VPMAXUB  X9, X10, X10              \
	VPMAXUB  X10, X8, X8               \
	VPSUBUSB INTERIOR, X8, X8          \
	DIFFERENCE(X3, X4, X9, X11)        \
	DIFFERENCE(X2, X5, X11, X12)       \
	VPADDUSB X9, X9, X9                \
	VPSRLW   $1, X11, X11              \
	VPAND    sevenBits<>(SB), X11, X11 \
	VPADDUSB X11, X9, X9               \
	VPSUBUSB limit, X9, X9             \
	VPOR     X9, X8, X8                \
	VPXOR    X9, X9, X9                \
	VPCMPEQB X9, X8, X8                \
	VPSUBUSB VARIANCE, X10, X10        \
	VPCMPEQB X9, X10, X10

// STEPS adds three times the step at the edge to X11, within the mask.
#define STEPS \
	VPSUBSB X3, X4, X12   \
	VPADDSB X12, X11, X11 \
	VPADDSB X12, X11, X11 \
	VPADDSB X12, X11, X11 \
	VPAND   X8, X11, X11

// EIGHTH divides signed bytes by 8 and rounds down.
#define EIGHTH(x) \
	VPXOR  X15, x, x            \
	VPSRLW $3, x, x             \
	VPAND  fiveBits<>(SB), x, x \
	VPSUBB sixteens<>(SB), x, x

// COMMON moves the samples next to the edge by what is in from, and leaves in X12 by how
// much the one behind it.
#define COMMON(from) \
	VPADDSB threes<>(SB), from, X13 \
	VPADDSB fours<>(SB), from, X12  \
	EIGHTH(X13)                     \
	EIGHTH(X12)                     \
	VPADDSB X13, X3, X3             \
	VPSUBSB X12, X4, X4

// INNER filters an edge inside of a macroblock: X2 to X5 change. X15 is signs.
#define INNER \
	MASKS(INNER_LIMIT)      \
	VPXOR   X15, X2, X2     \
	VPXOR   X15, X3, X3     \
	VPXOR   X15, X4, X4     \
	VPXOR   X15, X5, X5     \
	VPSUBSB X5, X2, X11     \
	VPANDN  X11, X10, X11   \
	STEPS                   \
	COMMON(X11)             \
	VPXOR   X15, X12, X12   \
	VPAVGB  X15, X12, X12   \
	VPXOR   X15, X12, X12   \
	VPAND   X10, X12, X12   \
	VPADDSB X12, X2, X2     \
	VPSUBSB X12, X5, X5     \
	VPXOR   X15, X2, X2     \
	VPXOR   X15, X3, X3     \
	VPXOR   X15, X4, X4     \
	VPXOR   X15, X5, X5

// MOVE moves a sample before the edge and one behind it by the words in y, 1<<7 of which
// are a level.
#define MOVE(y, x, before, behind) \
	VPSRAW       $7, y, y           \
	VEXTRACTI128 $1, y, X9          \
	VPACKSSWB    X9, x, x           \
	VPADDSB      x, before, before  \
	VPSUBSB      x, behind, behind

// OUTER filters an edge of a macroblock: X1 to X6 change. X15 is signs.
#define OUTER \
	MASKS(OUTER_LIMIT)               \
	VPXOR        X15, X1, X1         \
	VPXOR        X15, X2, X2         \
	VPXOR        X15, X3, X3         \
	VPXOR        X15, X4, X4         \
	VPXOR        X15, X5, X5         \
	VPXOR        X15, X6, X6         \
	VPSUBSB      X5, X2, X11         \
	STEPS                            \
	VPANDN       X11, X10, X14       \
	VPAND        X10, X11, X11       \
	COMMON(X14)                      \
	VPBROADCASTD nines<>(SB), Y13    \
	VPBROADCASTD half<>(SB), Y12     \
	VPMOVSXBW    X11, Y11            \
	VPMULLW      Y13, Y11, Y11       \
	VPADDW       Y11, Y12, Y12       \
	VPADDW       Y11, Y12, Y13       \
	VPADDW       Y11, Y13, Y14       \
	MOVE(Y12, X12, X1, X6)           \
	MOVE(Y13, X13, X2, X5)           \
	MOVE(Y14, X14, X3, X4)           \
	VPXOR        X15, X1, X1         \
	VPXOR        X15, X2, X2         \
	VPXOR        X15, X3, X3         \
	VPXOR        X15, X4, X4         \
	VPXOR        X15, X5, X5         \
	VPXOR        X15, X6, X6

// Columns that have been turned lie on the stack, sixteen bytes each. at is where the
// eight around an edge begin.
#define LOAD_TURNED(at) \
	VMOVDQU (at+0)(SP), X0   \
	VMOVDQU (at+16)(SP), X1  \
	VMOVDQU (at+32)(SP), X2  \
	VMOVDQU (at+48)(SP), X3  \
	VMOVDQU (at+64)(SP), X4  \
	VMOVDQU (at+80)(SP), X5  \
	VMOVDQU (at+96)(SP), X6  \
	VMOVDQU (at+112)(SP), X7

#define OUTER_TURNED(at) \
	LOAD_TURNED(at)          \
	OUTER                    \
	VMOVDQU X1, (at+16)(SP)  \
	VMOVDQU X2, (at+32)(SP)  \
	VMOVDQU X3, (at+48)(SP)  \
	VMOVDQU X4, (at+64)(SP)  \
	VMOVDQU X5, (at+80)(SP)  \
	VMOVDQU X6, (at+96)(SP)

#define INNER_TURNED(at) \
	LOAD_TURNED(at)          \
	INNER                    \
	VMOVDQU X2, (at+32)(SP)  \
	VMOVDQU X3, (at+48)(SP)  \
	VMOVDQU X4, (at+64)(SP)  \
	VMOVDQU X5, (at+80)(SP)

// TURN turns sixteen rows into columns, or back: two rows or columns that are eight
// apart are in each of Y0 to Y7, and two neighbours in each of Y8 to Y15.
#define TURN \
	VPUNPCKLBW Y1, Y0, Y8    \
	VPUNPCKHBW Y1, Y0, Y9    \
	VPUNPCKLBW Y3, Y2, Y10   \
	VPUNPCKHBW Y3, Y2, Y11   \
	VPUNPCKLBW Y5, Y4, Y12   \
	VPUNPCKHBW Y5, Y4, Y13   \
	VPUNPCKLBW Y7, Y6, Y14   \
	VPUNPCKHBW Y7, Y6, Y15   \
	VPUNPCKLWD Y10, Y8, Y0   \
	VPUNPCKHWD Y10, Y8, Y1   \
	VPUNPCKLWD Y14, Y12, Y2  \
	VPUNPCKHWD Y14, Y12, Y3  \
	VPUNPCKLWD Y11, Y9, Y4   \
	VPUNPCKHWD Y11, Y9, Y5   \
	VPUNPCKLWD Y15, Y13, Y6  \
	VPUNPCKHWD Y15, Y13, Y7  \
	VPUNPCKLDQ Y2, Y0, Y8    \
	VPUNPCKHDQ Y2, Y0, Y9    \
	VPUNPCKLDQ Y3, Y1, Y10   \
	VPUNPCKHDQ Y3, Y1, Y11   \
	VPUNPCKLDQ Y6, Y4, Y12   \
	VPUNPCKHDQ Y6, Y4, Y13   \
	VPUNPCKLDQ Y7, Y5, Y14   \
	VPUNPCKHDQ Y7, Y5, Y15   \
	VPERMQ     $0xd8, Y8, Y8   \
	VPERMQ     $0xd8, Y9, Y9   \
	VPERMQ     $0xd8, Y10, Y10 \
	VPERMQ     $0xd8, Y11, Y11 \
	VPERMQ     $0xd8, Y12, Y12 \
	VPERMQ     $0xd8, Y13, Y13 \
	VPERMQ     $0xd8, Y14, Y14 \
	VPERMQ     $0xd8, Y15, Y15

// LOAD_APART loads two rows that are eight apart, and moves on to the next ones.
#define LOAD_APART(y, x) \
	VMOVDQU     (R8), x          \
	VINSERTI128 $1, (R9), y, y   \
	ADDQ        SI, R8           \
	ADDQ        SI, R9

#define LOAD_ROWS \
	LOAD_APART(Y0, X0) \
	LOAD_APART(Y1, X1) \
	LOAD_APART(Y2, X2) \
	LOAD_APART(Y3, X3) \
	LOAD_APART(Y4, X4) \
	LOAD_APART(Y5, X5) \
	LOAD_APART(Y6, X6) \
	LOAD_APART(Y7, X7)

// KEEP writes sixteen columns that have been turned to the stack, and BACK turns them
// into rows.
#define KEEP(at) \
	VMOVDQU Y8, (at+0)(SP)    \
	VMOVDQU Y9, (at+32)(SP)   \
	VMOVDQU Y10, (at+64)(SP)  \
	VMOVDQU Y11, (at+96)(SP)  \
	VMOVDQU Y12, (at+128)(SP) \
	VMOVDQU Y13, (at+160)(SP) \
	VMOVDQU Y14, (at+192)(SP) \
	VMOVDQU Y15, (at+224)(SP)

#define COLUMNS_APART(at, y, x) \
	VMOVDQU     (at)(SP), x              \
	VINSERTI128 $1, (at+128)(SP), y, y

#define BACK(at) \
	COLUMNS_APART(at+0, Y0, X0)   \
	COLUMNS_APART(at+16, Y1, X1)  \
	COLUMNS_APART(at+32, Y2, X2)  \
	COLUMNS_APART(at+48, Y3, X3)  \
	COLUMNS_APART(at+64, Y4, X4)  \
	COLUMNS_APART(at+80, Y5, X5)  \
	COLUMNS_APART(at+96, Y6, X6)  \
	COLUMNS_APART(at+112, Y7, X7) \
	TURN

// STORE_TWO writes two rows, and moves on to the next ones.
#define STORE_TWO(y, x) \
	VMOVDQU      x, (R8)           \
	VEXTRACTI128 $1, y, (R8)(SI*1) \
	LEAQ         (R8)(SI*2), R8

// turned has for the 16 bytes of four columns of four where they stand in rows.
DATA turned<>+0(SB)/8, $0x0d0905010c080400
DATA turned<>+8(SB)/8, $0x0f0b07030e0a0602
GLOBL turned<>(SB), RODATA|NOPTR, $16

// FOUR loads four samples of four rows as columns, and FOUR_BACK writes them. R8 moves
// on, and X15 is turned.
#define FOUR(x) \
	VMOVD   (R8), x                  \
	VPINSRD $1, (R8)(SI*1), x, x     \
	VPINSRD $2, (R8)(SI*2), x, x     \
	VPINSRD $3, (R8)(R10*1), x, x    \
	VPSHUFB X15, x, x                \
	LEAQ    (R8)(SI*4), R8

#define FOUR_BACK(x) \
	VPSHUFB X15, x, x              \
	VMOVD   x, (R8)                \
	VPEXTRD $1, x, (R8)(SI*1)      \
	VPEXTRD $2, x, (R8)(SI*2)      \
	VPEXTRD $3, x, (R8)(R10*1)     \
	LEAQ    (R8)(SI*4), R8

// TURN_DOUBLE exchanges rows and columns of the 32 bits of X0 to X3.
#define TURN_DOUBLE \
	VPUNPCKLDQ  X1, X0, X4 \
	VPUNPCKHDQ  X1, X0, X5 \
	VPUNPCKLDQ  X3, X2, X6 \
	VPUNPCKHDQ  X3, X2, X7 \
	VPUNPCKLQDQ X6, X4, X0 \
	VPUNPCKHQDQ X6, X4, X1 \
	VPUNPCKLQDQ X7, X5, X2 \
	VPUNPCKHQDQ X7, X5, X3

// TURN_FOUR turns the four columns of sixteen rows from R8 on, and keeps them.
// FOUR_TURNED turns them back.
#define TURN_FOUR(at) \
	FOUR(X0)                \
	FOUR(X1)                \
	FOUR(X2)                \
	FOUR(X3)                \
	TURN_DOUBLE             \
	VMOVDQU X0, (at+0)(SP)  \
	VMOVDQU X1, (at+16)(SP) \
	VMOVDQU X2, (at+32)(SP) \
	VMOVDQU X3, (at+48)(SP)

#define FOUR_TURNED(at) \
	VMOVDQU (at+0)(SP), X0  \
	VMOVDQU (at+16)(SP), X1 \
	VMOVDQU (at+32)(SP), X2 \
	VMOVDQU (at+48)(SP), X3 \
	TURN_DOUBLE             \
	FOUR_BACK(X0)           \
	FOUR_BACK(X1)           \
	FOUR_BACK(X2)           \
	FOUR_BACK(X3)

// Rows around an edge that lies are four from R8 on and four from R9 on. R10 is three
// strides.
#define LOAD_LYING \
	VMOVDQU (R8), X0         \
	VMOVDQU (R8)(SI*1), X1   \
	VMOVDQU (R8)(SI*2), X2   \
	VMOVDQU (R8)(R10*1), X3  \
	VMOVDQU (R9), X4         \
	VMOVDQU (R9)(SI*1), X5   \
	VMOVDQU (R9)(SI*2), X6   \
	VMOVDQU (R9)(R10*1), X7

#define INNER_LYING \
	LOAD_LYING              \
	INNER                   \
	VMOVDQU X2, (R8)(SI*2)  \
	VMOVDQU X3, (R8)(R10*1) \
	VMOVDQU X4, (R9)        \
	VMOVDQU X5, (R9)(SI*1)

// func lumaFilterVector(at *uint8, stride int, f *strength, e int)
TEXT ·lumaFilterVector(SB), NOSPLIT, $384-32
	MOVQ    at+0(FP), DI
	MOVQ    stride+8(FP), SI
	MOVQ    f+16(FP), AX
	MOVQ    e+24(FP), BX
	LEAQ    (SI)(SI*2), R10
	SPREAD(AX)
	TESTQ   $4, BX
	JEQ     alone

	MOVQ    DI, R8
	LEAQ    (DI)(SI*8), R9
	LOAD_ROWS
	TURN
	KEEP(64)
	VMOVDQU signs<>(SB), X15
	TESTQ   $1, BX
	JEQ     inner
	VMOVDQU turned<>(SB), X15
	LEAQ    -4(DI), R8
	TURN_FOUR(0)
	VMOVDQU signs<>(SB), X15
	OUTER_TURNED(0)
	VMOVDQU turned<>(SB), X15
	LEAQ    -4(DI), R8
	FOUR_TURNED(0)
	VMOVDQU signs<>(SB), X15

inner:
	INNER_TURNED(64)
	INNER_TURNED(128)
	INNER_TURNED(192)
	BACK(64)
	MOVQ    DI, R8
	STORE_TWO(Y8, X8)
	STORE_TWO(Y9, X9)
	STORE_TWO(Y10, X10)
	STORE_TWO(Y11, X11)
	STORE_TWO(Y12, X12)
	STORE_TWO(Y13, X13)
	STORE_TWO(Y14, X14)
	STORE_TWO(Y15, X15)
	JMP     upper

alone:
	// Without inner edges eight columns are enough.
	TESTQ   $1, BX
	JEQ     upper
	VMOVDQU turned<>(SB), X15
	LEAQ    -4(DI), R8
	TURN_FOUR(0)
	MOVQ    DI, R8
	TURN_FOUR(64)
	VMOVDQU signs<>(SB), X15
	OUTER_TURNED(0)
	VMOVDQU turned<>(SB), X15
	LEAQ    -4(DI), R8
	FOUR_TURNED(0)
	MOVQ    DI, R8
	FOUR_TURNED(64)

upper:
	VMOVDQU signs<>(SB), X15
	MOVQ    DI, R9
	LEAQ    (SI*4), CX
	TESTQ   $2, BX
	JEQ     lower
	MOVQ    DI, R8
	SUBQ    CX, R8
	LOAD_LYING
	OUTER
	VMOVDQU X1, (R8)(SI*1)
	VMOVDQU X2, (R8)(SI*2)
	VMOVDQU X3, (R8)(R10*1)
	VMOVDQU X4, (R9)
	VMOVDQU X5, (R9)(SI*1)
	VMOVDQU X6, (R9)(SI*2)

lower:
	TESTQ $4, BX
	JEQ   done
	MOVQ  $3, DX

next:
	MOVQ R9, R8
	ADDQ CX, R9
	INNER_LYING
	DECQ DX
	JNE  next

done:
	VZEROUPPER
	RET

// SIMPLE is the simple filter of any edge: X3 and X4 change, and X2 and X5 are what they
// were. X15 is signs.
#define SIMPLE(limit) \
	DIFFERENCE(X3, X4, X8, X9)       \
	DIFFERENCE(X2, X5, X9, X10)      \
	VPADDUSB X8, X8, X8              \
	VPSRLW   $1, X9, X9              \
	VPAND    sevenBits<>(SB), X9, X9 \
	VPADDUSB X9, X8, X8              \
	VPSUBUSB limit, X8, X8           \
	VPXOR    X9, X9, X9              \
	VPCMPEQB X9, X8, X8              \
	VPXOR    X15, X2, X2             \
	VPXOR    X15, X3, X3             \
	VPXOR    X15, X4, X4             \
	VPXOR    X15, X5, X5             \
	VPSUBSB  X5, X2, X11             \
	STEPS                            \
	COMMON(X11)                      \
	VPXOR    X15, X3, X3             \
	VPXOR    X15, X4, X4

#define SIMPLE_TURNED(at, limit) \
	VMOVDQU (at+32)(SP), X2 \
	VMOVDQU (at+48)(SP), X3 \
	VMOVDQU (at+64)(SP), X4 \
	VMOVDQU (at+80)(SP), X5 \
	SIMPLE(limit)           \
	VMOVDQU X3, (at+48)(SP) \
	VMOVDQU X4, (at+64)(SP)

#define SIMPLE_LYING(limit) \
	VMOVDQU (R8)(SI*2), X2  \
	VMOVDQU (R8)(R10*1), X3 \
	VMOVDQU (R9), X4        \
	VMOVDQU (R9)(SI*1), X5  \
	SIMPLE(limit)           \
	VMOVDQU X3, (R8)(R10*1) \
	VMOVDQU X4, (R9)

// func simpleFilterVector(at *uint8, stride int, f *strength, e int)
TEXT ·simpleFilterVector(SB), NOSPLIT, $384-32
	MOVQ    at+0(FP), DI
	MOVQ    stride+8(FP), SI
	MOVQ    f+16(FP), AX
	MOVQ    e+24(FP), BX
	LEAQ    (SI)(SI*2), R10
	SPREAD(AX)
	TESTQ   $5, BX
	JEQ     upper

	MOVQ    DI, R8
	LEAQ    (DI)(SI*8), R9
	LOAD_ROWS
	TURN
	KEEP(64)
	VMOVDQU signs<>(SB), X15
	TESTQ   $1, BX
	JEQ     inner
	VMOVDQU turned<>(SB), X15
	LEAQ    -4(DI), R8
	TURN_FOUR(0)
	VMOVDQU signs<>(SB), X15
	SIMPLE_TURNED(0, OUTER_LIMIT)
	VMOVDQU turned<>(SB), X15
	LEAQ    -4(DI), R8
	FOUR_TURNED(0)
	VMOVDQU signs<>(SB), X15

inner:
	TESTQ $4, BX
	JEQ   back
	SIMPLE_TURNED(64, INNER_LIMIT)
	SIMPLE_TURNED(128, INNER_LIMIT)
	SIMPLE_TURNED(192, INNER_LIMIT)

back:
	BACK(64)
	MOVQ DI, R8
	STORE_TWO(Y8, X8)
	STORE_TWO(Y9, X9)
	STORE_TWO(Y10, X10)
	STORE_TWO(Y11, X11)
	STORE_TWO(Y12, X12)
	STORE_TWO(Y13, X13)
	STORE_TWO(Y14, X14)
	STORE_TWO(Y15, X15)

upper:
	VMOVDQU signs<>(SB), X15
	MOVQ    DI, R9
	LEAQ    (SI*4), CX
	TESTQ   $2, BX
	JEQ     lower
	MOVQ    DI, R8
	SUBQ    CX, R8
	SIMPLE_LYING(OUTER_LIMIT)

lower:
	TESTQ $4, BX
	JEQ   done
	MOVQ  $3, DX

next:
	MOVQ R9, R8
	ADDQ CX, R9
	SIMPLE_LYING(INNER_LIMIT)
	DECQ DX
	JNE  next

done:
	VZEROUPPER
	RET

// In chroma the first half of a register is of Cb and the second half of Cr. R8 and R9
// are as above, for Cb, and R12 and R13 for Cr.
#define LOAD_BOTH(cb, cr, x) \
	VMOVQ   cb, x    \
	VMOVHPS cr, x, x

#define LOAD_BOTH_LYING \
	LOAD_BOTH((R8), (R12), X0)               \
	LOAD_BOTH((R8)(SI*1), (R12)(SI*1), X1)   \
	LOAD_BOTH((R8)(SI*2), (R12)(SI*2), X2)   \
	LOAD_BOTH((R8)(R10*1), (R12)(R10*1), X3) \
	LOAD_BOTH((R9), (R13), X4)               \
	LOAD_BOTH((R9)(SI*1), (R13)(SI*1), X5)   \
	LOAD_BOTH((R9)(SI*2), (R13)(SI*2), X6)   \
	LOAD_BOTH((R9)(R10*1), (R13)(R10*1), X7)

#define STORE_BOTH(x, cb, cr) \
	VMOVQ   x, cb \
	VMOVHPS x, cr

// func chromaFilterVector(cb, cr *uint8, stride int, f *strength, e int)
TEXT ·chromaFilterVector(SB), NOSPLIT, $384-40
	MOVQ    cb+0(FP), DI
	MOVQ    cr+8(FP), R11
	MOVQ    stride+16(FP), SI
	MOVQ    f+24(FP), AX
	MOVQ    e+32(FP), BX
	LEAQ    (SI)(SI*2), R10
	SPREAD(AX)
	TESTQ   $5, BX
	JEQ     upper

	// From eight columns left of the macroblock on.
	LEAQ    -8(DI), R8
	LEAQ    -8(R11), R9
	LOAD_ROWS
	TURN
	KEEP(0)
	VMOVDQU signs<>(SB), X15
	TESTQ   $1, BX
	JEQ     inner
	OUTER_TURNED(64)

inner:
	TESTQ   $4, BX
	JEQ     back
	INNER_TURNED(128)

back:
	BACK(0)
	LEAQ    -8(DI), R8
	STORE_TWO(Y8, X8)
	STORE_TWO(Y9, X9)
	STORE_TWO(Y10, X10)
	STORE_TWO(Y11, X11)
	LEAQ    -8(R11), R8
	STORE_TWO(Y12, X12)
	STORE_TWO(Y13, X13)
	STORE_TWO(Y14, X14)
	STORE_TWO(Y15, X15)

upper:
	VMOVDQU signs<>(SB), X15
	MOVQ    DI, R9
	MOVQ    R11, R13
	LEAQ    (SI*4), CX
	TESTQ   $2, BX
	JEQ     lower
	MOVQ    DI, R8
	SUBQ    CX, R8
	MOVQ    R11, R12
	SUBQ    CX, R12
	LOAD_BOTH_LYING
	OUTER
	STORE_BOTH(X1, (R8)(SI*1), (R12)(SI*1))
	STORE_BOTH(X2, (R8)(SI*2), (R12)(SI*2))
	STORE_BOTH(X3, (R8)(R10*1), (R12)(R10*1))
	STORE_BOTH(X4, (R9), (R13))
	STORE_BOTH(X5, (R9)(SI*1), (R13)(SI*1))
	STORE_BOTH(X6, (R9)(SI*2), (R13)(SI*2))

lower:
	TESTQ $4, BX
	JEQ   done
	MOVQ  R9, R8
	ADDQ  CX, R9
	MOVQ  R13, R12
	ADDQ  CX, R13
	LOAD_BOTH_LYING
	INNER
	STORE_BOTH(X2, (R8)(SI*2), (R12)(SI*2))
	STORE_BOTH(X3, (R8)(R10*1), (R12)(R10*1))
	STORE_BOTH(X4, (R9), (R13))
	STORE_BOTH(X5, (R9)(SI*1), (R13)(SI*1))

done:
	VZEROUPPER
	RET
