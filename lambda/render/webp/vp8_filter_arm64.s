#include "textflag.h"

// Sixteen places along an edge are filtered at a time, whose samples across it are in
// eight registers: four before it and four behind. Where the edge stands, columns are
// turned into rows first.

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2). Registers have
// bytes, or words where that is said.
#define UABD(m, n, d) WORD $(0x6e207400 | (m)<<16 | (n)<<5 | (d))
#define UMAX(m, n, d) WORD $(0x6e206400 | (m)<<16 | (n)<<5 | (d))
#define UQADD(m, n, d) WORD $(0x6e200c00 | (m)<<16 | (n)<<5 | (d))
#define SQADD(m, n, d) WORD $(0x4e200c00 | (m)<<16 | (n)<<5 | (d))
#define AND(m, n, d) WORD $(0x4e201c00 | (m)<<16 | (n)<<5 | (d))
#define EOR(m, n, d) WORD $(0x6e201c00 | (m)<<16 | (n)<<5 | (d))

// SQSUB is n-m, BIC what is in n and not in m, CMHS n>=m, and CMHI n>m.
#define SQSUB(m, n, d) WORD $(0x4e202c00 | (m)<<16 | (n)<<5 | (d))
#define BIC(m, n, d) WORD $(0x4e601c00 | (m)<<16 | (n)<<5 | (d))
#define CMHS(m, n, d) WORD $(0x6e203c00 | (m)<<16 | (n)<<5 | (d))
#define CMHI(m, n, d) WORD $(0x6e203400 | (m)<<16 | (n)<<5 | (d))

// HALF is ushr #1, EIGHTH sshr #3, and ROUNDED_HALF srshr #1.
#define HALF(n, d) WORD $(0x6f0f0400 | (n)<<5 | (d))
#define EIGHTH(n, d) WORD $(0x4f0d0400 | (n)<<5 | (d))
#define ROUNDED_HALF(n, d) WORD $(0x4f0f2400 | (n)<<5 | (d))

// EVERY is movi: a number in each byte.
#define EVERY(v, d) WORD $(0x4f00e400 | ((v)>>5)<<16 | ((v)&31)<<5 | (d))

// WIDE is sxtl, the lower bytes as words, and WIDE2 the upper ones. TIMES8 is shl #3 of
// words, ADD_WORDS their sum. NARROW is sqshrn #7: words become bytes, and NARROW2 fills
// the upper half.
#define WIDE(n, d) WORD $(0x0f08a400 | (n)<<5 | (d))
#define WIDE2(n, d) WORD $(0x4f08a400 | (n)<<5 | (d))
#define TIMES8(n, d) WORD $(0x4f135400 | (n)<<5 | (d))
#define ADD_WORDS(m, n, d) WORD $(0x4e608400 | (m)<<16 | (n)<<5 | (d))
#define NARROW(n, d) WORD $(0x0f099400 | (n)<<5 | (d))
#define NARROW2(n, d) WORD $(0x4f099400 | (n)<<5 | (d))

// V28 is the limit at an edge, V29 that of the steps beside it, V30 that of variance, and
// V31 turns samples into signed bytes.
#define LIMITS(f) \
	ADD   $2, f, R14     \
	VLD1R (R14), [V29.B16] \
	ADD   $3, f, R14     \
	VLD1R (R14), [V30.B16] \
	EVERY(128, 31)

#define OUTER_LIMIT(f) \
	VLD1R (f), [V28.B16]

#define INNER_LIMIT(f) \
	ADD   $1, f, R14     \
	VLD1R (R14), [V28.B16]

