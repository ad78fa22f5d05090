// What the numbers that come out mean: labels with scores, or things with boxes. The best come first.

/** Real numbers of what an output stores: (stored - zero_point) * scale, in 32 bits as everywhere. */
export function dequantized(stored, { scale, zero_point: zero }) {
  if (!scale || stored instanceof Float32Array) return Float32Array.from(stored);
  return Float32Array.from(stored, (number) => Math.fround(number - zero) * Math.fround(scale));
}

export function softmax(logits) {
  const largest = logits.reduce((left, right) => Math.max(left, right), -Infinity);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((left, right) => left + right, 0);
  return Float32Array.from(powers, (power) => power / sum);
}

/** All classes above the file's own threshold: { label, index, score }. */
export function classes([output], { labels, softmax: logits, threshold }) {
  const scores = logits ? softmax(output) : output;
  checkNumbers(scores);
  return ranked(Array.from(scores, (score, index) => ({ label: named(labels, index), index, score })))
    .filter(({ score }) => threshold === null || score >= threshold);
}

/** Things above the threshold: { label, index, score, box }, the box as x0, y0, x1, y1 in pixels of the picture. */
export function things(outputs, said, { box, region }, picture, [rows, columns]) {
  const scores = outputs[said.scores];
  const count = said.number === null ? scores.length : outputs[said.number][0];
  if (!(count >= 0 && count <= scores.length)) throw new Error("the model says an impossible number of things");
  const [across, down] = said.pixels ? [1, 1] : [columns, rows];
  const found = [];
  for (let place = 0; place < count; place++) {
    const score = scores[place];
    if (!(score >= said.threshold && score > 0)) continue;
    const numbers = outputs[said.boxes].subarray(4 * place, 4 * place + 4);
    checkNumbers(numbers);
    const [left, top, right, bottom] = said.order.map((which) => numbers[which]);
    const x = back([left * across, right * across], region[0], region[2], box[0], box[2], picture.width);
    const y = back([top * down, bottom * down], region[1], region[3], box[1], box[3], picture.height);
    const index = Math.round(outputs[said.classes][place]);
    found.push({ label: named(said.labels, index), index, score, box: [x[0], y[0], x[1], y[1]].map(Math.fround) });
  }
  return ranked(found);
}

/** Two places in the input as places in the picture, in order and inside of it. */
function back(places, from, to, start, end, most) {
  const scale = (to - from) / (end - start);
  return places
    .sort((left, right) => left - right)
    .map((place) => Math.min(most, Math.max(0, start + (place - from) / scale)));
}

function ranked(found) {
  return found.sort((left, right) => right.score - left.score);
}

function named(labels, index) {
  return labels[index] || `class ${index}`;
}

function checkNumbers(numbers) {
  if (!numbers.every(Number.isFinite)) throw new Error("the model returned numbers that are none (NaN or infinity)");
}
