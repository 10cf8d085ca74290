// The state of the booleans is in R2, the window, R3, how many bits are left, and R4, the
// size; R5 is at the data that comes next. R6 is the odds of a boolean. R15 to R17
// change.

// SPLIT shifts the interval, and leaves in R15 where a boolean divides it, and in R16 the
// same in the window. What decides how fast booleans follow one another is the way from
// size to size, so the product of size and probability is shifted, not its factor. The
// shift of 32 bits is 24 larger, and so is the product, and what is added to it.
#define SPLIT(enough) \
	CLZW  R4, R16       \
	MOVBU R6, R15       \
	MUL   R4, R15, R15  \
	LSL   R16, R15, R15 \
	ADD   R6, R15, R15  \
	LSR   $32, R15, R15 \
	SHIFT(enough)       \
	LSL   R3, R15, R16

// SHIFT shifts the interval by what is in R16, less 24, and fills a window that has too
// few bits.
#define SHIFT(enough) \
	SUB  $24, R16, R16    \
	LSL  R16, R4, R4      \
	SUBS R16, R3, R3      \
	BGE  enough           \
	MOVD (R5), R17        \
	REV  R17, R17         \
	LSR  $8, R17, R17     \
	ORR  R2<<56, R17, R2  \
	ADD  $7, R5, R5       \
	ADD  $56, R3, R3      \
enough:

// TREE decodes a boolean and jumps if it is true. BELOW goes on where it was false, and
// ABOVE where it was true.
#define TREE(enough, true) \
	SPLIT(enough) \
	CMP R16, R2   \
	BHS true

#define BELOW \
	MOVD R15, R4

#define ABOVE \
	SUB R15, R4, R4 \
	SUB R16, R2, R2

// TAKE takes what is above the border or what is below, without a jump. The carry says
// which: it is set above.
#define TAKE \
	SUBS R16, R2, R17     \
	SUB  R15, R4, R4      \
	CSEL HS, R17, R2, R2  \
	CSEL HS, R4, R15, R4

// BIT decodes a boolean without a jump, and puts it behind the bits of R14.
#define BIT(odds, enough) \
	MOVD odds, R6     \
	SPLIT(enough)     \
	TAKE              \
	ADC  R14, R14, R14
