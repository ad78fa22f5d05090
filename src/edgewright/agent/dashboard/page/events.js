// The list of events, the newest first; what happens to one visitor is one entry.

const MOST = 200;
const by = (id) => document.getElementById(id);

export class Events {
  constructor(hasSources) {
    this.hasSources = hasSources;
    this.entries = new Map();
    this.seen = new Set();
    this.count = 0;
  }

  add(event) {
    if (this.seen.has(event.id)) return;
    this.seen.add(event.id);
    this.count += 1;
    const key = event.visit?.id ?? event.id;
    this.entries.get(key)?.remove();
    const entry = this.entry(event);
    this.entries.delete(key);
    this.entries.set(key, entry);
    by("events").prepend(entry);
    this.trim();
    by("no-events").hidden = true;
    by("events-count").textContent = this.count.toLocaleString("en");
  }

  trim() {
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= MOST) break;
      entry.remove();
      this.entries.delete(key);
    }
    while (this.seen.size > 5 * MOST) this.seen.delete(this.seen.values().next().value);
  }

  entry(event) {
    const item = document.createElement("li");
    item.dataset.id = event.id;
    item.dataset.kind = event.kind;
    const time = piece("time", new Date(event.time).toLocaleTimeString("en", { hour12: false }), "quiet");
    time.dateTime = event.time;
    time.title = new Date(event.time).toLocaleString();
    const head = document.createElement("div");
    head.className = "head";
    head.append(piece("strong", title(event)), time);
    item.append(head);
    const detail = details(event, this.hasSources).join(" · ");
    if (detail) item.append(piece("div", detail, "detail"));
    if (event.visit) item.dataset.phase = event.visit.phase;
    return item;
  }
}

function title(event) {
  if (event.kind === "agent") return String(event.what ?? "agent");
  const track = event.visit?.track ?? event.observation?.track;
  const label = event.label ?? "nothing";
  return track === undefined || track === null ? label : `${label} #${track}`;
}

function details(event, hasSources) {
  const found = [];
  if (event.kind === "rule" && event.rule && event.rule !== event.label) found.push(event.rule);
  if (event.place?.line) found.push(`${event.place.line} ${event.place.direction ?? ""}`.trim());
  if (event.place?.zone) found.push(`in ${event.place.zone}`);
  if (event.visit) found.push(stay(event.visit));
  if (typeof event.score === "number") found.push(event.score.toFixed(2));
  if (event.picture) found.push(event.picture);
  if (hasSources && event.kind !== "agent") found.push(event.source);
  if (event.kind === "agent") found.push(...["count", "reason", "restarts"].filter((key) => key in event).map((key) => `${key} ${event[key]}`));
  return found.map(String);
}

function stay(visit) {
  const seconds = `${Math.round(visit.seconds ?? 0)} s`;
  if (visit.phase === "end") return `${visit.reason ?? "left"} after ${seconds}`;
  return visit.phase === "new" ? "came" : `here for ${seconds}`;
}

function piece(kind, text, style = "") {
  const element = document.createElement(kind);
  element.textContent = text;
  if (style) element.className = style;
  return element;
}
