#include "textflag.h"

#define FIRST 80 // of an edge's samples, the one next to the block

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// Bytes to words: uaddl, umull, umlal and umlsl vd.8h, vn.8b, vm.8b.
#define UADDL(m, n, d) WORD $(0x2e200000 | (m)<<16 | (n)<<5 | (d))
#define UMULL(m, n, d) WORD $(0x2e20c000 | (m)<<16 | (n)<<5 | (d))
#define UMLAL(m, n, d) WORD $(0x2e208000 | (m)<<16 | (n)<<5 | (d))

// Words to bytes, shifted by 4 and rounded: rshrn vd.8b, vn.8h and sqrshrun, limited to 0 to 255.
#define RSHRN4(n, d) WORD $(0x0f0c8c00 | (n)<<5 | (d))
#define SQRSHRUN4(n, d) WORD $(0x2f0c8c00 | (n)<<5 | (d))

// func filterEdgeVector(to, from *edge, n int, weights *[3]int)
TEXT ·filterEdgeVector(SB), NOSPLIT, $0-32
	MOVD to+0(FP), R0
	MOVD from+8(FP), R1
	MOVD n+16(FP), R2
	MOVD weights+24(FP), R3
	MOVD 0(R3), R4
	VDUP R4, V12.B8
	MOVD 8(R3), R4
	VDUP R4, V13.B8
	MOVD 16(R3), R4
	VDUP R4, V14.B8
	ADD  $FIRST, R0
	ADD  $(FIRST-2), R1

eight:
	VLD1   (R1), [V1.B16]
	VEXT   $1, V1.B16, V1.B16, V2.B16
	VEXT   $2, V1.B16, V1.B16, V3.B16
	VEXT   $3, V1.B16, V1.B16, V4.B16
	VEXT   $4, V1.B16, V1.B16, V5.B16
	UMULL(12, 3, 0)
	UMLAL(13, 2, 0)
	UMLAL(13, 4, 0)
	UMLAL(14, 1, 0)
	UMLAL(14, 5, 0)
	RSHRN4(0, 0)
	VST1.P [V0.B8], 8(R0)
	ADD    $8, R1
	SUBS   $8, R2
	BGT    eight
	RET

// func halveEdgeVector(to, from *edge)
TEXT ·halveEdgeVector(SB), NOSPLIT, $0-16
	MOVD  to+0(FP), R0
	MOVD  from+8(FP), R1
	ADD   $(FIRST-1), R0
	ADD   $(FIRST-2), R1
	VMOVI $9, V15.B8
	MOVD  $4, R2

eight:
	VLD1   (R1), [V1.B16]
	VEXT   $1, V1.B16, V1.B16, V2.B16
	VEXT   $2, V1.B16, V1.B16, V3.B16
	VEXT   $3, V1.B16, V1.B16, V4.B16
	UMULL(15, 2, 0)
	UMLAL(15, 3, 0)
	UADDL(4, 1, 1)
	VSUB   V1.H8, V0.H8, V0.H8
	SQRSHRUN4(0, 0)
	VST1.P [V0.B8], 8(R0)
	ADD    $8, R1
	SUBS   $1, R2
	BNE    eight
	RET
