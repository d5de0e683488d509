// ---- the page -----------------------------------------------------------------------------------------------------

const element = id => document.getElementById(id);
const pad = element("pad"), pen = pad.getContext("2d", { willReadFrequently: true });
const DRAWS = FRAMING !== null;
const MOST_SHOWN = 12; // bars
const LARGEST = 1024; // a chosen picture's longer side

// The picture as planes; what is transparent becomes white.
function planesOf(image) {
  const { data, width, height } = image;
  return [0, 1, 2].map(c => Uint8Array.from({ length: width * height }, (_, at) => {
    const alpha = data[4 * at + 3];
    return Math.floor((data[4 * at + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }));
}

const rows = Array.from({ length: Math.min(CLASSES, MOST_SHOWN) }, () => {
  const row = document.createElement("li");
  row.innerHTML = '<span class="name"></span><div class="track"><div class="bar"></div></div><span class="value"></span>';
  element("bars").append(row);
  return row;
});
const longest = Math.max(...NAMES.map(name => name.length));
element("bars").style.setProperty("--names", `${Math.min(12, longest + 1)}ch`);
if (longest > 3) element("answer").classList.add("long");

// All classes in their order, or the most probable ones.
function shown(probabilities) {
  const all = NAMES.map((_, k) => k);
  if (CLASSES <= MOST_SHOWN || !probabilities) return all.slice(0, MOST_SHOWN);
  return all.sort((a, b) => probabilities[b] - probabilities[a] || a - b).slice(0, MOST_SHOWN);
}

function show(pixels) {
  const values = pixels && logits(pixels);
  const probabilities = pixels && softmax(values);
  const best = pixels && greatest(values);
  const percent = k => `${(100 * probabilities[k]).toFixed(1)} %`;
  shown(probabilities).forEach((k, i) => {
    const [name, track, value] = rows[i].children;
    name.textContent = name.title = NAMES[k];
    track.firstChild.style.width = pixels ? `${100 * probabilities[k]}%` : "0";
    value.textContent = pixels ? percent(k) : "";
    rows[i].classList.toggle("best", k === best);
  });
  element("answer").textContent = pixels ? NAMES[best] : "–";
  element("sure").textContent = pixels ? percent(best) : "\u00a0";
  const { channels, height, width } = SHAPE, area = height * width;
  const seen = element("seen").getContext("2d"), image = seen.createImageData(width, height);
  for (let at = 0; at < area; at++) {
    for (let c = 0; c < 3; c++) image.data[4 * at + c] = pixels ? pixels[channels === 1 ? at : c * area + at] : FRAMING && !FRAMING.dark ? 255 : 0;
    image.data[4 * at + 3] = 255;
  }
  seen.putImageData(image, 0, 0);
}

let planned = false;

// Looks at the pad, at the next frame.
function classify() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    show(fitted(planesOf(pen.getImageData(0, 0, pad.width, pad.height)), pad.height, pad.width));
  });
}

function clear() {
  pad.width = pad.height = 280; // which also empties it
  pad.classList.add("drawn");
  document.body.classList.remove("chosen");
  element("hint").hidden = false;
  show(null);
}

// ---- drawing

let stroke = null; // { id, x, y }: the pointer that draws, and where it was last

function place(event) {
  const box = pad.getBoundingClientRect();
  return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height];
}

function line(x, y) {
  pen.lineWidth = 22;
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  pen.moveTo(stroke.x, stroke.y);
  pen.lineTo(x, y);
  pen.stroke();
  [stroke.x, stroke.y] = [x, y];
  classify();
}

function begin(event) {
  if (!DRAWS || stroke || event.button !== 0) return;
  event.preventDefault();
  if (document.body.classList.contains("chosen")) clear();
  pad.setPointerCapture(event.pointerId);
  element("hint").hidden = true;
  const [x, y] = place(event);
  stroke = { id: event.pointerId, x, y };
  line(x, y); // a dot
}

function move(event) {
  if (stroke?.id !== event.pointerId) return;
  const passed = event.getCoalescedEvents?.() ?? [];
  (passed.length ? passed : [event]).forEach(event => line(...place(event)));
}

function end(event) {
  if (stroke?.id === event.pointerId) stroke = null;
}

pad.addEventListener("pointerdown", begin);
pad.addEventListener("pointermove", move);
["pointerup", "pointercancel", "lostpointercapture"].forEach(name => pad.addEventListener(name, end));
element("clear").addEventListener("click", clear);

// ---- pictures of one's own

async function choose(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    clear();
    element("hint").textContent = `${file.name} is no picture that this browser can show`;
    return;
  }
  const shrink = Math.min(1, LARGEST / Math.max(picture.width, picture.height));
  clear();
  pad.width = Math.max(1, Math.round(picture.width * shrink));
  pad.height = Math.max(1, Math.round(picture.height * shrink));
  pad.classList.remove("drawn");
  document.body.classList.add("chosen");
  element("hint").hidden = true;
  pen.fillStyle = "white";
  pen.fillRect(0, 0, pad.width, pad.height);
  pen.drawImage(picture, 0, 0, pad.width, pad.height);
  classify();
}

element("file").addEventListener("change", event => {
  const [file] = event.target.files;
  event.target.value = ""; // so that the same file can be chosen again
  if (file) choose(file);
});
addEventListener("dragover", event => event.preventDefault());
addEventListener("drop", event => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) choose(file);
});

clear();

// For scripts and the curious: what the page computes with.
const monolayer = { PIXELS, CLASSES, NAMES, SHAPE, logits, softmax, greatest, fitted, planesOf, selfTest };

setTimeout(() => {
  const wrong = selfTest();
  element("check").textContent += wrong === 0
    ? ` This browser computes the program's logits to the bit, as ${EXPECTED.length} of ${EXPECTED.length} test pictures show.`
    : ` On ${wrong} of ${EXPECTED.length} test pictures this browser's logits are not the program's.`;
});
