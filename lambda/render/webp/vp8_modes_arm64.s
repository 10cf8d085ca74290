#include "textflag.h"
#include "vp8_bool_arm64.h"

// func squareModes(b *boolReader, luma *[16]uint8, above, left *[4]uint8, all *[10][10][9]odds)
TEXT ·squareModes(SB), NOSPLIT, $0-40
	MOVD b+0(FP), R0
	MOVD luma+8(FP), R12
	MOVD above+16(FP), R19
	MOVD left+24(FP), R21
	MOVD 0(R0), R2
	MOVD 8(R0), R3
	MOVD 16(R0), R4
	MOVD 24(R0), R5
	MOVD 48(R0), R6
	ADD  R6, R5
	ADD  $4, R19, R20
	ADD  $4, R21, R22
	MOVD all+32(FP), R10
	MOVD $720, R23
	MOVD $72, R24

	// R19 is at the mode above, R21 at the one on the left, R12 where the mode goes, R9
	// at the odds of its tree, and R13 at those of the next one on the right, if this
	// one is of modeDC.
row:
	MOVBU (R19), R9
	MOVBU (R21), R7
	MUL   R23, R9, R9
	MUL   R24, R7, R7
	ADD   R10, R9
	ADD   R7, R9

square:
	MOVD  (R9), R6
	MOVD  R10, R13
	ADD   $1, R19, R7
	CMP   R20, R7
	BEQ   last
	MOVBU (R7), R13
	MADD  R23, R10, R13, R13

last:
	TREE(enough0, motion)
	BELOW
	ADD  $0, R13, R9
	MOVD $0, R14
	B    done

motion:
	ABOVE
	MOVD 8(R9), R6
	TREE(enough1, vertical)
	BELOW
	ADD  $72, R13, R9
	MOVD $1, R14
	B    done

vertical:
	ABOVE
	MOVD 16(R9), R6
	TREE(enough2, more)
	BELOW
	ADD  $144, R13, R9
	MOVD $2, R14
	B    done

more:
	ABOVE
	MOVD 24(R9), R6
	TREE(enough3, leftDown)
	BELOW
	MOVD 32(R9), R6
	TREE(enough4, rightDown)
	BELOW
	ADD  $216, R13, R9
	MOVD $3, R14
	B    done

rightDown:
	ABOVE
	MOVD 40(R9), R6
	TREE(enough5, verticalRight)
	BELOW
	ADD  $360, R13, R9
	MOVD $5, R14
	B    done

verticalRight:
	ABOVE
	ADD  $432, R13, R9
	MOVD $6, R14
	B    done

leftDown:
	ABOVE
	MOVD 48(R9), R6
	TREE(enough6, verticalLeft)
	BELOW
	ADD  $288, R13, R9
	MOVD $4, R14
	B    done

verticalLeft:
	ABOVE
	MOVD 56(R9), R6
	TREE(enough7, horizontalDown)
	BELOW
	ADD  $504, R13, R9
	MOVD $7, R14
	B    done

horizontalDown:
	ABOVE
	MOVD 64(R9), R6
	TREE(enough8, horizontalUp)
	BELOW
	ADD  $576, R13, R9
	MOVD $8, R14
	B    done

horizontalUp:
	ABOVE
	ADD  $648, R13, R9
	MOVD $9, R14

done:
	MOVB R14, (R12)
	MOVB R14, (R19)
	ADD  $1, R12
	ADD  $1, R19
	CMP  R20, R19
	BNE  square
	SUB  $4, R19
	MOVB R14, (R21)
	ADD  $1, R21
	CMP  R22, R21
	BNE  row

	MOVD R2, 0(R0)
	MOVD R3, 8(R0)
	MOVD R4, 16(R0)
	MOVD 24(R0), R6
	SUB  R6, R5
	MOVD R5, 48(R0)
	RET
