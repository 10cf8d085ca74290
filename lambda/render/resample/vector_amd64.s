#include "textflag.h"

// Samples become 16 bits wide and are multiplied in pairs with pairs of weights,
// which leaves sums of 32 bits (VPMADDWD). All sums begin with a half.

// ROUNDING is a half in every 32 bits of a register.
#define ROUNDING(y, x) \
	MOVL         $8192, AX \
	VMOVD        AX, x     \
	VPBROADCASTD x, y

// PAIRS adds 32 columns of two rows, in a and b, to four registers of sums, with
// the weights in Y8. Rows are laid side by side, sample by sample; each half of a
// register takes its own half of the columns, and packing them puts the columns
// in order again.
#define PAIRS(a, b, s0, s1, s2, s3) \
	VPUNPCKLBW b, a, Y11     \
	VPUNPCKHBW b, a, Y12     \
	VPUNPCKLBW Y15, Y11, Y13 \
	VPUNPCKHBW Y15, Y11, Y11 \
	VPMADDWD   Y8, Y13, Y13  \
	VPMADDWD   Y8, Y11, Y11  \
	VPADDD     Y13, s0, s0   \
	VPADDD     Y11, s1, s1   \
	VPUNPCKLBW Y15, Y12, Y13 \
	VPUNPCKHBW Y15, Y12, Y12 \
	VPMADDWD   Y8, Y13, Y13  \
	VPMADDWD   Y8, Y12, Y12  \
	VPADDD     Y13, s2, s2   \
	VPADDD     Y12, s3, s3

// STORE writes the 32 results of four registers of sums.
#define STORE(s0, s1, s2, s3, to) \
	VPSRAD    $14, s0, s0 \
	VPSRAD    $14, s1, s1 \
	VPSRAD    $14, s2, s2 \
	VPSRAD    $14, s3, s3 \
	VPACKSSDW s1, s0, s0  \
	VPACKSSDW s3, s2, s2  \
	VPACKUSWB s2, s0, s0  \
	VMOVDQU   s0, to

