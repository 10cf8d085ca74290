#include "textflag.h"

// The state of the booleans is in R8, the window, R9, how many bits are left, and R10,
// the span; SI is at the data that comes next. BX is at shifts and spans of
// vp8_tokens_amd64.go. R11 is at the probabilities of the tree of tokens, DX at those of
// its position, R12 is the position. R13 is at the block, R15 is the grid. AX, CX, DI and
// R14 are for anything.

// REFILL fills a window that has too few bits.
#define REFILL(enough) \
	TESTQ  R9, R9      \
	JPL    enough      \
	MOVQ   (SI), AX    \
	BSWAPQ AX          \
	LEAQ   8(R9), CX   \
	SHRXQ  CX, AX, AX  \
	ORQ    AX, R8      \
	ADDQ   $7, SI      \
	ADDQ   $56, R9     \
enough:

// SPLIT leaves in AX where a boolean divides the span, and in CX the same in the window.
#define SPLIT(p) \
	MOVBLZX p, AX     \
	IMULQ   R10, AX   \
	SHRQ    $8, AX    \
	LEAQ    1(AX), CX \
	SHLQ    $56, CX

// TREE decodes a boolean and jumps if it is true.
#define TREE(p, enough, true) \
	REFILL(enough) \
	SPLIT(p)       \
	CMPQ R8, CX    \
	JCC  true

// BELOW goes on where a boolean was false, and ABOVE where it was true.
#define BELOW \
	MOVBLZX (BX)(AX*1), CX     \
	MOVBLZX 256(BX)(AX*1), R10 \
	SHLXQ   CX, R8, R8         \
	SUBQ    CX, R9

#define ABOVE \
	SUBQ    AX, R10             \
	SUBQ    CX, R8              \
	MOVBLZX -1(BX)(R10*1), CX   \
	MOVBLZX 255(BX)(R10*1), R10 \
	SHLXQ   CX, R8, R8          \
	SUBQ    CX, R9

// BIT decodes a boolean without a jump, and puts it behind the bits of R14.
#define BIT(p, enough) \
	REFILL(enough)             \
	SPLIT(p)                   \
	MOVQ    R8, DI             \
	SUBQ    AX, R10            \
	DECQ    R10                \
	SUBQ    CX, DI             \
	CMOVQCS AX, R10            \
	CMOVQCC DI, R8             \
	SBBQ    CX, CX             \
	LEAQ    1(CX)(R14*2), R14  \
	MOVBLZX (BX)(R10*1), CX    \
	MOVBLZX 256(BX)(R10*1), R10 \
	SHLXQ   CX, R8, R8         \
	SUBQ    CX, R9

// The fields of a grid.
#define PROBS 0(R15)
#define LEFT 16(R15)
#define PLACE 32(R15)
#define SIDE 56(R15)
#define FIRST 64(R15)
#define STEPS 72(R15)

// What lies on the stack.
#define LEAST 0(SP)  // of a category
#define Y 8(SP)      // of the block
#define X 16(SP)
#define UPPER 24(SP) // where it is noted which blocks are coded
#define SIDES 32(SP)
#define SET 40(SP)

// func gridFast(b *boolReader, of *grid) (set uint)
TEXT ·gridFast(SB), NOSPLIT, $48-24
	MOVQ b+0(FP), AX
	MOVQ of+8(FP), R15
	MOVQ 0(AX), R8
	MOVQ 8(AX), R9
	MOVQ 16(AX), R10
	MOVQ 24(AX), SI
	ADDQ 48(AX), SI
	LEAQ ·shiftsAndSpans(SB), BX
	MOVQ 48(R15), CX
	MOVQ 8(R15), AX
	ADDQ CX, AX
	MOVQ AX, UPPER
	ADDQ 16(R15), CX
	MOVQ CX, SIDES
	MOVQ 24(R15), R13
	MOVQ 40(R15), AX
	LEAQ (R13)(AX*2), R13
	MOVQ $0, SET
	MOVQ $0, Y

row:
	MOVQ $0, X

block:
	MOVQ    UPPER, AX
	MOVQ    X, CX
	MOVBLZX (AX)(CX*1), R11
	MOVQ    SIDES, AX
	MOVQ    Y, CX
	MOVBLZX (AX)(CX*1), DX
	ADDQ    DX, R11
	MOVQ    FIRST, R12
	IMUL3Q  $33, R12, DX
	ADDQ    PROBS, DX
	IMUL3Q  $11, R11, R11
	ADDQ    DX, R11

