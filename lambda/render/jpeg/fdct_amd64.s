#include "textflag.h"

// The low half of a register is of one block, the high half of the one beside
// it: eight words each, which are a row of samples at first.

// Offsets of factors among the operands, and of the first shuffle.
#define EVEN2 0(R10)
#define EVEN6 32(R10)
#define ODD1A 64(R10)
#define ODD1B 96(R10)
#define ODD3A 128(R10)
#define ODD3B 160(R10)
#define ODD5A 192(R10)
#define ODD5B 224(R10)
#define ODD7A 256(R10)
#define ODD7B 288(R10)
#define SHUFFLES 320

// CONSTANT is a doubleword in all of a register.
#define CONSTANT(value, y, x) \
	MOVL         value, AX \
	VMOVD        AX, x     \
	VPBROADCASTD x, y

// ROUND takes binary places off the 32-bit sums lo and hi, to which Y15 is added
// before, and packs them to words.
#define ROUND(lo, hi, places) \
	VPADDD    Y15, lo, lo    \
	VPADDD    Y15, hi, hi    \
	VPSRAD    $places, lo, lo \
	VPSRAD    $places, hi, hi \
	VPACKSSDW hi, lo, lo

// ODD is a coefficient of the odd half: the sum of products of Y4 and Y5 with
// the factors a, and of Y6 and Y7 with b.
#define ODD(a, b, places, out) \
	VPMADDWD a, Y4, out   \
	VPMADDWD b, Y6, Y8    \
	VPADDD   Y8, out, out \
	VPMADDWD a, Y5, Y9    \
	VPMADDWD b, Y7, Y13   \
	VPADDD   Y13, Y9, Y9  \
	ROUND(out, Y9, places)

// PASS transforms Y0 to Y7 to Y10, Y0, Y14, Y1, Y11, Y2, Y12, Y3. Of these, Y10
// and Y11 have no more binary places than before.
#define PASS(places) \
	VPADDW     Y7, Y0, Y8    \
	VPSUBW     Y7, Y0, Y0    \
	VPADDW     Y6, Y1, Y9    \
	VPSUBW     Y6, Y1, Y1    \
	VPADDW     Y5, Y2, Y10   \
	VPSUBW     Y5, Y2, Y2    \
	VPADDW     Y4, Y3, Y11   \
	VPSUBW     Y4, Y3, Y3    \
	VPADDW     Y11, Y8, Y12  \
	VPSUBW     Y11, Y8, Y8   \
	VPADDW     Y10, Y9, Y13  \
	VPSUBW     Y10, Y9, Y9   \
	VPADDW     Y13, Y12, Y10 \
	VPSUBW     Y13, Y12, Y11 \
	VPUNPCKLWD Y9, Y8, Y12   \
	VPUNPCKHWD Y9, Y8, Y13   \
	VPMADDWD   EVEN2, Y12, Y14 \
	VPMADDWD   EVEN2, Y13, Y4  \
	ROUND(Y14, Y4, places)     \
	VPMADDWD   EVEN6, Y12, Y12 \
	VPMADDWD   EVEN6, Y13, Y13 \
	ROUND(Y12, Y13, places)    \
	VPUNPCKLWD Y1, Y0, Y4 \
	VPUNPCKHWD Y1, Y0, Y5 \
	VPUNPCKLWD Y3, Y2, Y6 \
	VPUNPCKHWD Y3, Y2, Y7 \
	ODD(ODD1A, ODD1B, places, Y0) \
	ODD(ODD3A, ODD3B, places, Y1) \
	ODD(ODD5A, ODD5B, places, Y2) \
	ODD(ODD7A, ODD7B, places, Y3)

// QUANTISE divides the column of an offset of bytes in the quantiser's arrays.
#define QUANTISE(y, offset) \
	VBROADCASTI128 (offset+0)(R9), Y5   \
	VBROADCASTI128 (offset+128)(R9), Y6 \
	VBROADCASTI128 (offset+256)(R9), Y7 \
	VPABSW         y, Y4     \
	VPADDW         Y5, Y4, Y4 \
	VPMULHUW       Y6, Y4, Y4 \
	VPMULHUW       Y7, Y4, Y4 \
	VPSIGNW        y, Y4, y

