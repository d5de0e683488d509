
/* low and f of each feature. */
static const float feature_map[][2] = {
@map@};

/* (x - low) f to the nearest of 0 to 255, ties to even. The sum lies where floats are whole numbers: the rounded number is
 * in its lowest bits, and no compiler can take the addition out again. */
void @p@_features(const float *features, uint8_t *bytes)
{
    unsigned i;
    for (i = 0; i < @P@_PIXELS; i++) {
        const float f = feature_map[i][1];
        float t = rounded((features[i] - feature_map[i][0]) * f);
        const int unknown = !(f > 0.0f) || t != t;
        t = t < 255.0f ? t : 255.0f;
        t = t > 0.0f ? t : 0.0f;
        bytes[i] = (uint8_t)(unknown ? 128u : to_bits(t + 12582912.0f) & 255u);
    }
}
