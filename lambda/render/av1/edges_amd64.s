#include "textflag.h"

#define FIRST 80 // of an edge's samples, the one next to the block

// WRITE writes the 16ths of the words of Y0, rounded, to DI. Y15 are words of 8.
#define WRITE \
	VPADDW       Y15, Y0, Y0 \
	VPSRAW       $4, Y0, Y0  \
	VEXTRACTI128 $1, Y0, X1  \
	VPACKUSWB    X1, X0, X0  \
	VMOVDQU      X0, (DI)

#define EIGHTS \
	VPCMPEQW Y15, Y15, Y15 \
	VPSRLW   $15, Y15, Y15 \
	VPSLLW   $3, Y15, Y15

// func filterEdgeVector(to, from *edge, n int, weights *[3]int)
TEXT ·filterEdgeVector(SB), NOSPLIT, $0-32
	MOVQ         to+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVQ         weights+24(FP), AX
	VPBROADCASTW 0(AX), Y12
	VPBROADCASTW 8(AX), Y13
	VPBROADCASTW 16(AX), Y14
	EIGHTS
	ADDQ         $FIRST, DI
	ADDQ         $FIRST, SI

sixteen:
	VPMOVZXBW (SI), Y0
	VPMOVZXBW -1(SI), Y1
	VPMOVZXBW 1(SI), Y2
	VPMOVZXBW -2(SI), Y3
	VPMOVZXBW 2(SI), Y4
	VPADDW    Y2, Y1, Y1
	VPADDW    Y4, Y3, Y3
	VPMULLW   Y12, Y0, Y0
	VPMULLW   Y13, Y1, Y1
	VPMULLW   Y14, Y3, Y3
	VPADDW    Y1, Y0, Y0
	VPADDW    Y3, Y0, Y0
	WRITE
	ADDQ      $16, SI
	ADDQ      $16, DI
	SUBQ      $16, CX
	JGT       sixteen
	VZEROUPPER
	RET

// func halveEdgeVector(to, from *edge)
TEXT ·halveEdgeVector(SB), NOSPLIT, $0-16
	MOVQ to+0(FP), DI
	MOVQ from+8(FP), SI
	EIGHTS
	ADDQ $(FIRST-1), DI
	ADDQ $(FIRST-1), SI
	MOVL $2, CX

sixteen:
	VPMOVZXBW -1(SI), Y1
	VPMOVZXBW (SI), Y0
	VPMOVZXBW 1(SI), Y2
	VPMOVZXBW 2(SI), Y3
	VPADDW    Y2, Y0, Y0
	VPADDW    Y3, Y1, Y1
	VPSLLW    $3, Y0, Y2
	VPADDW    Y2, Y0, Y0
	VPSUBW    Y1, Y0, Y0
	WRITE
	ADDQ      $16, SI
	ADDQ      $16, DI
	DECL      CX
	JNZ       sixteen
	VZEROUPPER
	RET
