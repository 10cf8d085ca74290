#include "textflag.h"

// Samples of 16 bits are multiplied in pairs with pairs of weights, which leaves
// sums of 32 bits (VPMADDWD).

// EVERY puts a number into every 32 bits of a register.
#define EVERY(n, y, x) \
	MOVL         n, AX \
	VMOVD        AX, x \
	VPBROADCASTD x, y

// func interleaveVector(pair *int16, top, bottom *uint8, n int)
TEXT ·interleaveVector(SB), NOSPLIT, $0-32
	MOVQ pair+0(FP), DI
	MOVQ top+8(FP), SI
	MOVQ bottom+16(FP), R8
	MOVQ n+24(FP), CX

sixteen:
	VPMOVZXBW  (SI), Y0
	VPMOVZXBW  (R8), Y1
	VPSLLW     $7, Y0, Y0
	VPSLLW     $7, Y1, Y1
	VPUNPCKLWD Y1, Y0, Y2
	VPUNPCKHWD Y1, Y0, Y3
	VPERM2I128 $0x20, Y3, Y2, Y0
	VPERM2I128 $0x31, Y3, Y2, Y1
	VMOVDQU    Y0, (DI)
	VMOVDQU    Y1, 32(DI)
	ADDQ       $16, SI
	ADDQ       $16, R8
	ADDQ       $64, DI
	SUBQ       $16, CX
	JNZ        sixteen
	VZEROUPPER
	RET

// alphas spreads the alpha of each pixel, of 16 bits a channel, over its colours,
// and full weighs alpha itself by 255.
DATA alphas<>+0(SB)/8, $0x8080800680068006
DATA alphas<>+8(SB)/8, $0x8080800e800e800e
GLOBL alphas<>(SB), RODATA|NOPTR, $16

DATA full<>+0(SB)/8, $0x00ff000000000000
GLOBL full<>(SB), RODATA|NOPTR, $8

// SHARES premultiplies four pixels.
#define SHARES(from, y, t) \
	VPMOVZXBW from, y   \
	VPSHUFB   Y11, y, t \
	VPOR      Y12, t, t \
	VPMULLW   t, y, y   \
	VPADDW    Y13, y, t \
	VPSRLW    $8, t, t  \
	VPAVGW    t, y, y

// func premultiplyVector(pair *int16, top, bottom *uint8, n int)
TEXT ·premultiplyVector(SB), NOSPLIT, $0-32
	MOVQ pair+0(FP), DI
	MOVQ top+8(FP), SI
	MOVQ bottom+16(FP), R8
	MOVQ n+24(FP), CX
	VBROADCASTI128 alphas<>(SB), Y11
	VPBROADCASTQ   full<>(SB), Y12
	EVERY($0x00800080, Y13, X13)

four:
	SHARES((SI), Y0, Y4)
	SHARES((R8), Y1, Y5)
	VPUNPCKLWD Y1, Y0, Y2
	VPUNPCKHWD Y1, Y0, Y3
	VPERM2I128 $0x20, Y3, Y2, Y0
	VPERM2I128 $0x31, Y3, Y2, Y1
	VMOVDQU    Y0, (DI)
	VMOVDQU    Y1, 32(DI)
	ADDQ       $16, SI
	ADDQ       $16, R8
	ADDQ       $64, DI
	SUBQ       $16, CX
	JNZ        four
	VZEROUPPER
	RET

// ADD adds eight columns of a pair of rows, with the weights in Y8, to sums.
#define ADD(from, y, sums) \
	VPMADDWD from, Y8, y    \
	VPADDD   y, sums, sums

// STORE writes sixteen results of two registers of sums. Packing takes turns
// between the halves of the two.
#define STORE(s0, s1, to) \
	VPSRAD    $15, s0, s0   \
	VPSRAD    $15, s1, s1   \
	VPACKSSDW s1, s0, s0    \
	VPERMQ    $0xd8, s0, s0 \
	VMOVDQU   s0, to

// func verticalVector(line, pairs *int16, count, n int, w *int16)
TEXT ·verticalVector(SB), NOSPLIT, $0-40
	MOVQ line+0(FP), DI
	MOVQ pairs+8(FP), SI
	MOVQ count+16(FP), R9
	MOVQ n+24(FP), DX
	MOVQ w+32(FP), R10
	MOVQ DX, R8
	SHLQ $2, R8
	EVERY($16384, Y14, X14)

block:
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

