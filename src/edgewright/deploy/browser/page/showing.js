// What was found, on the page. Labels are other people's text: they are only ever set as text.

const SVG = "http://www.w3.org/2000/svg";
const SHOWN = 5; // classes of a classifier
const HUES = 12;
const by = (id) => document.getElementById(id);

/** Show a picture; `source` is anything that a canvas draws, or { data, width, height }. */
export function showPicture(source, width, height) {
  const canvas = by("picture");
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  if (source instanceof ImageData) context.putImageData(source, 0, 0);
  else context.drawImage(source, 0, 0, width, height);
  by("nothing").hidden = true;
  by("boxes").setAttribute("viewBox", `0 0 ${width} ${height}`);
}

export function showResults({ results, milliseconds }, picture) {
  const boxed = results.filter((found) => found.box);
  const shown = boxed.length ? boxed : worthSaying(results);
  by("boxes").replaceChildren(...boxed.map(outline).reverse());
  by("tags").replaceChildren(...boxed.map((found) => tag(found, picture)).reverse());
  by("results").replaceChildren(...shown.map(row));
  by("said").hidden = shown.length > 0;
  by("said").textContent = "Nothing was found";
  by("took").textContent = `${Math.round(milliseconds)} ms`;
  by("picture").setAttribute("aria-label", `The picture: ${shown.map((found) => found.label).join(", ") || "nothing found"}`);
}

export function clearResults(text) {
  for (const id of ["boxes", "tags", "results"]) by(id).replaceChildren();
  by("said").hidden = false;
  by("said").textContent = text;
  by("took").textContent = "";
}

export function showTrouble(text) {
  by("trouble").textContent = text;
  by("trouble").hidden = !text;
}

export function showState(text, state) {
  by("state").textContent = text;
  by("state").dataset.state = state;
}

/** The best classes, without those of score 0 that only fill up the list; where some are below 0 that is a score. */
function worthSaying(results) {
  const best = results.slice(0, SHOWN);
  return results.some(({ score }) => score < 0) ? best : best.filter(({ score }, place) => score > 0 || place === 0);
}

function row(found) {
  const [item, label, meter, fill, score] = ["li", "span", "span", "span", "span"].map((kind) => document.createElement(kind));
  label.className = "label";
  label.textContent = found.label;
  score.className = "score";
  score.textContent = written(found.score);
  meter.className = "meter";
  fill.style.width = `${100 * Math.min(1, Math.max(0, found.score))}%`;
  if (found.box) item.className = hue(found);
  meter.append(fill);
  item.append(label, score, meter);
  return item;
}

function outline(found) {
  const [x0, y0, x1, y1] = found.box;
  const element = document.createElementNS(SVG, "rect");
  const sides = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
  for (const [name, value] of Object.entries(sides)) element.setAttribute(name, value);
  element.setAttribute("class", hue(found));
  return element;
}

function tag(found, { width, height }) {
  const [x0, y0] = found.box;
  const element = document.createElement("span");
  element.className = `tag ${hue(found)}`;
  element.textContent = `${found.label} ${written(found.score)}`;
  element.style.left = `${(100 * x0) / width}%`;
  element.style.top = `${(100 * y0) / height}%`;
  if (y0 / height < 0.08) element.classList.add("inside");
  return element;
}

function hue({ index }) {
  return `hue-${((index % HUES) + HUES) % HUES}`;
}

function written(score) {
  return score > 0 && score < 0.001 ? score.toExponential(1) : score.toFixed(3);
}
