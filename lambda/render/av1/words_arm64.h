// Go's assembler lacks these (Arm Architecture Reference Manual, C7.2).

// Words: sqadd, sqsub, sqneg (saturated); srshr (by places to the right, rounded), shl (by places to
// the left), srshl (by other words to the left, rounded where they are negative); a register's copy.
#define SQADD(m, n, d) WORD $(0x4e600c00 | (m)<<16 | (n)<<5 | (d))
#define SQSUB(m, n, d) WORD $(0x4e602c00 | (m)<<16 | (n)<<5 | (d))
#define SQNEG(n, d) WORD $(0x6e607800 | (n)<<5 | (d))
#define SRSHR(places, n, d) WORD $(0x4f002400 | (32-(places))<<16 | (n)<<5 | (d))
#define SHL(places, n, d) WORD $(0x4f005400 | (16+(places))<<16 | (n)<<5 | (d))
#define SRSHL(m, n, d) WORD $(0x4e605400 | (m)<<16 | (n)<<5 | (d))
#define COPY(n, d) WORD $(0x4ea01c00 | (n)<<16 | (n)<<5 | (d))

// LANE is the operand of the instructions below that is one of the factors in V0 to V3, vm.h[i] with
// m = f/8 and i = f%8.
#define LANE(f) (((f)>>3)<<16 | (((f)>>2)&1)<<11 | (((f)>>1)&1)<<21 | ((f)&1)<<20)

// Words by a factor as doublewords: smull and smlal vd.4s, vn.4h, vm.h[i], and of the upper halves;
// and as the upper halves of doubled products, rounded: sqrdmulh vd.8h, vn.8h, vm.h[i].
#define SMULL(f, n, d) WORD $(0x0f40a000 | LANE(f) | (n)<<5 | (d))
#define SMULL2(f, n, d) WORD $(0x4f40a000 | LANE(f) | (n)<<5 | (d))
#define SMLAL(f, n, d) WORD $(0x0f402000 | LANE(f) | (n)<<5 | (d))
#define SMLAL2(f, n, d) WORD $(0x4f402000 | LANE(f) | (n)<<5 | (d))
#define SQRDMULH(f, n, d) WORD $(0x4f40d000 | LANE(f) | (n)<<5 | (d))

// Doublewords to words: sqrshrn (shifted to the right, rounded) and sqxtn vd.4h, vn.4s, saturated,
// and to the upper half. Words to doublewords: sxtl vd.4s, vn.4h, and of the upper half.
#define SQRSHRN(places, n, d) WORD $(0x0f009c00 | (32-(places))<<16 | (n)<<5 | (d))
#define SQRSHRN2(places, n, d) WORD $(0x4f009c00 | (32-(places))<<16 | (n)<<5 | (d))
#define SQXTN(n, d) WORD $(0x0e614800 | (n)<<5 | (d))
#define SQXTN2(n, d) WORD $(0x4e614800 | (n)<<5 | (d))
#define SXTL(n, d) WORD $(0x0f10a400 | (n)<<5 | (d))
#define SXTL2(n, d) WORD $(0x4f10a400 | (n)<<5 | (d))

// Bytes and words: usubl vd.8h, vn.8b, vm.8b; uaddw vd.8h, vn.8h, vm.8b; sqxtun vd.8b, vn.8h.
#define USUBL(m, n, d) WORD $(0x2e202000 | (m)<<16 | (n)<<5 | (d))
#define UADDW(m, n, d) WORD $(0x2e201000 | (m)<<16 | (n)<<5 | (d))
#define SQXTUN(n, d) WORD $(0x2e212800 | (n)<<5 | (d))

// TRANSPOSE8 turns 8x8 words, the rows in V16 to V23, into those in V24 to V31.
#define TRANSPOSE8 \
	VZIP1 V17.H8, V16.H8, V24.H8 \
	VZIP2 V17.H8, V16.H8, V25.H8 \
	VZIP1 V19.H8, V18.H8, V26.H8 \
	VZIP2 V19.H8, V18.H8, V27.H8 \
	VZIP1 V21.H8, V20.H8, V28.H8 \
	VZIP2 V21.H8, V20.H8, V29.H8 \
	VZIP1 V23.H8, V22.H8, V30.H8 \
	VZIP2 V23.H8, V22.H8, V31.H8 \
	VZIP1 V26.S4, V24.S4, V16.S4 \
	VZIP2 V26.S4, V24.S4, V17.S4 \
	VZIP1 V27.S4, V25.S4, V18.S4 \
	VZIP2 V27.S4, V25.S4, V19.S4 \
	VZIP1 V30.S4, V28.S4, V20.S4 \
	VZIP2 V30.S4, V28.S4, V21.S4 \
	VZIP1 V31.S4, V29.S4, V22.S4 \
	VZIP2 V31.S4, V29.S4, V23.S4 \
	VZIP1 V20.D2, V16.D2, V24.D2 \
	VZIP2 V20.D2, V16.D2, V25.D2 \
	VZIP1 V21.D2, V17.D2, V26.D2 \
	VZIP2 V21.D2, V17.D2, V27.D2 \
	VZIP1 V22.D2, V18.D2, V28.D2 \
	VZIP2 V22.D2, V18.D2, V29.D2 \
	VZIP1 V23.D2, V19.D2, V30.D2 \
	VZIP2 V23.D2, V19.D2, V31.D2
