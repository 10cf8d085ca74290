#include "textflag.h"
#include "words_arm64.h"

// What this assembler lacks, on eight words.
#define ABS(n, d) WORD $(0x4e60b800 | (n)<<5 | (d))
#define UMIN(m, n, d) WORD $(0x6e606c00 | (m)<<16 | (n)<<5 | (d))
#define PARTS(m, n, d) WORD $(0x6e60b400 | (m)<<16 | (n)<<5 | (d))
#define SQUARES(n, d) WORD $(0x0e608000 | (n)<<16 | (n)<<5 | (d))
#define SQUARES2(n, d) WORD $(0x4e608000 | (n)<<16 | (n)<<5 | (d))

// func boundedSquaresVector(coefficients, steps []int32, of int16) int32
TEXT ·boundedSquaresVector(SB), NOSPLIT, $0-60
	MOVD coefficients_base+0(FP), R0
	MOVD coefficients_len+8(FP), R1
	MOVD steps_base+24(FP), R2
	MOVH of+48(FP), R3
	VDUP R3, V4.H8
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16

sixteen:
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R2), [V16.S4, V17.S4, V18.S4, V19.S4]
	SQXTN(0, 7)
	SQXTN2(1, 7)
	SQXTN(2, 20)
	SQXTN2(3, 20)
	SQXTN(16, 21)
	SQXTN2(17, 21)
	SQXTN(18, 22)
	SQXTN2(19, 22)
	ABS(7, 7)
	ABS(20, 20)
	PARTS(4, 21, 21)
	PARTS(4, 22, 22)
	UMIN(21, 7, 7)
	UMIN(22, 20, 20)
	SQUARES(7, 5)
	SQUARES2(7, 6)
	SQUARES(20, 5)
	SQUARES2(20, 6)
	SUBS $16, R1
	BHI  sixteen

	VADD  V5.S4, V6.S4, V5.S4
	VADDV V5.S4, V5
	VMOV  V5.S[0], R0
	MOVW  R0, ret+56(FP)
	RET
