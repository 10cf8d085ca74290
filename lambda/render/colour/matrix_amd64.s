#include "textflag.h"

// Thirty-two pixels are converted at a time: their red, green and blue of eight bits
// become light of sixteen bits, in two registers each, and that numbers. Bytes are
// unpacked to words and packed again within the halves of a register, which leaves them
// where they were.
//
// R8 is matrixVectors: planes of light at 0, 160 and 320, weights at 480, planes of
// numbers at 672.

// WORDS is a table of sixteen equal words for the instructions that read memory.
#define WORDS(name, w) \
	DATA name<>+0(SB)/8, w  \
	DATA name<>+8(SB)/8, w  \
	DATA name<>+16(SB)/8, w \
	DATA name<>+24(SB)/8, w \
	GLOBL name<>(SB), RODATA|NOPTR, $32

WORDS(nibbles, $0x0f0f0f0f0f0f0f0f)
WORDS(eighths, $0x7878787878787878) // a nibble, times eight
WORDS(words, $0x0000ffff0000ffff)   // the lower of two
WORDS(upper, $0xffff0000ffff0000)
WORDS(fraction, $0x0fff0fff0fff0fff)
WORDS(black, $0x0080008000800080)   // lightBlack, and the middle of chroma
WORDS(bytes, $0x000000ff000000ff)
WORDS(redOfCr, $0x3375337533753375)   // 13173
WORDS(blueOfCb, $0x62d162d162d162d1)  // 25297
WORDS(green, $0xa497d3f3a497d3f3)     // -11277 and -23401
WORDS(halfOf15, $0x0000400000004000)
WORDS(lumaOfRed, $0x2646264626462646)   // 9798
WORDS(lumaOfGreen, $0x4b234b234b234b23) // 19235
WORDS(lumaOfBlue, $0x0e970e970e970e97)  // 3735
WORDS(cbOfBlue, $0x483c483c483c483c)    // 18492
WORDS(crOfRed, $0x5b4c5b4c5b4c5b4c)     // 23372
WORDS(greyOf4, $0x8078000080780000)
WORDS(whole, $0xff80ff80ff80ff80)
WORDS(halfOf7, $0x0040004000400040)
WORDS(greyOf1, $0x403e403e403e403e)

// LIGHT makes light of the numbers in n, by the planes at an offset: n>>4 is the segment,
// the rest t.
#define LIGHT(n, at, lo, hi) \
	VPSRLW     $4, n, Y8               \
	VPAND      nibbles<>(SB), Y8, Y8   \
	VPSLLW     $3, n, Y9               \
	VPAND      eighths<>(SB), Y9, Y9   \
	VMOVDQU    at+0(R8), Y10           \
	VMOVDQU    at+32(R8), Y11          \
	VPSHUFB    Y8, Y10, Y10            \
	VPSHUFB    Y8, Y11, Y11            \
	VPUNPCKLBW Y11, Y10, lo            \
	VPUNPCKHBW Y11, Y10, hi            \
	VMOVDQU    at+64(R8), Y10          \
	VMOVDQU    at+96(R8), Y11          \
	VPSHUFB    Y8, Y10, Y10            \
	VPSHUFB    Y8, Y11, Y11            \
	VPUNPCKLBW Y11, Y10, Y6            \
	VPUNPCKHBW Y11, Y10, Y7            \
	VMOVDQU    at+128(R8), Y10         \
	VPSHUFB    Y8, Y10, Y10            \
	VPUNPCKHBW Y10, Y15, Y11           \
	VPUNPCKLBW Y10, Y15, Y10           \
	VPUNPCKLBW Y9, Y15, Y8             \
	VPUNPCKHBW Y9, Y15, Y9             \
	VPSRLW     $6, Y8, Y12             \
	VPSRLW     $6, Y9, Y13             \
	VPMULHRSW  Y12, Y10, Y10           \
	VPMULHRSW  Y13, Y11, Y11           \
	VPADDW     Y6, Y10, Y10            \
	VPADDW     Y7, Y11, Y11            \
	VPMULHRSW  Y8, Y10, Y10            \
	VPMULHRSW  Y9, Y11, Y11            \
	VPADDSW    Y10, lo, lo             \
	VPADDSW    Y11, hi, hi

