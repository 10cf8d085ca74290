#include "textflag.h"

DATA bytes16<>+0(SB)/8, $0x1010101010101010
DATA bytes16<>+8(SB)/8, $0x1010101010101010
DATA bytes16<>+16(SB)/8, $0x1010101010101010
DATA bytes16<>+24(SB)/8, $0x1010101010101010
GLOBL bytes16<>(SB), RODATA|NOPTR, $32

DATA bytes112<>+0(SB)/8, $0x7070707070707070
DATA bytes112<>+8(SB)/8, $0x7070707070707070
DATA bytes112<>+16(SB)/8, $0x7070707070707070
DATA bytes112<>+24(SB)/8, $0x7070707070707070
GLOBL bytes112<>(SB), RODATA|NOPTR, $32

DATA bytes3<>+0(SB)/8, $0x0303030303030303
DATA bytes3<>+8(SB)/8, $0x0303030303030303
DATA bytes3<>+16(SB)/8, $0x0303030303030303
DATA bytes3<>+24(SB)/8, $0x0303030303030303
GLOBL bytes3<>(SB), RODATA|NOPTR, $32

DATA bytes15<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA bytes15<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL bytes15<>(SB), RODATA|NOPTR, $16

DATA bytes6<>+0(SB)/8, $0x0606060606060606
DATA bytes6<>+8(SB)/8, $0x0606060606060606
GLOBL bytes6<>(SB), RODATA|NOPTR, $16

DATA words8191<>+0(SB)/8, $0x1fff1fff1fff1fff
DATA words8191<>+8(SB)/8, $0x1fff1fff1fff1fff
DATA words8191<>+16(SB)/8, $0x1fff1fff1fff1fff
DATA words8191<>+24(SB)/8, $0x1fff1fff1fff1fff
GLOBL words8191<>(SB), RODATA|NOPTR, $32

// ARGUMENTS loads those of what finds contexts: DI and R8 are where index and ranges are, R9 large,
// SI levels, BX what places say, CX the count. X15, X14, X12 and X13 have bytes of 3, 15, 6 and 0.
#define ARGUMENTS \
	MOVQ         c+0(FP), DI      \
	LEAQ         1024(DI), R8     \
	LEAQ         2048(DI), R9     \
	MOVQ         levels+8(FP), SI \
	MOVQ         by+16(FP), BX    \
	MOVQ         count+24(FP), CX \
	VMOVDQU      bytes3<>(SB), X15 \
	VPADDB       X15, X15, X12    \
	VPADDB       X12, X12, X14    \
	VPADDB       X15, X14, X14    \
	VPXOR        X13, X13, X13

// MAGNITUDES loads 16 levels: at most 3 of each to X2, and at most 15 to X3.
#define MAGNITUDES \
	VPABSW    (SI), X0     \
	VPABSW    16(SI), X1   \
	VPACKSSWB X1, X0, X0   \
	VPMINUB   X15, X0, X2  \
	VPMINUB   X14, X0, X3

// STORE writes what the magnitudes in X2 and the sums of five in X4 and of three in X5 make.
#define STORE \
	VPAVGB    X13, X4, X4   \
	VPADDB    X4, X4, X4    \
	VPADDB    X4, X4, X4    \
	VPMINUB   (BX), X4, X4  \
	VPADDB    X2, X4, X4    \
	VPADDB    16(BX), X4, X4 \
	VMOVDQU   X4, (DI)      \
	VPAVGB    X13, X5, X5   \
	VPMINUB   X12, X5, X5   \
	VPADDB    32(BX), X5, X5 \
	VMOVDQU   X5, (R8)      \
	VPCMPEQB  X15, X2, X4   \
	VPMOVMSKB X4, AX        \
	MOVW      AX, (R9)

