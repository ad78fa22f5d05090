// The live picture, and over it what was seen in that very picture: the two come by different streams, and share a number.

const SVG = "http://www.w3.org/2000/svg";
const KEPT = 30;
const AGAIN_MS = 2000;
const WAIT_MS = 1000; // so long a picture waits for what was seen in it
const by = (id) => document.getElementById(id);

/** Reads pictures in parts from a stream without an end; `show(number, blob)` is waited for, so that none pile up. */
async function readPictures(source, signal, show) {
  const answer = await fetch(`/live.mjpeg?${new URLSearchParams({ source })}`, { signal });
  if (!answer.ok) throw new Error(await answer.text());
  const reader = answer.body.getReader();
  let held = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    held = joined(held, value);
    for (let part; (part = firstPart(held)); ) {
      held = held.subarray(part.end);
      await show(part.number, new Blob([part.jpeg], { type: "image/jpeg" }));
    }
  }
}

function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** The first whole part of what was read, or nothing while it is not whole. */
function firstPart(bytes) {
  const headEnd = find(bytes, [13, 10, 13, 10]);
  if (headEnd < 0) return null;
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, headEnd));
  const length = Number(/Content-Length: (\d+)/.exec(head)?.[1]);
  const start = headEnd + 4;
  if (!(bytes.length >= start + length)) return null;
  return { number: Number(/X-Picture: (\d+)/.exec(head)?.[1]), jpeg: bytes.slice(start, start + length), end: start + length };
}

function find(bytes, wanted) {
  for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (wanted.every((value, step) => bytes[at + step] === value)) return at;
  }
  return -1;
}

export class Live {
  constructor(setup) {
    this.setup = setup;
    this.views = new Map();
    this.shown = this.newest = null;
    this.drawnAt = -WAIT_MS;
    this.isPaused = false;
    this.stage = by("stage");
  }

  open(source) {
    if (this.source !== source) this.forget();
    this.source = source;
    this.places();
    this.reading = new AbortController();
    this.read(this.reading.signal);
  }

  close() {
    this.reading?.abort();
  }

  places() {
    place(this.setup.shapes.filter((shape) => !shape.source || shape.source === this.source), "places", "marks");
  }

  pause(isPaused) {
    this.isPaused = isPaused;
  }

