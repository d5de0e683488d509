// ---- arithmetic in single precision -------------------------------------------------------------------------------
// JavaScript has doubles alone. Rounding the sum, difference, product or quotient of two floats to double and then to
// float gives what rounding once would (53 >= 2 * 24 + 2); a fused multiply-add takes more care. The polynomials and
// constants are those of the program's own table, so that its results come out, to the bit.

const float = Math.fround;
const words = new Int32Array(2);
const double = new Float64Array(words.buffer);
const single = new Float32Array(words.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] ? 0 : 1; // where a double has its low word

const bitsOf = x => { single[0] = x; return words[0]; };
const ofBits = bits => { words[0] = bits; return single[0]; };

// a * b + c, rounded once: the product is exact in double; the sum is rounded to odd by its exact error (TwoSum), and
// then to float as if once.
function fma(a, b, c) {
  const product = a * b;
  const sum = product + c;
  const addend = sum - product;
  const error = (product - (sum - addend)) + (c - addend);
  if (!(error > 0 || error < 0)) return float(sum);
  double[0] = sum;
  if ((words[LOW] & 1) === 0) {
    // One unit away from zero if the error has the sum's sign, else towards it.
    if ((error > 0) !== (sum > 0) && words[LOW] === 0) words[1 - LOW] -= 1;
    words[LOW] += (error > 0) === (sum > 0) ? 1 : -1;
  }
  return float(double[0]);
}

{{EXP}}
const ROUND = 12582912; // 1.5 * 2^23: a sum with it has the nearest integer in its low bits

// e^x = scale * (1 + r * h), up to the power of two that `round` adds.
function expReduced(x, round) {
  const shifted = fma(x, {{LOG2_E}}, round);
  const n = float(shifted - round);
  const r = fma(n, -{{LN2_LOW}}, fma(n, -{{LN2_HIGH}}, x));
  return { scale: ofBits(bitsOf(shifted) << 23), r, h: fma(expPolynomial(r), r, 1) };
}

// e^x for x <= 0; underflows gradually.
function expNonpositive(x) {
  const { scale, r, h } = expReduced(x < -104 ? -104 : x, ROUND + 127 + 64);
  return float(float(fma(h, r, 1) * scale) * 2 ** -64);
}

{{ACTIVATION}}
