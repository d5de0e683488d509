
@SIN@
@COS@
/* cos: |x| = n pi/2 + high + low, and the quadrant n mod 4 says which polynomial is the result, with which sign.
 * @reach@ */
static float activation(float x)
{
    const float a = from_bits(to_bits(x) & 0x7fffffffu);
    const float shifted = FMA(a, @TWO_OVER_PI@, 12582912.0f);
    const float n = shifted - 12582912.0f;
    const float rest = FMA(n, -@HALF_PI_0@, a);
    const float product = rounded(n * @HALF_PI_1@);
    const float lost = FMA(n, @HALF_PI_2@, FMA(n, @HALF_PI_1@, -product));
    float high = rest - product;
    float low = rest - high - product - lost;
    uint32_t quadrant = to_bits(shifted);
    float square, value;
@large@    square = FMA(high, high, high * (low + low));
    if ((quadrant & 1) != 0) {
        value = high + FMA(high * square, sin_polynomial(square), low);
    } else {
        value = FMA(FMA(cos_polynomial(square), square, -0.5f), square, 1.0f);
    }
    return from_bits(to_bits(value) ^ ((quadrant + 1) & 2) << 30);
}
