#include "textflag.h"

// columnBias and rowBias of idct.go.
DATA columnBias<>+0(SB)/4, $0x00000400
GLOBL columnBias<>(SB), RODATA|NOPTR, $4
DATA rowBias<>+0(SB)/4, $0x02020000
GLOBL rowBias<>(SB), RODATA|NOPTR, $4

// turned has for the 16 bytes of four columns of four where they stand in rows.
DATA turned<>+0(SB)/8, $0x0d0905010c080400
DATA turned<>+8(SB)/8, $0x0f0b07030e0a0602
DATA turned<>+16(SB)/8, $0x0d0905010c080400
DATA turned<>+24(SB)/8, $0x0f0b07030e0a0602
GLOBL turned<>(SB), RODATA|NOPTR, $32

#define COLUMN_PLACES 11
#define ROW_PLACES 18

// SAMPLES4 takes the pairs of even coefficients in X0 and of odd ones in X1 and
// leaves the sums for the four samples in X4 to X7.
#define SAMPLES4(bias, places) \
	VPMADDWD 0(CX), X0, X4   \
	VPMADDWD 32(CX), X0, X5  \
	VPMADDWD 16(CX), X1, X8  \
	VPMADDWD 48(CX), X1, X9  \
	VPADDD   bias, X4, X4    \
	VPADDD   bias, X5, X5    \
	VPSUBD   X8, X4, X7      \
	VPADDD   X8, X4, X4      \
	VPSUBD   X9, X5, X6      \
	VPADDD   X9, X5, X5      \
	VPSRAD   $places, X4, X4 \
	VPSRAD   $places, X5, X5 \
	VPSRAD   $places, X6, X6 \
	VPSRAD   $places, X7, X7

// func square4(coef *coefficients, quant *[64]int16, f *vector4, dst *uint8, stride, m int)
TEXT ·square4(SB), NOSPLIT, $0-48
	MOVQ coef+0(FP), AX
	MOVQ quant+8(FP), BX
	MOVQ f+16(FP), CX
	MOVQ dst+24(FP), DI
	MOVQ stride+32(FP), SI

	VMOVDQU      (AX), X0
	VMOVDQU      16(AX), X1
	VPMULLW      (BX), X0, X0
	VPMULLW      16(BX), X1, X1
	VPXOR        X15, X15, X15
	VMOVDQU      X15, (AX)
	VMOVDQU      X15, 16(AX)
	VPBROADCASTD columnBias<>(SB), X14
	VPBROADCASTD rowBias<>(SB), X15

	SAMPLES4(X14, COLUMN_PLACES)

	// The columns of what are rows now, even ones and odd ones in pairs.
	VPACKSSDW X5, X4, X4
	VPACKSSDW X7, X6, X6
	VSHUFPS   $0x88, X6, X4, X0
	VSHUFPS   $0xdd, X6, X4, X1

	SAMPLES4(X15, ROW_PLACES)

	VPACKSSDW X5, X4, X4
	VPACKSSDW X7, X6, X6
	VPACKUSWB X6, X4, X4
	VPSHUFB   turned<>(SB), X4, X4
	LEAQ      (DI)(SI*2), DX
	CMPQ      m+40(FP), $4
	JNE       three
	VMOVD     X4, (DI)
	VPEXTRD   $1, X4, (DI)(SI*1)
	VPEXTRD   $2, X4, (DX)
	VPEXTRD   $3, X4, (DX)(SI*1)
	RET

three:
	// The third of the four rows is the second again, as in the rows.
	VPEXTRW $0, X4, (DI)
	VPEXTRW $1, X4, 1(DI)
	VPEXTRW $2, X4, (DI)(SI*1)
	VPEXTRW $3, X4, 1(DI)(SI*1)
	VPEXTRW $6, X4, (DX)
	VPEXTRW $7, X4, 1(DX)
	RET

// SAMPLE8 takes the pairs of even coefficients in Y0 and Y1 and of odd ones in Y2
// and Y3 and leaves the sums for sample x in near and for sample 7-x in far.
#define SAMPLE8(x, bias, places, near, far) \
	VPMADDWD (128*x+0)(CX), Y0, Y12  \
	VPMADDWD (128*x+32)(CX), Y1, Y13 \
	VPMADDWD (128*x+64)(CX), Y2, Y14 \
	VPMADDWD (128*x+96)(CX), Y3, far \
	VPADDD   bias, Y12, Y12          \
	VPADDD   Y13, Y12, Y12           \
	VPADDD   far, Y14, Y14           \
	VPADDD   Y14, Y12, near          \
	VPSUBD   Y14, Y12, far           \
	VPSRAD   $places, near, near     \
	VPSRAD   $places, far, far

