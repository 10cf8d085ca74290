#include "textflag.h"
#include "vp8_bool_amd64.h"

// What lies on the stack.
#define ABOVE_MODES 0(SP)
#define LEFT_MODES 8(SP)
#define END 16(SP) // of those on the left

// func squareModes(b *boolReader, luma *[16]uint8, above, left *[4]uint8, all *[10][10][9]odds)
TEXT ·squareModes(SB), NOSPLIT, $32-40
	MOVQ b+0(FP), AX
	MOVQ luma+8(FP), R13
	MOVQ above+16(FP), R12
	MOVQ left+24(FP), CX
	MOVQ 0(AX), R8
	MOVQ 8(AX), R9
	MOVQ 16(AX), R10
	MOVQ 24(AX), SI
	ADDQ 48(AX), SI
	MOVQ R12, ABOVE_MODES
	MOVQ CX, LEFT_MODES
	ADDQ $4, CX
	MOVQ CX, END
	MOVQ all+32(FP), DX

	// R12 is at the mode above, R13 where the mode goes, R11 at the odds of its tree,
	// and R15 at those of the next one on the right, if this one is of modeDC.
row:
	MOVQ    ABOVE_MODES, R12
	MOVQ    LEFT_MODES, CX
	MOVBLZX (R12), R11
	MOVBLZX (CX), AX
	IMUL3Q  $720, R11, R11
	IMUL3Q  $72, AX, AX
	ADDQ    DX, R11
	ADDQ    AX, R11
	LEAQ    4(R12), BP

square:
	MOVQ    (R11), BX
	XORL    R15, R15
	LEAQ    1(R12), DI
	CMPQ    DI, BP
	JEQ     last
	MOVBLZX (DI), R15
	IMUL3Q  $720, R15, R15

last:
	ADDQ DX, R15
	TREE(enough0, motion)
	BELOW
	LEAQ 0(R15), R11
	MOVL $0, R14
	JMP  done

motion:
	ABOVE
	MOVQ 8(R11), BX
	TREE(enough1, vertical)
	BELOW
	LEAQ 72(R15), R11
	MOVL $1, R14
	JMP  done

vertical:
	ABOVE
	MOVQ 16(R11), BX
	TREE(enough2, more)
	BELOW
	LEAQ 144(R15), R11
	MOVL $2, R14
	JMP  done

more:
	ABOVE
	MOVQ 24(R11), BX
	TREE(enough3, leftDown)
	BELOW
	MOVQ 32(R11), BX
	TREE(enough4, rightDown)
	BELOW
	LEAQ 216(R15), R11
	MOVL $3, R14
	JMP  done

rightDown:
	ABOVE
	MOVQ 40(R11), BX
	TREE(enough5, verticalRight)
	BELOW
	LEAQ 360(R15), R11
	MOVL $5, R14
	JMP  done

verticalRight:
	ABOVE
	LEAQ 432(R15), R11
	MOVL $6, R14
	JMP  done

leftDown:
	ABOVE
	MOVQ 48(R11), BX
	TREE(enough6, verticalLeft)
	BELOW
	LEAQ 288(R15), R11
	MOVL $4, R14
	JMP  done

verticalLeft:
	ABOVE
	MOVQ 56(R11), BX
	TREE(enough7, horizontalDown)
	BELOW
	LEAQ 504(R15), R11
	MOVL $7, R14
	JMP  done

horizontalDown:
	ABOVE
	MOVQ 64(R11), BX
	TREE(enough8, horizontalUp)
	BELOW
	LEAQ 576(R15), R11
	MOVL $8, R14
	JMP  done

horizontalUp:
	ABOVE
	LEAQ 648(R15), R11
	MOVL $9, R14

done:
	MOVB R14, (R13)
	MOVB R14, (R12)
	INCQ R13
	INCQ R12
	CMPQ R12, BP
	JNE  square
	MOVQ LEFT_MODES, CX
	MOVB R14, (CX)
	INCQ CX
	MOVQ CX, LEFT_MODES
	CMPQ CX, END
	JNE  row

	MOVQ b+0(FP), AX
	MOVQ R8, 0(AX)
	MOVQ R9, 8(AX)
	MOVQ R10, 16(AX)
	SUBQ 24(AX), SI
	MOVQ SI, 48(AX)
	RET
