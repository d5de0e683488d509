
#if defined(@P@_SELF_TEST) || defined(@P@_MAIN)
/* The exporting program's logits, as bits. */
static const uint32_t expected[4][@P@_CLASSES] = {
@expected@};

int @p@_self_test(void)
{
    uint8_t pixels[@P@_PIXELS];
    @type@ logits[@P@_CLASSES];
    int wrong = 0;
    uint32_t picture;
    for (picture = 0; picture < 4; picture++) {
        /* Random pixels: a quarter of them, a half, three quarters, all. */
        uint32_t state = picture, same = 1;
        unsigned i;
        for (i = 0; i < @P@_PIXELS; i++) {
            state = state * 1664525u + 1013904223u;
            pixels[i] = (uint8_t)(state >> 30 <= picture ? state >> 16 & 255u : 0);
        }
        @p@_logits(pixels, logits);
        for (i = 0; i < @P@_CLASSES; i++) {
            same &= @bits@(logits[i]) == expected[picture][i];
        }
        wrong += same == 0;
    }
@features-tested@    return wrong;
}
#endif

#ifdef @P@_MAIN
int main(void)
{
    return @p@_self_test();
}
#endif