// func findIn4(c *contexts, levels *int16, by *sixteen, count int)
TEXT ·findIn4(SB), NOSPLIT, $0-32
	ARGUMENTS
	MAGNITUDES
	VPSRLD  $8, X2, X6
	VPADDB  X6, X2, X7
	VPSRLD  $16, X2, X4
	VPADDB  X6, X4, X4
	VPSRLDQ $4, X7, X7
	VPADDB  X7, X4, X4
	VPSRLDQ $8, X2, X7
	VPADDB  X7, X4, X4
	VPSRLD  $8, X3, X6
	VPADDB  X6, X3, X7
	VPSRLDQ $4, X7, X7
	VPADDB  X7, X6, X5
	STORE
	RET

// LAST goes to the last of as many sixteens as R10 says.
#define LAST \
	MOVQ  R10, AX       \
	SHLQ  $4, AX        \
	ADDQ  AX, DI        \
	ADDQ  AX, R8        \
	LEAQ  (SI)(AX*2), SI \
	LEAQ  (AX)(AX*2), AX \
	ADDQ  AX, BX        \
	LEAQ  (R9)(R10*2), R9

// func findIn8(c *contexts, levels *int16, by *sixteen, count int)
TEXT ·findIn8(SB), NOSPLIT, $0-32
	ARGUMENTS
	LEAQ  -1(CX), R10
	LAST
	// Of the two rows below: X8 and X10 have the sums of two neighbours, X9 the magnitudes.
	VPXOR X8, X8, X8
	VPXOR X9, X9, X9
	VPXOR X10, X10, X10

rows:
	MAGNITUDES
	VPSRLQ   $8, X2, X6
	VPADDB   X6, X2, X7
	VPSRLQ   $16, X2, X4
	VPADDB   X6, X4, X4
	VPADDB   X9, X4, X4
	VPALIGNR $8, X7, X8, X1
	VPADDB   X1, X4, X4
	VMOVDQA  X7, X8
	VMOVDQA  X2, X9
	VPSRLQ   $8, X3, X6
	VPADDB   X6, X3, X7
	VPALIGNR $8, X7, X10, X1
	VPADDB   X1, X6, X5
	VMOVDQA  X7, X10
	STORE
	SUBQ     $32, SI
	SUBQ     $16, DI
	SUBQ     $16, R8
	SUBQ     $48, BX
	SUBQ     $2, R9
	DECQ     CX
	JNZ      rows
	RET

// BELOW clears what is known of the rows below: X8 and X10 have the sums of two neighbours of the
// next, X9 and X11 the magnitudes of the next and the one after it.
#define BELOW \
	VPXOR X8, X8, X8    \
	VPXOR X9, X9, X9    \
	VPXOR X10, X10, X10 \
	VPXOR X11, X11, X11

// SUMS sums the neighbours of the magnitudes in X2 and X3, of which X6 and X4 have those one and two
// to the right of X2's, and X7 those one to the right of X3's.
#define SUMS \
	VPADDB  X6, X4, X4   \
	VPADDB  X8, X4, X4   \
	VPADDB  X11, X4, X4  \
	VPADDB  X6, X2, X8   \
	VMOVDQA X9, X11      \
	VMOVDQA X2, X9       \
	VPADDB  X10, X7, X5  \
	VPADDB  X7, X3, X10

// func findIn16(c *contexts, levels *int16, by *sixteen, count int)
TEXT ·findIn16(SB), NOSPLIT, $0-32
	ARGUMENTS
	LEAQ -1(CX), R10
	LAST
	BELOW

row:
	MAGNITUDES
	VPSRLDQ $1, X2, X6
	VPSRLDQ $2, X2, X4
	VPSRLDQ $1, X3, X7
	SUMS
	STORE
	SUBQ    $32, SI
	SUBQ    $16, DI
	SUBQ    $16, R8
	SUBQ    $48, BX
	SUBQ    $2, R9
	DECQ    CX
	JNZ     row
	RET

// UP goes to the row above of a block of 32.
#define UP \
	SUBQ $64, SI \
	SUBQ $32, DI \
	SUBQ $32, R8 \
	SUBQ $96, BX \
	SUBQ $4, R9

