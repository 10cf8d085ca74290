#include "textflag.h"

// EIGHT quantises the 8 coefficients at (SI), with the offset at, into doublewords. Their
// steps, what is added and their reciprocals are at (BX), (DX) and (R10), X7 has the shift.
#define EIGHT(at, out) \
	VMOVDQU  at(SI), Y0            \
	VPABSD   Y0, Y1                \
	VPSLLD   X7, Y1, Y1            \
	VPADDD   at(DX), Y1, Y1        \
	VMOVDQU  at(R10), Y3           \
	VPSRLQ   $32, Y1, Y2           \
	VPMULUDQ Y3, Y1, Y1            \
	VPSRLQ   $32, Y3, Y3           \
	VPMULUDQ Y3, Y2, Y2            \
	VPSRLQ   $32, Y1, Y1           \
	VPBLENDD $0xaa, Y2, Y1, Y1     \
	VPMINSD  Y8, Y1, Y1            \
	VPMULLD  at(BX), Y1, Y2        \
	VPSRLD   X7, Y2, Y2            \
	VPSIGND  Y0, Y2, Y2            \
	VMOVDQU  Y2, at(SI)            \
	VPSIGND  Y0, Y1, out

// HALVE folds a register's upper half, or an upper part of its low half, onto the lower one.
#define HALVE(max, places, x) \
	VPSRLDQ $places, x, X0 \
	max     X0, x, x

// LARGEST leaves the largest of a register's elements in a word.
#define LARGEST(max, y, x) \
	VEXTRACTI128 $1, y, X0 \
	max X0, x, x           \
	HALVE(max, 8, x)       \
	HALVE(max, 4, x)       \
	HALVE(max, 2, x)

// func quantiseSixteens(levels *int16, coefficients *int32, sixteens, shift int, steps, rounds *int32, reciprocals *uint32, ends *int16, extents *uint16) (end, extent int)
TEXT ·quantiseSixteens(SB), NOSPLIT, $0-88
	MOVQ         levels+0(FP), DI
	MOVQ         coefficients+8(FP), SI
	MOVQ         sixteens+16(FP), CX
	VMOVD        shift+24(FP), X7
	MOVQ         steps+32(FP), BX
	MOVQ         rounds+40(FP), DX
	MOVQ         reciprocals+48(FP), R10
	MOVQ         ends+56(FP), R8
	MOVQ         extents+64(FP), R9
	VPCMPEQD     Y8, Y8, Y8
	VPSRLD       $17, Y8, Y8 // 32,767
	VPXOR        Y6, Y6, Y6
	VPXOR        Y5, Y5, Y5

sixteen:
	EIGHT(0, Y9)
	EIGHT(32, Y4)
	VPACKSSDW Y4, Y9, Y3
	VPERMQ    $0xd8, Y3, Y3
	VMOVDQU   Y3, (DI)
	VPXOR     Y0, Y0, Y0
	VPCMPEQW  Y0, Y3, Y3
	VPANDN    (R8), Y3, Y0
	VPANDN    (R9), Y3, Y1
	VPMAXSW   Y0, Y6, Y6
	VPMAXUB   Y1, Y5, Y5
	ADDQ      $64, SI
	ADDQ      $64, BX
	ADDQ      $64, DX
	ADDQ      $64, R10
	ADDQ      $32, DI
	ADDQ      $32, R8
	ADDQ      $32, R9
	DECQ      CX
	JNZ       sixteen

	LARGEST(VPMAXSW, Y6, X6)
	LARGEST(VPMAXUB, Y5, X5)
	VMOVD   X6, AX
	MOVWLZX AX, AX
	MOVQ    AX, end+72(FP)
	VMOVD   X5, AX
	MOVWLZX AX, AX
	MOVQ    AX, extent+80(FP)
	VZEROUPPER
	RET
