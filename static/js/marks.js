// The spots of a photo: shown on request, flipped by a click, walked through by keys, chosen by kind
// or by face.

const LEAST_SHARE = 0.006;
const FACE_PIXELS = 72;

let current = null;

// Go to the next (1) or the previous (-1) spot.
export function stepMark(way) { current?.step(way); }

export class Marks {
  constructor(editor, layers, rows, viewer, onDecide) {
    Object.assign(this, { texts: editor.dataset, layers, viewer, onDecide });
    this.area = document.getElementById("marks");
    this.all = rows.map((row) => this.lay(row));
    this.byId = new Map(this.all.map((mark) => [mark.id, mark]));
    this.order = [...this.all].sort((a, b) => a.face - b.face || a.y - b.y || a.x - b.x);
    if (this.order.length) this.order[0].button.tabIndex = 0;
    this.listen();
    this.layFaces();
    current = this;
  }

  lay(row) {
    const { width, height, photo_width: whole } = this.layers;
    const scale = width / whole;
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    const radius = Math.max(row.radius * scale * 1.3, LEAST_SHARE * width);
    const share = (value, size) => `${(100 * value) / size}%`;
    button.style.left = share(row.x * scale - radius, width);
    button.style.top = share(row.y * scale - radius, height);
    button.style.width = share(2 * radius, width);
    button.style.height = share(2 * radius, height);
    const mark = { ...row, saved: row.decision, button };
    mark.place = [(row.x * scale) / width, (row.y * scale) / height];
    button.addEventListener("click", () => { this.walk(mark); this.flip(mark); });
    this.area.append(button);
    return mark;
  }

  listen() {
    const tools = document.getElementById("mark-tools");
    this.toggle = document.getElementById("show-marks");
    this.toggle.addEventListener("change", () => {
      this.area.hidden = tools.hidden = !this.toggle.checked;
      this.showFaceNumbers();
    });
    this.filter = document.getElementById("mark-filter");
    this.filter.addEventListener("change", () => this.name());
    document.getElementById("keep-shown").addEventListener("click", () => this.decide(this.visible(), "keep"));
    document.getElementById("remove-shown").addEventListener("click", () => this.decide(this.visible(), "remove"));
    this.area.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      this.step(way);
    });
  }

  passes(mark) {
    const wanted = this.filter.value;
    return !wanted || mark.kind === wanted || mark.decision === wanted;
  }

  visible() { return this.order.filter((mark) => this.passes(mark)); }

  removed() { return new Set(this.all.filter((mark) => mark.decision === "remove").map((mark) => mark.id)); }

  step(way) {
    if (!this.toggle.checked) this.toggle.click();
    const visible = this.visible();
    if (!visible.length) return;
    const at = visible.findIndex((mark) => mark.button === document.activeElement);
    const next = visible[(at < 0 ? (way > 0 ? 0 : -1) : at + way + visible.length) % visible.length] || visible.at(-1);
    this.walk(next);
    this.viewer.show(next.place);
    next.button.focus({ preventScroll: this.viewer.zoomed });
  }

  // One stop for the tab key, at the spot that was met last.
  walk(mark) {
    for (const other of this.all) other.button.tabIndex = -1;
    mark.button.tabIndex = 0;
  }

  flip(mark) { this.decide([mark], mark.decision === "keep" ? "remove" : "keep"); }

  decide(marks, decision) {
    const changed = marks.filter((mark) => mark.decision !== decision);
    if (!changed.length) return;
    for (const mark of changed) mark.decision = decision;
    this.onDecide();
  }

  decisions() { return Object.fromEntries(this.all.map((mark) => [mark.id, mark.decision])); }

  take(decisions) {
    for (const mark of this.all) mark.decision = decisions[mark.id] ?? mark.decision;
  }

  unsaved() { return this.all.filter((mark) => mark.decision !== mark.saved); }

  // What a server says now, unless a person has other wishes that are not saved yet.
  adopt(rows) {
    for (const row of rows) {
      const mark = this.byId.get(row.id);
      if (mark) mark.decision = mark.saved = row.decision;
    }
  }

  name() {
    const { texts } = this;
    for (const mark of this.all) {
      const kept = mark.decision === "keep";
      mark.button.setAttribute("aria-pressed", String(kept));
      mark.button.classList.toggle("kept", kept);
      const label = `${texts[mark.kind] || mark.kind}: ${kept ? texts.kept : texts.removed}`;
      mark.button.setAttribute("aria-label", label);
      mark.button.title = label;
      mark.button.hidden = !this.passes(mark) && mark.button !== document.activeElement;
    }
    const removed = this.removed().size;
    const summary = document.getElementById("mark-summary");
    summary.textContent = summary.dataset.text.replace("REMOVED", removed).replace("KEPT", this.all.length - removed);
  }

  layFaces() {
    const faces = [...new Set(this.all.map((mark) => mark.face))].sort((a, b) => a - b);
    if (faces.length < 2) return;
    const list = document.getElementById("faces");
    for (const face of faces) {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = `${this.texts.face} ${face + 1}`;
      item.append(this.thumbnail(this.layers.faces[face].box), name);
      for (const [decision, text, label] of [["keep", this.texts.keep, this.texts.faceKeep], ["remove", this.texts.remove, this.texts.faceRemove]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "link";
        button.textContent = text;
        button.setAttribute("aria-label", label.replace("N", face + 1));
        button.addEventListener("click", () => this.decide(this.all.filter((mark) => mark.face === face), decision));
        item.append(button);
      }
      list.append(item);
      this.number(face);
    }
    list.hidden = false;
  }

  thumbnail([x0, y0, x1, y1]) {
    const canvas = document.createElement("canvas");
    const side = Math.min(x1 - x0, y1 - y0);
    canvas.width = canvas.height = FACE_PIXELS;
    canvas.setAttribute("aria-hidden", "true");
    const [left, top] = [(x0 + x1 - side) / 2, (y0 + y1 - side) / 2];
    createImageBitmap(this.layers.original, left, top, side, side).then((bitmap) => {
      canvas.getContext("2d").drawImage(bitmap, 0, 0, FACE_PIXELS, FACE_PIXELS);
      bitmap.close();
    });
    return canvas;
  }

  number(face) {
    const [x0, y0] = this.layers.faces[face].box;
    const badge = document.createElement("span");
    badge.className = "face-number";
    badge.textContent = face + 1;
    badge.style.left = `${(100 * Math.max(x0, 0)) / this.layers.width}%`;
    badge.style.top = `${(100 * Math.max(y0, 0)) / this.layers.height}%`;
    this.area.append(badge);
  }

  showFaceNumbers() {
    for (const badge of this.area.querySelectorAll(".face-number")) badge.hidden = this.area.hidden;
  }
}
