#include "textflag.h"

// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// UADDW is uaddw vd.8h, vn.8h, vm.8b: bytes are added to words. UADDW2 takes the upper
// half of m.
#define UADDW(m, n, d) WORD $(0x2e201000 | (m)<<16 | (n)<<5 | (d))
#define UADDW2(m, n, d) WORD $(0x6e201000 | (m)<<16 | (n)<<5 | (d))

// SQXTUN is sqxtun vd.8b, vn.8h: words become bytes, as far as those go. SQXTUN2 fills
// the upper half of d.
#define SQXTUN(n, d) WORD $(0x2e212800 | (n)<<5 | (d))
#define SQXTUN2(n, d) WORD $(0x6e212800 | (n)<<5 | (d))

// URHADD is urhadd vd.16b, vn.16b, vm.16b, the mean of two, rounded up, and UHADD is
// uhadd, which rounds down.
#define URHADD(m, n, d) WORD $(0x6e201400 | (m)<<16 | (n)<<5 | (d))
#define UHADD(m, n, d) WORD $(0x6e200400 | (m)<<16 | (n)<<5 | (d))

// URSHR3 is urshr vd.4h, vn.4h, #3.
#define URSHR3(n, d) WORD $(0x2f1d2400 | (n)<<5 | (d))

// ADDED adds sixteen of what coefficients add to the predictions in V0, which makes the
// samples in V4, and leaves zeros in their place. V30 and V31 are zero.
#define ADDED \
	VLD1   (R4), [V2.H8, V3.H8]       \
	UADDW(0, 2, 2)                    \
	UADDW2(0, 3, 3)                   \
	SQXTUN(2, 4)                      \
	SQXTUN2(3, 4)                     \
	VST1.P [V30.H8, V31.H8], 32(R4)

#define ROW \
	ADDED                      \
	VST1.P [V4.B16], (R0)(R1)

