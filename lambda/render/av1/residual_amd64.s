#include "textflag.h"
#include "words_amd64.h"

// Operations of transform.go: turns come before sums, negations after them, mirrors last.
#define SUM 2
#define ALONE 4
#define SPREAD 5

// func subtract(to *block, rows *[64]uint8, source *uint8, stride int, predicted *uint8, of, n int)
TEXT ·subtract(SB), NOSPLIT, $0-56
	MOVQ  to+0(FP), DI
	MOVQ  rows+8(FP), SI
	MOVQ  source+16(FP), R8
	MOVQ  stride+24(FP), R9
	MOVQ  predicted+32(FP), R10
	MOVQ  of+40(FP), R11
	MOVQ  n+48(FP), CX
	MOVQ  CX, DX

rows:
	MOVBLZX (SI), AX
	SHLL    $7, AX
	ADDQ    DI, AX
	XORL    BX, BX

sixteen:
	VPMOVZXBW (R8)(BX*1), Y0
	VPMOVZXBW (R10)(BX*1), Y1
	VPSUBW    Y1, Y0, Y0
	VMOVDQU   Y0, (AX)(BX*2)
	ADDQ      $16, BX
	CMPQ      BX, CX
	JB        sixteen
	INCQ      SI
	ADDQ      R9, R8
	ADDQ      R11, R10
	DECQ      DX
	JNZ       rows
	VZEROUPPER
	RET

// ROWS reads the offsets of a step's two rows.
#define ROWS \
	MOVWLZX (SI), AX  \
	MOVWLZX 2(SI), BX

// func takeSteps(b *block, program *uint32, n int)
TEXT ·takeSteps(SB), NOSPLIT, $0-24
	MOVQ         b+0(FP), DI
	MOVQ         program+8(FP), DX
	MOVQ         n+16(FP), R8
	MOVL         $2048, AX
	VMOVD        AX, X15
	VPBROADCASTD X15, Y15
	VPXOR        Y14, Y14, Y14

columns:
	MOVQ DX, SI

run:
	MOVL (SI), CX
	ADDQ $4, SI
	MOVL CX, AX
	SHRL $8, CX
	ANDL $255, AX
	JZ   done
	CMPL AX, $SUM
	JEQ  sum
	JB   turn
	CMPL AX, $ALONE
	JB   negate
	JEQ  alone
	CMPL AX, $SPREAD
	JEQ  spread

mirror:
	ROWS
	VMOVDQU (DI)(AX*1), Y0
	VPSUBSW Y0, Y14, Y1
	VMOVDQU Y0, (DI)(BX*1)
	VMOVDQU Y1, (DI)(AX*1)
	ADDQ    $4, SI
	DECL    CX
	JNZ     mirror
	JMP     run

sum:
	ROWS
	VMOVDQU (DI)(AX*1), Y0
	VMOVDQU (DI)(BX*1), Y1
	VPADDSW Y1, Y0, Y2
	VPSUBSW Y1, Y0, Y3
	VMOVDQU Y2, (DI)(AX*1)
	VMOVDQU Y3, (DI)(BX*1)
	ADDQ    $4, SI
	DECL    CX
	JNZ     sum
	JMP     run

turn:
	ROWS
	VMOVDQU      (DI)(AX*1), Y0
	VMOVDQU      (DI)(BX*1), Y1
	VPBROADCASTD 4(SI), Y4
	VPBROADCASTD 8(SI), Y5
	VPUNPCKLWD   Y1, Y0, Y2
	VPUNPCKHWD   Y1, Y0, Y3
	VPMADDWD     Y4, Y2, Y6
	VPMADDWD     Y4, Y3, Y7
	VPMADDWD     Y5, Y2, Y8
	VPMADDWD     Y5, Y3, Y9
	VPADDD       Y15, Y6, Y6
	VPADDD       Y15, Y7, Y7
	VPADDD       Y15, Y8, Y8
	VPADDD       Y15, Y9, Y9
	VPSRAD       $12, Y6, Y6
	VPSRAD       $12, Y7, Y7
	VPSRAD       $12, Y8, Y8
	VPSRAD       $12, Y9, Y9
	VPACKSSDW    Y7, Y6, Y6
	VPACKSSDW    Y9, Y8, Y8
	VMOVDQU      Y6, (DI)(AX*1)
	VMOVDQU      Y8, (DI)(BX*1)
	ADDQ         $12, SI
	DECL         CX
	JNZ          turn
	JMP          run

