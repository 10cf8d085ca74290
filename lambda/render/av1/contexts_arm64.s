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

// Doublewords: abs, smin, cmlt with zero; umull vd.2d, vn.2s, vm.2s, and of the upper halves; xtn vd.4h,
// vn.4s, and to the upper half.
#define ABSD(n, d) WORD $(0x4ea0b800 | (n)<<5 | (d))
#define SMIND(m, n, d) WORD $(0x4ea06c00 | (m)<<16 | (n)<<5 | (d))
#define CMLT0D(n, d) WORD $(0x4ea0a800 | (n)<<5 | (d))
#define UMULL(m, n, d) WORD $(0x2ea0c000 | (m)<<16 | (n)<<5 | (d))
#define UMULL2(m, n, d) WORD $(0x6ea0c000 | (m)<<16 | (n)<<5 | (d))
#define XTND(n, d) WORD $(0x0e612800 | (n)<<5 | (d))
#define XTND2(n, d) WORD $(0x4e612800 | (n)<<5 | (d))

// NEAREST4 quantises the next 4 coefficients, and leaves their levels in V2 and what is left in V5, in
// 1<<15ths. V7 has what is added and V6 the largest level.
#define NEAREST4 \
	VLD1.P 16(R4), [V0.S4]        \
	VLD1.P 16(R5), [V1.S4]        \
	ABSD(0, 2)                    \
	UMULL(1, 2, 3)                \
	UMULL2(1, 2, 4)               \
	VADD   V7.D2, V3.D2, V3.D2    \
	VADD   V7.D2, V4.D2, V4.D2    \
	VUZP1  V4.S4, V3.S4, V5.S4    \
	VUZP2  V4.S4, V3.S4, V2.S4    \
	SMIND(6, 2, 2)                \
	CMLT0D(0, 3)                  \
	VEOR   V3.B16, V2.B16, V2.B16 \
	VSUB   V3.S4, V2.S4, V2.S4    \
	VUSHR  $17, V5.S4, V5.S4

// FIVE4 leaves in V6 the magnitudes of the levels in V16 and V17, as bytes, in V5 at most 3 of each,
// and in V0 what index has of them. V21 and V22 have what places say. It needs V1 and V3.
#define FIVE4 \
	ABS(16, 0)                       \
	ABS(17, 1)                       \
	UQXTN(0, 6)                      \
	UQXTN2(1, 6)                     \
	UMIN(12, 6, 5)                   \
	VUSHR $8, V5.S4, V3.S4           \
	VUSHR $16, V5.S4, V0.S4          \
	VADD  V3.B16, V0.B16, V0.B16     \
	VADD  V3.B16, V5.B16, V3.B16     \
	VEXT  $4, V13.B16, V3.B16, V3.B16 \
	VADD  V3.B16, V0.B16, V0.B16     \
	VEXT  $8, V13.B16, V5.B16, V3.B16 \
	VADD  V3.B16, V0.B16, V0.B16     \
	URHADD(13, 0, 0)                 \
	VSHL  $2, V0.B16, V0.B16         \
	UMIN(21, 0, 0)                   \
	VADD  V22.B16, V0.B16, V0.B16    \
	VADD  V5.B16, V0.B16, V0.B16

// ISLOWER leaves in the register gains, which has them, whether they are more than what the error
// grows by. It needs V1 and V2.
#define ISLOWER(gains, overs, spared, vspared) \
	SSHR1(overs, 1)                  \
	VSUB V1.H8, V14.H8, V1.H8        \
	VAND vspared.B16, V1.B16, V2.B16 \
	SQADD(2, 1, 1)                   \
	SQSUB(spared, 1, 1)              \
	CMGT(1, gains, gains)

// TAKE takes levels down by one where the register lower has ones. It needs V1 and V2.
#define TAKE(lower, vlower, levels, vlevels, overs) \
	CMLT0(levels, 1)                   \
	VEOR V1.B16, vlower.B16, V2.B16    \
	VSUB V1.H8, V2.H8, V2.H8           \
	VADD V2.H8, vlevels.H8, vlevels.H8 \
	VSHL $15, vlower.H8, vlower.H8     \
	SQADD(lower, overs, overs)

// ANY leaves in R11 whether two registers have any bit. It needs V1 and R12.
#define ANY(a, b) \
	VORR a.B16, b.B16, V1.B16 \
	VMOV V1.D[0], R11         \
	VMOV V1.D[1], R12         \
	ORR  R12, R11

