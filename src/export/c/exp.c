
/* e^x = scale * (1 + r * h) up to the power of two that `round` adds: 1.5 * 2^23 + 127 + k makes the scale 2^(n + k)
 * with n = round(x / ln 2). */
struct reduced {
    float scale, r, h;
};

@EXP@
static inline struct reduced exp_reduce(float x, float round)
{
    struct reduced e;
    const float shifted = FMA(x, @LOG2_E@, round);
    const float n = shifted - round;
    const float r = FMA(n, -@LN2_HIGH@, x);
    e.r = FMA(n, -@LN2_LOW@, r);
    e.h = FMA(exp_polynomial(e.r), e.r, 1.0f);
    e.scale = from_bits(to_bits(shifted) << 23);
    return e;
}

/* e^x for x <= 0; underflows gradually. */
static float exp_nonpositive(float x)
{
    const struct reduced e = exp_reduce(x < -104.0f ? -104.0f : x, 12582912.0f + 127.0f + 64.0f);
    const float value = FMA(e.h, e.r, 1.0f) * e.scale;
    return rounded(value * 0x1p-64f);
}
