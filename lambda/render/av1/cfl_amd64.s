#include "textflag.h"

// ONES fills a vector with words of 1.
#define ONES(x) \
	VPCMPEQW x, x, x \
	VPSRLW   $15, x, x

// TOTAL leaves the sum of four doublewords in AX.
#define TOTAL(x, t) \
	VPSHUFD $0x4e, x, t \
	VPADDD  t, x, x     \
	VPSHUFD $0xb1, x, t \
	VPADDD  t, x, x     \
	VMOVD   x, AX

// func meansOfLumaVector(to []int16, from []uint8, stride, n int) int32
TEXT ·meansOfLumaVector(SB), NOSPLIT, $0-68
	MOVQ      to_base+0(FP), DI
	MOVQ      from_base+24(FP), SI
	MOVQ      stride+48(FP), R8
	MOVQ      n+56(FP), R9
	ONES(X15)
	VPACKSSWB X15, X15, X14
	VPADDB    X14, X14, X14 // bytes of 2
	VPXOR     X4, X4, X4
	MOVQ      R9, R10
	LEAQ      (SI)(R8*1), DX
	ADDQ      R8, R8
	CMPQ      R9, $4
	JEQ       four

row:
	XORL CX, CX

eight:
	VMOVDQU    (SI)(CX*2), X0
	VMOVDQU    (DX)(CX*2), X1
	VPMADDUBSW X14, X0, X0
	VPMADDUBSW X14, X1, X1
	VPADDW     X1, X0, X0
	VMOVDQU    X0, (DI)
	VPMADDWD   X15, X0, X0
	VPADDD     X0, X4, X4
	ADDQ       $16, DI
	ADDQ       $8, CX
	CMPQ       CX, R9
	JLT        eight
	ADDQ       R8, SI
	ADDQ       R8, DX
	DECQ       R10
	JNZ        row

sum:
	TOTAL(X4, X0)
	MOVL AX, ret+64(FP)
	RET

four:
	VMOVQ      (SI), X0
	VMOVQ      (DX), X1
	VPMADDUBSW X14, X0, X0
	VPMADDUBSW X14, X1, X1
	VPADDW     X1, X0, X0
	VMOVQ      X0, (DI)
	VPMADDWD   X15, X0, X0
	VPADDD     X0, X4, X4
	ADDQ       $8, DI
	ADDQ       R8, SI
	ADDQ       R8, DX
	DECQ       R10
	JNZ        four
	JMP        sum

// func copyOfLumaVector(to []int16, from []uint8, stride, n int) int32
TEXT ·copyOfLumaVector(SB), NOSPLIT, $0-68
	MOVQ  to_base+0(FP), DI
	MOVQ  from_base+24(FP), SI
	MOVQ  stride+48(FP), R8
	MOVQ  n+56(FP), R9
	ONES(X15)
	VPXOR X4, X4, X4
	MOVQ  R9, R10
	CMPQ  R9, $4
	JEQ   four

row:
	XORL CX, CX

eight:
	VPMOVZXBW (SI)(CX*1), X0
	VPSLLW    $3, X0, X0
	VMOVDQU   X0, (DI)
	VPMADDWD  X15, X0, X0
	VPADDD    X0, X4, X4
	ADDQ      $16, DI
	ADDQ      $8, CX
	CMPQ      CX, R9
	JLT       eight
	ADDQ      R8, SI
	DECQ      R10
	JNZ       row

sum:
	TOTAL(X4, X0)
	MOVL AX, ret+64(FP)
	RET

four:
	VMOVD     (SI), X0
	VPMOVZXBW X0, X0
	VPSLLW    $3, X0, X0
	VMOVQ     X0, (DI)
	VPMADDWD  X15, X0, X0
	VPADDD    X0, X4, X4
	ADDQ      $8, DI
	ADDQ      R8, SI
	DECQ      R10
	JNZ       four
	JMP       sum

// func lowerVector(luma []int16, by int16)
TEXT ·lowerVector(SB), NOSPLIT, $0-26
	MOVQ         luma_base+0(FP), SI
	MOVQ         luma_len+8(FP), CX
	VPBROADCASTW by+24(FP), Y1

