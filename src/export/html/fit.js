// ---- pictures made to measure: `predict --fit`, in the same whole numbers ----------------------------------------------

// side * by / of, to the nearest; all these numbers are below 2^53, and the quotients' floors exact.
const share = (side, by, of) => Math.floor((2 * side * by + of) / (2 * of));

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

// ---- the ink on a picture: src/data/ink.rs has the reasons ------------------------------------------------------------------

const MOST_ACROSS = 1024, TILES = 96, LEAST_TILE = 4, REACH = 18, THIN = 64, SLANT = 16, SPECK = 20, EDGE = 20, SMALL = 16;
const ceilDiv = (a, b) => Math.floor((a + b - 1) / b);

// The value that so many quarters of all are at most; the least for 0.
function quantile(counts, quarters) {
  const wanted = Math.max(1, quarters * counts.reduce((sum, count) => sum + count, 0));
  let seen = 0;
  return Math.max(0, counts.findIndex(count => 4 * (seen += count) >= wanted));
}

// The means of square blocks, as large as they have to be.
function inBlocks(grey, height, width) {
  const side = ceilDiv(Math.max(height, width), MOST_ACROSS), across = ceilDiv(width, side), down = ceilDiv(height, side);
  const sums = new Float64Array(down * across), counts = new Float64Array(down * across);
  for (let at = 0; at < grey.length; at++) {
    const block = Math.floor(Math.floor(at / width) / side) * across + Math.floor(at % width / side);
    sums[block] += grey[at], counts[block]++;
  }
  const pixels = new Uint8Array(down * across);
  sums.forEach((sum, at) => pixels[at] = Math.floor((2 * sum + counts[at]) / (2 * counts[at])));
  return { pixels, height: down, width: across };
}

// Whether the ink is lighter than the ground.
function inkIsLight(tiles, rows, columns, { pixels, height, width }) {
  const range = (place, count) => {
    const step = ceilDiv(count, TILES / 4), out = [];
    for (let n = place % step; n < count; n += step) if (Math.abs(n - place) <= REACH) out.push(n);
    return out;
  };
  let dark = 0, light = 0;
  tiles.forEach((tile, at) => {
    const counts = new Array(256).fill(0), near = range(at % columns, columns);
    for (const row of range(Math.floor(at / columns), rows)) for (const column of near) counts[tiles[row * columns + column][2]]++;
    const usual = quantile(counts, 2);
    dark += Math.max(0, usual - tile[0]) ** 2, light += Math.max(0, tile[4] - usual) ** 2;
  });
  if (Math.max(dark, light) > 4 * Math.min(dark, light)) return light > dark;
  const counts = new Array(256).fill(0);
  pixels.forEach((value, at) => {
    if (at < width || at >= pixels.length - width || (at + 1) % width < 2) counts[value]++;
  });
  const usual = quantile(counts, 2);
  const least = tiles.reduce((least, tile) => Math.min(least, tile[0]), usual);
  const greatest = tiles.reduce((greatest, tile) => Math.max(greatest, tile[4]), usual);
  return greatest - usual >= usual - least;
}

