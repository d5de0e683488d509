
/* 2/pi in units of 2^-256: the bits after the point follow 64 zeros. */
static const uint32_t two_over_pi[10] = {@TWO_OVER_PI_BITS@};

/* |x| > 2^20 less its multiple of pi/2 (Payne and Hanek, 1983): x = m 2^e; 128 bits of 2/pi from the one on that
 * weighs 2^(1-e), times m, are the quotient modulo 4. Gives the quadrant. */
static uint32_t reduce_in_integers(float x, float *high, float *low)
{
    union { double value; uint64_t bits; } angle;
    const uint32_t mantissa = (to_bits(x) & 0x007fffffu) | 0x00800000u;
    const uint32_t first = (to_bits(x) >> 23) + 64u - 2u - 150u;
    const uint32_t shift = first % 32u;
    uint32_t word[4]; /* the lowest first */
    uint64_t carry = 0, rest;
    int i;
    if (first == 255u + 64u - 2u - 150u) {
        *high = *low = x - x; /* infinite: NaN */
        return 0;
    }
    for (i = 0; i < 4; i++) {
        const uint32_t at = first / 32u + 3u - (uint32_t)i;
        const uint64_t both = (at < 10u ? (uint64_t)two_over_pi[at] << 32 : 0) |
                              (at + 1u < 10u ? two_over_pi[at + 1u] : 0);
        carry += (both << shift >> 32) * mantissa;
        word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    /* the signed rest in units of 2^-64, rounded once to double and once by the product */
    rest = ((uint64_t)word[3] << 34) | ((uint64_t)word[2] << 2) | (word[1] >> 30);
    angle.value = (rest >> 63 != 0 ? -(double)(~rest + 1u) : (double)rest) * (@HALF_PI_F64@ * 0x1p-64);
#ifdef __GNUC__
    __asm__("" : "+r"(angle.bits)); /* rounded, before something is taken from it */
#endif
    *high = (float)angle.value;
    *low = (float)(angle.value - (double)*high);
    return (word[3] + 0x20000000u) >> 30;
}
