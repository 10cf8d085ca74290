#include "textflag.h"

// Sixteen pixels are converted at a time: their red, green and blue of eight bits become
// light of sixteen bits, in two registers each, and that numbers.
//
// Throughout, V16 to V21 are the weights, V22 to V26 the planes of numbers, and R1 is where
// the planes of light begin. V27 to V31 are constants, and V6 to V15 change.

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2): of words, products
// that are rounded and lose fifteen bits, sums as far as they go, the larger of two, how
// many zeros lead, and shifts by as many places as another register says.
#define SQRDMULH(m, n, d) WORD $(0x6e60b400 | (m)<<16 | (n)<<5 | (d))
#define SQADD(m, n, d) WORD $(0x4e600c00 | (m)<<16 | (n)<<5 | (d))
#define SMAX(m, n, d) WORD $(0x4e606400 | (m)<<16 | (n)<<5 | (d))
#define CLZ(n, d) WORD $(0x6e604800 | (n)<<5 | (d))
#define USHL(m, n, d) WORD $(0x6e604400 | (m)<<16 | (n)<<5 | (d))

// Sums and differences of bytes, as far as they go.
#define UQADD(m, n, d) WORD $(0x6e200c00 | (m)<<16 | (n)<<5 | (d))
#define UQSUB(m, n, d) WORD $(0x6e202c00 | (m)<<16 | (n)<<5 | (d))

// SQXTUN makes bytes of words, as far as they go; SQXTUN2 fills the upper half of d.
#define SQXTUN(n, d) WORD $(0x2e212800 | (n)<<5 | (d))
#define SQXTUN2(n, d) WORD $(0x6e212800 | (n)<<5 | (d))

// Products of the words of the lower halves, and of the upper, and such that are added.
#define SMULL(m, n, d) WORD $(0x0e60c000 | (m)<<16 | (n)<<5 | (d))
#define SMULL2(m, n, d) WORD $(0x4e60c000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL(m, n, d) WORD $(0x0e608000 | (m)<<16 | (n)<<5 | (d))
#define SMLAL2(m, n, d) WORD $(0x4e608000 | (m)<<16 | (n)<<5 | (d))

// RSHRN makes words of sums, rounded, which lose fifteen bits.
#define RSHRN(n, d) WORD $(0x0f118c00 | (n)<<5 | (d))
#define RSHRN2(n, d) WORD $(0x4f118c00 | (n)<<5 | (d))

// URSHR is urshr vd.8h, vn.8h, #7: words lose seven bits, rounded.
#define URSHR(n, d) WORD $(0x6f192400 | (n)<<5 | (d))

// Sums of neighbouring words, such that are added, and products of 32 bits.
#define SADDLP(n, d) WORD $(0x4e602800 | (n)<<5 | (d))
#define SADALP(n, d) WORD $(0x4e606800 | (n)<<5 | (d))
#define MUL(m, n, d) WORD $(0x4ea09c00 | (m)<<16 | (n)<<5 | (d))

// WORDS is a part of a table: equal words.
#define WORDS(name, at, w) \
	DATA name<>+(at+0)(SB)/8, w \
	DATA name<>+(at+8)(SB)/8, w

// 13173, 25297, -11277 and -23401.
WORDS(ofChroma, 0, $0x3375337533753375)
WORDS(ofChroma, 16, $0x62d162d162d162d1)
WORDS(ofChroma, 32, $0xd3f3d3f3d3f3d3f3)
WORDS(ofChroma, 48, $0xa497a497a497a497)
GLOBL ofChroma<>(SB), RODATA|NOPTR, $64

// 9798, 19235 and 3735.
WORDS(ofLuma, 0, $0x2646264626462646)
WORDS(ofLuma, 16, $0x4b234b234b234b23)
WORDS(ofLuma, 32, $0x0e970e970e970e97)
GLOBL ofLuma<>(SB), RODATA|NOPTR, $48

// 23372, 18492 and greyOf4, of 32 bits.
WORDS(chromaOf4, 0, $0x00005b4c00005b4c)
WORDS(chromaOf4, 16, $0x0000483c0000483c)
WORDS(chromaOf4, 32, $0x8078000080780000)
GLOBL chromaOf4<>(SB), RODATA|NOPTR, $48

// 23372, 18492 and greyOf1.
WORDS(chromaOf1, 0, $0x5b4c5b4c5b4c5b4c)
WORDS(chromaOf1, 16, $0x483c483c483c483c)
WORDS(chromaOf1, 32, $0x403e403e403e403e)
GLOBL chromaOf1<>(SB), RODATA|NOPTR, $48