// From grey values to distances from the paper, towards the ink, of 255 parts of the paper.
function subtractPaper(plane) {
  const { pixels, height, width } = plane;
  const side = Math.max(LEAST_TILE, ceilDiv(Math.max(height, width), TILES));
  const rows = ceilDiv(height, side), columns = ceilDiv(width, side);
  const each = tile => Array.from({ length: rows * columns }, (_, at) => tile(Math.floor(at / columns), at % columns));
  const tiles = each((row, column) => {
    const counts = new Array(256).fill(0);
    for (let y = row * side; y < Math.min(height, (row + 1) * side); y++) {
      for (let x = column * side; x < Math.min(width, (column + 1) * side); x++) counts[pixels[y * width + x]]++;
    }
    return [0, 1, 2, 3, 4].map(quarters => quantile(counts, quarters));
  });
  const isLight = inkIsLight(tiles, rows, columns, plane);
  if (isLight) pixels.forEach((value, at) => pixels[at] = 255 - value);
  const inReach = (levels, pick) => {
    const along = (levels, place, count, level) => {
      let out = level(place);
      for (let n = Math.max(0, place - REACH); n < Math.min(count, place + REACH + 1); n++) out = pick(out, level(n));
      return out;
    };
    const across = each((row, column) => along(levels, column, columns, n => levels[row * columns + n]));
    return each((row, column) => along(across, row, rows, n => across[n * columns + column]));
  };
  const paper = inReach(inReach(tiles.map(tile => isLight ? 255 - tile[1] : tile[3]), Math.max), Math.min);
  const between = (at, count) => {
    const place = Math.min(2 * side * (count - 1), Math.max(0, 2 * at + 1 - side)), first = Math.floor(place / (2 * side));
    return [first, Math.min(count - 1, first + 1), place % (2 * side)];
  };
  for (let y = 0; y < height; y++) {
    const [above, below, down] = between(y, rows);
    for (let x = 0; x < width; x++) {
      const [left, right, across] = between(x, columns);
      const mix = row => paper[row * columns + left] * (2 * side - across) + paper[row * columns + right] * across;
      const level = Math.floor((mix(above) * (2 * side - down) + mix(below) * down) / (4 * side * side));
      pixels[y * width + x] = Math.floor(Math.max(0, level - pixels[y * width + x]) * 255 / Math.max(1, level));
    }
  }
}

// Otsu's threshold of counted values.
function otsu(counts) {
  let all = 0, total = 0, below = 0, sum = 0, best = 0, threshold = 0;
  counts.forEach((count, value) => { all += count, total += value * count; });
  counts.forEach((count, value) => {
    below += count, sum += value * count;
    const above = all - below, apart = sum * above - (total - sum) * below;
    if (below > 0 && above > 0 && apart * apart / (below * above) > best) {
      best = apart * apart / (below * above), threshold = value;
    }
  });
  return threshold;
}

// The ink without thin straight lines from edge to edge.
function withoutRules(isInk, height, width) {
  const thin = ceilDiv(Math.max(height, width), THIN), out = isInk.slice();
  for (const [lines, length, toNext, along] of [[height, width, width, 1], [width, height, 1, width]]) {
    const isThin = (line, at) => {
      const ink = n => n >= 0 && n < lines && isInk[n * toNext + at * along];
      let before = 0, behind = 0;
      while (before < thin && ink(line - before - 1)) before++;
      while (behind < thin && ink(line + behind + 1)) behind++;
      return before + behind < thin;
    };
    const most = Math.floor(length / SLANT);
    for (let first = 0; first < lines; first++) {
      for (let slant = -most; slant <= most; slant++) {
        const place = at => {
          const line = first + Math.trunc(slant * at / length);
          return line >= 0 && line < lines && isInk[line * toNext + at * along] ? line : -1;
        };
        const inked = step => {
          let count = 0;
          for (let at = 0; at < length; at += step) if (place(at) >= 0) count++;
          return count * step;
        };
        if (3 * length > 4 * inked(8) + 32 || 3 * length > 4 * inked(1)) continue;
        for (let at = 0; at < length; at++) {
          const line = place(at);
          if (line >= 0 && isThin(line, at)) out[line * toNext + at * along] = 0;
        }
      }
    }
  }
  return out.includes(1) ? out : isInk;
}

// Calls `each` with the places that touch the one at `at`.
function neighbours(at, height, width, each) {
  const y = Math.floor(at / width), x = at % width;
  for (let row = Math.max(0, y - 1); row < Math.min(height, y + 2); row++) {
    for (let column = Math.max(0, x - 1); column < Math.min(width, x + 2); column++) each(row * width + column);
  }
}