  async read(signal) {
    while (!signal.aborted) {
      this.views.clear(); // of an agent that was started again, numbers begin anew
      try {
        await readPictures(this.source, signal, (number, blob) => this.draw(number, blob, signal));
      } catch (error) {
        if (signal.aborted) return;
        if (!this.shown) by("nothing").textContent = error.message.length < 60 ? error.message : "No picture";
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async draw(number, blob, signal) {
    if (this.isPaused) return;
    const picture = await createImageBitmap(blob);
    const hasView = await this.viewOf(number);
    if (signal.aborted || this.isPaused) return;
    if (!hasView && performance.now() - this.drawnAt < WAIT_MS) return;
    const canvas = by("picture");
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
      this.places();
    }
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    this.shown = number;
    this.drawnAt = performance.now();
    this.stage.dataset.picture = number;
    this.stage.classList.add("has-picture");
    by("nothing").hidden = true;
    this.redraw();
  }

  /** Whether what was seen in a picture has come: waited for, but not if it was left out for a later one. */
  async viewOf(number) {
    const end = performance.now() + WAIT_MS;
    while (!this.views.has(number) && !(this.newest > number) && performance.now() < end) {
      await new Promise((resolve) => (this.told = resolve, setTimeout(resolve, WAIT_MS)));
    }
    return this.views.has(number);
  }

  /** What was seen in one picture; it is drawn when that picture is. */
  seen(view) {
    if (view.source !== this.source) return;
    this.views.set(view.number, view);
    this.newest = view.number;
    this.told?.();
    for (const number of this.views.keys()) {
      if (this.views.size <= KEPT) break;
      this.views.delete(number);
    }
    if (!view.picture) this.list(view);
  }

  redraw() {
    const view = this.views.get(this.shown);
    if (!view) return this.unmark();
    this.stage.dataset.view = view.number;
    const seen = view.observations.filter((one) => one.corners);
    by("boxes").replaceChildren(...seen.flatMap(outlined), ...view.observations.filter((one) => one.points).flatMap(dotted));
    by("tags").replaceChildren(...seen.map(tagged));
    by("said").textContent = view.said || "nothing";
    this.tell(view);
  }

  tell(view) {
    const what = view.observations.slice(0, 5).map(named).join(", ");
    by("picture").setAttribute("aria-label", `Live picture: ${what || "nothing is seen"}`);
  }

  /** Where there is no picture, as of a sound or a series: the labels, with a bar for each score. */
  list(view) {
    if (this.isPaused) return;
    this.setAside(true);
    by("said").textContent = "";
    by("labels").replaceChildren(...view.observations.slice(0, 8).map(barred));
    if (!view.observations.length) by("said").textContent = view.said || "nothing";
  }

  /** Whether what goes with a picture is hidden, and labels are there in its place. */
  setAside(isAside) {
    for (const part of [this.stage, ...document.querySelectorAll(".of-picture")]) part.hidden = isAside;
    by("labels").hidden = !isAside;
  }

  /** Nothing is said of the picture. */
  unmark() {
    delete this.stage.dataset.view;
    for (const layer of ["boxes", "tags"]) by(layer).replaceChildren();
    by("said").textContent = "";
  }

  forget() {
    this.views.clear();
    this.shown = this.newest = null;
    this.setAside(false);
    this.stage.classList.remove("has-picture");
    delete this.stage.dataset.picture;
    this.unmark();
    by("picture").getContext("2d").clearRect(0, 0, by("picture").width, by("picture").height);
    by("nothing").hidden = false;
    by("nothing").textContent = "Waiting for the first picture";
  }
}

/** Zones and lines, with their names, and an arrow across each line that shows which way is in. */
export function place(shapes, outlines, marks) {
  by(outlines).replaceChildren(...shapes.flatMap(shaped));
  by(marks).replaceChildren(...shapes.flatMap(marked));
}

function marked(shape) {
  const { kind, name, points } = shape;
  if (kind === "zone") return [mark("name", name, points.reduce((best, point) => (point[1] < best[1] ? point : best)))];
  const middle = Math.floor(points.length / 2);
  const [[fromX, fromY], [toX, toY]] = [points[middle - 1], points[middle]];
  const { width, height } = by("picture");
  const arrow = mark("arrow", "➜", [(fromX + toX) / 2, (fromY + toY) / 2]);
  // From the left hand of who walks along the line to the right: in pixels, in which a right angle is one.
  const angle = Math.atan2((toX - fromX) * width, -(toY - fromY) * height);
  arrow.style.transform = `translate(-50%, -50%) rotate(${angle}rad) translateX(55%)`;
  arrow.dataset.degrees = Math.round((angle * 180) / Math.PI);
  return [arrow, mark("name", name, points[0])];
}

function mark(style, text, [x, y]) {
  const element = document.createElement("span");
  element.className = style;
  element.textContent = text;
  element.style.left = `${100 * x}%`;
  element.style.top = `${100 * y}%`;
  if (y < 0.08) element.classList.add("below");
  if (x > 0.7) element.classList.add("leftward");
  return element;
}

function shaped(shape) {
  const points = shape.points.map((point) => point.join(",")).join(" ");
  const element = document.createElementNS(SVG, shape.kind === "zone" ? "polygon" : "polyline");
  element.setAttribute("points", points);
  element.setAttribute("class", `place ${shape.kind}`);
  element.dataset.name = shape.name;
  const casing = element.cloneNode();
  casing.setAttribute("class", `casing ${shape.kind}`);
  return [casing, element];
}

function outlined(seen) {
  const points = seen.corners.map((corner) => corner.join(",")).join(" ");
  return ["casing", "box"].map((kind) => {
    const element = document.createElementNS(SVG, "polygon");
    element.setAttribute("points", points);
    element.setAttribute("class", kind);
    if (kind === "box") {
      element.dataset.label = seen.label;
      if (seen.track !== undefined) element.dataset.track = seen.track;
    }
    return element;
  });
}

function dotted(seen) {
  return seen.points.filter((point) => point[2] > 0.3).map(([x, y]) => {
    const element = document.createElementNS(SVG, "path"); // a line of no length, with round ends, is a round dot
    element.setAttribute("d", `M${x} ${y}h0`);
    element.setAttribute("class", "dot");
    return element;
  });
}

function tagged(seen) {
  const isHigher = (one, two) => one[1] < two[1] || (one[1] === two[1] && one[0] < two[0]);
  const [x, y] = seen.corners.reduce((best, corner) => (isHigher(corner, best) ? corner : best));
  return mark("tag", named(seen), [Math.max(0, x), Math.max(0, y)]);
}

function barred(seen) {
  const item = document.createElement("li");
  const share = Math.min(1, Math.max(0, seen.score));
  const meter = document.createElement("div");
  meter.className = "meter";
  meter.append(document.createElement("span"));
  meter.firstChild.style.width = `${100 * share}%`;
  const of = { role: "meter", "aria-label": seen.label, "aria-valuemin": 0, "aria-valuemax": 1, "aria-valuenow": share };
  for (const [name, value] of Object.entries(of)) meter.setAttribute(name, value);
  const [label, score] = [seen.label, seen.score.toFixed(2)].map((text) => {
    const span = document.createElement("span");
    span.textContent = text;
    return span;
  });
  item.append(label, meter, score);
  return item;
}

export function named(seen) {
  const track = seen.track === undefined || seen.track === null ? "" : ` #${seen.track}`;
  return `${seen.label}${track} ${seen.score.toFixed(2)}`;
}
