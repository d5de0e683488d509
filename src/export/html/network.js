// ---- the network --------------------------------------------------------------------------------------------------

const PIXELS = {{features}}, HIDDEN = {{hidden}}, CLASSES = {{classes}};
const SHAPE = { channels: {{channels}}, height: {{height}}, width: {{width}} };
const FRAMING = {{framing}};
const NAMES = {{names}};

const pixelValue = Float32Array.from({ length: 256 }, (_, pixel) => pixel / {{scale}});

// Row 0 the biases, row 1 + i the weights of input i to each output: little-endian floats, in base64.
const [weights1, weights2] = (() => {
  const bytes = Uint8Array.from(atob(document.getElementById("weights").textContent), c => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const count = (PIXELS + 1) * HIDDEN;
  const all = Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  return [all.subarray(0, count), all.subarray(count)];
})();

// The logits of a picture: PIXELS numbers from 0 to 255, planes of rows. Pixels ascending, those that are 0 left out;
// then units ascending.
function logits(pixels) {
  const z = weights1.slice(0, HIDDEN);
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    if (pixels[pixel] === 0) continue;
    const x = pixelValue[pixels[pixel]];
    for (let unit = 0, at = (pixel + 1) * HIDDEN; unit < HIDDEN; unit++, at++) z[unit] = fma(x, weights1[at], z[unit]);
  }
  const out = weights2.slice(0, CLASSES);
  for (let unit = 0, at = CLASSES; unit < HIDDEN; unit++) {
    const h = activation(z[unit] + 0); // -0 becomes 0
    for (let k = 0; k < CLASSES; k++, at++) out[k] = fma(h, weights2[at], out[k]);
  }
  return out.map(logit => logit + 0);
}

// The first of the greatest.
function greatest(values) {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}

function softmax(values) {
  const most = values[greatest(values)];
  const e = values.map(value => expNonpositive(float(value - most)));
  const sum = e.reduce((sum, value) => float(sum + value), 0);
  return e.map(value => value / sum);
}

// The bits of the exporting program's logits on pictures of random pixels: a quarter of them, a half, three quarters, all.
const EXPECTED = [
{{expected}}];

// How many of those pictures give other bits here.
function selfTest() {
  return EXPECTED.filter((expected, number) => {
    let state = number;
    const pixels = Uint8Array.from({ length: PIXELS }, () => {
      state = Math.imul(state, 1664525) + 1013904223 >>> 0;
      return state >>> 30 <= number ? state >>> 16 & 255 : 0;
    });
    return logits(pixels).some((logit, k) => bitsOf(logit) !== (expected[k] | 0));
  }).length;
}