// Connected ink: taken out of `isInk`, measured, and `each` called with its pixels.
function takeComponent(start, isInk, { pixels, height, width }, each) {
  const middle = (at, side) => 4 * at + 2 >= side && 4 * at + 2 <= 3 * side;
  const out = { start, top: height, bottom: 0, left: width, right: 0, mass: 0, inTheMiddle: false };
  const stack = [start];
  isInk[start] = 0;
  while (stack.length > 0) {
    const at = stack.pop(), y = Math.floor(at / width), x = at % width;
    each(at);
    out.top = Math.min(out.top, y), out.bottom = Math.max(out.bottom, y);
    out.left = Math.min(out.left, x), out.right = Math.max(out.right, x);
    out.mass += pixels[at];
    out.inTheMiddle ||= middle(y, height) && middle(x, width);
    neighbours(at, height, width, other => { if (isInk[other]) isInk[other] = 0, stack.push(other); });
  }
  out.longer = Math.max(out.bottom - out.top, out.right - out.left) + 1;
  out.atTheEdge = out.top === 0 || out.left === 0 || out.bottom === height - 1 || out.right === width - 1;
  return out;
}

// The components that are the drawing.
function drawingOf(isInk, plane) {
  const left = isInk.slice();
  let components = [];
  for (let at = 0; at < left.length; at++) if (left[at]) components.push(takeComponent(at, left, plane, () => {}));
  const side = Math.max(plane.height, plane.width);
  const rules = [part => !part.atTheEdge && part.longer * SMALL >= side, part => part.inTheMiddle, () => true];
  components = components.filter(rules.find(rule => components.some(rule)));
  const main = components.reduce((main, part) => main.mass * main.longer >= part.mass * part.longer ? main : part);
  const near = Math.floor(main.longer / 4);
  const overlap = (first, last, of, to) => first <= to + near && of <= last + near;
  const out = new Uint8Array(isInk.length);
  for (const part of components) {
    if (SPECK * part.mass >= main.mass && overlap(part.top, part.bottom, main.top, main.bottom)
      && overlap(part.left, part.right, main.left, main.right)) takeComponent(part.start, isInk, plane, at => out[at] = 1);
  }
  return out;
}

// Adds the grey edges of the ink.
function addEdges(drawing, { pixels, height, width }, noise) {
  let front = [], top = height, bottom = 0, left = width, right = 0;
  drawing.forEach((ink, at) => {
    if (!ink) return;
    front.push(at);
    const y = Math.floor(at / width), x = at % width;
    top = Math.min(top, y), bottom = Math.max(bottom, y), left = Math.min(left, x), right = Math.max(right, x);
  });
  for (let round = ceilDiv(Math.max(bottom - top, right - left) + 1, EDGE); round > 0; round--) {
    const next = [];
    for (const at of front) {
      neighbours(at, height, width, other => {
        if (!drawing[other] && pixels[other] > noise && pixels[other] <= pixels[at]) drawing[other] = 1, next.push(other);
      });
    }
    front = next;
  }
}

// The ink's distances from the paper, 0 elsewhere, and the rectangle with all ink in it; null where there is none.
function inkOf(grey, rows, columns) {
  const plane = inBlocks(grey, rows, columns), { pixels, height, width } = plane;
  subtractPaper(plane);
  const counts = new Array(256).fill(0);
  pixels.forEach(far => counts[far]++);
  const farthest = quantile(counts, 4), usual = quantile(counts, 2), far = quantile(counts, 3);
  if (farthest === 0) return null;
  const noise = Math.min(farthest >> 1, Math.max(farthest >> 4, Math.min(255, usual + Math.min(255, 6 * (far - usual)))));
  const least = Math.max(otsu(counts), noise);
  const drawing = drawingOf(withoutRules(pixels.map(far => far > least ? 1 : 0), height, width), plane);
  addEdges(drawing, plane, noise);
  let top = height, bottom = 0, left = width, right = 0;
  drawing.forEach((ink, at) => {
    if (!ink) return pixels[at] = 0;
    const y = Math.floor(at / width), x = at % width;
    top = Math.min(top, y), bottom = Math.max(bottom, y), left = Math.min(left, x), right = Math.max(right, x);
  });
  return { pixels, width, region: { top, left, height: bottom + 1 - top, width: right + 1 - left } };
}

