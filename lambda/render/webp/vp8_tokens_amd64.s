#include "textflag.h"

#include "vp8_bool_amd64.h"

// R11 is at the odds of the tree of tokens, DX at those of its position, R12 is the
// position. R13 is at the block, R15 is the grid. R14 and BX are for anything.

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
	IMUL3Q  $(33*8), R12, DX
	ADDQ    PROBS, DX
	IMUL3Q  $(11*8), R11, R11
	ADDQ    DX, R11

coefficient:
	TREE((R11), enough0, more)
	BELOW
	JMP end

more:
	ABOVE

zero:
	TREE(8(R11), enough1, some)
	BELOW
	INCQ R12
	ADDQ $264, DX
	MOVQ DX, R11
	CMPQ R12, $16
	JNE  zero
	JMP  end

some:
	ABOVE
	TREE(16(R11), enough2, large)
	BELOW
	MOVL $1, R14
	LEAQ 352(DX), R11

sign:
	// It halves the interval.
	LZCNTL  R10, CX
	SHIFT(enough3)
	LEAQ    1(R10), CX
	SHRQ    $1, CX
	SHLQ    $56, CX
	MOVQ    R8, DI
	SUBQ    CX, DI
	CMOVQCC DI, R8
	SBBQ    CX, CX
	SUBQ    CX, R10 // one more below
	SHRQ    $1, R10
	NOTQ    CX
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
	ADDQ    $264, DX
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
	TREE(24(R11), enough4, category)
	BELOW
	TREE(32(R11), enough5, three)
	BELOW
	MOVL $2, R14
	LEAQ 440(DX), R11
	JMP  sign

three:
	ABOVE
	MOVL $1, R14
	BIT(40(R11), enough6)
	INCQ R14
	LEAQ 440(DX), R11
	JMP  sign

category:
	ABOVE
	TREE(48(R11), enough7, third)
	BELOW
	XORL R14, R14
	BIT(56(R11), enough8)
	JMP  bits

third:
	ABOVE
	MOVL $1, R14
	BIT(64(R11), enough9)
	BIT(56(R11)(R14*8), enough10)
	SUBQ $2, R14

bits:
	LEAQ ·leastOf(SB), AX
	MOVQ (AX)(R14*8), AX
	MOVQ AX, LEAST
	LEAQ (R14)(R14*2), R14
	SHLQ $5, R14
	LEAQ ·extraOdds(SB), R11
	ADDQ R14, R11
	XORL R14, R14

next:
	BIT((R11), enough11)
	ADDQ $8, R11
	CMPB (R11), $0
	JNE  next
	ADDQ LEAST, R14
	LEAQ 440(DX), R11
	JMP  sign
