#include "textflag.h"

// Samples of a row are eight, as words where their sums need room.

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// Words: mul; uhadd, the mean of two, rounded down; abs; smin; cmgt, all bits where n > m.
#define MUL(m, n, d) WORD $(0x4e609c00 | (m)<<16 | (n)<<5 | (d))
#define UHADD(m, n, d) WORD $(0x6e600400 | (m)<<16 | (n)<<5 | (d))
#define ABS(n, d) WORD $(0x4e60b800 | (n)<<5 | (d))
#define SMIN(m, n, d) WORD $(0x4e606c00 | (m)<<16 | (n)<<5 | (d))
#define CMGT(m, n, d) WORD $(0x4e603400 | (m)<<16 | (n)<<5 | (d))

// Bytes to words: umull and umlal vd.8h, vn.8b, vm.8b.
#define UMULL(m, n, d) WORD $(0x2e20c000 | (m)<<16 | (n)<<5 | (d))
#define UMLAL(m, n, d) WORD $(0x2e208000 | (m)<<16 | (n)<<5 | (d))

// Words to bytes: xtn vd.8b, vn.8h, and rshrn, shifted to the right and rounded.
#define XTN(n, d) WORD $(0x0e212800 | (n)<<5 | (d))
#define RSHRN(places, n, d) WORD $(0x0f008c00 | (16-(places))<<16 | (n)<<5 | (d))

#define FIRST 80 // of an edge's samples, the one next to the block

// ARGUMENTS are the rows to write, in R0, stride R1 and size R2, and both edges, in R3 and R4.
#define ARGUMENTS \
	MOVD to_base+0(FP), R0 \
	MOVD stride+24(FP), R1 \
	MOVD n+32(FP), R2      \
	MOVD above+40(FP), R3  \
	MOVD left+48(FP), R4   \
	ADD  $FIRST, R3        \
	ADD  $FIRST, R4

// STRIPS begins a loop over strips of 8 columns, of which R7 are written, and ROWS its inner one over
// rows, of which R8 are to go. R5 is at the strip's edge above and R6 at the row's to the left, and
// R10 and R11 at the weights of columns and rows.
#define STRIPS \
	MOVD ZR, R7 \
strip:              \
	ADD  R0, R7, R9

#define ROWS \
	MOVD R4, R6  \
	MOVD R12, R11 \
	MOVD R2, R8  \
row:

// WRITE writes the bytes of V0 to R9, as many as a row has, and goes on to the next row.
#define WRITE \
	CMP  $4, R2             \
	BEQ  four               \
	VST1 [V0.B8], (R9)      \
	B    written            \
four:                           \
	VST1 V0.S[0], (R9)      \
written:                        \
	ADD  R1, R9             \
	SUBS $1, R8             \
	BNE  row                \
	ADD  $8, R7             \
	CMP  R2, R7             \
	BLT  strip              \
	RET

// SAME spreads a byte in memory over the words of a vector.
#define SAME(at, b, h) \
	VLD1R (at), [b]        \
	VUXTL b, h

// WHOLE writes the first n bytes of V0 to V3 to each row, of which R8 are left.
#define WHOLE \
	CMP  $8, R2                            \
	BLT  four                              \
	BEQ  eight                             \
	CMP  $32, R2                           \
	BLT  sixteen                           \
	BEQ  thirtytwo                         \
	VST1 [V0.B16, V1.B16, V2.B16, V3.B16], (R0) \
	B    next                              \
four:                                          \
	VST1 V0.S[0], (R0)                     \
	B    next                              \
eight:                                         \
	VST1 [V0.B8], (R0)                     \
	B    next                              \
sixteen:                                       \
	VST1 [V0.B16], (R0)                    \
	B    next                              \
thirtytwo:                                     \
	VST1 [V0.B16, V1.B16], (R0)            \
next:                                          \
	ADD  R1, R0                            \
	SUBS $1, R8                            \
	BNE  row                               \
	RET

#define ALIKE \
	VMOV V0.B16, V1.B16 \
	VMOV V0.B16, V2.B16 \
	VMOV V0.B16, V3.B16

// func flatRowsVector(to []uint8, stride, n int, v uint8)
TEXT ·flatRowsVector(SB), NOSPLIT, $0-41
	MOVD  to_base+0(FP), R0
	MOVD  stride+24(FP), R1
	MOVD  n+32(FP), R2
	MOVBU v+40(FP), R3
	VDUP  R3, V0.B16
	ALIKE
	MOVD  R2, R8

