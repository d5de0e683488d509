
#if (-1 >> 1) != -1
#error "a shift to the right must keep the sign"
#endif

/* W1: row d the weights of pixel d to each hidden unit. */
static const int8_t weights_1[] = {
@w1@};

/* W2: row k the weights of class k from each hidden unit. */
static const int8_t weights_2[] = {
@w2@};

/* Where the sum of a hidden unit or of a class begins, and what makes a place in the table or a logit of it. */
struct scaling {
    int32_t bias, multiplier;
};

static const struct scaling units[] = {
@unit-scalings@};

static const struct scaling classes[] = {
@class-scalings@};

/* @activation@ at 257 points of equal distance. */
static const int16_t activation_table[] = {
@table@};

/* (sum 2^shift) multiplier / 2^32, to the nearest, ties to even. */
static int32_t requantise(uint32_t sum, unsigned shift, int32_t multiplier)
{
    const int64_t product = (int64_t)(int32_t)(sum << shift) * multiplier;
    const uint32_t low = (uint32_t)product;
    const int32_t high = (int32_t)(product >> 32);
    return high + (low > 0x80000000u || (low == 0x80000000u && (high & 1) != 0));
}

/* The activation of a sum: its table, linear between two points. */
static int32_t activation(uint32_t sum, int32_t multiplier)
{
    int32_t at = requantise(sum, @shift1@, multiplier);
    const int16_t *point;
    int32_t rise;
@place@    point = activation_table + (at >> 8);
    rise = (point[1] - point[0]) * (at & 255);
    return point[0] + ((rise + 127 + ((rise >> 8) & 1)) >> 8);
}
@additions@
void @p@_logits(const uint8_t *pixels, int32_t *logits)
{
    uint32_t sum[HIDDEN]; /* which becomes the activation */
    unsigned i, k, pixel, unit;
    for (unit = 0; unit < HIDDEN; unit++) {
        sum[unit] = (uint32_t)units[unit].bias;
    }
    for (pixel = 0; pixel < @P@_PIXELS; pixel += 256) {
        uint8_t inked[256]; /* pixels that are not 0 */
        const unsigned end = @P@_PIXELS - pixel < 256 ? @P@_PIXELS - pixel : 256;
        unsigned count = 0;
        for (i = 0; i < end; i++) {
            inked[count] = (uint8_t)i;
            count += (0 - (uint32_t)pixels[pixel + i]) >> 31; /* 1 but for 0, without a comparison */
        }
        for (unit = 0; unit + @T@ <= HIDDEN; unit += @T@) {
            add_@T@(pixels + pixel, inked, count, weights_1 + pixel * HIDDEN + unit, sum + unit);
        }
@rest@    }
    for (unit = 0; unit < HIDDEN; unit++) {
        sum[unit] = (uint32_t)activation(sum[unit], units[unit].multiplier);
    }
    for (k = 0; k < @P@_CLASSES; k++) {
        const int8_t *row = weights_2 + k * HIDDEN;
        uint32_t total = (uint32_t)classes[k].bias;
        for (i = 0; i < HIDDEN; i += @at-once@) {
@products@        }
        logits[k] = requantise(total, @shift2@, classes[k].multiplier);
    }
}
