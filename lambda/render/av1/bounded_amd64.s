#include "textflag.h"

// func boundedSquaresVector(coefficients, steps []int32, of int16) int32
TEXT ·boundedSquaresVector(SB), NOSPLIT, $0-60
	MOVQ  coefficients_base+0(FP), SI
	MOVQ  coefficients_len+8(FP), CX
	MOVQ  steps_base+24(FP), DX
	VPBROADCASTW of+48(FP), Y4
	VPXOR Y5, Y5, Y5

sixteen:
	VMOVDQU   (SI), Y0
	VMOVDQU   (DX), Y1
	VPACKSSDW 32(SI), Y0, Y0
	VPACKSSDW 32(DX), Y1, Y1
	VPABSW    Y0, Y0
	VPMULHRSW Y4, Y1, Y1
	VPMINUW   Y1, Y0, Y0
	VPMADDWD  Y0, Y0, Y0
	VPADDD    Y0, Y5, Y5
	ADDQ      $64, SI
	ADDQ      $64, DX
	SUBQ      $16, CX
	JA        sixteen

	VEXTRACTI128 $1, Y5, X0
	VPADDD       X0, X5, X5
	VPSHUFD      $0x4e, X5, X0
	VPADDD       X0, X5, X5
	VPSHUFD      $0xb1, X5, X0
	VPADDD       X0, X5, X5
	VMOVD        X5, AX
	MOVL         AX, ret+56(FP)
	VZEROUPPER
	RET
