{{SIN}}
{{COS}}
// 2/pi in units of 2^-256: the bits after the point follow 64 zeros.
const TWO_OVER_PI_BITS = 0x{{TWO_OVER_PI_BITS}}n;

// |x| > 2^20 less its multiple of pi/2 (Payne and Hanek, 1983): x = m 2^e; 128 bits of 2/pi from the one on that
// weighs 2^(1-e), times m, are the quotient modulo 4.
function reducedInIntegers(x) {
  if (!(x < Infinity)) return { quadrant: 0, high: NaN, low: NaN };
  const first = (bitsOf(x) >>> 23) + 64 - 2 - 150;
  const mantissa = BigInt((bitsOf(x) & 0x7fffff) | 0x800000);
  const product = BigInt.asUintN(128, BigInt.asUintN(128, TWO_OVER_PI_BITS >> BigInt(320 - 128 - first)) * mantissa);
  // The signed rest in units of 2^-64, rounded once to double and once by the product.
  const rest = Number(BigInt.asIntN(64, product >> 62n)) * ({{HALF_PI_F64}} * 2 ** -64);
  const high = float(rest);
  return { quadrant: Number((product >> 96n) + 0x20000000n >> 30n), high, low: float(rest - high) };
}

// |x| = n pi/2 + high + low, by three parts of pi/2.
function reduced(a) {
  if (!(a <= 1048576)) return reducedInIntegers(a);
  const shifted = fma(a, {{TWO_OVER_PI}}, ROUND);
  const n = float(shifted - ROUND);
  const rest = fma(n, -{{HALF_PI_0}}, a);
  const product = float(n * {{HALF_PI_1}});
  const lost = fma(n, {{HALF_PI_2}}, fma(n, {{HALF_PI_1}}, -product));
  const high = float(rest - product);
  const low = float(float(float(rest - high) - product) - lost);
  return { quadrant: bitsOf(shifted), high, low };
}

// cos: the quadrant says which polynomial of the rest is the result, and with which sign.
function activation(x) {
  const { quadrant, high, low } = reduced(Math.abs(x));
  const square = fma(high, high, float(high * float(low + low)));
  const value = (quadrant & 1) !== 0
    ? float(high + fma(float(high * square), sinPolynomial(square), low))
    : fma(fma(cosPolynomial(square), square, -0.5), square, 1);
  return (quadrant + 1 & 2) !== 0 ? -value : value;
}