// ADDMORE adds to a channel's light what two others have more.
#define ADDMORE(light, more0, w0, more1, w1) \
	VPMULHRSW w0(R8), more0, Y9        \
	VPMULHRSW w1(R8), more1, Y10       \
	VPADDSW   Y10, Y9, Y9              \
	VPADDSW   Y9, light, light         \
	VPMAXSW   black<>(SB), light, light

// MATRIX makes light of sRGB.
#define MATRIX(r, g, b) \
	VPSUBW r, g, Y6                    \
	VPSUBW r, b, Y7                    \
	VPSUBW g, b, Y8                    \
	ADDMORE(r, Y6, 480, Y7, 512)       \
	ADDMORE(g, Y6, 544, Y8, 576)       \
	ADDMORE(b, Y7, 608, Y8, 640)

// OCTAVES leaves, of light, the segment in the upper four bits of each word of y, and t
// in the others: those are bits of light as a floating-point number.
#define OCTAVES(light, y) \
	VPAND     words<>(SB), light, y    \
	VPSRLD    $16, light, Y8           \
	VCVTDQ2PS y, y                     \
	VCVTDQ2PS Y8, Y8                   \
	VPSRLD    $10, y, y                \
	VPSLLD    $6, Y8, Y8               \
	VPAND     words<>(SB), y, y        \
	VPAND     upper<>(SB), Y8, Y8      \
	VPOR      Y8, y, y

// NUMBERS makes numbers of light.
#define NUMBERS(lo, hi) \
	OCTAVES(lo, Y6)                    \
	OCTAVES(hi, Y7)                    \
	VPSRLW     $12, Y6, Y8             \
	VPSRLW     $12, Y7, Y9             \
	VPACKUSWB  Y9, Y8, Y8              \
	VPAND      fraction<>(SB), Y6, Y6  \
	VPAND      fraction<>(SB), Y7, Y7  \
	VMOVDQU    672(R8), Y9             \
	VMOVDQU    704(R8), Y10            \
	VPSHUFB    Y8, Y9, Y9              \
	VPSHUFB    Y8, Y10, Y10            \
	VPUNPCKLBW Y10, Y9, lo             \
	VPUNPCKHBW Y10, Y9, hi             \
	VMOVDQU    736(R8), Y9             \
	VMOVDQU    768(R8), Y10            \
	VPSHUFB    Y8, Y9, Y9              \
	VPSHUFB    Y8, Y10, Y10            \
	VPUNPCKLBW Y10, Y9, Y11            \
	VPUNPCKHBW Y10, Y9, Y12            \
	VMOVDQU    800(R8), Y9             \
	VPSHUFB    Y8, Y9, Y9              \
	VPUNPCKLBW Y9, Y15, Y8             \
	VPUNPCKHBW Y9, Y15, Y9             \
	VPMULHRSW  Y6, Y8, Y8              \
	VPMULHRSW  Y7, Y9, Y9              \
	VPADDW     Y11, Y8, Y8             \
	VPADDW     Y12, Y9, Y9             \
	VPSLLW     $3, Y6, Y6              \
	VPSLLW     $3, Y7, Y7              \
	VPMULHRSW  Y6, Y8, Y8              \
	VPMULHRSW  Y7, Y9, Y9              \
	VPADDSW    Y8, lo, lo              \
	VPADDSW    Y9, hi, hi              \
	VPAND      whole<>(SB), lo, lo     \
	VPAND      whole<>(SB), hi, hi

// func convertVector(v *matrixVectors, p *rgb)
TEXT ·convertVector(SB), NOSPLIT, $0-16
	MOVQ  v+0(FP), R8
	MOVQ  p+8(FP), DI
	MOVQ  $2, CX
	VPXOR Y15, Y15, Y15

half:
	VMOVDQU (DI), Y0
	VMOVDQU 32(DI), Y1
	VMOVDQU 128(DI), Y2
	VMOVDQU 160(DI), Y3
	VMOVDQU 256(DI), Y4
	VMOVDQU 288(DI), Y5
	MATRIX(Y0, Y2, Y4)
	MATRIX(Y1, Y3, Y5)
	NUMBERS(Y0, Y1)
	NUMBERS(Y2, Y3)
	NUMBERS(Y4, Y5)
	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	VMOVDQU Y2, 128(DI)
	VMOVDQU Y3, 160(DI)
	VMOVDQU Y4, 256(DI)
	VMOVDQU Y5, 288(DI)
	ADDQ $64, DI
	DECQ CX
	JNZ  half
	VZEROUPPER
	RET