// func findIn32(c *contexts, levels *int16, by *sixteen, count int)
TEXT ·findIn32(SB), NOSPLIT, $0-32
	ARGUMENTS
	LEAQ -1(CX), R10
	LAST
	SHRQ $1, CX
	MOVQ CX, DX
	BELOW

right:
	MAGNITUDES
	VPSRLDQ $1, X2, X6
	VPSRLDQ $2, X2, X4
	VPSRLDQ $1, X3, X7
	SUMS
	STORE
	UP
	DECQ    DX
	JNZ     right

	ARGUMENTS
	LEAQ -2(CX), R10
	LAST
	SHRQ $1, CX
	BELOW

left:
	MAGNITUDES
	VPABSW    32(SI), X0 // the next to the right
	VPACKSSWB X0, X0, X0
	VPMINUB   X15, X0, X1
	VPALIGNR  $1, X2, X1, X6
	VPALIGNR  $2, X2, X1, X4
	VPMINUB   X14, X0, X1
	VPALIGNR  $1, X3, X1, X7
	SUMS
	STORE
	UP
	DECQ      CX
	JNZ       left
	RET

// LOOKUP4 leaves in lows and highs what the tables in t0 to t3 and u0 to u3, of 16 each, have at
// the indices in x. Others than those of a table are given bit 7, which makes them 0. It needs the
// register s.
#define LOOKUP4(x, s, lows, highs, t0, t1, t2, t3, u0, u1, u2, u3, sixteens, toolarge) \
	VPADDUSB toolarge, x, s  \
	VPSHUFB  s, t0, lows     \
	VPSHUFB  s, u0, highs    \
	VPSUBB   sixteens, x, x  \
	VPADDUSB toolarge, x, s  \
	VPSHUFB  s, t1, R1Y      \
	VPOR     R1Y, lows, lows \
	VPSHUFB  s, u1, s        \
	VPOR     s, highs, highs \
	VPSUBB   sixteens, x, x  \
	VPADDUSB toolarge, x, s  \
	VPSHUFB  s, t2, R1Y      \
	VPOR     R1Y, lows, lows \
	VPSHUFB  s, u2, s        \
	VPOR     s, highs, highs \
	VPSUBB   sixteens, x, x  \
	VPSHUFB  x, t3, R1Y      \
	VPOR     R1Y, lows, lows \
	VPSHUFB  x, u3, s        \
	VPOR     s, highs, highs

// func countPairs(c *contexts, costs *baseCosts, ends *int16, end, pairs int) (bits, sum int32)
#define R1Y Y4
TEXT ·countPairs(SB), NOSPLIT, $0-48
	MOVQ           c+0(FP), SI
	MOVQ           costs+8(FP), BX
	MOVQ           ends+16(FP), DI
	MOVQ           end+24(FP), AX
	VMOVD          AX, X7
	VPBROADCASTW   X7, Y7
	MOVQ           pairs+32(FP), CX
	VBROADCASTI128 0(BX), Y8
	VBROADCASTI128 16(BX), Y9
	VBROADCASTI128 32(BX), Y10
	VBROADCASTI128 48(BX), Y11
	VBROADCASTI128 64(BX), Y12
	VBROADCASTI128 80(BX), Y13
	VBROADCASTI128 96(BX), Y14
	VBROADCASTI128 112(BX), Y15
	VPXOR          Y6, Y6, Y6
	VPXOR          Y5, Y5, Y5