// CONSTANTS loads what stays in registers.
#define CONSTANTS() \
	MOVD v+0(FP), R1                          \
	ADD  $240, R1, R2                         \
	VLD1.P 64(R2), [V16.H8, V17.H8, V18.H8, V19.H8] \
	VLD1.P 32(R2), [V20.H8, V21.H8]           \
	VLD1.P 64(R2), [V22.B16, V23.B16, V24.B16, V25.B16] \
	VLD1 (R2), [V26.B16]                      \
	MOVD $28, R2                              \
	VDUP R2, V27.H8                           \
	MOVD $0x7ff8, R2                          \
	VDUP R2, V28.H8                           \
	MOVD $128, R2                             \
	VDUP R2, V29.H8                           \
	MOVD $0x0f, R2                            \
	VDUP R2, V30.B16                          \
	VEOR V31.B16, V31.B16, V31.B16            \
	MOVD $ofChroma<>(SB), R10                 \
	MOVD $ofLuma<>(SB), R11

// LIGHT makes light of the numbers in n, by the planes that R2 has come to: n>>4 is the
// segment, the rest t.
#define LIGHT(n, vlo, lo, vhi, hi) \
	VLD1.P 64(R2), [V6.B16, V7.B16, V8.B16, V9.B16] \
	VLD1.P 16(R2), [V10.B16]                  \
	VUSHR  $4, n.B16, V11.B16                 \
	VAND   V30.B16, n.B16, V12.B16            \
	VSHL   $3, V12.B16, V12.B16               \
	VTBL   V11.B16, [V6.B16], V6.B16          \
	VTBL   V11.B16, [V7.B16], V7.B16          \
	VTBL   V11.B16, [V8.B16], V8.B16          \
	VTBL   V11.B16, [V9.B16], V9.B16          \
	VTBL   V11.B16, [V10.B16], V10.B16        \
	VZIP1  V7.B16, V6.B16, vlo.B16            \
	VZIP2  V7.B16, V6.B16, vhi.B16            \
	VZIP1  V9.B16, V8.B16, V13.B16            \
	VZIP2  V9.B16, V8.B16, V14.B16            \
	VZIP1  V10.B16, V31.B16, V6.B16           \
	VZIP2  V10.B16, V31.B16, V7.B16           \
	VZIP1  V12.B16, V31.B16, V8.B16           \
	VZIP2  V12.B16, V31.B16, V9.B16           \
	VUSHR  $6, V8.H8, V10.H8                  \
	VUSHR  $6, V9.H8, V11.H8                  \
	SQRDMULH(10, 6, 6)                        \
	SQRDMULH(11, 7, 7)                        \
	VADD   V13.H8, V6.H8, V6.H8               \
	VADD   V14.H8, V7.H8, V7.H8               \
	SQRDMULH(8, 6, 6)                         \
	SQRDMULH(9, 7, 7)                         \
	SQADD(6, lo, lo)                          \
	SQADD(7, hi, hi)

// ADDMORE adds to a channel's light what two others have more.
#define ADDMORE(light, more0, w0, more1, w1) \
	SQRDMULH(w0, more0, 9)                    \
	SQRDMULH(w1, more1, 10)                   \
	SQADD(10, 9, 9)                           \
	SQADD(9, light, light)                    \
	SMAX(29, light, light)

// MATRIX makes light of sRGB.
#define MATRIX(vr, r, vg, g, vb, b) \
	VSUB vr.H8, vg.H8, V6.H8                  \
	VSUB vr.H8, vb.H8, V7.H8                  \
	VSUB vg.H8, vb.H8, V8.H8                  \
	ADDMORE(r, 6, 16, 7, 17)                  \
	ADDMORE(g, 6, 18, 8, 19)                  \
	ADDMORE(b, 7, 20, 8, 21)

// OCTAVES makes, of light, its segment in the lower four bits of each word of vs, and t.
#define OCTAVES(light, vs, s, vt, t) \
	CLZ(light, s)                             \
	USHL(s, light, t)                         \
	VSHL  $1, vt.H8, vt.H8                    \
	VUSHR $15, vt.H8, V10.H8                  \
	VAND  V28.B16, vt.B16, vt.B16             \
	VSHL  $1, vs.H8, vs.H8                    \
	VSUB  vs.H8, V27.H8, vs.H8                \
	VADD  V10.H8, vs.H8, vs.H8