// MASKS sets V20 where the edge is filtered, and V22 where a step beside it is above the
// limit of variance.
#define MASKS(p3, p2, p1, p0, q0, q1, q2, q3) \
	UABD(p3, p2, 20)   \
	UABD(p2, p1, 21)   \
	UMAX(21, 20, 20)   \
	UABD(q3, q2, 21)   \
	UMAX(21, 20, 20)   \
	UABD(q2, q1, 21)   \
	UMAX(21, 20, 20)   \
	UABD(p1, p0, 22)   \
	UABD(q1, q0, 21)   \
	UMAX(21, 22, 22)   \
	UMAX(22, 20, 20)   \
	CMHS(20, 29, 20)   \
	UABD(p0, q0, 21)   \
	UQADD(21, 21, 21)  \
	UABD(p1, q1, 23)   \
	HALF(23, 23)       \
	UQADD(23, 21, 21)  \
	CMHS(21, 28, 21)   \
	AND(21, 20, 20)    \
	CMHI(30, 22, 22)

// STEPS adds three times the step at the edge to V23, within the mask.
#define STEPS(p0, q0) \
	SQSUB(p0, q0, 24)  \
	SQADD(24, 23, 23)  \
	SQADD(24, 23, 23)  \
	SQADD(24, 23, 23)  \
	AND(20, 23, 23)

// COMMON moves the samples next to the edge by what is in from, and leaves in V24 by how
// much the one behind it.
#define COMMON(from, p0, q0) \
	EVERY(4, 24)         \
	EVERY(3, 25)         \
	SQADD(24, from, 24)  \
	SQADD(25, from, 25)  \
	EIGHTH(24, 24)       \
	EIGHTH(25, 25)       \
	SQSUB(24, q0, q0)    \
	SQADD(25, p0, p0)

// INNER filters an edge inside of a macroblock: p1 to q1 change.
#define INNER(p3, p2, p1, p0, q0, q1, q2, q3) \
	MASKS(p3, p2, p1, p0, q0, q1, q2, q3) \
	EOR(31, p1, p1)                       \
	EOR(31, p0, p0)                       \
	EOR(31, q0, q0)                       \
	EOR(31, q1, q1)                       \
	SQSUB(q1, p1, 23)                     \
	AND(22, 23, 23)                       \
	STEPS(p0, q0)                         \
	COMMON(23, p0, q0)                    \
	ROUNDED_HALF(24, 24)                  \
	BIC(22, 24, 24)                       \
	SQADD(24, p1, p1)                     \
	SQSUB(24, q1, q1)                     \
	EOR(31, p1, p1)                       \
	EOR(31, p0, p0)                       \
	EOR(31, q0, q0)                       \
	EOR(31, q1, q1)

// MOVED moves a sample before the edge and one behind it by the words in V26 and V21,
// 1<<7 of which are a level.
#define MOVED(p, q) \
	NARROW(26, 20)   \
	NARROW2(21, 20)  \
	SQADD(20, p, p)  \
	SQSUB(20, q, q)

// OUTER filters an edge of a macroblock: p2 to q2 change.
#define OUTER(p3, p2, p1, p0, q0, q1, q2, q3) \
	MASKS(p3, p2, p1, p0, q0, q1, q2, q3) \
	EOR(31, p2, p2)                       \
	EOR(31, p1, p1)                       \
	EOR(31, p0, p0)                       \
	EOR(31, q0, q0)                       \
	EOR(31, q1, q1)                       \
	EOR(31, q2, q2)                       \
	SQSUB(q1, p1, 23)                     \
	STEPS(p0, q0)                         \
	AND(22, 23, 21)                       \
	BIC(22, 23, 23)                       \
	COMMON(21, p0, q0)                    \
	WIDE(23, 24)                          \
	WIDE2(23, 25)                         \
	TIMES8(24, 26)                        \
	ADD_WORDS(26, 24, 24)                 \
	TIMES8(25, 26)                        \
	ADD_WORDS(26, 25, 25)                 \
	EVERY(63, 27)                         \
	WIDE(27, 27)                          \
	ADD_WORDS(24, 27, 26)                 \
	ADD_WORDS(25, 27, 21)                 \
	MOVED(p2, q2)                         \
	ADD_WORDS(24, 26, 26)                 \
	ADD_WORDS(25, 21, 21)                 \
	MOVED(p1, q1)                         \
	ADD_WORDS(24, 26, 26)                 \
	ADD_WORDS(25, 21, 21)                 \
	MOVED(p0, q0)                         \
	EOR(31, p2, p2)                       \
	EOR(31, p1, p1)                       \
	EOR(31, p0, p0)                       \
	EOR(31, q0, q0)                       \
	EOR(31, q1, q1)                       \
	EOR(31, q2, q2)

