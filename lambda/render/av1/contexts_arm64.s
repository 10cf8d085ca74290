#include "textflag.h"
#include "words_arm64.h"

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// Words: abs, cmgt (whether n is more than m), cmeq and cmlt with zero, smax, smaxv (the largest),
// bic (n without the bits of m), sshr by 1.
#define ABS(n, d) WORD $(0x4e60b800 | (n)<<5 | (d))
#define CMGT(m, n, d) WORD $(0x4e603400 | (m)<<16 | (n)<<5 | (d))
#define CMEQ0(n, d) WORD $(0x4e609800 | (n)<<5 | (d))
#define CMLT0(n, d) WORD $(0x4e60a800 | (n)<<5 | (d))
#define SMAX(m, n, d) WORD $(0x4e606400 | (m)<<16 | (n)<<5 | (d))
#define SMAXV(n, d) WORD $(0x4e70a800 | (n)<<5 | (d))
#define BIC(m, n, d) WORD $(0x4e601c00 | (m)<<16 | (n)<<5 | (d))
#define SSHR1(n, d) WORD $(0x4f1f0400 | (n)<<5 | (d))

// Bytes: umin, umax, urhadd (the mean, rounded up); words to bytes: uqxtn (saturated) and xtn vd.8b,
// vn.8h, and to the upper half.
#define UMIN(m, n, d) WORD $(0x6e206c00 | (m)<<16 | (n)<<5 | (d))
#define UMAX(m, n, d) WORD $(0x6e206400 | (m)<<16 | (n)<<5 | (d))
#define URHADD(m, n, d) WORD $(0x6e201400 | (m)<<16 | (n)<<5 | (d))
#define UQXTN(n, d) WORD $(0x2e214800 | (n)<<5 | (d))
#define UQXTN2(n, d) WORD $(0x6e214800 | (n)<<5 | (d))
#define XTNB(n, d) WORD $(0x0e212800 | (n)<<5 | (d))
#define XTNB2(n, d) WORD $(0x4e212800 | (n)<<5 | (d))

// Sums of neighbours: uaddlp vd.8h, vn.16b; uadalp vd.4s, vn.8h, which are added; addv sd, vn.4s.
#define UADDLP(n, d) WORD $(0x6e202800 | (n)<<5 | (d))
#define UADALP(n, d) WORD $(0x6e606800 | (n)<<5 | (d))
#define ADDV(n, d) WORD $(0x4eb1b800 | (n)<<5 | (d))

// ARGUMENTS loads those of what finds contexts: R0 and R1 are where index and ranges are, R2 large,
// R3 levels, R4 what places say, R5 the count. V15, V14, V12 and V13 have bytes of 3, 15, 6 and 0, V16
// those of a bit each.
#define ARGUMENTS \
	MOVD  c+0(FP), R0            \
	ADD   $1024, R0, R1          \
	ADD   $2048, R0, R2          \
	MOVD  levels+8(FP), R3       \
	MOVD  by+16(FP), R4          \
	MOVD  count+24(FP), R5       \
	VMOVI $3, V15.B16            \
	VMOVI $15, V14.B16           \
	VMOVI $6, V12.B16            \
	VMOVI $0, V13.B16            \
	MOVD  $0x8040201008040201, R7 \
	VDUP  R7, V16.D2

// MAGNITUDES loads 16 levels: at most 3 of each to V2, and at most 15 to V3.
#define MAGNITUDES \
	VLD1 (R3), [V0.H8, V1.H8] \
	ABS(0, 0)                 \
	ABS(1, 1)                 \
	UQXTN(0, 0)               \
	UQXTN2(1, 0)              \
	UMIN(15, 0, 2)            \
	UMIN(14, 0, 3)