row:
	WHOLE

// func copyRowsVector(to []uint8, stride, n int, above, left *edge)
TEXT ·copyRowsVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	VLD1 (R3), [V0.B16, V1.B16, V2.B16, V3.B16]
	MOVD R2, R8

row:
	WHOLE

// func spreadRowsVector(to []uint8, stride, n int, above, left *edge)
TEXT ·spreadRowsVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	MOVD R2, R8

row:
	VLD1R.P 1(R4), [V0.B16]
	ALIKE
	WHOLE

// SMOOTH leaves the samples below in V11, 256 times as large in V13, and the last ones above in V12.
// The sum of a sample and another by their weights is a word, whose 256ths are rounded in the end.
#define SMOOTH \
	MOVD $·smoothWeights(SB), R12 \
	ADD  R2, R12         \
	ADD  R2, R4, R6      \
	SUB  $1, R6          \
	SAME(R6, V11.B8, V11.H8) \
	ADD  R2, R3, R6      \
	SUB  $1, R6          \
	SAME(R6, V12.B8, V12.H8) \
	VSHL $8, V11.H8, V13.H8

// DOWNS leaves in V4 what the weights of rows are multiplied by: the samples above less those
// below.
#define DOWNS \
	ADD   R3, R7, R5       \
	VLD1  (R5), [V4.B8]    \
	VUXTL V4.B8, V4.H8     \
	VSUB  V11.H8, V4.H8, V4.H8

// ACROSSES leaves the weights of columns in V2, and in V3 the last samples by theirs.
#define ACROSSES \
	ADD   R12, R7, R10     \
	VLD1  (R10), [V2.B8]   \
	VUXTL V2.B8, V2.H8     \
	VSHL  $8, V12.H8, V3.H8 \
	MUL(12, 2, 5)          \
	VSUB  V5.H8, V3.H8, V3.H8

#define DOWN \
	VLD1R.P 1(R11), [V0.B8] \
	VUXTL   V0.B8, V0.H8    \
	MUL(4, 0, 0)            \
	VADD    V13.H8, V0.H8, V0.H8

#define ACROSS \
	VLD1R.P 1(R6), [V1.B8] \
	VUXTL   V1.B8, V1.H8   \
	MUL(2, 1, 1)           \
	VADD    V3.H8, V1.H8, V1.H8

// func smoothRowsVector(to []uint8, stride, n int, above, left *edge)
TEXT ·smoothRowsVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	SMOOTH
	STRIPS
	DOWNS
	ACROSSES
	ROWS
	DOWN
	ACROSS
	UHADD(1, 0, 0)
	RSHRN(8, 0, 0)
	WRITE

// func smoothDownVector(to []uint8, stride, n int, above, left *edge)
TEXT ·smoothDownVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	SMOOTH
	STRIPS
	DOWNS
	ROWS
	DOWN
	RSHRN(8, 0, 0)
	WRITE

// func smoothAcrossVector(to []uint8, stride, n int, above, left *edge)
TEXT ·smoothAcrossVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	SMOOTH
	STRIPS
	ACROSSES
	ROWS
	ACROSS
	RSHRN(8, 1, 0)
	WRITE

// func paethRowsVector(to []uint8, stride, n int, above, left *edge)
TEXT ·paethRowsVector(SB), NOSPLIT, $0-56
	ARGUMENTS
	SUB $1, R3, R6
	SAME(R6, V15.B8, V15.H8)
	STRIPS
	ADD   R3, R7, R5
	VLD1  (R5), [V2.B8]
	VUXTL V2.B8, V2.H8
	VSUB  V15.H8, V2.H8, V3.H8
	ABS(3, 4)
	ROWS
	VLD1R.P 1(R6), [V0.B8]
	VUXTL V0.B8, V0.H8
	VSUB  V15.H8, V0.H8, V5.H8
	VADD  V3.H8, V5.H8, V6.H8
	ABS(5, 5)                       // from above
	ABS(6, 6)                       // from the corner
	CMGT(6, 5, 7)
	SMIN(6, 5, 5)
	CMGT(5, 4, 5)                   // the one to the left is further than another
	VBSL  V2.B16, V15.B16, V7.B16
	VBIT  V5.B16, V7.B16, V0.B16
	XTN(0, 0)
	WRITE