// TURN turns the sixteen rows in V0 to V15 into columns, or back. V16 to V31 change.
#define TURN \
	VTRN1 V1.B16, V0.B16, V16.B16   \
	VTRN2 V1.B16, V0.B16, V17.B16   \
	VTRN1 V3.B16, V2.B16, V18.B16   \
	VTRN2 V3.B16, V2.B16, V19.B16   \
	VTRN1 V5.B16, V4.B16, V20.B16   \
	VTRN2 V5.B16, V4.B16, V21.B16   \
	VTRN1 V7.B16, V6.B16, V22.B16   \
	VTRN2 V7.B16, V6.B16, V23.B16   \
	VTRN1 V9.B16, V8.B16, V24.B16   \
	VTRN2 V9.B16, V8.B16, V25.B16   \
	VTRN1 V11.B16, V10.B16, V26.B16 \
	VTRN2 V11.B16, V10.B16, V27.B16 \
	VTRN1 V13.B16, V12.B16, V28.B16 \
	VTRN2 V13.B16, V12.B16, V29.B16 \
	VTRN1 V15.B16, V14.B16, V30.B16 \
	VTRN2 V15.B16, V14.B16, V31.B16 \
	VTRN1 V18.H8, V16.H8, V0.H8     \
	VTRN2 V18.H8, V16.H8, V2.H8     \
	VTRN1 V19.H8, V17.H8, V1.H8     \
	VTRN2 V19.H8, V17.H8, V3.H8     \
	VTRN1 V22.H8, V20.H8, V4.H8     \
	VTRN2 V22.H8, V20.H8, V6.H8     \
	VTRN1 V23.H8, V21.H8, V5.H8     \
	VTRN2 V23.H8, V21.H8, V7.H8     \
	VTRN1 V26.H8, V24.H8, V8.H8     \
	VTRN2 V26.H8, V24.H8, V10.H8    \
	VTRN1 V27.H8, V25.H8, V9.H8     \
	VTRN2 V27.H8, V25.H8, V11.H8    \
	VTRN1 V30.H8, V28.H8, V12.H8    \
	VTRN2 V30.H8, V28.H8, V14.H8    \
	VTRN1 V31.H8, V29.H8, V13.H8    \
	VTRN2 V31.H8, V29.H8, V15.H8    \
	VTRN1 V4.S4, V0.S4, V16.S4      \
	VTRN2 V4.S4, V0.S4, V20.S4      \
	VTRN1 V5.S4, V1.S4, V17.S4      \
	VTRN2 V5.S4, V1.S4, V21.S4      \
	VTRN1 V6.S4, V2.S4, V18.S4      \
	VTRN2 V6.S4, V2.S4, V22.S4      \
	VTRN1 V7.S4, V3.S4, V19.S4      \
	VTRN2 V7.S4, V3.S4, V23.S4      \
	VTRN1 V12.S4, V8.S4, V24.S4     \
	VTRN2 V12.S4, V8.S4, V28.S4     \
	VTRN1 V13.S4, V9.S4, V25.S4     \
	VTRN2 V13.S4, V9.S4, V29.S4     \
	VTRN1 V14.S4, V10.S4, V26.S4    \
	VTRN2 V14.S4, V10.S4, V30.S4    \
	VTRN1 V15.S4, V11.S4, V27.S4    \
	VTRN2 V15.S4, V11.S4, V31.S4    \
	VTRN1 V24.D2, V16.D2, V0.D2     \
	VTRN2 V24.D2, V16.D2, V8.D2     \
	VTRN1 V25.D2, V17.D2, V1.D2     \
	VTRN2 V25.D2, V17.D2, V9.D2     \
	VTRN1 V26.D2, V18.D2, V2.D2     \
	VTRN2 V26.D2, V18.D2, V10.D2    \
	VTRN1 V27.D2, V19.D2, V3.D2     \
	VTRN2 V27.D2, V19.D2, V11.D2    \
	VTRN1 V28.D2, V20.D2, V4.D2     \
	VTRN2 V28.D2, V20.D2, V12.D2    \
	VTRN1 V29.D2, V21.D2, V5.D2     \
	VTRN2 V29.D2, V21.D2, V13.D2    \
	VTRN1 V30.D2, V22.D2, V6.D2     \
	VTRN2 V30.D2, V22.D2, V14.D2    \
	VTRN1 V31.D2, V23.D2, V7.D2     \
	VTRN2 V31.D2, V23.D2, V15.D2