pair:
	VMOVDQU   (SI), Y0
	VMOVDQU   (DI), Y1
	VMOVDQU   32(DI), Y2
	VPCMPGTW  Y7, Y1, Y1
	VPCMPGTW  Y7, Y2, Y2
	VPACKSSWB Y2, Y1, Y1
	VPERMQ    $0xd8, Y1, Y1 // all ones of those behind the end
	VPAND     bytes3<>(SB), Y0, Y2
	VPANDN    Y2, Y1, Y2
	VPXOR     Y3, Y3, Y3
	VPSADBW   Y3, Y2, Y2
	VPADDQ    Y2, Y5, Y5
	VPOR      Y1, Y0, Y0
	LOOKUP4(Y0, Y1, Y2, Y3, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15, bytes16<>(SB), bytes112<>(SB))
	VPXOR     Y0, Y0, Y0
	VPSADBW   Y0, Y2, Y2
	VPSADBW   Y0, Y3, Y3
	VPSLLQ    $8, Y3, Y3
	VPADDQ    Y2, Y6, Y6
	VPADDQ    Y3, Y6, Y6
	ADDQ      $32, SI
	ADDQ      $64, DI
	DECQ      CX
	JNZ       pair

	VEXTRACTI128 $1, Y6, X0
	VPADDQ       X0, X6, X6
	VPSRLDQ      $8, X6, X0
	VPADDQ       X0, X6, X6
	VEXTRACTI128 $1, Y5, X0
	VPADDQ       X0, X5, X5
	VPSRLDQ      $8, X5, X0
	VPADDQ       X0, X5, X5
	VMOVD        X6, AX
	MOVL         AX, bits+40(FP)
	VMOVD        X5, AX
	MOVL         AX, sum+44(FP)
	VZEROUPPER
	RET

#undef R1Y
#define R1Y X4

// FOLD leaves the largest of a register's elements in a word.
#define FOLD(max, y, x) \
	VEXTRACTI128 $1, y, X0 \
	max          X0, x, x  \
	VPSRLDQ      $8, x, X0 \
	max          X0, x, x  \
	VPSRLDQ      $4, x, X0 \
	max          X0, x, x  \
	VPSRLDQ      $2, x, X0 \
	max          X0, x, x

// func lowerSixteens(c *contexts, gains *baseCosts, levels, overs *int16, count int, ends *int16, extents *uint16, spared *int16) (end, extent, lower int)
TEXT ·lowerSixteens(SB), NOSPLIT, $0-88
	MOVQ    c+0(FP), SI
	MOVQ    gains+8(FP), BX
	MOVQ    levels+16(FP), DI
	MOVQ    overs+24(FP), DX
	MOVQ    count+32(FP), CX
	MOVQ    ends+40(FP), R8
	MOVQ    extents+48(FP), R9
	MOVQ    spared+56(FP), R10
	XORL    R11, R11
	VMOVDQU 0(BX), X8
	VMOVDQU 16(BX), X9
	VMOVDQU 32(BX), X10
	VMOVDQU 48(BX), X11
	VMOVDQU 64(BX), X12
	VMOVDQU 80(BX), X13
	VMOVDQU 96(BX), X14
	VMOVDQU 112(BX), X15
	VPXOR   Y6, Y6, Y6
	VPXOR   Y5, Y5, Y5

sixteen:
	VMOVDQU     (SI), X0
	LOOKUP4(X0, X1, X2, X3, X8, X9, X10, X11, X12, X13, X14, X15, bytes16<>(SB), bytes112<>(SB))
	VPUNPCKLBW  X3, X2, X0
	VPUNPCKHBW  X3, X2, X1
	VINSERTI128 $1, X1, Y0, Y0
	VMOVDQU     (DX), Y1
	VMOVDQU     (DI), Y2
	VPSRAW      $1, Y1, Y3
	VMOVDQU     words8191<>(SB), Y4
	VPSUBW      Y3, Y4, Y4
	VMOVDQU     (R10), Y7
	VPAND       Y7, Y4, Y3
	VPADDSW     Y3, Y4, Y4
	VPSUBSW     Y7, Y4, Y4
	VPCMPGTW    Y4, Y0, Y0
	VPMOVMSKB   Y0, AX
	ORL         AX, R11
	VPSIGNW     Y2, Y0, Y3
	VPADDW      Y3, Y2, Y2
	VMOVDQU     Y2, (DI)
	VPSLLW      $15, Y0, Y0
	VPADDSW     Y0, Y1, Y1
	VMOVDQU     Y1, (DX)
	VPXOR       Y0, Y0, Y0
	VPCMPEQW    Y0, Y2, Y2
	VPANDN      (R8), Y2, Y0
	VPANDN      (R9), Y2, Y1
	VPMAXSW     Y0, Y6, Y6
	VPMAXUB     Y1, Y5, Y5
	ADDQ        $16, SI
	ADDQ        $32, DI
	ADDQ        $32, DX
	ADDQ        $32, R8
	ADDQ        $32, R9
	ADDQ        $32, R10
	DECQ        CX
	JNZ         sixteen

	FOLD(VPMAXSW, Y6, X6)
	FOLD(VPMAXUB, Y5, X5)
	VMOVD   X6, AX
	MOVWLZX AX, AX
	MOVQ    AX, end+64(FP)
	VMOVD   X5, AX
	MOVWLZX AX, AX
	MOVQ    AX, extent+72(FP)
	MOVQ    R11, lower+80(FP)
	VZEROUPPER
	RET