// NUMBERS makes numbers of light.
#define NUMBERS(vlo, lo, vhi, hi) \
	OCTAVES(lo, V6, 6, V8, 8)                 \
	OCTAVES(hi, V7, 7, V9, 9)                 \
	VUZP1 V7.B16, V6.B16, V6.B16              \
	VAND  V30.B16, V6.B16, V6.B16             \
	VTBL  V6.B16, [V22.B16], V10.B16          \
	VTBL  V6.B16, [V23.B16], V11.B16          \
	VZIP1 V11.B16, V10.B16, vlo.B16           \
	VZIP2 V11.B16, V10.B16, vhi.B16           \
	VTBL  V6.B16, [V24.B16], V10.B16          \
	VTBL  V6.B16, [V25.B16], V11.B16          \
	VZIP1 V11.B16, V10.B16, V12.B16           \
	VZIP2 V11.B16, V10.B16, V13.B16           \
	VTBL  V6.B16, [V26.B16], V10.B16          \
	VZIP1 V10.B16, V31.B16, V14.B16           \
	VZIP2 V10.B16, V31.B16, V15.B16           \
	VUSHR $3, V8.H8, V10.H8                   \
	VUSHR $3, V9.H8, V11.H8                   \
	SQRDMULH(10, 14, 14)                      \
	SQRDMULH(11, 15, 15)                      \
	VADD  V12.H8, V14.H8, V14.H8              \
	VADD  V13.H8, V15.H8, V15.H8              \
	SQRDMULH(8, 14, 14)                       \
	SQRDMULH(9, 15, 15)                       \
	SQADD(14, lo, lo)                         \
	SQADD(15, hi, hi)                         \
	VUSHR $7, vlo.H8, vlo.H8                  \
	VUSHR $7, vhi.H8, vhi.H8                  \
	VSHL  $7, vlo.H8, vlo.H8                  \
	VSHL  $7, vhi.H8, vhi.H8

// func convertVector(v *matrixVectors, p *rgb)
TEXT ·convertVector(SB), NOSPLIT, $0-16
	CONSTANTS()
	MOVD p+8(FP), R3
	ADD  $128, R3, R4
	ADD  $256, R3, R5
	MOVD $4, R7

quarter:
	VLD1 (R3), [V0.H8, V1.H8]
	VLD1 (R4), [V2.H8, V3.H8]
	VLD1 (R5), [V4.H8, V5.H8]
	MATRIX(V0, 0, V2, 2, V4, 4)
	MATRIX(V1, 1, V3, 3, V5, 5)
	NUMBERS(V0, 0, V1, 1)
	NUMBERS(V2, 2, V3, 3)
	NUMBERS(V4, 4, V5, 5)
	VST1.P [V0.H8, V1.H8], 32(R3)
	VST1.P [V2.H8, V3.H8], 32(R4)
	VST1.P [V4.H8, V5.H8], 32(R5)
	SUBS $1, R7, R7
	BNE  quarter
	RET

// CONVERT makes numbers of sRGB, in V0 to V5, of those in V0, V2 and V4.
#define CONVERT() \
	MOVD R1, R2                               \
	LIGHT(V0, V0, 0, V1, 1)                   \
	LIGHT(V2, V2, 2, V3, 3)                   \
	LIGHT(V4, V4, 4, V5, 5)                   \
	MATRIX(V0, 0, V2, 2, V4, 4)               \
	MATRIX(V1, 1, V3, 3, V5, 5)               \
	NUMBERS(V0, 0, V1, 1)                     \
	NUMBERS(V2, 2, V3, 3)                     \
	NUMBERS(V4, 4, V5, 5)

// BYTES makes bytes of numbers.
#define BYTES(vlo, vhi, to) \
	VUSHR $7, vlo.H8, vlo.H8                  \
	VUSHR $7, vhi.H8, vhi.H8                  \
	VUZP1 vhi.B16, vlo.B16, to.B16

// LUMAS makes luma of what CONVERT made, in V9, and leaves in V0 and V1, and in V4 and V5,
// what red and blue are more.
#define LUMAS() \
	VLD1 (R11), [V10.H8, V11.H8, V12.H8]      \
	SQRDMULH(10, 0, 6)                        \
	SQRDMULH(10, 1, 7)                        \
	SQRDMULH(11, 2, 8)                        \
	SQRDMULH(11, 3, 9)                        \
	VADD V8.H8, V6.H8, V6.H8                  \
	VADD V9.H8, V7.H8, V7.H8                  \
	SQRDMULH(12, 4, 8)                        \
	SQRDMULH(12, 5, 9)                        \
	VADD V8.H8, V6.H8, V6.H8                  \
	VADD V9.H8, V7.H8, V7.H8                  \
	VSUB V6.H8, V0.H8, V0.H8                  \
	VSUB V7.H8, V1.H8, V1.H8                  \
	VSUB V6.H8, V4.H8, V4.H8                  \
	VSUB V7.H8, V5.H8, V5.H8                  \
	URSHR(6, 6)                               \
	URSHR(7, 7)                               \
	VUZP1 V7.B16, V6.B16, V9.B16