// func verticalVector(dst, src *uint8, stride, rows, n int, w *int16)
TEXT ·verticalVector(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ stride+16(FP), R8
	MOVQ rows+24(FP), R9
	MOVQ n+32(FP), DX
	MOVQ w+40(FP), R10
	ROUNDING(Y14, X14)
	VPXOR Y15, Y15, Y15

block:
	CMPQ    DX, $64
	JLT     last
	VMOVDQA Y14, Y0
	VMOVDQA Y14, Y1
	VMOVDQA Y14, Y2
	VMOVDQA Y14, Y3
	VMOVDQA Y14, Y4
	VMOVDQA Y14, Y5
	VMOVDQA Y14, Y6
	VMOVDQA Y14, Y7
	MOVQ    SI, R11
	MOVQ    R10, R12
	MOVQ    R9, CX
	SUBQ    $1, CX
	JZ      odd

rows:
	VPBROADCASTD (R12), Y8
	VMOVDQU      (R11), Y9
	VMOVDQU      (R11)(R8*1), Y10
	PAIRS(Y9, Y10, Y0, Y1, Y2, Y3)
	VMOVDQU      32(R11), Y9
	VMOVDQU      32(R11)(R8*1), Y10
	PAIRS(Y9, Y10, Y4, Y5, Y6, Y7)
	LEAQ         (R11)(R8*2), R11
	ADDQ         $4, R12
	SUBQ         $2, CX
	JGT          rows
	JLT          store

odd:
	VPBROADCASTD (R12), Y8
	VMOVDQU      (R11), Y9
	PAIRS(Y9, Y15, Y0, Y1, Y2, Y3)
	VMOVDQU      32(R11), Y9
	PAIRS(Y9, Y15, Y4, Y5, Y6, Y7)

store:
	STORE(Y0, Y1, Y2, Y3, (DI))
	STORE(Y4, Y5, Y6, Y7, 32(DI))
	ADDQ $64, DI
	ADDQ $64, SI
	SUBQ $64, DX
	JMP  block

last:
	TESTQ   DX, DX
	JZ      done
	VMOVDQA Y14, Y0
	VMOVDQA Y14, Y1
	VMOVDQA Y14, Y2
	VMOVDQA Y14, Y3
	SUBQ    $1, R9
	JZ      lastOdd

lastRows:
	VPBROADCASTD (R10), Y8
	VMOVDQU      (SI), Y9
	VMOVDQU      (SI)(R8*1), Y10
	PAIRS(Y9, Y10, Y0, Y1, Y2, Y3)
	LEAQ         (SI)(R8*2), SI
	ADDQ         $4, R10
	SUBQ         $2, R9
	JGT          lastRows
	JLT          lastStore

lastOdd:
	VPBROADCASTD (R10), Y8
	VMOVDQU      (SI), Y9
	PAIRS(Y9, Y15, Y0, Y1, Y2, Y3)

lastStore:
	STORE(Y0, Y1, Y2, Y3, (DI))

done:
	VZEROUPPER
	RET

// func closeVector(dst, line *uint8, groups, pairs int, at *int32, shuffle *uint8, w *int16)
TEXT ·closeVector(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ line+8(FP), SI
	MOVQ groups+16(FP), DX
	MOVQ pairs+24(FP), R8
	MOVQ at+32(FP), R9
	MOVQ shuffle+40(FP), R10
	MOVQ w+48(FP), R11
	ROUNDING(Y14, X14)

group:
	MOVLQSX (R9), R12
	MOVLQSX 4(R9), R13
	ADDQ    SI, R12
	ADDQ    SI, R13
	VMOVDQU (R10), Y1
	VMOVDQA Y14, Y0
	MOVQ    R8, CX

pairs:
	VMOVDQU     (R12), X2
	VINSERTI128 $1, (R13), Y2, Y2
	VPSHUFB     Y1, Y2, Y2
	VPMADDWD    (R11), Y2, Y2
	VPADDD      Y2, Y0, Y0
	ADDQ        $2, R12
	ADDQ        $2, R13
	ADDQ        $32, R11
	DECQ        CX
	JNZ         pairs

	VPSRAD       $14, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVQ        X0, (DI)
	ADDQ         $8, DI
	ADDQ         $8, R9
	ADDQ         $32, R10
	DECQ         DX
	JNZ          group
	VZEROUPPER
	RET

// func farVector(dst, line *uint8, quads, sixteens int, at *int32, w *int16)
TEXT ·farVector(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ line+8(FP), SI
	MOVQ quads+16(FP), DX
	MOVQ sixteens+24(FP), R8
	MOVQ at+32(FP), R9
	MOVQ w+40(FP), R10
	ROUNDING(Y14, X14)

quad:
	MOVLQSX (R9), R11
	MOVLQSX 4(R9), R12
	MOVLQSX 8(R9), R13
	MOVLQSX 12(R9), BX
	ADDQ    SI, R11
	ADDQ    SI, R12
	ADDQ    SI, R13
	ADDQ    SI, BX
	VPXOR   Y0, Y0, Y0
	VPXOR   Y1, Y1, Y1
	VPXOR   Y2, Y2, Y2
	VPXOR   Y3, Y3, Y3
	MOVQ    R8, CX

sixteen:
	VPMOVZXBW (R11), Y4
	VPMOVZXBW (R12), Y5
	VPMOVZXBW (R13), Y6
	VPMOVZXBW (BX), Y7
	VPMADDWD  (R10), Y4, Y4
	VPMADDWD  32(R10), Y5, Y5
	VPMADDWD  64(R10), Y6, Y6
	VPMADDWD  96(R10), Y7, Y7
	VPADDD    Y4, Y0, Y0
	VPADDD    Y5, Y1, Y1
	VPADDD    Y6, Y2, Y2
	VPADDD    Y7, Y3, Y3
	ADDQ      $16, R11
	ADDQ      $16, R12
	ADDQ      $16, R13
	ADDQ      $16, BX
	SUBQ      $-128, R10
	DECQ      CX
	JNZ       sixteen

	VPHADDD      Y1, Y0, Y0
	VPHADDD      Y3, Y2, Y2
	VPHADDD      Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VPADDD       X14, X0, X0
	VPSRAD       $14, X0, X0
	VPACKSSDW    X0, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVD        X0, (DI)
	ADDQ         $4, DI
	ADDQ         $16, R9
	DECQ         DX
	JNZ          quad
	VZEROUPPER
	RET

// channels gathers the channels of four pixels.
DATA channels<>+0(SB)/8, $0x0d0905010c080400
DATA channels<>+8(SB)/8, $0x0f0b07030e0a0602
GLOBL channels<>(SB), RODATA|NOPTR, $16

// evenOdd gathers the quads of eight pixels in each of two registers' halves.
DATA evenOdd<>+0(SB)/8, $0x0000000400000000
DATA evenOdd<>+8(SB)/8, $0x0000000500000001
DATA evenOdd<>+16(SB)/8, $0x0000000600000002
DATA evenOdd<>+24(SB)/8, $0x0000000700000003
GLOBL evenOdd<>(SB), RODATA|NOPTR, $32

// func splitVector(c0, c1, c2, c3, src *uint8, pixels int)
TEXT ·splitVector(SB), NOSPLIT, $0-48
	MOVQ c0+0(FP), R8
	MOVQ c1+8(FP), R9
	MOVQ c2+16(FP), R10
	MOVQ c3+24(FP), R11
	MOVQ src+32(FP), SI
	MOVQ pixels+40(FP), CX
	VBROADCASTI128 channels<>(SB), Y14
	VMOVDQU        evenOdd<>(SB), Y15

pixels:
	// Eight pixels in each: 0000111122223333 of four, and then of eight.
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VMOVDQU 64(SI), Y2
	VMOVDQU 96(SI), Y3
	VPSHUFB Y14, Y0, Y0
	VPSHUFB Y14, Y1, Y1
	VPSHUFB Y14, Y2, Y2
	VPSHUFB Y14, Y3, Y3
	VPERMD  Y0, Y15, Y0
	VPERMD  Y1, Y15, Y1
	VPERMD  Y2, Y15, Y2
	VPERMD  Y3, Y15, Y3

	// Channels 0 and 2, then 1 and 3, of sixteen pixels.
	VPUNPCKLQDQ Y1, Y0, Y4
	VPUNPCKHQDQ Y1, Y0, Y5
	VPUNPCKLQDQ Y3, Y2, Y6
	VPUNPCKHQDQ Y3, Y2, Y7
	VPERM2I128  $0x20, Y6, Y4, Y0
	VPERM2I128  $0x31, Y6, Y4, Y2
	VPERM2I128  $0x20, Y7, Y5, Y1
	VPERM2I128  $0x31, Y7, Y5, Y3
	VMOVDQU     Y0, (R8)
	VMOVDQU     Y1, (R9)
	VMOVDQU     Y2, (R10)
	VMOVDQU     Y3, (R11)
	SUBQ        $-128, SI
	ADDQ        $32, R8
	ADDQ        $32, R9
	ADDQ        $32, R10
	ADDQ        $32, R11
	SUBQ        $32, CX
	JNZ         pixels
	VZEROUPPER
	RET

// alphas spreads the alpha of each pixel, of 16 bits a channel, over its colours,
// and full weighs alpha itself by 255.
DATA alphas<>+0(SB)/8, $0x8080800680068006
DATA alphas<>+8(SB)/8, $0x8080800e800e800e
GLOBL alphas<>(SB), RODATA|NOPTR, $16

DATA full<>+0(SB)/8, $0x00ff000000000000
GLOBL full<>(SB), RODATA|NOPTR, $8

// Half of 255, and what 16 bits are multiplied with for the upper half of the
// product to be (n + n>>8)>>8.
DATA half255<>+0(SB)/8, $0x0080008000800080
GLOBL half255<>(SB), RODATA|NOPTR, $8

DATA by255<>+0(SB)/8, $0x0101010101010101
GLOBL by255<>(SB), RODATA|NOPTR, $8

// func premultiplyVector(pix *uint8, n int)
TEXT ·premultiplyVector(SB), NOSPLIT, $0-16
	MOVQ pix+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTI128 alphas<>(SB), Y11
	VPBROADCASTQ   full<>(SB), Y12
	VPBROADCASTQ   half255<>(SB), Y13
	VPBROADCASTQ   by255<>(SB), Y14
	VPXOR          Y15, Y15, Y15

eight:
	VMOVDQU    (DI), Y0
	VPUNPCKHBW Y15, Y0, Y1
	VPUNPCKLBW Y15, Y0, Y0
	VPSHUFB    Y11, Y0, Y2
	VPSHUFB    Y11, Y1, Y3
	VPOR       Y12, Y2, Y2
	VPOR       Y12, Y3, Y3
	VPMULLW    Y2, Y0, Y0
	VPMULLW    Y3, Y1, Y1
	VPADDW     Y13, Y0, Y0
	VPADDW     Y13, Y1, Y1
	VPMULHUW   Y14, Y0, Y0
	VPMULHUW   Y14, Y1, Y1
	VPACKUSWB  Y1, Y0, Y0
	VMOVDQU    Y0, (DI)
	ADDQ       $32, DI
	SUBQ       $32, CX
	JNZ        eight
	VZEROUPPER
	RET