// STORE writes what the magnitudes in V2 and the sums of five in V4 and of three in V5 make.
#define STORE \
	VLD1  (R4), [V17.B16, V18.B16, V19.B16] \
	URHADD(13, 4, 4)               \
	VSHL  $2, V4.B16, V4.B16       \
	UMIN(17, 4, 4)                 \
	VADD  V2.B16, V4.B16, V4.B16   \
	VADD  V18.B16, V4.B16, V4.B16  \
	VST1  [V4.B16], (R0)           \
	URHADD(13, 5, 5)               \
	UMIN(12, 5, 5)                 \
	VADD  V19.B16, V5.B16, V5.B16  \
	VST1  [V5.B16], (R1)           \
	VCMEQ V15.B16, V2.B16, V4.B16  \
	VAND  V16.B16, V4.B16, V4.B16  \
	VADDP V4.B16, V4.B16, V4.B16   \
	VADDP V4.B16, V4.B16, V4.B16   \
	VADDP V4.B16, V4.B16, V4.B16   \
	VMOV  V4.H[0], R7              \
	MOVH  R7, (R2)

// func findIn4(c *contexts, levels *int16, by *sixteen, count int)
TEXT ·findIn4(SB), NOSPLIT, $0-32
	ARGUMENTS
	MAGNITUDES
	VUSHR $8, V2.S4, V6.S4
	VADD  V6.B16, V2.B16, V7.B16
	VUSHR $16, V2.S4, V4.S4
	VADD  V6.B16, V4.B16, V4.B16
	VEXT  $4, V13.B16, V7.B16, V7.B16
	VADD  V7.B16, V4.B16, V4.B16
	VEXT  $8, V13.B16, V2.B16, V7.B16
	VADD  V7.B16, V4.B16, V4.B16
	VUSHR $8, V3.S4, V6.S4
	VADD  V6.B16, V3.B16, V7.B16
	VEXT  $4, V13.B16, V7.B16, V7.B16
	VADD  V7.B16, V6.B16, V5.B16
	STORE
	RET

// LAST goes to the last of as many sixteens as R6 says.
#define LAST \
	ADD R6<<4, R0     \
	ADD R6<<4, R1     \
	ADD R6<<5, R3     \
	ADD R6<<1, R6, R7 \
	ADD R7<<4, R4     \
	ADD R6<<1, R2

// func findIn8(c *contexts, levels *int16, by *sixteen, count int)
TEXT ·findIn8(SB), NOSPLIT, $0-32
	ARGUMENTS
	SUB   $1, R5, R6
	LAST
	// Of the two rows below: V8 and V10 have the sums of two neighbours, V9 the magnitudes.
	VMOVI $0, V8.B16
	VMOVI $0, V9.B16
	VMOVI $0, V10.B16

rows:
	MAGNITUDES
	VUSHR $8, V2.D2, V6.D2
	VADD  V6.B16, V2.B16, V7.B16
	VUSHR $16, V2.D2, V4.D2
	VADD  V6.B16, V4.B16, V4.B16
	VADD  V9.B16, V4.B16, V4.B16
	VEXT  $8, V8.B16, V7.B16, V1.B16
	VADD  V1.B16, V4.B16, V4.B16
	COPY(7, 8)
	COPY(2, 9)
	VUSHR $8, V3.D2, V6.D2
	VADD  V6.B16, V3.B16, V7.B16
	VEXT  $8, V10.B16, V7.B16, V1.B16
	VADD  V1.B16, V6.B16, V5.B16
	COPY(7, 10)
	STORE
	SUB   $32, R3
	SUB   $16, R0
	SUB   $16, R1
	SUB   $48, R4
	SUB   $2, R2
	SUBS  $1, R5
	BNE   rows
	RET

// BELOW clears what is known of the rows below: V8 and V10 have the sums of two neighbours of the
// next, V9 and V11 the magnitudes of the next and the one after it.
#define BELOW \
	VMOVI $0, V8.B16  \
	VMOVI $0, V9.B16  \
	VMOVI $0, V10.B16 \
	VMOVI $0, V11.B16

// SUMS sums the neighbours of the magnitudes in V2 and V3, of which V6 and V4 have those one and two
// to the right of V2's, and V7 those one to the right of V3's.
#define SUMS \
	VADD V6.B16, V4.B16, V4.B16   \
	VADD V8.B16, V4.B16, V4.B16   \
	VADD V11.B16, V4.B16, V4.B16  \
	VADD V6.B16, V2.B16, V8.B16   \
	COPY(9, 11)                   \
	COPY(2, 9)                    \
	VADD V10.B16, V7.B16, V5.B16  \
	VADD V7.B16, V3.B16, V10.B16