// LOAD_FOUR loads four samples of sixteen rows from R5 on, every fourth row in one
// register, and STORE_FOUR writes them. TURN_FOUR turns them into columns, or back.
#define LOAD_FOUR \
	VLD1 (R5), V16.S[0] \
	ADD R1, R5          \
	VLD1 (R5), V17.S[0] \
	ADD R1, R5          \
	VLD1 (R5), V18.S[0] \
	ADD R1, R5          \
	VLD1 (R5), V19.S[0] \
	ADD R1, R5          \
	VLD1 (R5), V16.S[1] \
	ADD R1, R5          \
	VLD1 (R5), V17.S[1] \
	ADD R1, R5          \
	VLD1 (R5), V18.S[1] \
	ADD R1, R5          \
	VLD1 (R5), V19.S[1] \
	ADD R1, R5          \
	VLD1 (R5), V16.S[2] \
	ADD R1, R5          \
	VLD1 (R5), V17.S[2] \
	ADD R1, R5          \
	VLD1 (R5), V18.S[2] \
	ADD R1, R5          \
	VLD1 (R5), V19.S[2] \
	ADD R1, R5          \
	VLD1 (R5), V16.S[3] \
	ADD R1, R5          \
	VLD1 (R5), V17.S[3] \
	ADD R1, R5          \
	VLD1 (R5), V18.S[3] \
	ADD R1, R5          \
	VLD1 (R5), V19.S[3] \
	ADD R1, R5

#define STORE_FOUR \
	VST1 V16.S[0], (R5) \
	ADD R1, R5          \
	VST1 V17.S[0], (R5) \
	ADD R1, R5          \
	VST1 V18.S[0], (R5) \
	ADD R1, R5          \
	VST1 V19.S[0], (R5) \
	ADD R1, R5          \
	VST1 V16.S[1], (R5) \
	ADD R1, R5          \
	VST1 V17.S[1], (R5) \
	ADD R1, R5          \
	VST1 V18.S[1], (R5) \
	ADD R1, R5          \
	VST1 V19.S[1], (R5) \
	ADD R1, R5          \
	VST1 V16.S[2], (R5) \
	ADD R1, R5          \
	VST1 V17.S[2], (R5) \
	ADD R1, R5          \
	VST1 V18.S[2], (R5) \
	ADD R1, R5          \
	VST1 V19.S[2], (R5) \
	ADD R1, R5          \
	VST1 V16.S[3], (R5) \
	ADD R1, R5          \
	VST1 V17.S[3], (R5) \
	ADD R1, R5          \
	VST1 V18.S[3], (R5) \
	ADD R1, R5          \
	VST1 V19.S[3], (R5) \
	ADD R1, R5