// NEAREST8 quantises the 8 coefficients at (SI), with the offset at, into doublewords: levels and what
// is left, in 1<<15ths. Their reciprocals are at (R10), Y7 has what is added and Y6 the largest level.
#define NEAREST8(at, levels, rests) \
	VMOVDQU  at(SI), Y0        \
	VMOVDQU  at(R10), Y3       \
	VPABSD   Y0, Y1            \
	VPSRLQ   $32, Y1, Y2       \
	VPMULUDQ Y3, Y1, Y1        \
	VPSRLQ   $32, Y3, Y3       \
	VPMULUDQ Y3, Y2, Y2        \
	VPADDQ   Y7, Y1, Y1        \
	VPADDQ   Y7, Y2, Y2        \
	VPSRLQ   $32, Y1, Y3       \
	VPBLENDD $0xaa, Y2, Y3, Y3 \
	VPSLLQ   $32, Y2, Y2       \
	VPBLENDD $0xaa, Y2, Y1, Y1 \
	VPMINSD  Y6, Y3, Y3        \
	VPSIGND  Y0, Y3, levels    \
	VPSRLD   $17, Y1, rests

// FIVE4 leaves in X6 the magnitudes of the levels in Y2, as bytes, in X5 at most 3 of each, and in X0
// what index has of them. BX has what places say. It needs X3.
#define FIVE4 \
	VPABSW       Y2, Y6                \
	VEXTRACTI128 $1, Y6, X3            \
	VPACKSSWB    X3, X6, X6            \
	VPMINUB      bytes3<>(SB), X6, X5  \
	VPSRLD       $8, X5, X3            \
	VPSRLD       $16, X5, X0           \
	VPADDB       X3, X0, X0            \
	VPADDB       X3, X5, X3            \
	VPSRLDQ      $4, X3, X3            \
	VPADDB       X3, X0, X0            \
	VPSRLDQ      $8, X5, X3            \
	VPADDB       X3, X0, X0            \
	VPXOR        X3, X3, X3            \
	VPAVGB       X3, X0, X0            \
	VPADDB       X0, X0, X0            \
	VPADDB       X0, X0, X0            \
	VPMINUB      (BX), X0, X0          \
	VPADDB       16(BX), X0, X0        \
	VPADDB       X5, X0, X0

