
@LOG1P_OF_FRACTION@
/* softplus: ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). */
static float activation(float x)
{
    const float e = exp_nonpositive(from_bits(to_bits(x) | 0x80000000u));
    return (x < 0.0f ? 0.0f : x) + FMA(e * e, log1p_polynomial(e), e);
}