alone:
	ROWS
	VMOVDQU      (DI)(AX*1), Y0
	VPBROADCASTW 4(SI), Y1
	VPBROADCASTW 6(SI), Y2
	VPMULHRSW    Y1, Y0, Y1
	VPMULHRSW    Y2, Y0, Y2
	VMOVDQU      Y1, (DI)(AX*1)
	VMOVDQU      Y2, (DI)(BX*1)
	ADDQ         $8, SI
	DECL         CX
	JNZ          alone
	JMP          run

spread:
	ROWS
	VMOVDQU (DI)(AX*1), Y0
	VMOVDQU Y0, (DI)(BX*1)
	ADDQ    $4, SI
	DECL    CX
	JNZ     spread
	JMP     run

negate:
	MOVWLZX (SI), AX
	VPSUBSW (DI)(AX*1), Y14, Y0
	VMOVDQU Y0, (DI)(AX*1)
	ADDQ    $4, SI
	DECL    CX
	JNZ     negate
	JMP     run

done:
	ADDQ $32, DI
	SUBQ $16, R8
	JA   columns
	VZEROUPPER
	RET

// LOAD reads 16 words of the row i of those at SI.
#define LOAD(i, y) \
	MOVBLZX i(SI), AX \
	SHLL    $7, AX    \
	VMOVDQU (R8)(AX*1), y

// STORE writes 8 words to the row i of those at R9, and 8 to the row 8+i.
#define STORE(i, x, y) \
	MOVBLZX      i(R9), AX             \
	SHLL         $7, AX                \
	VMOVDQU      x, (R10)(AX*1)        \
	MOVBLZX      (8+i)(R9), AX         \
	SHLL         $7, AX                \
	VEXTRACTI128 $1, y, (R10)(AX*1)

// func turnRows(to *block, toRows *[64]uint8, from *block, fromRows *[64]uint8, wide, high, shift int)
TEXT ·turnRows(SB), NOSPLIT, $0-56
	MOVQ to+0(FP), DI
	MOVQ fromRows+24(FP), SI
	MOVQ high+40(FP), DX
	MOVQ shift+48(FP), CX
	MOVL $0x8000, BX
	SHRL CX, BX           // v * 1<<15>>shift, rounded, is v shifted by it
	MOVQ from+16(FP), R11
	MOVQ toRows+8(FP), R12

rows:
	MOVQ wide+32(FP), CX
	MOVQ R11, R8
	MOVQ R12, R9
	MOVQ DI, R10

squares:
	LOAD(0, Y0)
	LOAD(1, Y1)
	LOAD(2, Y2)
	LOAD(3, Y3)
	LOAD(4, Y4)
	LOAD(5, Y5)
	LOAD(6, Y6)
	LOAD(7, Y7)
	CMPL         BX, $0x8000
	JEQ          turn
	VMOVD        BX, X8
	VPBROADCASTW X8, Y8
	VPMULHRSW    Y8, Y0, Y0
	VPMULHRSW    Y8, Y1, Y1
	VPMULHRSW    Y8, Y2, Y2
	VPMULHRSW    Y8, Y3, Y3
	VPMULHRSW    Y8, Y4, Y4
	VPMULHRSW    Y8, Y5, Y5
	VPMULHRSW    Y8, Y6, Y6
	VPMULHRSW    Y8, Y7, Y7

turn:
	TRANSPOSE8
	STORE(0, X8, Y8)
	STORE(1, X9, Y9)
	STORE(2, X10, Y10)
	STORE(3, X11, Y11)
	STORE(4, X12, Y12)
	STORE(5, X13, Y13)
	STORE(6, X14, Y14)
	STORE(7, X15, Y15)
	ADDQ $32, R8
	ADDQ $16, R9
	SUBQ $16, CX
	JA   squares
	ADDQ $8, SI
	ADDQ $16, DI
	SUBQ $8, DX
	JA   rows
	VZEROUPPER
	RET

// COEFFICIENTS reads 8 of the row at BX, and goes to the next one.
#define COEFFICIENTS(x) \
	VMOVDQU   (BX), x        \
	VPACKSSDW 16(BX), x, x   \
	ADDQ      R9, BX

