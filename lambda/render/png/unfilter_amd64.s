#include "textflag.h"

// A pixel's bytes are words, so that their differences have room.

// func unfilterLeftVector(dst, src *uint8, n, count int)
TEXT ·unfilterLeftVector(SB), NOSPLIT, $0-32
	MOVQ  dst+0(FP), DI
	MOVQ  src+8(FP), SI
	MOVQ  n+16(FP), R9
	MOVQ  count+24(FP), CX
	VPXOR X0, X0, X0 // the pixel before

pixel:
	VMOVQ  (SI), X1
	VPADDB X1, X0, X0
	VMOVQ  X0, (DI)
	ADDQ   R9, SI
	ADDQ   R9, DI
	DECQ   CX
	JNZ    pixel
	RET

// func unfilterAboveVector(dst, src, up *uint8, count int)
TEXT ·unfilterAboveVector(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ up+16(FP), R8
	MOVQ count+24(FP), CX

many:
	VMOVDQU (SI), Y0
	VPADDB  (R8), Y0, Y0
	VMOVDQU Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, R8
	ADDQ    $32, DI
	DECQ    CX
	JNZ     many
	VZEROUPPER
	RET

// func unfilterAverageVector(dst, src, up *uint8, n, count int)
TEXT ·unfilterAverageVector(SB), NOSPLIT, $0-40
	MOVQ  dst+0(FP), DI
	MOVQ  src+8(FP), SI
	MOVQ  up+16(FP), R8
	MOVQ  n+24(FP), R9
	MOVQ  count+32(FP), CX
	VPXOR X0, X0, X0 // the pixel before

pixel:
	VPMOVZXBW (R8), X2
	VPMOVZXBW (SI), X3
	VPADDW    X2, X0, X0
	VPSRLW    $1, X0, X0
	VPADDB    X3, X0, X0
	VPACKUSWB X0, X0, X1
	VMOVQ     X1, (DI)
	ADDQ      R9, SI
	ADDQ      R9, R8
	ADDQ      R9, DI
	DECQ      CX
	JNZ       pixel
	RET

// func unfilterPaethVector(dst, src, up *uint8, n, count int)
TEXT ·unfilterPaethVector(SB), NOSPLIT, $0-40
	MOVQ  dst+0(FP), DI
	MOVQ  src+8(FP), SI
	MOVQ  up+16(FP), R8
	MOVQ  n+24(FP), R9
	MOVQ  count+32(FP), CX
	VPXOR X0, X0, X0 // a, the pixel before
	VPXOR X1, X1, X1 // c, the one above it

pixel:
	VPMOVZXBW (R8), X2       // b, the one above
	VPMOVZXBW (SI), X3
	VPSUBW    X1, X2, X4
	VPSUBW    X1, X0, X5
	VPADDW    X4, X5, X6
	VPABSW    X4, X4         // how far a is from a+b-c
	VPABSW    X5, X5         // and b
	VPABSW    X6, X6         // and c
	VPCMPGTW  X6, X5, X7
	VPBLENDVB X7, X1, X2, X7 // the nearer of b and c
	VPMINSW   X5, X6, X8
	VPCMPGTW  X8, X4, X8
	VPBLENDVB X8, X7, X0, X0 // the nearest
	VPADDB    X3, X0, X0
	VPACKUSWB X0, X0, X9
	VMOVQ     X9, (DI)
	VMOVDQA   X2, X1
	ADDQ      R9, SI
	ADDQ      R9, R8
	ADDQ      R9, DI
	DECQ      CX
	JNZ       pixel
	RET