#define TURN_FOUR \
	VTRN1 V17.B16, V16.B16, V20.B16 \
	VTRN2 V17.B16, V16.B16, V21.B16 \
	VTRN1 V19.B16, V18.B16, V22.B16 \
	VTRN2 V19.B16, V18.B16, V23.B16 \
	VTRN1 V22.H8, V20.H8, V16.H8    \
	VTRN1 V23.H8, V21.H8, V17.H8    \
	VTRN2 V22.H8, V20.H8, V18.H8    \
	VTRN2 V23.H8, V21.H8, V19.H8

// LOAD_FIRST loads eight rows from R5 on, and LOAD_LAST eight from R6 on. STORE_FIRST
// and STORE_LAST write them.
#define LOAD_FIRST \
	VLD1.P (R5)(R1), [V0.B16] \
	VLD1.P (R5)(R1), [V1.B16] \
	VLD1.P (R5)(R1), [V2.B16] \
	VLD1.P (R5)(R1), [V3.B16] \
	VLD1.P (R5)(R1), [V4.B16] \
	VLD1.P (R5)(R1), [V5.B16] \
	VLD1.P (R5)(R1), [V6.B16] \
	VLD1.P (R5)(R1), [V7.B16]

#define LOAD_LAST \
	VLD1.P (R6)(R1), [V8.B16]  \
	VLD1.P (R6)(R1), [V9.B16]  \
	VLD1.P (R6)(R1), [V10.B16] \
	VLD1.P (R6)(R1), [V11.B16] \
	VLD1.P (R6)(R1), [V12.B16] \
	VLD1.P (R6)(R1), [V13.B16] \
	VLD1.P (R6)(R1), [V14.B16] \
	VLD1.P (R6)(R1), [V15.B16]

#define STORE_FIRST \
	VST1.P [V0.B16], (R5)(R1) \
	VST1.P [V1.B16], (R5)(R1) \
	VST1.P [V2.B16], (R5)(R1) \
	VST1.P [V3.B16], (R5)(R1) \
	VST1.P [V4.B16], (R5)(R1) \
	VST1.P [V5.B16], (R5)(R1) \
	VST1.P [V6.B16], (R5)(R1) \
	VST1.P [V7.B16], (R5)(R1)

#define STORE_LAST \
	VST1.P [V8.B16], (R6)(R1)  \
	VST1.P [V9.B16], (R6)(R1)  \
	VST1.P [V10.B16], (R6)(R1) \
	VST1.P [V11.B16], (R6)(R1) \
	VST1.P [V12.B16], (R6)(R1) \
	VST1.P [V13.B16], (R6)(R1) \
	VST1.P [V14.B16], (R6)(R1) \
	VST1.P [V15.B16], (R6)(R1)

// func lumaFilterVector(at *uint8, stride int, f *strength, e int)
TEXT ·lumaFilterVector(SB), NOSPLIT, $0-32
	MOVD at+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD f+16(FP), R2
	MOVD e+24(FP), R3
	TST  $5, R3
	BEQ  upper

	MOVD R0, R5
	ADD  R1<<3, R0, R6
	LOAD_FIRST
	LOAD_LAST
	TURN
	LIMITS(R2)
	TBZ  $0, R3, inner
	OUTER_LIMIT(R2)
	SUB  $4, R0, R5
	LOAD_FOUR
	TURN_FOUR
	OUTER(16, 17, 18, 19, 0, 1, 2, 3)
	TURN_FOUR
	SUB  $4, R0, R5
	STORE_FOUR

inner:
	TBZ $2, R3, back
	INNER_LIMIT(R2)
	INNER(0, 1, 2, 3, 4, 5, 6, 7)
	INNER(4, 5, 6, 7, 8, 9, 10, 11)
	INNER(8, 9, 10, 11, 12, 13, 14, 15)

back:
	TURN
	MOVD R0, R5
	ADD  R1<<3, R0, R6
	STORE_FIRST
	STORE_LAST

