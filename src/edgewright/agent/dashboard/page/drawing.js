// Zones and lines drawn over the picture, with mouse, finger or keyboard, and written as TOML.

import { place } from "./live.js";

const SVG = "http://www.w3.org/2000/svg";
const NEAR_PX = 14;
const LEAST = { zone: 3, line: 2 };
const by = (id) => document.getElementById(id);

export class Drawing {
  constructor(setup, source) {
    this.setup = setup;
    this.source = source;
    this.shapes = [];
    this.current = null;
    this.held = null;
    this.cross = [0.5, 0.5];
    this.stage = by("stage");
    for (const kind of ["zone", "line"]) by(`draw-${kind}`).addEventListener("click", () => this.begin(kind));
    by("undo").addEventListener("click", () => this.undo());
    by("finish").addEventListener("click", () => this.finish());
    by("clear").addEventListener("click", () => this.clear());
    by("name").addEventListener("input", () => this.rename(by("name").value));
    by("copy").addEventListener("click", () => this.copy());
    this.stage.addEventListener("pointerdown", (event) => this.press(event));
    this.stage.addEventListener("pointermove", (event) => this.move(event));
    this.stage.addEventListener("pointerup", () => (this.held = null));
    this.stage.addEventListener("pointercancel", () => (this.held = null));
    this.stage.addEventListener("keydown", (event) => this.key(event));
  }

  /** Start another shape; the button again ends it. */
  begin(kind) {
    const same = this.current?.kind === kind;
    this.finish();
    if (same) return;
    this.current = { kind, name: this.freeName(kind), points: [], source: this.source() };
    by("drawing").hidden = false;
    this.stage.classList.add("is-drawing");
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.stage.setAttribute("aria-label", `Drawing a ${kind}: arrow keys move, Enter sets a point, F finishes`);
    this.refresh();
    this.stage.focus({ preventScroll: true });
  }

  finish() {
    if (this.current && this.current.points.length >= LEAST[this.current.kind]) this.shapes.push(this.current);
    this.current = null;
    this.stage.classList.remove("is-drawing");
    for (const name of ["tabindex", "role", "aria-label"]) this.stage.removeAttribute(name);
    this.refresh();
  }

  undo() {
    if (this.current?.points.length) this.current.points.pop();
    else if (!this.current) this.shapes.pop();
    this.refresh();
  }

  clear() {
    this.shapes = [];
    if (this.current) this.current.points = [];
    this.refresh();
  }

  rename(name) {
    const shape = this.named();
    if (shape) shape.name = name;
    this.refresh();
  }

  press(event) {
    if (!this.current || event.button) return;
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
    const place = this.near(event);
    const { kind, points } = this.current;
    if (place === 0 && kind === "zone" && points.length >= LEAST.zone) return this.finish();
    if (place === null) points.push(this.at(event));
    this.held = place ?? points.length - 1;
    this.stage.setPointerCapture?.(event.pointerId);
    this.refresh();
  }

  move(event) {
    if (!this.current) return;
    this.cross = this.at(event);
    if (this.held !== null && this.current.points[this.held]) this.current.points[this.held] = this.at(event);
    this.refresh();
  }