// CONVERT makes numbers of sRGB, in Y0 to Y5, of those in three registers.
#define CONVERT(r, g, b) \
	LIGHT(r, 0, Y0, Y1)                \
	LIGHT(g, 160, Y2, Y3)              \
	LIGHT(b, 320, Y4, Y5)              \
	MATRIX(Y0, Y2, Y4)                 \
	MATRIX(Y1, Y3, Y5)                 \
	NUMBERS(Y0, Y1)                    \
	NUMBERS(Y2, Y3)                    \
	NUMBERS(Y4, Y5)

// LUMA is that of numbers.
#define LUMA(r, g, b, y) \
	VPMULHRSW lumaOfRed<>(SB), r, y    \
	VPMULHRSW lumaOfGreen<>(SB), g, Y8 \
	VPADDW    Y8, y, y                 \
	VPMULHRSW lumaOfBlue<>(SB), b, Y8  \
	VPADDW    Y8, y, y

// LUMAS makes luma of what CONVERT made, with the bits behind the point in Y6 and Y7 and
// without in Y9, and leaves in Y0 and Y1, and in Y4 and Y5, what red and blue are more.
#define LUMAS() \
	LUMA(Y0, Y2, Y4, Y6)               \
	LUMA(Y1, Y3, Y5, Y7)               \
	VPSUBW    Y6, Y0, Y0               \
	VPSUBW    Y7, Y1, Y1               \
	VPSUBW    Y6, Y4, Y4               \
	VPSUBW    Y7, Y5, Y5               \
	VPADDW    halfOf7<>(SB), Y6, Y6    \
	VPADDW    halfOf7<>(SB), Y7, Y7    \
	VPSRLW    $7, Y6, Y6               \
	VPSRLW    $7, Y7, Y7               \
	VPACKUSWB Y7, Y6, Y9

// TIMES adds to a chroma less its middle its product with a factor.
#define TIMES(factor, chroma, y) \
	VPMULHRSW factor, chroma, y        \
	VPADDW    chroma, y, y

// GREENS is what both chromas add to green, of sixteen squares.
#define GREENS(cb, cr, y) \
	VPUNPCKLWD cr, cb, y               \
	VPUNPCKHWD cr, cb, Y8              \
	VPMADDWD   green<>(SB), y, y       \
	VPMADDWD   green<>(SB), Y8, Y8     \
	VPADDD     halfOf15<>(SB), y, y    \
	VPADDD     halfOf15<>(SB), Y8, Y8  \
	VPSRAD     $15, y, y               \
	VPSRAD     $15, Y8, Y8             \
	VPACKSSDW  Y8, y, y

// DOUBLE leaves what is added to a channel of sixteen squares, twice each: what is above
// zero in plus, and in minus what is below. Only luma can be added to it after that.
#define DOUBLE(y, plus, minus) \
	VPSUBW     y, Y15, Y8              \
	VPACKUSWB  Y8, y, Y8               \
	VPUNPCKLBW Y8, Y8, plus            \
	VPUNPCKHBW Y8, Y8, minus

// SHIFTED is luma and what is added to it.
#define SHIFTED(luma, plus, minus, to) \
	VPADDUSB plus, luma, Y8            \
	VPSUBUSB minus, Y8, Y8             \
	VMOVDQU  Y8, to

// func halfVector(v *matrixVectors, top, bottom, cb, cr *uint8, n int)
TEXT ·halfVector(SB), NOSPLIT, $320-48
	MOVQ  v+0(FP), R8
	MOVQ  top+8(FP), SI
	MOVQ  bottom+16(FP), DI
	MOVQ  cb+24(FP), R9
	MOVQ  cr+32(FP), R10
	MOVQ  n+40(FP), CX
	VPXOR Y15, Y15, Y15

