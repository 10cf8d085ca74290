#include "textflag.h"
#include "vp8_bool_amd64.h"

// R11 is at the odds of the tree of tokens, DX at those of its position and of no
// context, R12 is the position. R13 is at the block, and R15 at the odds of the next
// one's first token if this block has no coefficients; the next context has those for
// when it has. R14 is for anything.
//
// Half of the time is lost where the processor takes the wrong turn. What comes next
// either way is therefore loaded before it turns: into R14 what follows a true boolean,
// and into BP what follows a false one.

// Odds take 8 bytes: 11 nodes are a context, and three of those are a position.
#define CONTEXT 88
#define POSITION 264

// What lies on the stack.
#define LEAST 0(SP)  // of a category
#define BASE 8(SP)   // the odds of the first position
#define FIRST 16(SP) // that position
#define STEP 24(SP)  // of the first coefficient, and of the others
#define PLACE 32(SP)
#define UPPER 40(SP) // where it is noted which blocks are coded
#define LEFT 48(SP)
#define X 56(SP)     // what is noted of the block
#define END 64(SP)   // of UPPER
#define SOME 72(SP)  // has a bit if a block of the row has coefficients
#define SET 80(SP)
#define ROW 88(SP)   // the bit of the row in SET
#define ROWS 96(SP)  // the one behind the last

// func gridFast(b *boolReader, of *grid, extra *[6][12]odds) (set uint)
TEXT ·gridFast(SB), NOSPLIT, $104-32
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
	ADDQ 56(R15), AX
	MOVQ AX, END
	ADDQ 16(R15), CX
	MOVQ CX, LEFT
	MOVQ 24(R15), R13
	MOVQ 40(R15), AX
	LEAQ (R13)(AX*2), R13
	MOVQ 32(R15), AX
	MOVQ AX, PLACE
	MOVL 72(R15), AX
	MOVL AX, STEP
	MOVQ 64(R15), AX
	MOVQ AX, FIRST
	IMUL3Q $POSITION, AX, AX
	ADDQ 0(R15), AX
	MOVQ AX, BASE
	MOVQ $0, SET
	MOVL $1, AX
	MOVQ AX, ROW
	MOVQ 56(R15), CX
	SHLXQ CX, AX, AX
	MOVQ AX, ROWS

row:
	MOVQ    UPPER, DI
	MOVQ    DI, X
	MOVQ    LEFT, CX
	MOVBLZX (DI), R11
	MOVBLZX (CX), AX
	ADDQ    AX, R11
	IMUL3Q  $CONTEXT, R11, R11
	ADDQ    BASE, R11
	MOVQ    (R11), BX
	MOVQ    $0, SOME

block:
	MOVQ    X, DI
	MOVQ    BASE, DX
	MOVBLZX 1(DI), R15 // behind the last one it may be anything
	IMUL3Q  $CONTEXT, R15, R15
	ADDQ    DX, R15
	MOVQ    FIRST, R12

	// Is there any coefficient?
	MOVQ 8(R11), R14
	MOVQ (R15), BP
	TREE(enough0, more)
	BELOW
	MOVQ BP, BX
	MOVQ R15, R11
	MOVQ X, DI
	MOVQ LEFT, CX
	MOVB $0, (DI)
	MOVB $0, (CX)
	JMP  next

coefficient:
	// Is there any coefficient left?
	MOVQ 8(R11), R14
	MOVQ 88(R15), BP
	TREE(enough1, more)
	BELOW
	MOVQ BP, BX

end:
	LEAQ 88(R15), R11
	MOVQ X, DI
	MOVQ LEFT, CX
	MOVB $1, (DI)
	MOVB $1, (CX)
	ORQ  $1, SOME

