#include "textflag.h"

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// SQRDMULH is sqrdmulh vd.8h, vn.8h, vm.8h: a product, 1<<15 of which are one, rounded.
#define SQRDMULH(m, n, d) WORD $(0x6e60b400 | (m)<<16 | (n)<<5 | (d))

// UQSUB is uqsub vd.16b, vn.16b, vm.16b: n-m, or zero.
#define UQSUB(m, n, d) WORD $(0x6e202c00 | (m)<<16 | (n)<<5 | (d))

// SQXTUN is sqxtun vd.8b, vn.8h: words become bytes, as far as those go. SQXTUN2 fills
// the upper half of d.
#define SQXTUN(n, d) WORD $(0x2e212800 | (n)<<5 | (d))
#define SQXTUN2(n, d) WORD $(0x6e212800 | (n)<<5 | (d))

// What is added to each distance from the zero of the limited range, times 1<<15:
// 255/219-1 for luma, and 255/224-1 for chroma, both rounded up.
#define LUMA 5387
#define CHROMA 4535

// func stretchLumaRow(row *uint8, n int)
TEXT ·stretchLumaRow(SB), NOSPLIT, $0-16
	MOVD row+0(FP), R0
	MOVD n+8(FP), R1
	MOVD $LUMA, R2
	VDUP R2, V30.H8
	MOVD $16, R2
	VDUP R2, V31.B16

next:
	VLD1   (R0), [V0.B16]
	UQSUB(31, 0, 0)
	VUXTL  V0.B8, V1.H8
	VUXTL2 V0.B16, V2.H8
	SQRDMULH(30, 1, 3)
	SQRDMULH(30, 2, 4)
	VADD   V3.H8, V1.H8, V1.H8
	VADD   V4.H8, V2.H8, V2.H8
	SQXTUN(1, 0)
	SQXTUN2(2, 0)
	VST1.P [V0.B16], 16(R0)
	SUBS   $16, R1
	BNE    next
	RET

// func stretchChromaRow(row *uint8, n int)
TEXT ·stretchChromaRow(SB), NOSPLIT, $0-16
	MOVD row+0(FP), R0
	MOVD n+8(FP), R1
	MOVD $CHROMA, R2
	VDUP R2, V30.H8
	MOVD $128, R2
	VDUP R2, V31.H8

next:
	VLD1   (R0), [V0.B16]
	VUXTL  V0.B8, V1.H8
	VUXTL2 V0.B16, V2.H8
	VSUB   V31.H8, V1.H8, V3.H8
	VSUB   V31.H8, V2.H8, V4.H8
	SQRDMULH(30, 3, 3)
	SQRDMULH(30, 4, 4)
	VADD   V3.H8, V1.H8, V1.H8
	VADD   V4.H8, V2.H8, V2.H8
	SQXTUN(1, 0)
	SQXTUN2(2, 0)
	VST1.P [V0.B16], 16(R0)
	SUBS   $16, R1
	BNE    next
	RET