sixteen:
	VPMOVZXBW (R9), Y0
	VPMOVZXBW (R10), Y1
	VPSUBW    black<>(SB), Y0, Y0
	VPSUBW    black<>(SB), Y1, Y1
	TIMES(redOfCr<>(SB), Y1, Y2)
	GREENS(Y0, Y1, Y3)
	TIMES(blueOfCb<>(SB), Y0, Y4)
	DOUBLE(Y2, Y9, Y10)
	DOUBLE(Y3, Y11, Y12)
	DOUBLE(Y4, Y13, Y14)
	VMOVDQU   (SI), Y0
	VMOVDQU   (DI), Y1
	SHIFTED(Y0, Y9, Y10, rows-192(SP))
	SHIFTED(Y0, Y11, Y12, rows-160(SP))
	SHIFTED(Y0, Y13, Y14, rows-128(SP))
	SHIFTED(Y1, Y9, Y10, rows-96(SP))
	SHIFTED(Y1, Y11, Y12, rows-64(SP))
	SHIFTED(Y1, Y13, Y14, rows-32(SP))

	VMOVDQU rows-192(SP), Y0
	VMOVDQU rows-160(SP), Y2
	VMOVDQU rows-128(SP), Y4
	CONVERT(Y0, Y2, Y4)
	LUMAS()
	VMOVDQU  Y9, (SI)
	VPMADDWD crOfRed<>(SB), Y0, Y0
	VPMADDWD crOfRed<>(SB), Y1, Y1
	VPMADDWD cbOfBlue<>(SB), Y4, Y4
	VPMADDWD cbOfBlue<>(SB), Y5, Y5
	VMOVDQU  Y0, sums-320(SP)
	VMOVDQU  Y1, sums-288(SP)
	VMOVDQU  Y4, sums-256(SP)
	VMOVDQU  Y5, sums-224(SP)

	VMOVDQU rows-96(SP), Y0
	VMOVDQU rows-64(SP), Y2
	VMOVDQU rows-32(SP), Y4
	CONVERT(Y0, Y2, Y4)
	LUMAS()
	VMOVDQU   Y9, (DI)
	VPMADDWD  crOfRed<>(SB), Y0, Y0
	VPMADDWD  crOfRed<>(SB), Y1, Y1
	VPMADDWD  cbOfBlue<>(SB), Y4, Y4
	VPMADDWD  cbOfBlue<>(SB), Y5, Y5
	VMOVDQU   greyOf4<>(SB), Y2
	VPADDD    sums-320(SP), Y0, Y0
	VPADDD    sums-288(SP), Y1, Y1
	VPADDD    sums-256(SP), Y4, Y4
	VPADDD    sums-224(SP), Y5, Y5
	VPADDD    Y2, Y0, Y0
	VPADDD    Y2, Y1, Y1
	VPADDD    Y2, Y4, Y4
	VPADDD    Y2, Y5, Y5
	VPSRLD    $24, Y0, Y0
	VPSRLD    $24, Y1, Y1
	VPSRLD    $24, Y4, Y4
	VPSRLD    $24, Y5, Y5
	VPACKUSDW Y1, Y0, Y0
	VPACKUSDW Y5, Y4, Y4
	VPACKUSWB Y0, Y4, Y0
	VPERMQ    $0xd8, Y0, Y0
	VMOVDQU   X0, (R9)
	VEXTRACTI128 $1, Y0, (R10)
	ADDQ $32, SI
	ADDQ $32, DI
	ADDQ $16, R9
	ADDQ $16, R10
	SUBQ $16, CX
	JNZ  sixteen
	VZEROUPPER
	RET

// SIGNS leaves what is added to a channel of thirty-two pixels, in plus and in minus.
#define SIGNS(lo, hi, plus, minus) \
	VPACKUSWB hi, lo, plus             \
	VPSUBW    lo, Y15, lo              \
	VPSUBW    hi, Y15, hi              \
	VPACKUSWB hi, lo, minus

// CHROMA is that of what a channel is more than luma, packed.
#define CHROMA(factor, lo, hi) \
	VPMULHRSW factor<>(SB), lo, lo     \
	VPMULHRSW factor<>(SB), hi, hi     \
	VPADDW    greyOf1<>(SB), lo, lo    \
	VPADDW    greyOf1<>(SB), hi, hi    \
	VPSRLW    $7, lo, lo               \
	VPSRLW    $7, hi, hi               \
	VPACKUSWB hi, lo, lo

// func fullVector(v *matrixVectors, luma, cb, cr *uint8, n int)
TEXT ·fullVector(SB), NOSPLIT, $0-40
	MOVQ  v+0(FP), R8
	MOVQ  luma+8(FP), SI
	MOVQ  cb+16(FP), R9
	MOVQ  cr+24(FP), R10
	MOVQ  n+32(FP), CX
	VPXOR Y15, Y15, Y15