#define SAMPLES8(bias, places) \
	SAMPLE8(0, bias, places, Y4, Y11) \
	SAMPLE8(1, bias, places, Y5, Y10) \
	SAMPLE8(2, bias, places, Y6, Y9)  \
	SAMPLE8(3, bias, places, Y7, Y8)  \
	VPACKSSDW Y5, Y4, Y4              \
	VPACKSSDW Y7, Y6, Y6              \
	VPACKSSDW Y9, Y8, Y8              \
	VPACKSSDW Y11, Y10, Y10

// func square8(coef *coefficients, quant *[64]int16, f *vector8, dst *uint8, stride, m int)
TEXT ·square8(SB), NOSPLIT, $0-48
	MOVQ coef+0(FP), AX
	MOVQ quant+8(FP), BX
	MOVQ f+16(FP), CX
	MOVQ dst+24(FP), DI
	MOVQ stride+32(FP), SI

	VMOVDQU      (AX), Y0
	VMOVDQU      32(AX), Y1
	VMOVDQU      64(AX), Y2
	VMOVDQU      96(AX), Y3
	VPMULLW      (BX), Y0, Y0
	VPMULLW      32(BX), Y1, Y1
	VPMULLW      64(BX), Y2, Y2
	VPMULLW      96(BX), Y3, Y3
	VPXOR        Y15, Y15, Y15
	VMOVDQU      Y15, (AX)
	VMOVDQU      Y15, 32(AX)
	VMOVDQU      Y15, 64(AX)
	VMOVDQU      Y15, 96(AX)
	VPBROADCASTD columnBias<>(SB), Y15

	SAMPLES8(Y15, COLUMN_PLACES)

	// A lane has four columns of two rows now. Of all rows, the columns 0 and 2,
	// 4 and 6, 1 and 3, 5 and 7 in pairs:
	VSHUFPS      $0x88, Y6, Y4, Y12
	VSHUFPS      $0x88, Y10, Y8, Y13
	VSHUFPS      $0xdd, Y6, Y4, Y14
	VSHUFPS      $0xdd, Y10, Y8, Y15
	VPERM2I128   $0x20, Y13, Y12, Y0
	VPERM2I128   $0x20, Y15, Y14, Y1
	VPERM2I128   $0x31, Y13, Y12, Y2
	VPERM2I128   $0x31, Y15, Y14, Y3
	VPBROADCASTD rowBias<>(SB), Y15

	SAMPLES8(Y15, ROW_PLACES)

	// A lane has four rows of two columns now.
	VPACKUSWB    Y6, Y4, Y4
	VPACKUSWB    Y10, Y8, Y8
	VMOVDQU      turned<>(SB), Y12
	VPSHUFB      Y12, Y4, Y4
	VPSHUFB      Y12, Y8, Y8
	LEAQ         (DI)(SI*2), DX
	CMPQ         m+40(FP), $8
	JNE          less
	VPUNPCKLDQ   Y8, Y4, Y5
	VPUNPCKHDQ   Y8, Y4, Y6
	VEXTRACTI128 $1, Y5, X7
	VEXTRACTI128 $1, Y6, X8
	LEAQ         (DI)(SI*4), R8
	LEAQ         (DX)(SI*4), R9
	VMOVQ        X5, (DI)
	VMOVHPS      X5, (DI)(SI*1)
	VMOVQ        X6, (DX)
	VMOVHPS      X6, (DX)(SI*1)
	VMOVQ        X7, (R8)
	VMOVHPS      X7, (R8)(SI*1)
	VMOVQ        X8, (R9)
	VMOVHPS      X8, (R9)(SI*1)
	VZEROUPPER
	RET

less:
	// The second half of the rows begins at row m-4, that of each row at sample
	// m-4.
	MOVQ         m+40(FP), R10
	SUBQ         $4, R10
	MOVQ         SI, R8
	IMULQ        R10, R8
	ADDQ         DI, R8
	LEAQ         (R8)(SI*2), R9
	VEXTRACTI128 $1, Y4, X5
	VEXTRACTI128 $1, Y8, X9
	VMOVD        X4, (DI)
	VPEXTRD      $1, X4, (DI)(SI*1)
	VPEXTRD      $2, X4, (DX)
	VPEXTRD      $3, X4, (DX)(SI*1)
	VMOVD        X5, (R8)
	VPEXTRD      $1, X5, (R8)(SI*1)
	VPEXTRD      $2, X5, (R9)
	VPEXTRD      $3, X5, (R9)(SI*1)
	ADDQ         R10, DI
	ADDQ         R10, DX
	ADDQ         R10, R8
	ADDQ         R10, R9
	VMOVD        X8, (DI)
	VPEXTRD      $1, X8, (DI)(SI*1)
	VPEXTRD      $2, X8, (DX)
	VPEXTRD      $3, X8, (DX)(SI*1)
	VMOVD        X9, (R8)
	VPEXTRD      $1, X9, (R8)(SI*1)
	VPEXTRD      $2, X9, (R9)
	VPEXTRD      $3, X9, (R9)(SI*1)
	VZEROUPPER
	RET