sixteen:
	VMOVDQU (SI), Y0
	VPSUBW  Y1, Y0, Y0
	VMOVDQU Y0, (SI)
	ADDQ    $32, SI
	SUBQ    $16, CX
	JNZ     sixteen
	VZEROUPPER
	RET

// func powerOfVector(luma []int16) int32
TEXT ·powerOfVector(SB), NOSPLIT, $0-28
	MOVQ  luma_base+0(FP), SI
	MOVQ  luma_len+8(FP), CX
	VPXOR Y4, Y4, Y4

sixteen:
	VMOVDQU  (SI), Y0
	VPMADDWD Y0, Y0, Y0
	VPADDD   Y0, Y4, Y4
	ADDQ     $32, SI
	SUBQ     $16, CX
	JNZ      sixteen
	VEXTRACTI128 $1, Y4, X0
	VPADDD   X0, X4, X4
	TOTAL(X4, X0)
	MOVL     AX, ret+24(FP)
	VZEROUPPER
	RET

// func sumOfProductsVector(luma []int16, source []uint8, stride, n int) int32
TEXT ·sumOfProductsVector(SB), NOSPLIT, $0-68
	MOVQ  luma_base+0(FP), DI
	MOVQ  source_base+24(FP), SI
	MOVQ  stride+48(FP), R8
	MOVQ  n+56(FP), R9
	VPXOR X4, X4, X4
	MOVQ  R9, R10
	CMPQ  R9, $4
	JEQ   four

row:
	XORL CX, CX

eight:
	VPMOVZXBW (SI)(CX*1), X0
	VPMADDWD  (DI), X0, X0
	VPADDD    X0, X4, X4
	ADDQ      $16, DI
	ADDQ      $8, CX
	CMPQ      CX, R9
	JLT       eight
	ADDQ      R8, SI
	DECQ      R10
	JNZ       row

sum:
	TOTAL(X4, X0)
	MOVL AX, ret+64(FP)
	RET

four:
	VMOVD     (SI), X0
	VMOVQ     (DI), X1
	VPMOVZXBW X0, X0
	VPMADDWD  X1, X0, X0
	VPADDD    X0, X4, X4
	ADDQ      $8, DI
	ADDQ      R8, SI
	DECQ      R10
	JNZ       four
	JMP       sum

// PRODUCTS adds to the words of X0 those of X1 times alpha, of which X15 has the sign and X14 512
// times the absolute value: products of words are rounded to their 32,768ths.
#define PRODUCTS \
	VPSIGNW   X15, X1, X1 \
	VPABSW    X1, X2      \
	VPMULHRSW X14, X2, X2 \
	VPSIGNW   X1, X2, X2  \
	VPADDW    X2, X0, X0  \
	VPACKUSWB X0, X0, X0

// func addProductsVector(to []uint8, stride int, luma []int16, n, alpha int)
TEXT ·addProductsVector(SB), NOSPLIT, $0-72
	MOVQ         to_base+0(FP), DI
	MOVQ         stride+24(FP), R8
	MOVQ         luma_base+32(FP), SI
	MOVQ         n+56(FP), R9
	MOVQ         alpha+64(FP), AX
	VMOVD        AX, X15
	VPBROADCASTW X15, X15
	VPABSW       X15, X14
	VPSLLW       $9, X14, X14
	MOVQ         R9, R10
	CMPQ         R9, $4
	JEQ          four

row:
	XORL CX, CX

eight:
	VPMOVZXBW (DI)(CX*1), X0
	VMOVDQU   (SI), X1
	PRODUCTS
	VMOVQ     X0, (DI)(CX*1)
	ADDQ      $16, SI
	ADDQ      $8, CX
	CMPQ      CX, R9
	JLT       eight
	ADDQ      R8, DI
	DECQ      R10
	JNZ       row
	RET

four:
	VMOVD     (DI), X0
	VMOVQ     (SI), X1
	VPMOVZXBW X0, X0
	PRODUCTS
	VMOVD     X0, (DI)
	ADDQ      $8, SI
	ADDQ      R8, DI
	DECQ      R10
	JNZ       four
	RET
