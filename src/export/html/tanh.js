{{TANH}}
// tanh: x + x^3 q(x^2) where |x| is small, 1 - 2 / (e^2x + 1) elsewhere, and the sign of x.
function activation(x) {
  const a = Math.abs(x);
  let value;
  if (a < {{TANH_SMALL}}) {
    const square = float(a * a);
    value = fma(float(a * square), tanhPolynomial(square), a);
  } else {
    const bounded = 10 < a ? 10 : a;
    const { scale, r, h } = expReduced(bounded + bounded, ROUND + 127);
    value = float(1 - float(2 / fma(float(r * scale), h, float(scale + 1))));
  }
  return bitsOf(x) < 0 ? -value : value;
}
