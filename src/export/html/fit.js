// ---- pictures made to measure: `predict --fit`, in the same whole numbers ----------------------------------------------

// side * by / of, to the nearest; all these numbers are below 2^53, and the quotients' floors exact.
const share = (side, by, of) => Math.floor((2 * side * by + of) / (2 * of));

// The lower median of values of which so many each were seen.
function median(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  return counts.findIndex(count => 2 * (seen += count) >= total);
}

// Of `from` pixels made `to`, where those for pixel `at` begin, and their weights: areas where it shrinks, a triangle
// about the middle that reaches one pixel to either side where it grows.
function pixelWindow(from, to, at) {
  const weight = j => to <= from
    ? Math.max(0, Math.min((at + 1) * from, (j + 1) * to) - Math.max(at * from, j * to))
    : Math.max(0, 2 * to - Math.abs((2 * at + 1) * from - (2 * j + 1) * to));
  let start = Math.max(0, Math.floor(at * from / to) - 1);
  while (weight(start) === 0) start++;
  const weights = [];
  for (let j = start; j < from && weight(j) > 0; j++) weights.push(weight(j));
  return { start, weights, total: weights.reduce((sum, weight) => sum + weight, 0) };
}

// A region of a plane as `height` rows of `width` pixels.
function scaled(plane, across, region, height, width) {
  const columns = Array.from({ length: width }, (_, x) => pixelWindow(region.width, width, x));
  const out = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const rows = pixelWindow(region.height, height, y);
    const sums = new Float64Array(width);
    rows.weights.forEach((weight, i) => {
      const begin = (region.top + rows.start + i) * across + region.left;
      columns.forEach((column, x) => {
        let sum = 0;
        for (let j = 0; j < column.weights.length; j++) sum += column.weights[j] * plane[begin + column.start + j];
        sums[x] += weight * sum;
      });
    });
    columns.forEach((column, x) => {
      const total = rows.total * column.total;
      out[y * width + x] = Math.floor((sums[x] + Math.floor(total / 2)) / total);
    });
  }
  return out;
}

// How far each pixel is from the background, on the side where the ink is, and the rectangle with all ink in it;
// null where there is none.
function inkOf(grey, height, width) {
  const edge = new Array(256).fill(0), distances = new Array(256).fill(0);
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1);
    for (let x = 0; x < width; x += step) edge[grey[y * width + x]]++;
  }
  const background = median(edge);
  let darkest = 255, lightest = 0;
  for (const value of grey) {
    if (value < darkest) darkest = value;
    if (value > lightest) lightest = value;
    distances[Math.abs(value - background)]++;
  }
  const dark = background - darkest > lightest - background;
  const farthest = dark ? background - darkest : lightest - background;
  const noise = median(distances), half = farthest >> 1;
  const paper = Math.min(half, Math.max(farthest >> 4, Math.min(255, 6 * noise)));
  const certain = noise === 0 ? 0 : half;
  const ink = grey.map(value => {
    const distance = Math.max(0, dark ? background - value : value - background);
    return distance > paper ? distance : 0;
  });
  let top = height, bottom = -1, left = width, right = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (ink[y * width + x] <= certain) continue;
      top = Math.min(top, y), bottom = y;
      left = Math.min(left, x), right = Math.max(right, x);
    }
  }
  return bottom < 0 ? null : { ink, region: { top, left, height: bottom + 1 - top, width: right + 1 - left } };
}

// A drawing as MNIST has it: as large as a box of 20 of 28 pixels, its centre of mass in the middle.
function drawing(grey, height, width) {
  const found = inkOf(grey, height, width);
  if (!found) return null;
  const { ink, region } = found;
  const side = Math.max(1, Math.floor((Math.min(SHAPE.height, SHAPE.width) * 20 + 14) / 28));
  const longer = Math.max(region.height, region.width);
  const rows = Math.max(1, share(region.height, side, longer)), columns = Math.max(1, share(region.width, side, longer));
  const small = scaled(ink, width, region, rows, columns);
  const most = small.reduce((most, value) => Math.max(most, value), 0);
  if (most === 0) return null;
  let mass = 0, down = 0, right = 0;
  for (let at = 0; at < small.length; at++) {
    const value = small[at] = Math.floor((small[at] * 255 + (most >> 1)) / most);
    mass += value, down += value * Math.floor(at / columns), right += value * (at % columns);
  }
  const place = (middle, moment, room) => Math.min(room, Math.max(0, middle - Math.floor((2 * moment + mass) / (2 * mass))));
  const top = place(SHAPE.height >> 1, down, SHAPE.height - rows);
  const left = place(SHAPE.width >> 1, right, SHAPE.width - columns);
  const out = new Uint8Array(PIXELS);
  for (let y = 0; y < rows; y++) out.set(small.subarray(y * columns, (y + 1) * columns), (top + y) * SHAPE.width + left);
  return out;
}

// The planes (red, green, blue) of a picture as the model takes them; null where a drawing is wanted and there is none.
function fitted(planes, height, width) {
  if (SHAPE.channels === 1) {
    const [red, green, blue] = planes;
    const luma = red.map((r, at) => Math.floor((299 * r + 587 * green[at] + 114 * blue[at] + 500) / 1000));
    return drawing(luma, height, width);
  }
  const rows = Math.max(1, Math.min(height, share(width, SHAPE.height, SHAPE.width)));
  const columns = Math.max(1, Math.min(width, share(height, SHAPE.width, SHAPE.height)));
  const region = { top: height - rows >> 1, left: width - columns >> 1, height: rows, width: columns };
  const out = new Uint8Array(PIXELS);
  planes.forEach((plane, c) => out.set(scaled(plane, width, region, SHAPE.height, SHAPE.width), c * SHAPE.height * SHAPE.width));
  return out;
}
