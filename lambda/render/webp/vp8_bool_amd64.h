// The state of the booleans is in R8, the window, R9, how many bits are left, and R10,
// the size; SI is at the data that comes next. BX is the odds of a boolean. AX, CX and DI
// change.

// SPLIT shifts the interval, and leaves in AX where a boolean of the odds in BX divides
// it, and in CX the same in the window. What decides how fast booleans follow one another
// is the way from size to size, so the product of size and probability is shifted, not
// its factor. The shift of 32 bits is 24 larger, and so is the product, and what is added
// to it.
#define SPLIT(enough) \
	LZCNTL  R10, CX    \
	MOVBLZX BX, AX     \
	IMULQ   R10, AX    \
	SHLXQ   CX, AX, AX \
	ADDQ    BX, AX     \
	SHRQ    $32, AX    \
	SHIFT(enough)      \
	SHLXQ   R9, AX, CX

// SHIFT shifts the interval by what is in CX, less 24.
#define SHIFT(enough) \
	SUBL  $24, CX      \
	SHLXQ CX, R10, R10 \
	REFILL(enough)

// REFILL takes as many bits as CX says, and fills a window that has too few.
#define REFILL(enough) \
	SUBQ   CX, R9   \
	JGE    enough   \
	MOVQ   (SI), DI \
	BSWAPQ DI       \
	SHRQ   $8, DI   \
	SHLQ   $56, R8  \
	ORQ    DI, R8   \
	ADDQ   $7, SI   \
	ADDQ   $56, R9  \
enough:

// TREE decodes a boolean and jumps if it is true. BELOW goes on where it was false, and
// ABOVE where it was true.
#define TREE(enough, true) \
	SPLIT(enough) \
	CMPQ R8, CX   \
	JCC  true

#define BELOW \
	MOVQ AX, R10

#define ABOVE \
	SUBQ AX, R10 \
	SUBQ CX, R8

// BIT decodes a boolean without a jump, and puts it behind the bits of R14.
#define BIT(odds, enough) \
	MOVQ    odds, BX          \
	SPLIT(enough)             \
	MOVQ    R8, DI            \
	SUBQ    AX, R10           \
	SUBQ    CX, DI            \
	CMOVQCC DI, R8            \
	CMOVQCS AX, R10           \
	SBBQ    CX, CX            \
	LEAQ    1(CX)(R14*2), R14
