#include "textflag.h"

// What is added to each distance from the zero of the limited range, times 1<<15:
// 255/219-1 for luma, and 255/224-1 for chroma, both rounded up.
DATA luma<>+0(SB)/4, $0x150b150b
GLOBL luma<>(SB), RODATA|NOPTR, $4
DATA chroma<>+0(SB)/4, $0x11b711b7
GLOBL chroma<>(SB), RODATA|NOPTR, $4

DATA zeroLuma<>+0(SB)/4, $0x10101010
GLOBL zeroLuma<>(SB), RODATA|NOPTR, $4
DATA zeroChroma<>+0(SB)/4, $0x00800080
GLOBL zeroChroma<>(SB), RODATA|NOPTR, $4

// func stretchLumaRow(row *uint8, n int)
TEXT ·stretchLumaRow(SB), NOSPLIT, $0-16
	MOVQ         row+0(FP), DI
	MOVQ         n+8(FP), CX
	VPBROADCASTD luma<>(SB), Y14
	VPBROADCASTD zeroLuma<>(SB), Y13
	VPXOR        Y15, Y15, Y15

next:
	VMOVDQU    (DI), Y0
	VPSUBUSB   Y13, Y0, Y0
	VPUNPCKLBW Y15, Y0, Y1
	VPUNPCKHBW Y15, Y0, Y2
	VPMULHRSW  Y14, Y1, Y3
	VPMULHRSW  Y14, Y2, Y4
	VPADDW     Y3, Y1, Y1
	VPADDW     Y4, Y2, Y2
	VPACKUSWB  Y2, Y1, Y0
	VMOVDQU    Y0, (DI)
	ADDQ       $32, DI
	SUBQ       $32, CX
	JNE        next
	VZEROUPPER
	RET

// func stretchChromaRow(row *uint8, n int)
TEXT ·stretchChromaRow(SB), NOSPLIT, $0-16
	MOVQ         row+0(FP), DI
	MOVQ         n+8(FP), CX
	VPBROADCASTD chroma<>(SB), Y14
	VPBROADCASTD zeroChroma<>(SB), Y13
	VPXOR        Y15, Y15, Y15

next:
	VMOVDQU    (DI), Y0
	VPUNPCKLBW Y15, Y0, Y1
	VPUNPCKHBW Y15, Y0, Y2
	VPSUBW     Y13, Y1, Y3
	VPSUBW     Y13, Y2, Y4
	VPMULHRSW  Y14, Y3, Y3
	VPMULHRSW  Y14, Y4, Y4
	VPADDW     Y3, Y1, Y1
	VPADDW     Y4, Y2, Y2
	VPACKUSWB  Y2, Y1, Y0
	VMOVDQU    Y0, (DI)
	ADDQ       $32, DI
	SUBQ       $32, CX
	JNE        next
	VZEROUPPER
	RET