upper:
	LIMITS(R2)
	TBZ $1, R3, lower
	OUTER_LIMIT(R2)
	SUB R1<<2, R0, R5
	LOAD_FIRST
	OUTER(0, 1, 2, 3, 4, 5, 6, 7)
	SUB R1<<2, R0, R5
	STORE_FIRST

lower:
	TBZ  $2, R3, done
	INNER_LIMIT(R2)
	MOVD R0, R5
	ADD  R1<<3, R0, R6
	LOAD_FIRST
	LOAD_LAST
	INNER(0, 1, 2, 3, 4, 5, 6, 7)
	INNER(4, 5, 6, 7, 8, 9, 10, 11)
	INNER(8, 9, 10, 11, 12, 13, 14, 15)
	MOVD R0, R5
	ADD  R1<<3, R0, R6
	STORE_FIRST
	STORE_LAST

done:
	RET

// SIMPLE is the simple filter of any edge: p0 and q0 change.
#define SIMPLE(p1, p0, q0, q1) \
	UABD(p0, q0, 20)   \
	UQADD(20, 20, 20)  \
	UABD(p1, q1, 21)   \
	HALF(21, 21)       \
	UQADD(21, 20, 20)  \
	CMHS(20, 28, 20)   \
	EOR(31, p1, 21)    \
	EOR(31, q1, 22)    \
	EOR(31, p0, p0)    \
	EOR(31, q0, q0)    \
	SQSUB(22, 21, 23)  \
	STEPS(p0, q0)      \
	COMMON(23, p0, q0) \
	EOR(31, p0, p0)    \
	EOR(31, q0, q0)

// func simpleFilterVector(at *uint8, stride int, f *strength, e int)
TEXT ·simpleFilterVector(SB), NOSPLIT, $0-32
	MOVD at+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD f+16(FP), R2
	MOVD e+24(FP), R3
	TST  $5, R3
	BEQ  upper

	MOVD R0, R5
	ADD  R1<<3, R0, R6
	LOAD_FIRST
	LOAD_LAST
	TURN
	LIMITS(R2)
	TBZ  $0, R3, inner
	OUTER_LIMIT(R2)
	SUB  $4, R0, R5
	LOAD_FOUR
	TURN_FOUR
	SIMPLE(18, 19, 0, 1)
	TURN_FOUR
	SUB  $4, R0, R5
	STORE_FOUR

inner:
	TBZ $2, R3, back
	INNER_LIMIT(R2)
	SIMPLE(2, 3, 4, 5)
	SIMPLE(6, 7, 8, 9)
	SIMPLE(10, 11, 12, 13)

back:
	TURN
	MOVD R0, R5
	ADD  R1<<3, R0, R6
	STORE_FIRST
	STORE_LAST

upper:
	LIMITS(R2)
	TBZ $1, R3, lower
	OUTER_LIMIT(R2)
	SUB R1<<2, R0, R5
	LOAD_FIRST
	SIMPLE(2, 3, 4, 5)
	SUB R1<<2, R0, R5
	STORE_FIRST

lower:
	TBZ  $2, R3, done
	INNER_LIMIT(R2)
	MOVD R0, R5
	ADD  R1<<3, R0, R6
	LOAD_FIRST
	LOAD_LAST
	SIMPLE(2, 3, 4, 5)
	SIMPLE(6, 7, 8, 9)
	SIMPLE(10, 11, 12, 13)
	MOVD R0, R5
	ADD  R1<<3, R0, R6
	STORE_FIRST
	STORE_LAST

done:
	RET

