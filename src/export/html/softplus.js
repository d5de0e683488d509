{{LOG1P_OF_FRACTION}}
// softplus: ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
function activation(x) {
  const e = expNonpositive(-Math.abs(x));
  return float((x < 0 ? 0 : x) + fma(float(e * e), log1pPolynomial(e), e));
}