next:
	MOVWLZX (R13), AX
	ORQ     AX, SOME
	ADDQ    $8, R13
	INCQ    DI
	MOVQ    DI, X
	CMPQ    DI, END
	JNE     block

	MOVQ    ROW, DX
	XORL    AX, AX
	CMPQ    AX, SOME
	CMOVQNE DX, AX
	ORQ     AX, SET
	SUBQ    UPPER, DI
	SHLQ    $3, DI
	SUBQ    DI, R13
	SUBQ    $-128, R13
	INCQ    LEFT
	ADDQ    DX, DX
	MOVQ    DX, ROW
	CMPQ    DX, ROWS
	JNE     row

	MOVQ b+0(FP), AX
	MOVQ R8, 0(AX)
	MOVQ R9, 8(AX)
	MOVQ R10, 16(AX)
	SUBQ 24(AX), SI
	MOVQ SI, 48(AX)
	MOVQ SET, AX
	MOVQ AX, set+24(FP)
	RET

more:
	ABOVE
	MOVQ R14, BX

zero:
	// Is it not zero?
	MOVQ 16(R11), R14
	MOVQ 272(DX), BP
	TREE(enough2, some)
	BELOW
	MOVQ BP, BX
	INCQ R12
	ADDQ $POSITION, DX
	MOVQ DX, R11
	CMPQ R12, $16
	JNE  zero
	MOVQ 88(R15), BX
	JMP  end

some:
	// Is it larger than one?
	ABOVE
	MOVQ R14, BX
	MOVQ 24(R11), R14
	TREE(enough3, large)
	BELOW
	LEAQ 352(DX), R11
	MOVL $1, R14

sign:
	// It halves the interval, of which the lower half is the larger one.
	MOVQ    (R11), BX
	LZCNTL  R10, CX
	SHLXQ   CX, R10, R10 // 24 bits too far
	SUBL    $24, CX
	REFILL(enough4)
	LEAQ    0x1000000(R10), BP
	SHRQ    $25, BP
	SHRQ    $25, R10
	SHLXQ   R9, BP, CX
	MOVQ    R8, DI
	SUBQ    CX, DI
	CMOVQCC DI, R8
	CMOVQCS BP, R10
	SBBQ    CX, CX
	NOTQ    CX
	XORQ    CX, R14
	SUBQ    CX, R14
	XORL    AX, AX
	TESTQ   R12, R12
	SETNE   AX
	MOVWLZX 24(SP)(AX*2), AX
	IMULL   AX, R14
	MOVQ    PLACE, AX
	MOVBLZX (AX)(R12*1), AX
	MOVW    R14, (R13)(AX*2)
	INCQ    R12
	ADDQ    $POSITION, DX
	CMPQ    R12, $16
	JNE     coefficient
	MOVQ    88(R15), BX
	JMP     end

large:
	ABOVE
	MOVQ R14, BX
	MOVQ 48(R11), R14
	MOVQ 32(R11), BP
	TREE(enough5, category)
	BELOW
	MOVQ BP, BX
	TREE(enough6, three)
	BELOW
	MOVL $2, R14
	JMP  valued

three:
	ABOVE
	MOVL $1, R14
	BIT(40(R11), enough7)
	INCQ R14
	JMP  valued

category:
	ABOVE
	MOVQ R14, BX
	TREE(enough8, third)
	BELOW
	XORL R14, R14
	BIT(56(R11), enough9)
	JMP  bits

third:
	ABOVE
	MOVL $1, R14
	BIT(64(R11), enough10)
	BIT(56(R11)(R14*8), enough11)
	SUBQ $2, R14

bits:
	LEAQ ·leastOf(SB), AX
	MOVQ (AX)(R14*8), AX
	MOVQ AX, LEAST
	LEAQ (R14)(R14*2), R14
	SHLQ $5, R14
	MOVQ extra+16(FP), R11
	ADDQ R14, R11
	XORL R14, R14

bit:
	BIT((R11), enough12)
	ADDQ $8, R11
	CMPB (R11), $0
	JNE  bit
	ADDQ LEAST, R14

valued:
	LEAQ 440(DX), R11
	JMP  sign