// func loadCoefficients(to *block, coefficients *int32, low, wide, high int)
TEXT ·loadCoefficients(SB), NOSPLIT, $0-40
	MOVQ to+0(FP), DI
	MOVQ coefficients+8(FP), SI
	MOVQ low+16(FP), R9
	MOVQ high+32(FP), DX
	SHLQ $2, R9

rows:
	MOVQ wide+24(FP), CX
	MOVQ DI, R10
	MOVQ SI, R8

square:
	MOVQ R8, BX
	COEFFICIENTS(X0)
	COEFFICIENTS(X1)
	COEFFICIENTS(X2)
	COEFFICIENTS(X3)
	COEFFICIENTS(X4)
	COEFFICIENTS(X5)
	COEFFICIENTS(X6)
	COEFFICIENTS(X7)
	TRANSPOSE8
	VMOVDQU X8, (R10)
	VMOVDQU X9, 128(R10)
	VMOVDQU X10, 256(R10)
	VMOVDQU X11, 384(R10)
	VMOVDQU X12, 512(R10)
	VMOVDQU X13, 640(R10)
	VMOVDQU X14, 768(R10)
	VMOVDQU X15, 896(R10)
	ADDQ $32, R8
	ADDQ $1024, R10
	SUBQ $8, CX
	JA   square
	LEAQ (SI)(R9*8), SI
	ADDQ $16, DI
	SUBQ $8, DX
	JA   rows
	VZEROUPPER
	RET

// UNLOAD writes 8 words of a row as coefficients, and those of the row that is 8 further, and goes to
// the next one.
#define UNLOAD(x, y) \
	VPMOVSXWD    x, Y0              \
	VEXTRACTI128 $1, y, X1          \
	VPMOVSXWD    X1, Y1             \
	VMOVDQU      Y0, (BX)           \
	VMOVDQU      Y1, (BX)(R9*8)     \
	ADDQ         R9, BX

// func unloadCoefficients(to *int32, from *block, low int)
TEXT ·unloadCoefficients(SB), NOSPLIT, $0-24
	MOVQ to+0(FP), DI
	MOVQ from+8(FP), SI
	MOVQ low+16(FP), R9
	MOVQ R9, DX
	SHLQ $2, R9

rows:
	MOVQ low+16(FP), CX
	MOVQ SI, R8
	MOVQ DI, R10

squares:
	VMOVDQU (R8), Y0
	VMOVDQU 128(R8), Y1
	VMOVDQU 256(R8), Y2
	VMOVDQU 384(R8), Y3
	VMOVDQU 512(R8), Y4
	VMOVDQU 640(R8), Y5
	VMOVDQU 768(R8), Y6
	VMOVDQU 896(R8), Y7
	TRANSPOSE8
	MOVQ R10, BX
	UNLOAD(X8, Y8)
	UNLOAD(X9, Y9)
	UNLOAD(X10, Y10)
	UNLOAD(X11, Y11)
	UNLOAD(X12, Y12)
	UNLOAD(X13, Y13)
	UNLOAD(X14, Y14)
	UNLOAD(X15, Y15)
	ADDQ $32, R10
	ADDQ $1024, R8
	SUBQ $8, CX
	JA   squares
	LEAQ (DI)(R9*8), DI
	LEAQ (DI)(R9*8), DI
	ADDQ $32, SI
	SUBQ $16, DX
	JA   rows
	VZEROUPPER
	RET

// func add(to *uint8, stride int, from *block, rows *[64]uint8, n int)
TEXT ·add(SB), NOSPLIT, $0-40
	MOVQ         to+0(FP), DI
	MOVQ         stride+8(FP), R9
	MOVQ         from+16(FP), R8
	MOVQ         rows+24(FP), SI
	MOVQ         n+32(FP), CX
	MOVQ         CX, DX
	MOVL         $0x800, AX // a sixteenth
	VMOVD        AX, X5
	VPBROADCASTW X5, Y5

rows:
	MOVBLZX (SI), AX
	SHLL    $7, AX
	ADDQ    R8, AX
	XORL    BX, BX

sixteen:
	VPMULHRSW    (AX)(BX*2), Y5, Y0
	VPMOVZXBW    (DI)(BX*1), Y1
	VPADDW       Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VMOVDQU      X0, (DI)(BX*1)
	ADDQ         $16, BX
	CMPQ         BX, CX
	JB           sixteen
	INCQ         SI
	ADDQ         R9, DI
	DECQ         DX
	JNZ          rows
	VZEROUPPER
	RET
