/* @file@: @features@ @inputs@ -> @hidden@ @activation@ units -> @classes@ classes, in @weights@.
 *
 * Written by `monolayer export --format c` (monolayer @version@, numeric contract @contract@) from a model with the
 * fingerprint @fingerprint@. Compile @file@.c as C99 or later. The logits are those of the machine that trained
 * the model, bit for bit, with and without a floating-point unit.
 *
 * Flash: @flash@ bytes of constants. Stack: at most @stack@ bytes, compiled with -O1 or more. No static
 * memory, no heap, no library function. A @sample@ takes @multiply-adds@ multiply-adds, less those of pixels that are 0.
 */
#ifndef @P@_H
#define @P@_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define @P@_PIXELS @features@
#define @P@_CLASSES @classes@

@features-declared@/* The logit of each class@times@. `pixels`: @P@_PIXELS bytes@layout@, 0 to 255, not divided by
 * anything; `logits`: room for @P@_CLASSES. */
void @p@_logits(const uint8_t *pixels, @type@ *logits);

/* @softmax@ */
void @p@_softmax(@softmax-takes@);

/* The class of a @sample@: that of the first greatest logit. */
int @p@_predict(const uint8_t *pixels);

/* What the classes are called, in UTF-8. */
extern const char *const @p@_names[@P@_CLASSES];

#if defined(@P@_SELF_TEST) || defined(@P@_MAIN)
/* The number of test @samples@ for which this machine and compiler do not give the
 * @results@ that the exporting program gave, to the bit: 0 is good. */
int @p@_self_test(void);
#endif

#ifdef __cplusplus
}
#endif

#endif