// func lightestIn4(c *contexts, gains *baseCosts, levels, overs *int16, coefficients *int32, reciprocals *uint32, by *sixteen, ends *int16, extents *uint16, spared *int16) (end, extent int)
TEXT ·lightestIn4(SB), NOSPLIT, $0-96
	MOVQ         c+0(FP), CX
	MOVQ         gains+8(FP), DX
	MOVQ         levels+16(FP), DI
	MOVQ         overs+24(FP), R11
	MOVQ         coefficients+32(FP), SI
	MOVQ         reciprocals+40(FP), R10
	MOVQ         by+48(FP), BX
	MOVQ         ends+56(FP), R8
	MOVQ         extents+64(FP), R9
	MOVQ         spared+72(FP), R12
	MOVQ         $15360, AX // nearly
	VMOVD        AX, X5
	VPBROADCASTW X5, Y5
	SHLQ         $17, AX
	VMOVQ        AX, X7
	VPBROADCASTQ X7, Y7
	VPCMPEQD     Y6, Y6, Y6
	VPSRLD       $17, Y6, Y6 // 32,767
	NEAREST8(0, Y8, Y9)
	NEAREST8(32, Y10, Y11)
	VPACKSSDW    Y10, Y8, Y2
	VPERMQ       $0xd8, Y2, Y2
	VPACKSSDW    Y11, Y9, Y1
	VPERMQ       $0xd8, Y1, Y1
	VPSUBW       Y1, Y5, Y1
	VPTEST       Y2, Y2
	JZ           none
	VMOVDQU      0(DX), X8
	VMOVDQU      16(DX), X9
	VMOVDQU      32(DX), X10
	VMOVDQU      48(DX), X11
	VMOVDQU      64(DX), X12
	VMOVDQU      80(DX), X13
	VMOVDQU      96(DX), X14
	VMOVDQU      112(DX), X15
	VMOVDQU      (R12), Y7
	MOVQ         $2, R13

pass:
	FIVE4
	// X4 is what LOOKUP4 needs.
	LOOKUP4(X0, X3, X5, X6, X8, X9, X10, X11, X12, X13, X14, X15, bytes16<>(SB), bytes112<>(SB))
	VPUNPCKLBW  X6, X5, X0
	VPUNPCKHBW  X6, X5, X3
	VINSERTI128 $1, X3, Y0, Y0
	VPSRAW      $1, Y1, Y3
	VMOVDQU     words8191<>(SB), Y4
	VPSUBW      Y3, Y4, Y4
	VPAND       Y7, Y4, Y3
	VPADDSW     Y3, Y4, Y4
	VPSUBSW     Y7, Y4, Y4
	VPCMPGTW    Y4, Y0, Y0
	VPMOVMSKB   Y0, AX
	TESTL       AX, AX
	JZ          done
	VPSIGNW     Y2, Y0, Y3
	VPADDW      Y3, Y2, Y2
	VPSLLW      $15, Y0, Y0
	VPADDSW     Y0, Y1, Y1
	VPTEST      Y2, Y2
	JZ          none
	DECQ        R13
	JNZ         pass

done:
	VMOVDQU   Y2, (DI)
	VMOVDQU   Y1, (R11)
	FIVE4
	VMOVDQU   X0, (CX)
	VPMINUB   bytes15<>(SB), X6, X6
	VPSRLD    $8, X6, X3
	VPADDB    X3, X6, X6
	VPSRLDQ   $4, X6, X6
	VPADDB    X6, X3, X3
	VPXOR     X4, X4, X4
	VPAVGB    X4, X3, X3
	VPMINUB   bytes6<>(SB), X3, X3
	VPADDB    32(BX), X3, X3
	VMOVDQU   X3, 1024(CX)
	VPCMPEQB  bytes3<>(SB), X5, X5
	VPMOVMSKB X5, AX
	MOVW      AX, 2048(CX)
	VPXOR     Y0, Y0, Y0
	VPCMPEQW  Y0, Y2, Y2
	VPANDN    (R8), Y2, Y6
	VPANDN    (R9), Y2, Y5
	FOLD(VPMAXSW, Y6, X6)
	FOLD(VPMAXUB, Y5, X5)
	VMOVD     X6, AX
	MOVWLZX   AX, AX
	MOVQ      AX, end+80(FP)
	VMOVD     X5, AX
	MOVWLZX   AX, AX
	MOVQ      AX, extent+88(FP)
	VZEROUPPER
	RET

none:
	VMOVDQU Y2, (DI)
	MOVQ    $0, end+80(FP)
	MOVQ    $0, extent+88(FP)
	VZEROUPPER
	RET