// In chroma the first half of a register is of Cb and the second half of Cr.
#define LOAD_BOTH \
	VLD1 (R5), V0.D[0] \
	ADD R1, R5         \
	VLD1 (R6), V0.D[1] \
	ADD R1, R6         \
	VLD1 (R5), V1.D[0] \
	ADD R1, R5         \
	VLD1 (R6), V1.D[1] \
	ADD R1, R6         \
	VLD1 (R5), V2.D[0] \
	ADD R1, R5         \
	VLD1 (R6), V2.D[1] \
	ADD R1, R6         \
	VLD1 (R5), V3.D[0] \
	ADD R1, R5         \
	VLD1 (R6), V3.D[1] \
	ADD R1, R6         \
	VLD1 (R5), V4.D[0] \
	ADD R1, R5         \
	VLD1 (R6), V4.D[1] \
	ADD R1, R6         \
	VLD1 (R5), V5.D[0] \
	ADD R1, R5         \
	VLD1 (R6), V5.D[1] \
	ADD R1, R6         \
	VLD1 (R5), V6.D[0] \
	ADD R1, R5         \
	VLD1 (R6), V6.D[1] \
	ADD R1, R6         \
	VLD1 (R5), V7.D[0] \
	ADD R1, R5         \
	VLD1 (R6), V7.D[1] \
	ADD R1, R6

#define STORE_BOTH \
	VST1 V0.D[0], (R5) \
	ADD R1, R5         \
	VST1 V0.D[1], (R6) \
	ADD R1, R6         \
	VST1 V1.D[0], (R5) \
	ADD R1, R5         \
	VST1 V1.D[1], (R6) \
	ADD R1, R6         \
	VST1 V2.D[0], (R5) \
	ADD R1, R5         \
	VST1 V2.D[1], (R6) \
	ADD R1, R6         \
	VST1 V3.D[0], (R5) \
	ADD R1, R5         \
	VST1 V3.D[1], (R6) \
	ADD R1, R6         \
	VST1 V4.D[0], (R5) \
	ADD R1, R5         \
	VST1 V4.D[1], (R6) \
	ADD R1, R6         \
	VST1 V5.D[0], (R5) \
	ADD R1, R5         \
	VST1 V5.D[1], (R6) \
	ADD R1, R6         \
	VST1 V6.D[0], (R5) \
	ADD R1, R5         \
	VST1 V6.D[1], (R6) \
	ADD R1, R6         \
	VST1 V7.D[0], (R5) \
	ADD R1, R5         \
	VST1 V7.D[1], (R6) \
	ADD R1, R6

// func chromaFilterVector(cb, cr *uint8, stride int, f *strength, e int)
TEXT ·chromaFilterVector(SB), NOSPLIT, $0-40
	MOVD cb+0(FP), R0
	MOVD cr+8(FP), R10
	MOVD stride+16(FP), R1
	MOVD f+24(FP), R2
	MOVD e+32(FP), R3
	TST  $5, R3
	BEQ  upper

	// From eight columns left of the macroblock on.
	SUB $8, R0, R5
	SUB $8, R10, R6
	LOAD_FIRST
	LOAD_LAST
	TURN
	LIMITS(R2)
	TBZ $0, R3, inner
	OUTER_LIMIT(R2)
	OUTER(4, 5, 6, 7, 8, 9, 10, 11)

inner:
	TBZ $2, R3, back
	INNER_LIMIT(R2)
	INNER(8, 9, 10, 11, 12, 13, 14, 15)

back:
	TURN
	SUB $8, R0, R5
	SUB $8, R10, R6
	STORE_FIRST
	STORE_LAST

upper:
	LIMITS(R2)
	TBZ $1, R3, lower
	OUTER_LIMIT(R2)
	SUB R1<<2, R0, R5
	SUB R1<<2, R10, R6
	LOAD_BOTH
	OUTER(0, 1, 2, 3, 4, 5, 6, 7)
	SUB R1<<2, R0, R5
	SUB R1<<2, R10, R6
	STORE_BOTH

lower:
	TBZ  $2, R3, done
	INNER_LIMIT(R2)
	MOVD R0, R5
	MOVD R10, R6
	LOAD_BOTH
	INNER(0, 1, 2, 3, 4, 5, 6, 7)
	MOVD R0, R5
	MOVD R10, R6
	STORE_BOTH

done:
	RET