// func findIn16(c *contexts, levels *int16, by *sixteen, count int)
TEXT ·findIn16(SB), NOSPLIT, $0-32
	ARGUMENTS
	SUB $1, R5, R6
	LAST
	BELOW

row:
	MAGNITUDES
	VEXT $1, V13.B16, V2.B16, V6.B16
	VEXT $2, V13.B16, V2.B16, V4.B16
	VEXT $1, V13.B16, V3.B16, V7.B16
	SUMS
	STORE
	SUB  $32, R3
	SUB  $16, R0
	SUB  $16, R1
	SUB  $48, R4
	SUB  $2, R2
	SUBS $1, R5
	BNE  row
	RET

// UP goes to the row above of a block of 32.
#define UP \
	SUB $64, R3 \
	SUB $32, R0 \
	SUB $32, R1 \
	SUB $96, R4 \
	SUB $4, R2

// func findIn32(c *contexts, levels *int16, by *sixteen, count int)
TEXT ·findIn32(SB), NOSPLIT, $0-32
	ARGUMENTS
	SUB $1, R5, R6
	LAST
	LSR $1, R5
	BELOW

right:
	MAGNITUDES
	VEXT $1, V13.B16, V2.B16, V6.B16
	VEXT $2, V13.B16, V2.B16, V4.B16
	VEXT $1, V13.B16, V3.B16, V7.B16
	SUMS
	STORE
	UP
	SUBS $1, R5
	BNE  right

	ARGUMENTS
	SUB $2, R5, R6
	LAST
	LSR $1, R5
	BELOW

left:
	MAGNITUDES
	ADD  $32, R3, R7 // the next to the right
	VLD1 (R7), [V0.H8]
	ABS(0, 0)
	UQXTN(0, 0)
	UMIN(15, 0, 1)
	VEXT $1, V1.B16, V2.B16, V6.B16
	VEXT $2, V1.B16, V2.B16, V4.B16
	UMIN(14, 0, 1)
	VEXT $1, V1.B16, V3.B16, V7.B16
	SUMS
	STORE
	UP
	SUBS $1, R5
	BNE  left
	RET

// func countPairs(c *contexts, costs *baseCosts, ends *int16, end, pairs int) (bits, sum int32)
TEXT ·countPairs(SB), NOSPLIT, $0-48
	MOVD   c+0(FP), R0
	MOVD   costs+8(FP), R1
	MOVD   ends+16(FP), R2
	MOVD   end+24(FP), R3
	MOVD   pairs+32(FP), R4
	VDUP   R3, V7.H8
	LSL    $1, R4
	VLD1.P 64(R1), [V24.B16, V25.B16, V26.B16, V27.B16]
	VLD1   (R1), [V28.B16, V29.B16, V30.B16, V31.B16]
	VMOVI  $3, V15.B16
	VMOVI  $0, V4.B16
	VMOVI  $0, V5.B16
	VMOVI  $0, V6.B16

sixteen:
	VLD1.P 16(R0), [V0.B16]
	VLD1.P 32(R2), [V1.H8, V2.H8]
	CMGT(7, 1, 1)
	CMGT(7, 2, 2)
	XTNB(1, 1)
	XTNB2(2, 1) // all ones of those behind the end
	VAND   V15.B16, V0.B16, V2.B16
	BIC(1, 2, 2)
	UADDLP(2, 2)
	UADALP(2, 5)
	VORR   V1.B16, V0.B16, V0.B16
	VTBL   V0.B16, [V24.B16, V25.B16, V26.B16, V27.B16], V2.B16
	VTBL   V0.B16, [V28.B16, V29.B16, V30.B16, V31.B16], V3.B16
	UADDLP(2, 2)
	UADALP(2, 4)
	UADDLP(3, 3)
	UADALP(3, 6)
	SUBS   $1, R4
	BNE    sixteen

	VSHL $8, V6.S4, V6.S4
	VADD V6.S4, V4.S4, V4.S4
	ADDV(4, 4)
	ADDV(5, 5)
	VMOV V4.S[0], R5
	MOVW R5, bits+40(FP)
	VMOV V5.S[0], R5
	MOVW R5, sum+44(FP)
	RET

