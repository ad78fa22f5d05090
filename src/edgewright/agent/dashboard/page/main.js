// The page: opens the two streams while it can be seen, and hands what comes to those who draw it.

import { Drawing } from "./drawing.js";
import { Events } from "./events.js";
import { Figures } from "./figures.js";
import { Live } from "./live.js";

const by = (id) => document.getElementById(id);

class Page {
  constructor(setup) {
    this.setup = setup;
    this.source = setup.sources[0] ?? "";
    this.last = "";
    this.live = new Live(setup);
    this.events = new Events(setup.sources.length > 1);
    this.figures = new Figures(setup);
    this.drawing = new Drawing(setup, () => this.source);
    this.chooseSource();
    this.listen();
    this.open();
  }

  chooseSource() {
    const select = by("source");
    by("choice").hidden = this.setup.sources.length < 2;
    for (const source of this.setup.sources) select.append(new Option(source));
    select.addEventListener("change", () => {
      this.source = select.value;
      this.drawing.refresh();
      this.reopen();
    });
  }

  listen() {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.reopen()));
    by("pause").addEventListener("click", () => {
      const paused = by("pause").getAttribute("aria-pressed") !== "true";
      by("pause").setAttribute("aria-pressed", paused);
      by("pause").textContent = paused ? "Go on" : "Pause";
      this.live.pause(paused);
    });
    for (const [box, layers] of [["show-boxes", ["boxes", "tags"]], ["show-places", ["places", "marks"]]]) {
      by(box).addEventListener("change", () => {
        for (const layer of layers) by(layer).classList.toggle("off", !by(box).checked);
        this.live.redraw();
      });
    }
  }

  open() {
    this.live.open(this.source);
    const query = new URLSearchParams({ source: this.source, last: this.last });
    this.stream = new EventSource(`/stream?${query}`);
    this.stream.addEventListener("open", () => this.figures.say("waiting", "connected"));
    this.stream.addEventListener("error", () => this.figures.say("lost", "no connection"));
    this.stream.addEventListener("view", (message) => this.live.seen(JSON.parse(message.data)));
    this.stream.addEventListener("status", (message) => this.figures.show(JSON.parse(message.data)));
    this.stream.addEventListener("event", (message) => {
      this.last = message.lastEventId;
      this.events.add(JSON.parse(message.data));
    });
    // A stream that was refused, because too many look, is not opened again by the browser.
    this.again = setInterval(() => this.stream.readyState === EventSource.CLOSED && this.reopen(), 5000);
  }

  close() {
    clearInterval(this.again);
    this.stream.close();
    this.live.close();
  }

  reopen() {
    this.close();
    this.open();
  }
}

const answer = await fetch("/api/setup");
new Page(await answer.json());
