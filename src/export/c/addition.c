
/* Goes on with the sums of @T@ hidden units, for the pixels that `inked` lists. `weights`: those from the first
 * of the pixels to the first of the units. */
static void add_@T@(const uint8_t *pixels, const uint8_t *inked, unsigned count, const int8_t *weights,
    uint32_t *sum)
{
    uint32_t @read@;
    for (; count > 0; count--) {
        const unsigned pixel = *inked++;
        const int32_t x = pixels[pixel];
        const int8_t *row = weights + pixel * HIDDEN;
@add@    }
@write@}