// GREENS is what both chromas add to green.
#define GREENS(cb, cr, to) \
	SMULL(12, cb, 14)                         \
	SMULL2(12, cb, 15)                        \
	SMLAL(13, cr, 14)                         \
	SMLAL2(13, cr, 15)                        \
	RSHRN(14, to)                             \
	RSHRN2(15, to)

// DOUBLE leaves what is added to a channel of eight squares, twice each: what is above
// zero in the first, and in the second what is below.
#define DOUBLE(vd, d, vplus, plus, vminus, minus) \
	SQXTUN(d, plus)                           \
	VSUB  vd.H8, V31.H8, vd.H8                \
	SQXTUN(d, minus)                          \
	VZIP1 vplus.B16, vplus.B16, vplus.B16     \
	VZIP1 vminus.B16, vminus.B16, vminus.B16

// SHIFTED is luma and what is added to it.
#define SHIFTED(luma, plus, minus, to) \
	UQADD(plus, luma, to)                     \
	UQSUB(minus, to, to)

// func halfVector(v *matrixVectors, top, bottom, cb, cr *uint8, n int)
TEXT ·halfVector(SB), NOSPLIT, $112-48
	CONSTANTS()
	MOVD top+8(FP), R3
	MOVD bottom+16(FP), R4
	MOVD cb+24(FP), R5
	MOVD cr+32(FP), R6
	MOVD n+40(FP), R7
	MOVD $chromaOf4<>(SB), R12
	MOVD $rows-112(SP), R8
	ADD  $48, R8, R9

eight:
	VLD1 (R5), [V0.B8]
	VLD1 (R6), [V1.B8]
	VLD1 (R10), [V10.H8, V11.H8, V12.H8, V13.H8]
	VUSHLL $0, V0.B8, V0.H8
	VUSHLL $0, V1.B8, V1.H8
	VSUB V29.H8, V0.H8, V0.H8
	VSUB V29.H8, V1.H8, V1.H8
	SQRDMULH(10, 1, 2)
	SQRDMULH(11, 0, 4)
	GREENS(0, 1, 3)
	VADD V1.H8, V2.H8, V2.H8
	VADD V0.H8, V4.H8, V4.H8
	DOUBLE(V2, 2, V10, 10, V11, 11)
	DOUBLE(V3, 3, V12, 12, V13, 13)
	DOUBLE(V4, 4, V14, 14, V15, 15)
	VLD1 (R3), [V1.B16]
	VLD1 (R4), [V5.B16]
	SHIFTED(5, 10, 11, 6)
	SHIFTED(5, 12, 13, 7)
	SHIFTED(5, 14, 15, 8)
	VST1 [V6.B16, V7.B16, V8.B16], (R8)
	SHIFTED(1, 10, 11, 0)
	SHIFTED(1, 12, 13, 2)
	SHIFTED(1, 14, 15, 4)
	CONVERT()
	LUMAS()
	VST1.P [V9.B16], 16(R3)
	SADDLP(0, 0)
	SADDLP(1, 1)
	SADDLP(4, 2)
	SADDLP(5, 3)
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R9)

	VLD1 (R8), [V6.B16, V7.B16, V8.B16]
	VMOV V6.B16, V0.B16
	VMOV V7.B16, V2.B16
	VMOV V8.B16, V4.B16
	CONVERT()
	LUMAS()
	VST1.P [V9.B16], 16(R4)
	VLD1 (R9), [V6.S4, V7.S4, V8.S4, V9.S4]
	VLD1 (R12), [V10.S4, V11.S4, V12.S4]
	SADALP(0, 6)
	SADALP(1, 7)
	SADALP(4, 8)
	SADALP(5, 9)
	MUL(10, 6, 6)
	MUL(10, 7, 7)
	MUL(11, 8, 8)
	MUL(11, 9, 9)
	VADD V12.S4, V6.S4, V6.S4
	VADD V12.S4, V7.S4, V7.S4
	VADD V12.S4, V8.S4, V8.S4
	VADD V12.S4, V9.S4, V9.S4
	VUSHR $24, V6.S4, V6.S4
	VUSHR $24, V7.S4, V7.S4
	VUSHR $24, V8.S4, V8.S4
	VUSHR $24, V9.S4, V9.S4
	VUZP1 V7.H8, V6.H8, V6.H8
	VUZP1 V9.H8, V8.H8, V8.H8
	VUZP1 V6.B16, V6.B16, V6.B16
	VUZP1 V8.B16, V8.B16, V8.B16
	VST1.P [V8.B8], 8(R5)
	VST1.P [V6.B8], 8(R6)
	SUBS $8, R7, R7
	BNE  eight
	RET