// func wholeVector(dst *uint8, stride, mode, e int, c *coefficients)
TEXT ·wholeVector(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD mode+16(FP), R2
	MOVD e+24(FP), R3
	MOVD c+32(FP), R4
	SUB  R1, R0, R5
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16
	MOVD $16, R6
	CBZ  R2, flat
	CMP  $2, R2
	BEQ  vertical
	BHI  horizontal

	// What is left, and what is above less the corner.
	VLD1   (R5), [V0.B16]
	MOVBU  -1(R5), R7
	VDUP   R7, V1.H8
	VUXTL  V0.B8, V5.H8
	VUXTL2 V0.B16, V6.H8
	VSUB   V1.H8, V5.H8, V5.H8
	VSUB   V1.H8, V6.H8, V6.H8

moved:
	MOVBU -1(R0), R7
	VDUP  R7, V1.H8
	VADD  V1.H8, V5.H8, V2.H8
	VADD  V1.H8, V6.H8, V3.H8
	SQXTUN(2, 0)
	SQXTUN2(3, 0)
	ROW
	SUBS  $1, R6
	BNE   moved
	RET

horizontal:
	MOVBU -1(R0), R7
	VDUP  R7, V0.B16
	ROW
	SUBS  $1, R6
	BNE   horizontal
	RET

flat:
	// The mean of what there is above and left.
	MOVD    $0, R8
	TBZ     $1, R3, left
	VLD1    (R5), [V0.B16]
	VUADDLV V0.B16, V1
	VMOV    V1.H[0], R8

left:
	TBZ  $0, R3, mean
	MOVD R0, R9

next:
	MOVBU -1(R9), R7
	ADD   R7, R8
	ADD   R1, R9
	SUBS  $1, R6
	BNE   next
	MOVD  $16, R6

mean:
	AND  $3, R3
	CBZ  R3, nothing
	CMP  $3, R3
	BNE  one
	ADD  $16, R8
	LSR  $5, R8
	VDUP R8, V0.B16
	B    same

one:
	ADD  $8, R8
	LSR  $4, R8
	VDUP R8, V0.B16
	B    same

nothing:
	MOVD $128, R8
	VDUP R8, V0.B16
	B    same

vertical:
	VLD1 (R5), [V0.B16]

same:
	ROW
	SUBS $1, R6
	BNE  same
	RET

// In chroma the first half of a register is of Cb and the second half of Cr.
#define ROWS \
	ADDED                \
	VST1 V4.D[0], (R0)   \
	VST1 V4.D[1], (R10)  \
	ADD  R1, R0          \
	ADD  R1, R10

// func chromaVector(cb, cr *uint8, stride, mode, e int, c *coefficients)
TEXT ·chromaVector(SB), NOSPLIT, $0-48
	MOVD cb+0(FP), R0
	MOVD cr+8(FP), R10
	MOVD stride+16(FP), R1
	MOVD mode+24(FP), R2
	MOVD e+32(FP), R3
	MOVD c+40(FP), R4
	ADD  $512, R4
	SUB  R1, R0, R5
	SUB  R1, R10, R11
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16
	MOVD $8, R6
	CBZ  R2, flat
	CMP  $2, R2
	BEQ  vertical
	BHI  horizontal

	VLD1   (R5), V0.D[0]
	VLD1   (R11), V0.D[1]
	MOVBU  -1(R5), R7
	MOVBU  -1(R11), R8
	VDUP   R7, V1.H8
	VDUP   R8, V7.H8
	VUXTL  V0.B8, V5.H8
	VUXTL2 V0.B16, V6.H8
	VSUB   V1.H8, V5.H8, V5.H8
	VSUB   V7.H8, V6.H8, V6.H8

moved:
	MOVBU -1(R0), R7
	MOVBU -1(R10), R8
	VDUP  R7, V1.H8
	VDUP  R8, V7.H8
	VADD  V1.H8, V5.H8, V2.H8
	VADD  V7.H8, V6.H8, V3.H8
	SQXTUN(2, 0)
	SQXTUN2(3, 0)
	ROWS
	SUBS  $1, R6
	BNE   moved
	RET

horizontal:
	MOVBU -1(R0), R7
	MOVBU -1(R10), R8
	VDUP  R7, V0.B16
	VDUP  R8, V1.B16
	VMOV  V1.D[0], V0.D[1]
	ROWS
	SUBS  $1, R6
	BNE   horizontal
	RET

flat:
	// The means of what there is above and left.
	MOVD    $0, R8
	MOVD    $0, R9
	TBZ     $1, R3, left
	VLD1    (R5), [V0.B8]
	VLD1    (R11), [V1.B8]
	VUADDLV V0.B8, V2
	VUADDLV V1.B8, V3
	VMOV    V2.H[0], R8
	VMOV    V3.H[0], R9

left:
	TBZ  $0, R3, mean
	MOVD R0, R12
	MOVD R10, R13

next:
	MOVBU -1(R12), R7
	ADD   R7, R8
	ADD   R1, R12
	MOVBU -1(R13), R7
	ADD   R7, R9
	ADD   R1, R13
	SUBS  $1, R6
	BNE   next
	MOVD  $8, R6

mean:
	AND $3, R3
	CBZ R3, nothing
	CMP $3, R3
	BNE one
	ADD $8, R8
	LSR $4, R8
	ADD $8, R9
	LSR $4, R9
	B   spread

one:
	ADD $4, R8
	LSR $3, R8
	ADD $4, R9
	LSR $3, R9
	B   spread

nothing:
	MOVD $128, R8
	MOVD $128, R9

spread:
	VDUP R8, V0.B16
	VDUP R9, V1.B16
	VMOV V1.D[0], V0.D[1]
	B    same

vertical:
	VLD1 (R5), V0.D[0]
	VLD1 (R11), V0.D[1]

same:
	ROWS
	SUBS $1, R6
	BNE  same
	RET

// edge is where the samples of an edge come from (vp8_predict.go): the first sixteen are
// what is above, and the others the square on the left.
DATA edge<>+0(SB)/8, $0x0100ff13171b1f1f
DATA edge<>+8(SB)/8, $0xff07070605040302
GLOBL edge<>(SB), RODATA|NOPTR, $16

// beside has the samples of an edge that lie beside the square.
DATA beside<>+0(SB)/8, $0xffff00ffffffff00
DATA beside<>+8(SB)/8, $0x000000000000ffff
GLOBL beside<>(SB), RODATA|NOPTR, $16

// For the words of two rows of a square: what is above, the corner, and what is left of
// the rows 0 and 1, and of 2 and 3.
DATA words<>+0(SB)/8, $0xff09ff08ff07ff06
DATA words<>+8(SB)/8, $0xff09ff08ff07ff06
DATA words<>+16(SB)/8, $0xff05ff05ff05ff05
DATA words<>+24(SB)/8, $0xff05ff05ff05ff05
DATA words<>+32(SB)/8, $0xff04ff04ff04ff04
DATA words<>+40(SB)/8, $0xff03ff03ff03ff03
DATA words<>+48(SB)/8, $0xff02ff02ff02ff02
DATA words<>+56(SB)/8, $0xff01ff01ff01ff01
GLOBL words<>(SB), RODATA|NOPTR, $64

// func squaresVector(dst *uint8, stride int, modes *[16]uint8, right *[4]uint8, c *coefficients, shuffles *shuffles)
TEXT ·squaresVector(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD modes+16(FP), R2
	MOVD right+24(FP), R3
	MOVD c+32(FP), R4
	MOVD shuffles+40(FP), R5
	MOVD $edge<>(SB), R6
	VLD1 (R6), [V29.B16]
	MOVD $beside<>(SB), R6
	VLD1 (R6), [V28.B16]
	MOVD $words<>(SB), R6
	VLD1 (R6), [V24.B16, V25.B16, V26.B16, V27.B16]
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16
	MOVD $4, R6

row:
	// V9 is the square on the left, of which the right column counts. R8 to R10 are
	// the other rows of the square, R11 is above it.
	ADD  R1, R0, R8
	ADD  R1, R8, R9
	ADD  R1, R9, R10
	SUB  R1, R0, R11
	SUB  $1, R0, R12
	VLD1 (R12), V9.B[3]
	ADD  R1, R12
	VLD1 (R12), V9.B[7]
	ADD  R1, R12
	VLD1 (R12), V9.B[11]
	ADD  R1, R12
	VLD1 (R12), V9.B[15]
	MOVD $4, R7

square:
	ADD   $4, R11, R12
	CMP   $1, R7
	CSEL  EQ, R3, R12, R12
	VLD1  (R11), V8.S[0]
	VLD1  (R12), V8.S[1]
	VTBL  V29.B16, [V8.B16, V9.B16], V0.B16
	SUB   $1, R11, R12
	VLD1  (R12), V0.B[5]
	MOVBU.P 1(R2), R13
	CMP   $1, R13
	BEQ   motion

	// The means of pairs, the wide ones, and the mean beside the square.
	VEXT    $1, V31.B16, V0.B16, V2.B16
	VEXT    $15, V0.B16, V31.B16, V3.B16
	VAND    V28.B16, V0.B16, V1.B16
	VUADDLV V1.B16, V1
	URSHR3(1, 1)
	URHADD(2, 0, 17)
	UHADD(3, 2, 2)
	URHADD(2, 0, 16)
	VORR    V0.B16, V0.B16, V18.B16
	VMOV    V1.B[0], V18.B[15]
	ADD     R13<<4, R5, R13
	VLD1    (R13), [V4.B16]
	VTBL    V4.B16, [V16.B16, V17.B16, V18.B16], V0.B16

add:
	VLD1   (R4), V2.D[0]
	VST1   V31.D[0], (R4)
	ADD    $32, R4, R12
	VLD1   (R12), V2.D[1]
	VST1   V31.D[0], (R12)
	ADD    $64, R4, R12
	VLD1   (R12), V3.D[0]
	VST1   V31.D[0], (R12)
	ADD    $96, R4, R12
	VLD1   (R12), V3.D[1]
	VST1   V31.D[0], (R12)
	UADDW(0, 2, 2)
	UADDW2(0, 3, 3)
	SQXTUN(2, 9)
	SQXTUN2(3, 9)
	VST1.P V9.S[0], 4(R0)
	VST1.P V9.S[1], 4(R8)
	VST1.P V9.S[2], 4(R9)
	VST1.P V9.S[3], 4(R10)
	ADD    $4, R11
	ADD    $8, R4
	SUBS   $1, R7
	BNE    square
	SUB    $16, R0
	ADD    R1<<2, R0
	ADD    $96, R4
	SUBS   $1, R6
	BNE    row
	RET

motion:
	VTBL V24.B16, [V0.B16], V1.B16
	VTBL V25.B16, [V0.B16], V2.B16
	VTBL V26.B16, [V0.B16], V3.B16
	VTBL V27.B16, [V0.B16], V4.B16
	VSUB V2.H8, V1.H8, V1.H8
	VADD V1.H8, V3.H8, V3.H8
	VADD V1.H8, V4.H8, V4.H8
	SQXTUN(3, 0)
	SQXTUN2(4, 0)
	B    add
