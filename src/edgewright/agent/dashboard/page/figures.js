// How the agent is: its state, its troubles, figures and tables, as the agent wrote them.

const by = (id) => document.getElementById(id);

export class Figures {
  constructor(setup) {
    by("model").textContent = setup.model;
    document.title = `${setup.model} · Edgewright`;
    this.tables = "";
  }

  say(state, text) {
    by("state").dataset.state = state;
    if (by("state").textContent !== text) by("state").textContent = text;
  }

  show(status) {
    const troubles = Object.entries(status.troubles ?? {});
    this.say(troubles.length ? "trouble" : "well", troubles.length ? "in trouble" : "at work");
    by("troubles").hidden = !troubles.length;
    const told = troubles.map(([part, reason]) => `${part}: ${reason}`);
    if (by("troubles").dataset.told !== told.join("\n")) {
      by("troubles").dataset.told = told.join("\n");
      by("troubles").replaceChildren(...told.map((text) => made("li", text)));
    }
    if (!status.figures) return;
    by("subtitle").textContent = `on ${status.source} · running for ${status.ran}`;
    by("figures").replaceChildren(...status.figures.map(figure));
    // Tables are left alone where nothing in them has changed: somebody may be reading, or marking text.
    const text = JSON.stringify(status.tables);
    if (text !== this.tables) by("tables").replaceChildren(...status.tables.map(table));
    this.tables = text;
  }
}

function figure([label, value, detail]) {
  const box = document.createElement("div");
  box.append(made("dt", label), made("dd", value, "value"), made("dd", detail, "detail"));
  return box;
}

function table({ title, columns, rows, note }) {
  const element = document.createElement("table");
  element.append(made("caption", title));
  if (columns.some((column) => column.heading)) {
    const heads = columns.map((column) => {
      const head = made("th", column.heading, column.is_number ? "number" : "");
      head.scope = "col";
      return head;
    });
    element.createTHead().insertRow().append(...heads);
  }
  const body = element.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((cell, place) => {
      const box = made(place ? "td" : "th", cell, columns[place].is_number ? "number" : "");
      if (!place) box.scope = "row";
      row.append(box);
    });
  }
  const scroll = made("div", "", "scroll");
  scroll.append(element);
  const block = made("div", "", "table");
  block.append(scroll);
  if (note) block.append(made("p", note, "note"));
  return block;
}

function made(kind, text, style = "") {
  const element = document.createElement(kind);
  element.textContent = text;
  if (style) element.className = style;
  return element;
}