// Whether a picture of the model's size is framed as the model's are: src/data/framing.rs.
function isFramed(grey) {
  let mass = 0, top = SHAPE.height, bottom = 0, left = SHAPE.width, right = 0, down = 0, across = 0;
  grey.forEach((value, at) => {
    const far = FRAMING.dark ? value : 255 - value, y = Math.floor(at / SHAPE.width), x = at % SHAPE.width;
    if (far < 32) return;
    mass += far, down += far * (2 * y + 1), across += far * (2 * x + 1);
    top = Math.min(top, y), bottom = Math.max(bottom, y + 1), left = Math.min(left, x), right = Math.max(right, x + 1);
  });
  if (mass === 0) return false;
  const { rows, columns } = FRAMING, height = bottom - top, width = right - left;
  const near = (found, side) => Math.abs(found - side) <= 1 + Math.floor(side / 8);
  const hasSize = columns === 0 ? near(Math.max(height, width), rows) : near(height, rows) && near(width, columns);
  const nearest = moment => Math.floor((32 * moment + Math.floor(mass / 2)) / mass);
  const [y, x] = FRAMING.mass ? [nearest(down), nearest(across)] : [32 * (top + bottom), 32 * (left + right)];
  const inTheMiddle = (at, side) => Math.abs(at - 32 * side) <= 64;
  return hasSize && inTheMiddle(y, SHAPE.height) && inTheMiddle(x, SHAPE.width);
}

// A drawing, framed as the model's pictures are.
function framed(grey, height, width) {
  if (height === SHAPE.height && width === SHAPE.width && isFramed(grey)) return grey;
  const found = inkOf(grey, height, width);
  if (!found) return null;
  const { region } = found, longer = Math.max(region.height, region.width);
  const to = (length, side, other) => Math.min(side, Math.max(1, FRAMING.columns === 0 ? share(length, FRAMING.rows, longer) : other));
  const rows = to(region.height, SHAPE.height, FRAMING.rows), columns = to(region.width, SHAPE.width, FRAMING.columns);
  const small = scaled(found.pixels, found.width, region, rows, columns);
  const most = Math.max(1, small.reduce((most, value) => Math.max(most, value), 0));
  let mass = 0, down = 0, right = 0;
  for (let at = 0; at < small.length; at++) {
    const value = small[at] = Math.floor((small[at] * 255 + (most >> 1)) / most);
    mass += value, down += value * Math.floor(at / columns), right += value * (at % columns);
  }
  mass = Math.max(1, mass);
  const place = (side, moment, room) => FRAMING.mass
    ? Math.min(room, Math.max(0, (side >> 1) - Math.floor((2 * moment + mass) / (2 * mass)))) : room >> 1;
  const top = place(SHAPE.height, down, SHAPE.height - rows), left = place(SHAPE.width, right, SHAPE.width - columns);
  const out = new Uint8Array(PIXELS);
  for (let y = 0; y < rows; y++) out.set(small.subarray(y * columns, (y + 1) * columns), (top + y) * SHAPE.width + left);
  return FRAMING.dark ? out : out.map(value => 255 - value);
}

// The planes (red, green, blue) of a picture as the model takes them; null where a drawing is wanted and there is none.
function fitted(planes, height, width) {
  if (SHAPE.channels === 1) {
    const [red, green, blue] = planes;
    planes = [red.map((r, at) => Math.floor((299 * r + 587 * green[at] + 114 * blue[at] + 500) / 1000))];
  }
  if (FRAMING) return framed(planes[0], height, width);
  const rows = Math.max(1, Math.min(height, share(width, SHAPE.height, SHAPE.width)));
  const columns = Math.max(1, Math.min(width, share(height, SHAPE.width, SHAPE.height)));
  const region = { top: height - rows >> 1, left: width - columns >> 1, height: rows, width: columns };
  const out = new Uint8Array(PIXELS);
  planes.forEach((plane, c) => out.set(scaled(plane, width, region, SHAPE.height, SHAPE.width), c * SHAPE.height * SHAPE.width));
  return out;
}
