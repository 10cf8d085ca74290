#include "textflag.h"

// EIGHT quantises the 8 coefficients at (SI), with the offset at, into doublewords: levels and what
// is left, in 1<<15ths. Their reciprocals are at (R10), X7 has the shift and Y14 what is added.
#define EIGHT(at, levels, rests) \
	VMOVDQU  at(SI), Y0              \
	VMOVDQU  at(R10), Y3             \
	VPABSD   Y0, Y1                  \
	VPSLLD   X7, Y1, Y1              \
	VPSRLQ   $32, Y1, Y2             \
	VPMULUDQ Y3, Y1, Y1              \
	VPSRLQ   $32, Y3, Y3             \
	VPMULUDQ Y3, Y2, Y2              \
	VPADDQ   Y14, Y1, Y1             \
	VPADDQ   Y14, Y2, Y2             \
	VPSRLQ   $32, Y1, Y3             \
	VPBLENDD $0xaa, Y2, Y3, Y3       \
	VPSLLQ   $32, Y2, Y2             \
	VPBLENDD $0xaa, Y2, Y1, Y1       \
	VPMINSD  Y8, Y3, Y3              \
	VPSIGND  Y0, Y3, levels          \
	VPSRLD   $17, Y1, rests

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

// func quantiseSixteens(levels, overs *int16, coefficients *int32, sixteens, shift int, reciprocals *uint32, ends *int16, extents *uint16) (end, extent int)
TEXT ·quantiseSixteens(SB), NOSPLIT, $0-80
	MOVQ         levels+0(FP), DI
	MOVQ         overs+8(FP), DX
	MOVQ         coefficients+16(FP), SI
	MOVQ         sixteens+24(FP), CX
	VMOVD        shift+32(FP), X7
	MOVQ         reciprocals+40(FP), R10
	MOVQ         ends+48(FP), R8
	MOVQ         extents+56(FP), R9
	MOVQ         $15360, AX // nearly
	VMOVD        AX, X13
	VPBROADCASTW X13, Y13
	SHLQ         $17, AX
	VMOVQ        AX, X14
	VPBROADCASTQ X14, Y14
	VPCMPEQD     Y8, Y8, Y8
	VPSRLD       $17, Y8, Y8 // 32,767
	VPXOR        Y6, Y6, Y6
	VPXOR        Y5, Y5, Y5

sixteen:
	EIGHT(0, Y9, Y10)
	EIGHT(32, Y11, Y12)
	VPACKSSDW Y11, Y9, Y3
	VPERMQ    $0xd8, Y3, Y3
	VMOVDQU   Y3, (DI)
	VPACKSSDW Y12, Y10, Y4
	VPERMQ    $0xd8, Y4, Y4
	VPSUBW    Y4, Y13, Y4
	VMOVDQU   Y4, (DX)
	VPXOR     Y0, Y0, Y0
	VPCMPEQW  Y0, Y3, Y3
	VPANDN    (R8), Y3, Y0
	VPANDN    (R9), Y3, Y1
	VPMAXSW   Y0, Y6, Y6
	VPMAXUB   Y1, Y5, Y5
	ADDQ      $64, SI
	ADDQ      $64, R10
	ADDQ      $32, DI
	ADDQ      $32, DX
	ADDQ      $32, R8
	ADDQ      $32, R9
	DECQ      CX
	JNZ       sixteen

	LARGEST(VPMAXSW, Y6, X6)
	LARGEST(VPMAXUB, Y5, X5)
	VMOVD   X6, AX
	MOVWLZX AX, AX
	MOVQ    AX, end+64(FP)
	VMOVD   X5, AX
	MOVWLZX AX, AX
	MOVQ    AX, extent+72(FP)
	VZEROUPPER
	RET

// func dequantiseEights(coefficients *int32, levels *int16, eights, shift int, steps *int32)
TEXT ·dequantiseEights(SB), NOSPLIT, $0-40
	MOVQ     coefficients+0(FP), DI
	MOVQ     levels+8(FP), SI
	MOVQ     eights+16(FP), CX
	VMOVD    shift+24(FP), X7
	MOVQ     steps+32(FP), BX
	VPCMPEQD Y8, Y8, Y8
	VPSRLD   $8, Y8, Y8 // 0xffffff

eight:
	VPMOVSXWD (SI), Y0
	VPABSD    Y0, Y1
	VPMULLD   (BX), Y1, Y1
	VPAND     Y8, Y1, Y1
	VPSRLD    X7, Y1, Y1
	VPSIGND   Y0, Y1, Y1
	VMOVDQU   Y1, (DI)
	ADDQ      $16, SI
	ADDQ      $32, BX
	ADDQ      $32, DI
	DECQ      CX
	JNZ       eight
	VZEROUPPER
	RET