// func slantedRowsVector(to []uint8, stride, n int, from *edge, slope int)
TEXT ·slantedRowsVector(SB), NOSPLIT, $0-56
	MOVD to_base+0(FP), R0
	MOVD stride+24(FP), R1
	MOVD n+32(FP), R2
	MOVD from+40(FP), R3
	MOVD slope+48(FP), R4
	ADD  $FIRST, R3
	MOVD $·inside(SB), R5
	ADD  $64, R5
	MVN  R2, R6           // before which an edge is not read
	LSL  $1, R2, R7
	SUB  $1, R7           // behind which all samples are alike
	MOVD R2, R8
	MOVD R4, R9
	MOVD $32, R15

row:
	ASR  $6, R9, R10 // where the row begins on the edge
	CMP  R6, R10
	CSEL LT, R6, R10, R10
	CMP  R7, R10
	CSEL GT, R7, R10, R10
	ADD  R3, R10, R11
	ADDS $1, R10, R10 // if negative, minus how many samples are before the corner
	CSEL GT, ZR, R10, R10
	ADD  R5, R10, R12

	LSR  $1, R9, R10
	AND  $31, R10
	VDUP R10, V1.B8
	SUB  R10, R15, R10
	VDUP R10, V0.B8
	ADD  R4, R9
	MOVD R0, R13
	MOVD R2, R14

columns:
	ADD  $1, R11, R10
	VLD1 (R11), [V2.B8]
	VLD1 (R10), [V3.B8]
	VLD1.P 8(R12), [V4.B8]
	UMULL(0, 2, 2)
	UMLAL(1, 3, 2)
	RSHRN(5, 2, 2)
	CMP  $4, R2
	BEQ  four
	VLD1 (R13), [V5.B8]
	VBIT V4.B8, V2.B8, V5.B8
	VST1.P [V5.B8], 8(R13)
	ADD  $8, R11
	SUBS $8, R14
	BNE  columns
	B    next

four:
	VLD1 (R13), V5.S[0]
	VBIT V4.B8, V2.B8, V5.B8
	VST1 V5.S[0], (R13)

next:
	ADD  R1, R0
	SUBS $1, R8
	BNE  row
	RET

// func slantedHalvesVector(to []uint8, stride, n int, from, halves *edge, slope int)
TEXT ·slantedHalvesVector(SB), NOSPLIT, $0-64
	MOVD to_base+0(FP), R0
	MOVD stride+24(FP), R1
	MOVD n+32(FP), R2
	MOVD from+40(FP), R3
	MOVD halves+48(FP), R4
	MOVD slope+56(FP), R9
	ADD  $FIRST, R3
	ADD  $FIRST, R4
	MOVD $·inside(SB), R5
	ADD  $64, R5
	LSL  $1, R9, R13
	MOVD R13, R9
	MVN  R2, R6
	LSL  $1, R6           // before which an edge is not read, in halves
	LSL  $2, R2, R7
	SUB  $2, R7           // behind which all samples are alike
	MOVD R2, R8
	MOVD $32, R15

row:
	ASR  $6, R9, R10 // where the row begins on the edge, in halves
	CMP  R6, R10
	CSEL LT, R6, R10, R10
	CMP  R7, R10
	CSEL GT, R7, R10, R10
	ASR  $1, R10, R11
	ADD  R4, R11, R12
	ADD  R3, R11, R11
	TBZ  $0, R10, even
	MOVD R11, R14
	MOVD R12, R11
	ADD  $1, R14, R12

even:
	ADD  $2, R10
	ASR  $1, R10
	CMP  $0, R10 // if negative, minus how many samples are before the corner
	CSEL GT, ZR, R10, R10
	ADD  R5, R10, R14
	VLD1 (R11), [V2.B8]
	VLD1 (R12), [V3.B8]
	VLD1 (R14), [V4.B8]

	LSR  $1, R9, R10
	AND  $31, R10
	VDUP R10, V1.B8
	SUB  R10, R15, R10
	VDUP R10, V0.B8
	ADD  R13, R9
	UMULL(0, 2, 2)
	UMLAL(1, 3, 2)
	RSHRN(5, 2, 2)
	CMP  $4, R2
	BEQ  four
	VLD1 (R0), [V5.B8]
	VBIT V4.B8, V2.B8, V5.B8
	VST1 [V5.B8], (R0)
	B    next

