#include "textflag.h"
#include "vp8_bool_arm64.h"

// R9 is at the odds of the tree of tokens, R10 at those of its position and of no
// context, R11 is the position. R12 is at the block, and R13 at the odds of the next
// one's first token if this block has no coefficients; the next context has those for
// when it has. R14 is for anything.
//
// Half of the time is lost where the processor takes the wrong turn. What comes next
// either way is therefore loaded before it turns: into R7 what follows a true boolean,
// and into R8 what follows a false one.
//
// R19 is at what is noted of the block, between what is noted of those above and R20,
// and R21 at what is noted of the one on the left. R22 is not zero if a block of the row
// has coefficients, R23 has a bit for each such row, and R24 is that of the row. R25 is
// at the odds of the first position, which is R26.

// Odds take 8 bytes: 11 nodes are a context, and three of those are a position.
#define CONTEXT 88
#define POSITION 264

// func gridFast(b *boolReader, of *grid, extra *[6][12]odds) (set uint)
TEXT ·gridFast(SB), NOSPLIT, $0-32
	MOVD b+0(FP), R0
	MOVD of+8(FP), R1
	MOVD 0(R0), R2
	MOVD 8(R0), R3
	MOVD 16(R0), R4
	MOVD 24(R0), R5
	MOVD 48(R0), R6
	ADD  R6, R5
	MOVD 48(R1), R6
	MOVD 8(R1), R19
	ADD  R6, R19
	MOVD 56(R1), R7
	ADD  R7, R19, R20
	MOVD 16(R1), R21
	ADD  R6, R21
	MOVD 24(R1), R12
	MOVD 40(R1), R6
	ADD  R6<<1, R12
	MOVD 64(R1), R26
	MOVD 0(R1), R25
	MOVD $POSITION, R6
	MUL  R26, R6, R6
	ADD  R6, R25
	MOVD $0, R23
	MOVD $1, R24

row:
	MOVBU (R19), R9
	MOVBU (R21), R6
	ADD   R6, R9
	MOVD  $CONTEXT, R6
	MUL   R6, R9, R9
	ADD   R25, R9
	MOVD  (R9), R6
	MOVD  $0, R22

block:
	MOVD  R25, R10
	MOVBU 1(R19), R13 // behind the last one it may be anything
	MOVD  $CONTEXT, R7
	MUL   R7, R13, R13
	ADD   R25, R13
	MOVD  R26, R11

	// Is there any coefficient?
	MOVD 8(R9), R7
	MOVD (R13), R8
	TREE(enough0, more)
	BELOW
	MOVD R8, R6
	MOVD R13, R9
	MOVB ZR, (R19)
	MOVB ZR, (R21)
	B    next

coefficient:
	// Is there any coefficient left?
	MOVD 8(R9), R7
	MOVD 88(R13), R8
	TREE(enough1, more)
	BELOW
	MOVD R8, R6

end:
	ADD  $CONTEXT, R13, R9
	MOVD $1, R7
	MOVB R7, (R19)
	MOVB R7, (R21)
	ORR  R7, R22

next:
	MOVHU (R12), R7
	ORR   R7, R22
	ADD   $8, R12
	ADD   $1, R19
	CMP   R20, R19
	BNE   block

	CMP  $0, R22
	CSEL NE, R24, ZR, R7
	ORR  R7, R23
	MOVD 56(R1), R8
	SUB  R8, R19
	SUB  R8<<3, R12
	ADD  $128, R12
	ADD  $1, R21
	LSL  $1, R24
	LSR  R8, R24, R7
	CBZ  R7, row

	MOVD R2, 0(R0)
	MOVD R3, 8(R0)
	MOVD R4, 16(R0)
	MOVD 24(R0), R6
	SUB  R6, R5
	MOVD R5, 48(R0)
	MOVD R23, set+24(FP)
	RET

more:
	ABOVE
	MOVD R7, R6

zero:
	// Is it not zero?
	MOVD 16(R9), R7
	MOVD 272(R10), R8
	TREE(enough2, some)
	BELOW
	MOVD R8, R6
	ADD  $1, R11
	ADD  $POSITION, R10
	MOVD R10, R9
	CMP  $16, R11
	BNE  zero
	MOVD 88(R13), R6
	B    end

some:
	// Is it larger than one?
	ABOVE
	MOVD R7, R6
	MOVD 24(R9), R7
	TREE(enough3, large)
	BELOW
	ADD  $352, R10, R9
	MOVD $1, R14

sign:
	// It halves the interval.
	MOVD  (R9), R6
	CLZW  R4, R16
	SHIFT(enough4)
	ADD   $1, R4, R15
	LSR   $1, R15
	LSL   R3, R15, R16
	TAKE
	CNEG  HS, R14, R14
	CMP   $0, R11
	CSET  NE, R7
	ADD   R7<<1, R1, R7
	MOVHU 72(R7), R7
	MUL   R7, R14, R14
	MOVD  32(R1), R7
	MOVBU (R7)(R11), R7
	MOVH  R14, (R12)(R7<<1)
	ADD   $1, R11
	ADD   $POSITION, R10
	CMP   $16, R11
	BNE   coefficient
	MOVD  88(R13), R6
	B     end

large:
	ABOVE
	MOVD R7, R6
	MOVD 48(R9), R7
	MOVD 32(R9), R8
	TREE(enough5, category)
	BELOW
	MOVD R8, R6
	TREE(enough6, three)
	BELOW
	MOVD $2, R14
	B    valued

three:
	ABOVE
	MOVD $1, R14
	BIT(40(R9), enough7)
	ADD  $1, R14
	B    valued

category:
	ABOVE
	MOVD R7, R6
	TREE(enough8, third)
	BELOW
	MOVD $0, R14
	BIT(56(R9), enough9)
	B    bits

third:
	ABOVE
	MOVD $1, R14
	BIT(64(R9), enough10)
	ADD  R14<<3, R9, R7
	BIT(56(R7), enough11)
	SUB  $2, R14

bits:
	MOVD $·leastOf(SB), R8
	MOVD (R8)(R14<<3), R8
	MOVD extra+16(FP), R9
	ADD  R14<<1, R14, R14
	ADD  R14<<5, R9
	MOVD $0, R14

bit:
	BIT((R9), enough12)
	ADD  $8, R9
	MOVD (R9), R7
	CBNZ R7, bit
	ADD  R8, R14

valued:
	ADD $440, R10, R9
	B   sign
