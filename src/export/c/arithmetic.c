/* @file@.c: see @file@.h.
 *
 * Every operation on floats is one that IEEE 754 rounds correctly, in an order that nobody may change: so the results
 * do not depend on the processor or the compiler. -D@P@_SELF_TEST adds a self-test, -D@P@_MAIN a main
 * function that runs it.
 */
#include "@file@.h"

#include <float.h>
#include <limits.h>

#if defined(__FAST_MATH__) || defined(_M_FP_FAST) || defined(__ASSOCIATIVE_MATH__) || \
    defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__) || \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error "compile without -ffast-math and its parts: they change the results"
#endif
/* 0: each type is computed as itself. 16: the same, said by compilers that know a smaller type as well. */
#if !defined(FLT_EVAL_METHOD) || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
#error "float must be computed as float: C99, and on 32-bit x86 -msse2 -mfpmath=sse"
#endif
#if UINT_MAX < 0xffffffffu
#error "int must have 32 bits or more"
#endif
#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || DBL_MANT_DIG != 53
#error "float and double must be those of IEEE 754"
#endif

/* Compilers other than GCC and Clang are told not to contract a * b + c; for those two see `rounded`. */
#if defined(_MSC_VER)
#pragma fp_contract(off)
#elif !defined(__GNUC__)
#pragma STDC FP_CONTRACT OFF
#endif

#define HIDDEN @hidden@u

static inline uint32_t to_bits(float value)
{
    union { float value; uint32_t bits; } both;
    both.value = value;
    return both.bits;
}

static inline float from_bits(uint32_t bits)
{
    union { float value; uint32_t bits; } both;
    both.bits = bits;
    return both.value;
}

/* Where the processor has the instruction: GCC says so by the first name, Clang by the others. */
#if defined(__FP_FAST_FMAF) || (defined(__clang__) && (defined(__FMA__) || defined(__ARM_FEATURE_FMA)))
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#else
#ifdef __GNUC__
__attribute__((noinline))
#endif
/* a * b + c, rounded once. The product of two floats is exact in double, so that contracting it changes nothing; the
 * sum is rounded to odd by its exact error (TwoSum), and then to float as if once. C libraries have an fmaf, but
 * some of them round twice. */
static float fma_emulated(float a, float b, float c)
{
    union { double value; uint64_t bits; } sum, error;
    const double product = (double)a * (double)b;
    double addend;
    sum.value = product + (double)c;
    addend = sum.value - product;
    error.value = (product - (sum.value - addend)) + ((double)c - addend);
    if ((error.value > 0.0 || error.value < 0.0) && (sum.bits & 1) == 0) {
        /* one unit away from zero if the error has the sum's sign, else towards it */
        if ((error.bits ^ sum.bits) >> 63 != 0) {
            sum.bits -= 1;
        } else {
            sum.bits += 1;
        }
    }
    return (float)sum.value;
}
#define FMA(a, b, c) fma_emulated(a, b, c)
#endif

/* A product that is rounded before anything is added to it. GCC contracts a * b + c across statements wherever the
 * processor can, and does not know the pragma: but it cannot look through this empty instruction. */
static inline float rounded(float product)
{
#ifdef __GNUC__
    uint32_t bits = to_bits(product);
    __asm__("" : "+r"(bits));
    return from_bits(bits);
#else
    return product;
#endif
}