// FIRST and NEXT gather the words of a vector in zigzag order from columns, by
// the shuffle of an index.
#define FIRST(index, column, out) \
	VPSHUFB (SHUFFLES+32*index)(R10), column, out
#define NEXT(index, column, out) \
	VPSHUFB (SHUFFLES+32*index)(R10), column, Y13 \
	VPOR    Y13, out, out

// STORE writes the vector of an index to both blocks.
#define STORE(y, x, index) \
	VMOVDQU      x, (16*index)(DI) \
	VEXTRACTI128 $1, y, (128+16*index)(DI)

// func fdctPairs(blocks *block, masks *uint64, pairs int, src *uint8, stride int, q *quantiser, o *fdctTables)
TEXT ·fdctPairs(SB), NOSPLIT, $0-56
	MOVQ blocks+0(FP), DI
	MOVQ masks+8(FP), DX
	MOVQ pairs+16(FP), CX
	MOVQ src+24(FP), SI
	MOVQ stride+32(FP), R8
	MOVQ q+40(FP), R9
	MOVQ o+48(FP), R10
	LEAQ (R8)(R8*2), R11 // three rows

pair:
	LEAQ      (SI)(R8*4), R12
	VPMOVZXBW (SI), Y0
	VPMOVZXBW (SI)(R8*1), Y1
	VPMOVZXBW (SI)(R8*2), Y2
	VPMOVZXBW (SI)(R11*1), Y3
	VPMOVZXBW (R12), Y4
	VPMOVZXBW (R12)(R8*1), Y5
	VPMOVZXBW (R12)(R8*2), Y6
	VPMOVZXBW (R12)(R11*1), Y7

	// Down the columns. The level shift of all samples is one of the sums.
	CONSTANT($(1<<10), Y15, X15)
	PASS(11)
	CONSTANT($0x04000400, Y15, X15)
	VPSUBW Y15, Y10, Y10
	VPSLLW $2, Y10, Y10
	VPSLLW $2, Y11, Y11

	// Rows become columns.
	VPUNPCKLWD  Y0, Y10, Y4
	VPUNPCKHWD  Y0, Y10, Y5
	VPUNPCKLWD  Y1, Y14, Y6
	VPUNPCKHWD  Y1, Y14, Y7
	VPUNPCKLWD  Y2, Y11, Y8
	VPUNPCKHWD  Y2, Y11, Y9
	VPUNPCKLWD  Y3, Y12, Y13
	VPUNPCKHWD  Y3, Y12, Y15
	VPUNPCKLDQ  Y6, Y4, Y0
	VPUNPCKHDQ  Y6, Y4, Y1
	VPUNPCKLDQ  Y7, Y5, Y2
	VPUNPCKHDQ  Y7, Y5, Y3
	VPUNPCKLDQ  Y13, Y8, Y10
	VPUNPCKHDQ  Y13, Y8, Y11
	VPUNPCKLDQ  Y15, Y9, Y12
	VPUNPCKHDQ  Y15, Y9, Y14
	VPUNPCKHQDQ Y14, Y3, Y7
	VPUNPCKLQDQ Y14, Y3, Y6
	VPUNPCKHQDQ Y12, Y2, Y5
	VPUNPCKLQDQ Y12, Y2, Y4
	VPUNPCKHQDQ Y11, Y1, Y3
	VPUNPCKLQDQ Y11, Y1, Y2
	VPUNPCKHQDQ Y10, Y0, Y1
	VPUNPCKLQDQ Y10, Y0, Y0

	// Along the rows.
	CONSTANT($(1<<14), Y15, X15)
	PASS(15)
	CONSTANT($0x00020002, Y15, X15)
	VPADDW Y15, Y10, Y10
	VPADDW Y15, Y11, Y11
	VPSRAW $2, Y10, Y10
	VPSRAW $2, Y11, Y11

	QUANTISE(Y10, 0)
	QUANTISE(Y0, 16)
	QUANTISE(Y14, 32)
	QUANTISE(Y1, 48)
	QUANTISE(Y11, 64)
	QUANTISE(Y2, 80)
	QUANTISE(Y12, 96)
	QUANTISE(Y3, 112)

	// The columns are Y10, Y0, Y14, Y1, Y11, Y2, Y12 and Y3. Packed to bytes, the
	// coefficients are zero where they were, for the masks.
	VPXOR     Y15, Y15, Y15
	FIRST(0, Y10, Y4)
	NEXT(1, Y0, Y4)
	NEXT(2, Y14, Y4)
	NEXT(3, Y1, Y4)
	STORE(Y4, X4, 0)
	FIRST(4, Y10, Y5)
	NEXT(5, Y0, Y5)
	NEXT(6, Y14, Y5)
	NEXT(7, Y1, Y5)
	NEXT(8, Y11, Y5)
	NEXT(9, Y2, Y5)
	STORE(Y5, X5, 1)
	VPACKSSWB Y5, Y4, Y4
	FIRST(10, Y10, Y5)
	NEXT(11, Y0, Y5)
	NEXT(12, Y14, Y5)
	NEXT(13, Y1, Y5)
	NEXT(14, Y11, Y5)
	STORE(Y5, X5, 2)
	FIRST(15, Y1, Y6)
	NEXT(16, Y11, Y6)
	NEXT(17, Y2, Y6)
	NEXT(18, Y12, Y6)
	NEXT(19, Y3, Y6)
	STORE(Y6, X6, 3)
	VPACKSSWB Y6, Y5, Y5
	FIRST(20, Y10, Y6)
	NEXT(21, Y0, Y6)
	NEXT(22, Y14, Y6)
	NEXT(23, Y1, Y6)
	NEXT(24, Y11, Y6)
	STORE(Y6, X6, 4)
	FIRST(25, Y1, Y7)
	NEXT(26, Y11, Y7)
	NEXT(27, Y2, Y7)
	NEXT(28, Y12, Y7)
	NEXT(29, Y3, Y7)
	STORE(Y7, X7, 5)
	VPACKSSWB Y7, Y6, Y6
	FIRST(30, Y14, Y7)
	NEXT(31, Y1, Y7)
	NEXT(32, Y11, Y7)
	NEXT(33, Y2, Y7)
	NEXT(34, Y12, Y7)
	NEXT(35, Y3, Y7)
	STORE(Y7, X7, 6)
	FIRST(36, Y11, Y8)
	NEXT(37, Y2, Y8)
	NEXT(38, Y12, Y8)
	NEXT(39, Y3, Y8)
	STORE(Y8, X8, 7)
	VPACKSSWB Y8, Y7, Y7

	VPCMPEQB   Y15, Y4, Y4
	VPCMPEQB   Y15, Y5, Y5
	VPCMPEQB   Y15, Y6, Y6
	VPCMPEQB   Y15, Y7, Y7
	VPERM2I128 $0x20, Y5, Y4, Y8
	VPERM2I128 $0x31, Y5, Y4, Y9
	VPERM2I128 $0x20, Y7, Y6, Y10
	VPERM2I128 $0x31, Y7, Y6, Y11
	VPMOVMSKB  Y8, AX
	VPMOVMSKB  Y10, BX
	SHLQ       $32, BX
	ORQ        BX, AX
	NOTQ       AX
	MOVQ       AX, (DX)
	VPMOVMSKB  Y9, AX
	VPMOVMSKB  Y11, BX
	SHLQ       $32, BX
	ORQ        BX, AX
	NOTQ       AX
	MOVQ       AX, 8(DX)

	ADDQ $16, SI
	ADDQ $256, DI
	ADDQ $16, DX
	DECQ CX
	JNZ  pair
	VZEROUPPER
	RET