four:
	VLD1 (R0), V5.S[0]
	VBIT V4.B8, V2.B8, V5.B8
	VST1 V5.S[0], (R0)

next:
	ADD  R1, R0
	SUBS $1, R8
	BNE  row
	RET

// func turnVector(to []uint8, stride, n int, from *[largest * largest]uint8)
TEXT ·turnVector(SB), NOSPLIT, $0-48
	MOVD to_base+0(FP), R0
	MOVD stride+24(FP), R1
	MOVD n+32(FP), R2
	MOVD from+40(FP), R3
	CMP  $4, R2
	BNE  large

	VLD4 (R3), [V0.B8, V1.B8, V2.B8, V3.B8]
	VST1 V0.S[0], (R0)
	ADD  R1, R0
	VST1 V1.S[0], (R0)
	ADD  R1, R0
	VST1 V2.S[0], (R0)
	ADD  R1, R0
	VST1 V3.S[0], (R0)
	RET

	// Squares of 8, of which those in a row of to are in a column of from.
large:
	MOVD R2, R4 // columns of from to go

across:
	MOVD R3, R5
	MOVD R0, R6
	MOVD R2, R7

square:
	VLD1  (R5), [V0.B8]
	ADD   R2, R5
	VLD1  (R5), [V1.B8]
	ADD   R2, R5
	VLD1  (R5), [V2.B8]
	ADD   R2, R5
	VLD1  (R5), [V3.B8]
	ADD   R2, R5
	VLD1  (R5), [V4.B8]
	ADD   R2, R5
	VLD1  (R5), [V5.B8]
	ADD   R2, R5
	VLD1  (R5), [V6.B8]
	ADD   R2, R5
	VLD1  (R5), [V7.B8]
	ADD   R2, R5
	VZIP1 V4.B16, V0.B16, V0.B16 // rows 0 and 4, and so on
	VZIP1 V5.B16, V1.B16, V1.B16
	VZIP1 V6.B16, V2.B16, V2.B16
	VZIP1 V7.B16, V3.B16, V3.B16
	VZIP1 V2.B16, V0.B16, V4.B16 // rows 0, 2, 4 and 6, of columns 0 to 3
	VZIP2 V2.B16, V0.B16, V5.B16
	VZIP1 V3.B16, V1.B16, V6.B16
	VZIP2 V3.B16, V1.B16, V7.B16
	VZIP1 V6.B16, V4.B16, V0.B16
	VZIP2 V6.B16, V4.B16, V1.B16
	VZIP1 V7.B16, V5.B16, V2.B16
	VZIP2 V7.B16, V5.B16, V3.B16
	MOVD  R6, R8
	VST1  V0.D[0], (R8)
	ADD   R1, R8
	VST1  V0.D[1], (R8)
	ADD   R1, R8
	VST1  V1.D[0], (R8)
	ADD   R1, R8
	VST1  V1.D[1], (R8)
	ADD   R1, R8
	VST1  V2.D[0], (R8)
	ADD   R1, R8
	VST1  V2.D[1], (R8)
	ADD   R1, R8
	VST1  V3.D[0], (R8)
	ADD   R1, R8
	VST1  V3.D[1], (R8)
	ADD   $8, R6
	SUBS  $8, R7
	BNE   square
	ADD   R1<<3, R0
	ADD   $8, R3
	SUBS  $8, R4
	BNE   across
	RET

// func totalOfVector(of []uint8, n int) int
TEXT ·totalOfVector(SB), NOSPLIT, $0-40
	MOVD of_base+0(FP), R0
	MOVD n+24(FP), R1
	MOVD ZR, R2
	CMP  $8, R1
	BGT  sixteen
	BEQ  eight
	VEOR V0.B16, V0.B16, V0.B16
	VLD1 (R0), V0.S[0]
	B    few

eight:
	VLD1 (R0), [V0.B8]

few:
	VUADDLV V0.B8, V0
	VMOV    V0.H[0], R2
	MOVD    R2, ret+32(FP)
	RET

sixteen:
	VLD1.P  16(R0), [V0.B16]
	VUADDLV V0.B16, V0
	VMOV    V0.H[0], R3
	ADD     R3, R2
	SUBS    $16, R1
	BNE     sixteen
	MOVD    R2, ret+32(FP)
	RET