// SIGNED is luma in V9 and what is added to a channel of sixteen pixels.
#define SIGNED(vlo, lo, vhi, hi, to) \
	SQXTUN(lo, 14)                            \
	SQXTUN2(hi, 14)                           \
	VSUB vlo.H8, V31.H8, vlo.H8               \
	VSUB vhi.H8, V31.H8, vhi.H8               \
	SQXTUN(lo, 15)                            \
	SQXTUN2(hi, 15)                           \
	SHIFTED(9, 14, 15, to)

// CHROMA is that of what a channel is more than luma, by a factor and V12.
#define CHROMA(factor, vlo, lo, vhi, hi, to) \
	SQRDMULH(factor, lo, lo)                  \
	SQRDMULH(factor, hi, hi)                  \
	VADD V12.H8, vlo.H8, vlo.H8               \
	VADD V12.H8, vhi.H8, vhi.H8               \
	BYTES(vlo, vhi, to)

// func fullVector(v *matrixVectors, luma, cb, cr *uint8, n int)
TEXT ·fullVector(SB), NOSPLIT, $0-40
	CONSTANTS()
	MOVD luma+8(FP), R3
	MOVD cb+16(FP), R5
	MOVD cr+24(FP), R6
	MOVD n+32(FP), R7
	MOVD $chromaOf1<>(SB), R12

sixteen:
	VLD1  (R5), [V1.B16]
	VLD1  (R6), [V3.B16]
	VLD1  (R3), [V9.B16]
	VLD1  (R10), [V10.H8, V11.H8, V12.H8, V13.H8]
	VZIP1 V31.B16, V1.B16, V0.B16
	VZIP2 V31.B16, V1.B16, V1.B16
	VZIP1 V31.B16, V3.B16, V2.B16
	VZIP2 V31.B16, V3.B16, V3.B16
	VSUB  V29.H8, V0.H8, V0.H8
	VSUB  V29.H8, V1.H8, V1.H8
	VSUB  V29.H8, V2.H8, V2.H8
	VSUB  V29.H8, V3.H8, V3.H8
	GREENS(0, 2, 4)
	GREENS(1, 3, 5)
	SIGNED(V4, 4, V5, 5, 7)
	SQRDMULH(11, 0, 4)
	SQRDMULH(11, 1, 5)
	VADD  V0.H8, V4.H8, V4.H8
	VADD  V1.H8, V5.H8, V5.H8
	SIGNED(V4, 4, V5, 5, 8)
	SQRDMULH(10, 2, 4)
	SQRDMULH(10, 3, 5)
	VADD  V2.H8, V4.H8, V4.H8
	VADD  V3.H8, V5.H8, V5.H8
	SIGNED(V4, 4, V5, 5, 0)
	VMOV  V7.B16, V2.B16
	VMOV  V8.B16, V4.B16
	CONVERT()
	LUMAS()
	VLD1  (R12), [V10.H8, V11.H8, V12.H8]
	CHROMA(10, V0, 0, V1, 1, V0)
	CHROMA(11, V4, 4, V5, 5, V4)
	VST1.P [V9.B16], 16(R3)
	VST1.P [V4.B16], 16(R5)
	VST1.P [V0.B16], 16(R6)
	SUBS  $16, R7, R7
	BNE   sixteen
	RET

// func pixelsVector(v *matrixVectors, row *uint8, n int)
TEXT ·pixelsVector(SB), NOSPLIT, $0-24
	CONSTANTS()
	MOVD row+8(FP), R3
	MOVD n+16(FP), R7

pixels:
	VLD4 (R3), [V0.B16, V1.B16, V2.B16, V3.B16]
	VMOV V2.B16, V4.B16
	VMOV V1.B16, V2.B16
	CONVERT()
	VLD4 (R3), [V6.B16, V7.B16, V8.B16, V9.B16]
	BYTES(V0, V1, V6)
	BYTES(V2, V3, V7)
	BYTES(V4, V5, V8)
	VST4.P [V6.B16, V7.B16, V8.B16, V9.B16], 64(R3)
	SUBS $16, R7, R7
	BNE  pixels
	RET