thirtytwo:
	VMOVDQU    (R9), Y1
	VMOVDQU    (R10), Y3
	VMOVDQU    black<>(SB), Y4
	VPUNPCKLBW Y15, Y1, Y0
	VPUNPCKHBW Y15, Y1, Y1
	VPUNPCKLBW Y15, Y3, Y2
	VPUNPCKHBW Y15, Y3, Y3
	VPSUBW     Y4, Y0, Y0
	VPSUBW     Y4, Y1, Y1
	VPSUBW     Y4, Y2, Y2
	VPSUBW     Y4, Y3, Y3
	TIMES(redOfCr<>(SB), Y2, Y4)
	TIMES(redOfCr<>(SB), Y3, Y5)
	GREENS(Y0, Y2, Y6)
	GREENS(Y1, Y3, Y7)
	TIMES(blueOfCb<>(SB), Y0, Y2)
	TIMES(blueOfCb<>(SB), Y1, Y3)
	SIGNS(Y4, Y5, Y8, Y9)
	SIGNS(Y6, Y7, Y10, Y11)
	SIGNS(Y2, Y3, Y12, Y13)
	VMOVDQU    (SI), Y6
	VPADDUSB   Y8, Y6, Y0
	VPADDUSB   Y10, Y6, Y2
	VPADDUSB   Y12, Y6, Y4
	VPSUBUSB   Y9, Y0, Y0
	VPSUBUSB   Y11, Y2, Y2
	VPSUBUSB   Y13, Y4, Y4
	CONVERT(Y0, Y2, Y4)
	LUMAS()
	VMOVDQU    Y9, (SI)
	CHROMA(crOfRed, Y0, Y1)
	CHROMA(cbOfBlue, Y4, Y5)
	VMOVDQU    Y4, (R9)
	VMOVDQU    Y0, (R10)
	ADDQ $32, SI
	ADDQ $32, R9
	ADDQ $32, R10
	SUBQ $32, CX
	JNZ  thirtytwo
	VZEROUPPER
	RET

// CHANNEL packs the bytes at a shift of thirty-two pixels, in the order in which they are
// unpacked again.
#define CHANNEL(shift, y) \
	VPSRLD    shift, Y8, Y12           \
	VPSRLD    shift, Y9, Y13           \
	VPAND     Y14, Y12, Y12            \
	VPAND     Y14, Y13, Y13            \
	VPACKUSDW Y13, Y12, y              \
	VPSRLD    shift, Y10, Y12          \
	VPSRLD    shift, Y11, Y13          \
	VPAND     Y14, Y12, Y12            \
	VPAND     Y14, Y13, Y13            \
	VPACKUSDW Y13, Y12, Y12            \
	VPACKUSWB Y12, y, y

// BYTES packs numbers.
#define BYTES(lo, hi) \
	VPSRLW    $7, lo, lo               \
	VPSRLW    $7, hi, hi               \
	VPACKUSWB hi, lo, lo

// func pixelsVector(v *matrixVectors, row *uint8, n int)
TEXT ·pixelsVector(SB), NOSPLIT, $0-24
	MOVQ  v+0(FP), R8
	MOVQ  row+8(FP), SI
	MOVQ  n+16(FP), CX
	VPXOR Y15, Y15, Y15

pixels:
	VMOVDQU (SI), Y8
	VMOVDQU 32(SI), Y9
	VMOVDQU 64(SI), Y10
	VMOVDQU 96(SI), Y11
	VMOVDQU bytes<>(SB), Y14
	CHANNEL($0, Y0)
	CHANNEL($8, Y2)
	CHANNEL($16, Y4)
	CHANNEL($24, Y6)
	VMOVDQA Y6, Y14
	CONVERT(Y0, Y2, Y4)
	BYTES(Y0, Y1)
	BYTES(Y2, Y3)
	BYTES(Y4, Y5)
	VPUNPCKLBW Y2, Y0, Y6
	VPUNPCKHBW Y2, Y0, Y7
	VPUNPCKLBW Y14, Y4, Y8
	VPUNPCKHBW Y14, Y4, Y9
	VPUNPCKLWD Y8, Y6, Y0
	VPUNPCKHWD Y8, Y6, Y1
	VPUNPCKLWD Y9, Y7, Y2
	VPUNPCKHWD Y9, Y7, Y3
	VMOVDQU    Y0, (SI)
	VMOVDQU    Y1, 32(SI)
	VMOVDQU    Y2, 64(SI)
	VMOVDQU    Y3, 96(SI)
	SUBQ $-128, SI
	SUBQ $32, CX
	JNZ  pixels
	VZEROUPPER
	RET