  key(event) {
    if (!this.current) return;
    const step = event.shiftKey ? 0.05 : 0.01;
    const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in ways) this.cross = this.cross.map((value, axis) => rounded(value + ways[event.key][axis]));
    else if (event.key === "Enter" || event.key === " ") this.current.points.push([...this.cross]);
    else if (event.key === "Backspace") this.undo();
    else if (event.key === "Escape" || event.key === "f") return this.finish();
    else return;
    event.preventDefault();
    this.refresh();
  }

  /** Where in the picture, in shares of it. */
  at(event) {
    const area = by("picture").getBoundingClientRect();
    return [rounded((event.clientX - area.left) / area.width), rounded((event.clientY - area.top) / area.height)];
  }

  /** Which of the points is under the pointer, if any. */
  near(event) {
    const area = by("picture").getBoundingClientRect();
    const far = ([x, y]) => Math.hypot(area.left + x * area.width - event.clientX, area.top + y * area.height - event.clientY);
    const place = this.current.points.findIndex((point) => far(point) <= NEAR_PX);
    return place < 0 ? null : place;
  }

  named() {
    return this.current ?? this.shapes.at(-1);
  }

  freeName(kind) {
    const taken = new Set([...this.setup.shapes, ...this.shapes].map((shape) => shape.name));
    let number = 1;
    while (taken.has(`${kind} ${number}`)) number += 1;
    return `${kind} ${number}`;
  }

  refresh() {
    const here = this.shapes.filter((shape) => shape.source === this.source());
    const points = this.current?.points ?? [];
    const guide = this.current ? [...points, this.cross] : [];
    const isLine = this.current?.kind === "line" && points.length >= LEAST.line;
    place(isLine ? [...here, this.current] : here, "sketch", "sketch-marks");
    by("sketch").append(...(points.length ? this.outline(guide) : []));
    by("knobs").replaceChildren(...points.map((point) => knob(point, "knob")), ...(this.current ? [knob(this.cross, "cross")] : []));
    for (const kind of ["zone", "line"]) by(`draw-${kind}`).setAttribute("aria-pressed", this.current?.kind === kind);
    const shape = this.named();
    if (document.activeElement !== by("name")) by("name").value = shape?.name ?? "";
    by("name").disabled = !shape;
    by("toml").value = toml(this.all(), this.setup.sources.length > 1);
    by("toml").rows = Math.min(20, Math.max(4, by("toml").value.split("\n").length));
    by("hint").textContent = this.hint();
    by("copied").textContent = "";
  }

  all() {
    const isWhole = this.current && this.current.points.length >= LEAST[this.current.kind];
    return isWhole ? [...this.shapes, this.current] : this.shapes;
  }

  outline(points) {
    const element = document.createElementNS(SVG, this.current.kind === "zone" ? "polygon" : "polyline");
    element.setAttribute("points", points.map((point) => point.join(",")).join(" "));
    element.setAttribute("class", `guide ${this.current.kind}`);
    return [element];
  }

  hint() {
    if (!this.current) return this.shapes.length ? "Paste it into the agent’s TOML file, and start the agent again." : "";
    const { kind, points } = this.current;
    const missing = LEAST[kind] - points.length;
    if (missing > 0) return `Click in the picture, or move with the arrow keys and press Enter: ${missing} more ${missing > 1 ? "points" : "point"}.`;
    return kind === "zone" ? "More points, or finish at the first one. Points can be moved." : "The arrow shows which way is in. More points, or finish.";
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(by("toml").value);
    } catch {
      by("toml").select(); // without a secure connection browsers have no clipboard but this one
      document.execCommand("copy");
    }
    by("copied").textContent = "copied";
  }
}

/** What the agent reads: `[[zones]]` and `[[lines]]`, points in shares of the picture. */
export function toml(shapes, hasSources) {
  return shapes
    .map((shape) => {
      const points = shape.points.map(([x, y]) => `[${x}, ${y}]`).join(", ");
      const source = hasSources ? `source = ${text(shape.source)}\n` : "";
      return `[[${shape.kind}s]]\nname = ${text(shape.name)}\n${source}points = [${points}]\n`;
    })
    .join("\n");
}

/** A basic string of TOML 1.0, which escapes what JSON does, and DEL. */
function text(value) {
  return JSON.stringify(value).replaceAll("\x7f", "\\u007f");
}

function rounded(share) {
  return Math.round(1000 * Math.min(1, Math.max(0, share))) / 1000;
}

function knob([x, y], style) {
  const element = document.createElement("span");
  element.className = style;
  element.style.left = `${100 * x}%`;
  element.style.top = `${100 * y}%`;
  return element;
}