pair:
	VPBROADCASTD (R12), Y8
	ADD(0(R11), Y9, Y0)
	ADD(32(R11), Y10, Y1)
	ADD(64(R11), Y11, Y2)
	ADD(96(R11), Y12, Y3)
	ADD(128(R11), Y9, Y4)
	ADD(160(R11), Y10, Y5)
	ADD(192(R11), Y11, Y6)
	ADD(224(R11), Y12, Y7)
	ADDQ         R8, R11
	ADDQ         $4, R12
	DECQ         CX
	JNZ          pair

	STORE(Y0, Y1, 0(DI))
	STORE(Y2, Y3, 32(DI))
	STORE(Y4, Y5, 64(DI))
	STORE(Y6, Y7, 96(DI))
	SUBQ $-128, DI
	ADDQ $256, SI
	SUBQ $64, DX
	JNZ  block
	VZEROUPPER
	RET

// func closeVector(dst *uint8, line *int16, groups, pairs int, at *int32, shuffle *uint8, w *int16)
TEXT ·closeVector(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ line+8(FP), SI
	MOVQ groups+16(FP), DX
	MOVQ pairs+24(FP), R8
	MOVQ at+32(FP), R9
	MOVQ shuffle+40(FP), R10
	MOVQ w+48(FP), R11
	EVERY($0x80000, Y14, X14)

group:
	MOVLQSX (R9), R12
	MOVLQSX 4(R9), R13
	LEAQ    (SI)(R12*2), R12
	LEAQ    (SI)(R13*2), R13
	VMOVDQU (R10), Y1
	VMOVDQA Y14, Y0
	MOVQ    R8, CX

pairs:
	VMOVDQU     (R12), X2
	VINSERTI128 $1, (R13), Y2, Y2
	VPSHUFB     Y1, Y2, Y2
	VPMADDWD    (R11), Y2, Y2
	VPADDD      Y2, Y0, Y0
	ADDQ        $4, R12
	ADDQ        $4, R13
	ADDQ        $32, R11
	DECQ        CX
	JNZ         pairs

	VPSRAD       $20, Y0, Y0
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

// func farVector(dst *uint8, line *int16, quads, sixteens int, at *int32, w *int16)
TEXT ·farVector(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ line+8(FP), SI
	MOVQ quads+16(FP), DX
	MOVQ sixteens+24(FP), R8
	MOVQ at+32(FP), R9
	MOVQ w+40(FP), R10
	EVERY($0x80000, Y14, X14)

quad:
	MOVLQSX (R9), R11
	MOVLQSX 4(R9), R12
	MOVLQSX 8(R9), R13
	MOVLQSX 12(R9), BX
	LEAQ    (SI)(R11*2), R11
	LEAQ    (SI)(R12*2), R12
	LEAQ    (SI)(R13*2), R13
	LEAQ    (SI)(BX*2), BX
	VPXOR   Y0, Y0, Y0
	VPXOR   Y1, Y1, Y1
	VPXOR   Y2, Y2, Y2
	VPXOR   Y3, Y3, Y3
	MOVQ    R8, CX

sixteen:
	VMOVDQU  (R11), Y4
	VMOVDQU  (R12), Y5
	VMOVDQU  (R13), Y6
	VMOVDQU  (BX), Y7
	VPMADDWD (R10), Y4, Y4
	VPMADDWD 32(R10), Y5, Y5
	VPMADDWD 64(R10), Y6, Y6
	VPMADDWD 96(R10), Y7, Y7
	VPADDD   Y4, Y0, Y0
	VPADDD   Y5, Y1, Y1
	VPADDD   Y6, Y2, Y2
	VPADDD   Y7, Y3, Y3
	ADDQ     $32, R11
	ADDQ     $32, R12
	ADDQ     $32, R13
	ADDQ     $32, BX
	SUBQ     $-128, R10
	DECQ     CX
	JNZ      sixteen

	VPHADDD      Y1, Y0, Y0
	VPHADDD      Y3, Y2, Y2
	VPHADDD      Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VPADDD       X14, X0, X0
	VPSRAD       $20, X0, X0
	VPACKSSDW    X0, X0, X0
	VPACKUSWB    X0, X0, X0
	VMOVD        X0, (DI)
	ADDQ         $4, DI
	ADDQ         $16, R9
	DECQ         DX
	JNZ          quad
	VZEROUPPER
	RET

// neighbours lays the channels of two pixels beside each other, and twoByTwo
// spreads the first two of four weights over the lower half of a register and
// the other two over the upper.
DATA neighbours<>+0(SB)/8, $0x0b0a030209080100
DATA neighbours<>+8(SB)/8, $0x0f0e07060d0c0504
GLOBL neighbours<>(SB), RODATA|NOPTR, $16

DATA twoByTwo<>+0(SB)/8, $0x0302010003020100
DATA twoByTwo<>+8(SB)/8, $0x0302010003020100
DATA twoByTwo<>+16(SB)/8, $0x0706050407060504
DATA twoByTwo<>+24(SB)/8, $0x0706050407060504
GLOBL twoByTwo<>(SB), RODATA|NOPTR, $32

// ADDFOUR adds four weighted pixels to the sums of a result, each half of which
// has two of them.
#define ADDFOUR(pixels, w, sums) \
	VMOVDQU      pixels, Y4   \
	VPBROADCASTQ w, Y5        \
	VPSHUFB      Y7, Y4, Y4   \
	VPSHUFB      Y8, Y5, Y5   \
	VPMADDWD     Y5, Y4, Y4   \
	VPADDD       Y4, sums, sums

// STRAIGHTEN takes the alpha out of the colours of two pixels, one in each half,
// and makes whole numbers of them.
#define STRAIGHTEN(y) \
	VPSRAD     $6, y, y        \
	VPSHUFD    $0xff, y, Y4    \
	VPCMPGTD   Y9, Y4, Y5      \
	VCVTDQ2PS  y, y            \
	VCVTDQ2PS  Y4, Y4          \
	VDIVPS     Y4, Y10, Y4     \
	VBLENDPS   $0x88, Y11, Y4, Y4 \
	VMULPS     Y4, y, y        \
	VADDPS     Y12, y, y       \
	VCVTTPS2DQ y, y            \
	VPAND      Y5, y, y

// func straightVector(dst *uint8, line *int16, quads, lo int, first *int32, w *int16, stride int)
TEXT ·straightVector(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ line+8(FP), SI
	MOVQ quads+16(FP), DX
	MOVQ lo+24(FP), R11
	MOVQ first+32(FP), R9
	MOVQ w+40(FP), R10
	MOVQ stride+48(FP), R8
	VBROADCASTI128 neighbours<>(SB), Y7
	VMOVDQU        twoByTwo<>(SB), Y8
	EVERY($8191, Y9, X9)
	EVERY($0x437f0000, Y10, X10) // 255
	EVERY($0x38800000, Y11, X11) // 1/(1<<14)
	EVERY($0x3f000000, Y12, X12) // 1/2
	SHLQ           $3, R11
	SUBQ           R11, SI
	SHLQ           $1, R8
	LEAQ           (R8)(R8*2), AX

quad:
	MOVLQSX (R9), R11
	MOVLQSX 4(R9), R12
	MOVLQSX 8(R9), R13
	MOVLQSX 12(R9), BX
	LEAQ    (SI)(R11*8), R11
	LEAQ    (SI)(R12*8), R12
	LEAQ    (SI)(R13*8), R13
	LEAQ    (SI)(BX*8), BX
	VPXOR   Y0, Y0, Y0
	VPXOR   Y1, Y1, Y1
	VPXOR   Y2, Y2, Y2
	VPXOR   Y3, Y3, Y3
	MOVQ    R8, CX

four:
	ADDFOUR((R11), (R10), Y0)
	ADDFOUR((R12), (R10)(R8*1), Y1)
	ADDFOUR((R13), (R10)(R8*2), Y2)
	ADDFOUR((BX), (R10)(AX*1), Y3)
	ADDQ $32, R11
	ADDQ $32, R12
	ADDQ $32, R13
	ADDQ $32, BX
	ADDQ $8, R10
	SUBQ $8, CX
	JNZ  four

	// The first with the third, and the second with the last.
	VPERM2I128 $0x20, Y2, Y0, Y4
	VPERM2I128 $0x31, Y2, Y0, Y5
	VPADDD     Y5, Y4, Y0
	VPERM2I128 $0x20, Y3, Y1, Y4
	VPERM2I128 $0x31, Y3, Y1, Y5
	VPADDD     Y5, Y4, Y1
	STRAIGHTEN(Y0)
	STRAIGHTEN(Y1)
	VPACKSSDW  Y1, Y0, Y0
	VPACKUSWB  Y0, Y0, Y0
	VPERMQ     $0x08, Y0, Y0
	VMOVDQU    X0, (DI)
	ADDQ       $16, DI
	ADDQ       $16, R9
	ADDQ       AX, R10
	DECQ       DX
	JNZ        quad
	VZEROUPPER
	RET

// greens are the greens of four pixels, twice each, of 16 bits.
DATA greens<>+0(SB)/8, $0x8005800580018001
DATA greens<>+8(SB)/8, $0x800d800d80098009
GLOBL greens<>(SB), RODATA|NOPTR, $16

// LUMA makes four pixels their luma, of 32 bits. Green's part has 16 bits, one too many for a
// signed number: so green counts twice, by a half of it.
#define LUMA(from, x, t) \
	VMOVDQU  from, x    \
	VPSHUFB  X13, x, t  \
	VPAND    X10, x, x  \
	VPMADDWD X11, x, x  \
	VPMADDWD X12, t, t  \
	VPADDD   t, x, x    \
	VPADDD   X14, x, x  \
	VPSRLD   $16, x, x

// func lumasVector(luma, pixels *uint8, n int)
TEXT ·lumasVector(SB), NOSPLIT, $0-24
	MOVQ    luma+0(FP), DI
	MOVQ    pixels+8(FP), SI
	MOVQ    n+16(FP), CX
	EVERY($0x00ff00ff, X10, X10)
	EVERY($(7471<<16 | 19595), X11, X11)
	EVERY($(19235<<16 | 19235), X12, X12)
	VMOVDQU greens<>(SB), X13
	EVERY($(1<<15), X14, X14)

sixteen:
	LUMA((SI), X0, X4)
	LUMA(16(SI), X1, X5)
	LUMA(32(SI), X2, X6)
	LUMA(48(SI), X3, X7)
	VPACKUSDW X1, X0, X0
	VPACKUSDW X3, X2, X2
	VPACKUSWB X2, X0, X0
	VMOVDQU   X0, (DI)
	ADDQ      $64, SI
	ADDQ      $16, DI
	SUBQ      $16, CX
	JNZ       sixteen
	RET

// colours are the first four samples of a register, for the three colours of a pixel each, and
// 0 for its alpha.
DATA colours<>+0(SB)/8, $0x8001010180000000
DATA colours<>+8(SB)/8, $0x8003030380020202
GLOBL colours<>(SB), RODATA|NOPTR, $16

// RAISE adds to four pixels the first four samples of X0, takes those of X1, and goes on to the
// next of both.
#define RAISE(at) \
	VPSHUFB  X12, X0, X2 \
	VPSHUFB  X12, X1, X3 \
	VMOVDQU  at, X4      \
	VPADDUSB X2, X4, X4  \
	VPSUBUSB X3, X4, X4  \
	VMOVDQU  X4, at      \
	VPSRLDQ  $4, X0, X0  \
	VPSRLDQ  $4, X1, X1

// func unsharpVector(pixels, luma, soft *uint8, n, amount int)
TEXT ·unsharpVector(SB), NOSPLIT, $0-40
	MOVQ         pixels+0(FP), DI
	MOVQ         luma+8(FP), SI
	MOVQ         soft+16(FP), R8
	MOVQ         n+24(FP), CX
	MOVQ         amount+32(FP), AX
	VMOVD        AX, X10
	VPBROADCASTW X10, Y10
	VPXOR        Y11, Y11, Y11
	VMOVDQU      colours<>(SB), X12

sixteen:
	// Differences with seven bits behind the point, times the amount, divided by 1 << 15 and
	// rounded. What is to be added goes to X0 and what is to be taken to X1, 255 at most.
	VPMOVZXBW    (SI), Y0
	VPMOVZXBW    (R8), Y1
	VPSUBW       Y1, Y0, Y0
	VPSLLW       $7, Y0, Y0
	VPMULHRSW    Y10, Y0, Y0
	VPSUBW       Y0, Y11, Y1
	VEXTRACTI128 $1, Y0, X2
	VEXTRACTI128 $1, Y1, X3
	VPACKUSWB    X2, X0, X0
	VPACKUSWB    X3, X1, X1
	RAISE((DI))
	RAISE(16(DI))
	RAISE(32(DI))
	RAISE(48(DI))
	ADDQ         $16, SI
	ADDQ         $16, R8
	ADDQ         $64, DI
	SUBQ         $16, CX
	JNZ          sixteen
	VZEROUPPER
	RET
