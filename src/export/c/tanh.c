
@TANH@
/* tanh: x + x^3 q(x^2) where |x| is small, 1 - 2 / (e^2x + 1) elsewhere, and the sign of x. */
static float activation(float x)
{
    const uint32_t sign = to_bits(x) & 0x80000000u;
    const float a = from_bits(to_bits(x) ^ sign);
    float value;
    if (a < @TANH_SMALL@) {
        const float square = a * a;
        value = FMA(a * square, tanh_polynomial(square), a);
    } else {
        const float bounded = 10.0f < a ? 10.0f : a;
        const struct reduced e = exp_reduce(bounded + bounded, 12582912.0f + 127.0f);
        value = 1.0f - 2.0f / FMA(e.r * e.scale, e.h, e.scale + 1.0f);
    }
    return from_bits(to_bits(value) | sign);
}