// LOWER takes the levels in V2 down by one where what is gained, in V0, says so, whose overs are in
// V1.
#define LOWER \
	SSHR1(1, 3)                   \
	VSUB V3.H8, V15.H8, V3.H8     \
	VLD1.P 16(R8), [V7.H8]        \
	VAND V7.B16, V3.B16, V4.B16   \
	SQADD(4, 3, 3)                \
	SQSUB(7, 3, 3)                \
	CMGT(3, 0, 0)                 \
	VORR V0.B16, V22.B16, V22.B16 \
	CMLT0(2, 3)                   \
	VEOR V3.B16, V0.B16, V4.B16   \
	VSUB V3.H8, V4.H8, V4.H8      \
	VADD V4.H8, V2.H8, V2.H8      \
	VSHL $15, V0.H8, V0.H8        \
	SQADD(0, 1, 1)                \
	VST1.P [V2.H8], 16(R2)        \
	VST1.P [V1.H8], 16(R3)        \
	CMEQ0(2, 2)                   \
	VLD1.P 16(R5), [V0.H8]        \
	VLD1.P 16(R6), [V1.H8]        \
	BIC(2, 0, 0)                  \
	BIC(2, 1, 1)                  \
	SMAX(0, 20, 20)               \
	UMAX(1, 21, 21)

// func lowerSixteens(c *contexts, gains *baseCosts, levels, overs *int16, count int, ends *int16, extents *uint16, spared *int16) (end, extent, lower int)
TEXT ·lowerSixteens(SB), NOSPLIT, $0-88
	MOVD   c+0(FP), R0
	MOVD   gains+8(FP), R1
	MOVD   levels+16(FP), R2
	MOVD   overs+24(FP), R3
	MOVD   count+32(FP), R4
	MOVD   ends+40(FP), R5
	MOVD   extents+48(FP), R6
	MOVD   spared+56(FP), R8
	VLD1.P 64(R1), [V24.B16, V25.B16, V26.B16, V27.B16]
	VLD1   (R1), [V28.B16, V29.B16, V30.B16, V31.B16]
	MOVD   $8191, R7
	VDUP   R7, V15.H8
	VEOR   V20.B16, V20.B16, V20.B16
	VEOR   V21.B16, V21.B16, V21.B16
	VEOR   V22.B16, V22.B16, V22.B16

sixteen:
	VLD1.P 16(R0), [V0.B16]
	VTBL   V0.B16, [V24.B16, V25.B16, V26.B16, V27.B16], V5.B16
	VTBL   V0.B16, [V28.B16, V29.B16, V30.B16, V31.B16], V6.B16
	VZIP1  V6.B16, V5.B16, V0.B16
	VLD1   (R2), [V2.H8]
	VLD1   (R3), [V1.H8]
	LOWER
	VZIP2  V6.B16, V5.B16, V0.B16
	VLD1   (R2), [V2.H8]
	VLD1   (R3), [V1.H8]
	LOWER
	SUBS   $1, R4
	BNE    sixteen

	SMAXV(20, 20)
	VMOV V20.H[0], R7
	MOVD R7, end+64(FP)
	VEXT $8, V21.B16, V21.B16, V0.B16
	UMAX(0, 21, 21)
	VEXT $4, V21.B16, V21.B16, V0.B16
	UMAX(0, 21, 21)
	VEXT $2, V21.B16, V21.B16, V0.B16
	UMAX(0, 21, 21)
	VMOV V21.H[0], R7
	MOVD R7, extent+72(FP)
	VMOV V22.D[0], R7
	VMOV V22.D[1], R8
	ORR  R8, R7
	MOVD R7, lower+80(FP)
	RET