// func lightestIn4(c *contexts, gains *baseCosts, levels, overs *int16, coefficients *int32, reciprocals *uint32, by *sixteen, ends *int16, extents *uint16, spared *int16) (end, extent int)
TEXT ·lightestIn4(SB), NOSPLIT, $0-96
	MOVD c+0(FP), R0
	MOVD gains+8(FP), R1
	MOVD levels+16(FP), R2
	MOVD overs+24(FP), R3
	MOVD coefficients+32(FP), R4
	MOVD reciprocals+40(FP), R5
	MOVD by+48(FP), R6
	MOVD ends+56(FP), R8
	MOVD extents+64(FP), R9
	MOVD spared+72(FP), R10
	MOVD $32767, R7
	VDUP R7, V6.S4
	MOVD $15360, R7 // nearly
	VDUP R7, V8.H8
	LSL  $17, R7
	VDUP R7, V7.D2
	NEAREST4
	XTND(2, 16)
	XTND(5, 18)
	NEAREST4
	XTND2(2, 16)
	XTND2(5, 18)
	NEAREST4
	XTND(2, 17)
	XTND(5, 19)
	NEAREST4
	XTND2(2, 17)
	XTND2(5, 19)
	VSUB V18.H8, V8.H8, V18.H8
	VSUB V19.H8, V8.H8, V19.H8
	ANY(V16, V17)
	CBZ  R11, none

	VLD1.P 64(R1), [V24.B16, V25.B16, V26.B16, V27.B16]
	VLD1   (R1), [V28.B16, V29.B16, V30.B16, V31.B16]
	VLD1   (R6), [V21.B16, V22.B16, V23.B16]
	VLD1   (R10), [V10.H8, V11.H8]
	VMOVI  $3, V12.B16
	VMOVI  $0, V13.B16
	MOVD   $8191, R7
	VDUP   R7, V14.H8
	MOVD   $2, R10

pass:
	FIVE4
	VTBL  V0.B16, [V24.B16, V25.B16, V26.B16, V27.B16], V1.B16
	VTBL  V0.B16, [V28.B16, V29.B16, V30.B16, V31.B16], V2.B16
	VZIP1 V2.B16, V1.B16, V3.B16
	VZIP2 V2.B16, V1.B16, V4.B16
	ISLOWER(3, 18, 10, V10)
	ISLOWER(4, 19, 11, V11)
	ANY(V3, V4)
	CBZ   R11, done
	TAKE(3, V3, 16, V16, 18)
	TAKE(4, V4, 17, V17, 19)
	ANY(V16, V17)
	CBZ   R11, none
	SUBS  $1, R10
	BNE   pass

done:
	VST1  [V16.H8, V17.H8], (R2)
	VST1  [V18.H8, V19.H8], (R3)
	FIVE4
	VST1  [V0.B16], (R0)
	VMOVI $15, V7.B16
	UMIN(7, 6, 6)
	VUSHR $8, V6.S4, V3.S4
	VADD  V3.B16, V6.B16, V6.B16
	VEXT  $4, V13.B16, V6.B16, V6.B16
	VADD  V6.B16, V3.B16, V3.B16
	URHADD(13, 3, 3)
	VMOVI $6, V7.B16
	UMIN(7, 3, 3)
	VADD  V23.B16, V3.B16, V3.B16
	ADD   $1024, R0, R1
	VST1  [V3.B16], (R1)
	VCMEQ V12.B16, V5.B16, V5.B16
	MOVD  $0x8040201008040201, R7
	VDUP  R7, V7.D2
	VAND  V7.B16, V5.B16, V5.B16
	VADDP V5.B16, V5.B16, V5.B16
	VADDP V5.B16, V5.B16, V5.B16
	VADDP V5.B16, V5.B16, V5.B16
	VMOV  V5.H[0], R7
	MOVH  R7, 2048(R0)
	CMEQ0(16, 16)
	CMEQ0(17, 17)
	VLD1  (R8), [V0.H8, V1.H8]
	VLD1  (R9), [V2.H8, V3.H8]
	BIC(16, 0, 0)
	BIC(17, 1, 1)
	BIC(16, 2, 2)
	BIC(17, 3, 3)
	SMAX(1, 0, 0)
	UMAX(3, 2, 2)
	SMAXV(0, 0)
	VMOV  V0.H[0], R7
	MOVD  R7, end+80(FP)
	VEXT  $8, V2.B16, V2.B16, V0.B16
	UMAX(0, 2, 2)
	VEXT  $4, V2.B16, V2.B16, V0.B16
	UMAX(0, 2, 2)
	VEXT  $2, V2.B16, V2.B16, V0.B16
	UMAX(0, 2, 2)
	VMOV  V2.H[0], R7
	MOVD  R7, extent+88(FP)
	RET

none:
	VST1 [V16.H8, V17.H8], (R2)
	MOVD ZR, end+80(FP)
	MOVD ZR, extent+88(FP)
	RET
