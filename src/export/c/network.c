
/* The values of pixels: p / @scale@. */
static const float pixel_value[256] = {
@pixels@};

/* Row 0 the biases of the hidden units, row 1 + d the weights of pixel d to each. */
static const float weights_1[] = {
@w1@};

/* Row 0 the biases of the classes, row 1 + m the weights of unit m to each. */
static const float weights_2[] = {
@w2@};

static inline unsigned lowest_bit(uint32_t bits)
{
#ifdef __GNUC__
    return (unsigned)__builtin_ctzl(bits);
#else
    unsigned n = 0;
    for (; (bits & 1u) == 0; bits >>= 1) {
        n++;
    }
    return n;
#endif
}

/* The sums of @T@ hidden units, from the bias on, pixels ascending, those that are 0 left out. `weights`: the units'
 * biases, in row 0. */
static void sums(const uint8_t *pixels, const uint32_t *inked, const float *weights, float *z)
{
    const float *row = weights;
    float @sums@;
    unsigned word;
    for (word = 0; word < (@P@_PIXELS + 31) / 32; word++) {
        uint32_t bits;
        for (bits = inked[word]; bits != 0; bits &= bits - 1) {
            const unsigned pixel = 32 * word + lowest_bit(bits);
            const float x = pixel_value[pixels[pixel]];
            row = weights + (pixel + 1) * HIDDEN;
@add@        }
    }
@finish@}

void @p@_logits(const uint8_t *pixels, float *logits)
{
    uint32_t inked[(@P@_PIXELS + 31) / 32]; /* bit i of word w: pixel 32 w + i is not 0 */
    float z[@T@];
    unsigned i, k, pixel = @P@_PIXELS, unit = 0;
    for (i = (@P@_PIXELS + 31) / 32; i > 0; i--) {
        uint32_t word = 0;
        for (; pixel > 32 * (i - 1); pixel--) {
            word = word << 1 | (pixels[pixel - 1] != 0);
        }
        inked[i - 1] = word;
    }
    for (k = 0; k < @P@_CLASSES; k++) {
        logits[k] = weights_2[k] + 0.0f;
    }
    while (unit < HIDDEN) {
        /* The last @T@ units may overlap those before: they are computed again, and left out. */
        const unsigned first = unit + @T@u <= HIDDEN ? unit : HIDDEN - @T@u;
        sums(pixels, inked, weights_1 + first, z);
        for (; unit < first + @T@u; unit++) {
            const float h = activation(z[unit - first]);
            const float *row = weights_2 + (unit + 1) * @P@_CLASSES;
            for (k = 0; k < @P@_CLASSES; k++) {
                logits[k] = FMA(h, row[k], logits[k]);
            }
        }
    }
    for (k = 0; k < @P@_CLASSES; k++) {
        logits[k] += 0.0f; /* -0 becomes 0 */
    }
}