coefficient:
	TREE((R11), enough0, more)
	BELOW
	JMP end

more:
	ABOVE

zero:
	TREE(1(R11), enough1, some)
	BELOW
	INCQ R12
	ADDQ $33, DX
	MOVQ DX, R11
	CMPQ R12, $16
	JNE  zero
	JMP  end

some:
	ABOVE
	TREE(2(R11), enough2, large)
	BELOW
	MOVL $1, R14
	LEAQ 44(DX), R11

sign:
	// It halves the interval, which then has its old length again, but for what was
	// odd in it.
	REFILL(enough3)
	MOVQ    R10, CX
	SHRQ    $1, CX
	INCQ    CX
	SHLQ    $56, CX
	MOVQ    R8, DI
	SUBQ    CX, DI
	CMOVQCC DI, R8
	SBBQ    CX, CX
	NOTQ    CX
	ADDQ    CX, R10
	ORQ     $1, R10
	ADDQ    R8, R8
	DECQ    R9
	XORQ    CX, R14
	SUBQ    CX, R14
	XORL    AX, AX
	TESTQ   R12, R12
	SETNE   AX
	MOVWLZX 72(R15)(AX*2), AX
	IMULL   AX, R14
	MOVQ    PLACE, AX
	MOVBLZX (AX)(R12*1), AX
	MOVW    R14, (R13)(AX*2)
	INCQ    R12
	ADDQ    $33, DX
	CMPQ    R12, $16
	JNE     coefficient

end:
	XORL    AX, AX
	CMPQ    R12, FIRST
	SETGT   AX
	MOVQ    UPPER, CX
	MOVQ    X, DI
	MOVB    AX, (CX)(DI*1)
	MOVQ    SIDES, CX
	MOVQ    Y, DX
	MOVB    AX, (CX)(DX*1)
	XORL    AX, AX
	CMPQ    R12, $1
	SETGT   AX
	MOVWLZX (R13), CX
	ORL     CX, AX
	NEGL    AX          // the carry says that it was not zero
	SBBQ    AX, AX
	NEGQ    AX
	SHLXQ   DX, AX, AX
	ORQ     AX, SET
	ADDQ    $8, R13
	INCQ    DI
	MOVQ    DI, X
	CMPQ    DI, SIDE
	JNE     block
	SHLQ    $3, DI
	SUBQ    DI, R13
	SUBQ    $-128, R13
	INCQ    DX
	MOVQ    DX, Y
	CMPQ    DX, SIDE
	JNE     row

	MOVQ b+0(FP), AX
	MOVQ R8, 0(AX)
	MOVQ R9, 8(AX)
	MOVQ R10, 16(AX)
	SUBQ 24(AX), SI
	MOVQ SI, 48(AX)
	MOVQ SET, AX
	MOVQ AX, set+16(FP)
	RET

large:
	ABOVE
	TREE(3(R11), enough4, category)
	BELOW
	TREE(4(R11), enough5, three)
	BELOW
	MOVL $2, R14
	LEAQ 55(DX), R11
	JMP  sign

three:
	ABOVE
	MOVL $1, R14
	BIT(5(R11), enough6)
	INCQ R14
	LEAQ 55(DX), R11
	JMP  sign

category:
	ABOVE
	TREE(6(R11), enough7, third)
	BELOW
	XORL R14, R14
	BIT(7(R11), enough8)
	JMP  bits

third:
	ABOVE
	MOVL $1, R14
	BIT(8(R11), enough9)
	BIT(7(R11)(R14*1), enough10)
	SUBQ $2, R14

bits:
	LEAQ ·leastOf(SB), AX
	MOVQ (AX)(R14*8), AX
	MOVQ AX, LEAST
	LEAQ (R14)(R14*2), R14
	LEAQ ·extraBits(SB), R11
	LEAQ (R11)(R14*4), R11
	XORL R14, R14

next:
	BIT((R11), enough11)
	INCQ R11
	CMPB (R11), $0
	JNE  next
	ADDQ LEAST, R14
	LEAQ 55(DX), R11
	JMP  sign
