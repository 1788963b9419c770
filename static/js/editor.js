// The photo page's editor: sliders and decisions on spots show at once, and are saved as a new version.

import { GlBlender } from "./blend_gl.js";
import { PixelBlender } from "./blend_2d.js";
import { loadLayers, loadTone, withoutMarks } from "./layers.js";
import { csrfToken, readRetouch } from "./progress.js";

const REST_MS = 1000;
const CONCERNS = ["blemishes", "evenness", "shine", "under_eyes", "light"];
const PRESETS = {
  natural: { blemishes: 0.8, light: 0.4 },
  clean: { blemishes: 1, light: 0.5 },
  studio: { blemishes: 1, evenness: 0.3, shine: 0.4, under_eyes: 0.4, light: 0.8 },
};

const editor = document.getElementById("editor");
const texts = editor?.dataset;
const state = { row: null, recipe: null, marks: new Map(), undone: [], done: [], timer: 0, blender: null };

async function send(path, body, method = "PATCH") {
  const answer = await fetch(`/api/v1/retouches/${texts.retouch}/${path}`, {
    method,
    // What was changed last is saved even if the page is left at once.
    keepalive: true,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
  });
  const row = await answer.json();
  if (!answer.ok) throw new Error(row.detail || texts.failed);
  return row;
}

function say(text, failed = false) {
  const line = document.getElementById("saved");
  line.textContent = text;
  line.classList.toggle("error", failed);
}

function makeBlender(canvas, layers, tone) {
  try {
    return new GlBlender(canvas, layers, tone);
  } catch {
    // A canvas that has tried WebGL gives no other context.
    const fresh = canvas.cloneNode();
    canvas.replaceWith(fresh);
    return new PixelBlender(fresh, layers, tone);
  }
}

function draw() {
  const left = state.row.report?.guard_strength ?? 1;
  const strengths = CONCERNS.map((name) => [name, state.recipe[name] * (name === "light" ? 1 : left)]);
  state.blender.draw(Object.fromEntries(strengths));
}

function drawMarks() {
  const removed = new Set([...state.marks.values()].filter((m) => m.decision === "remove").map((m) => m.id));
  state.blender.setWithout(withoutMarks(state.layers, removed));
  draw();
  for (const mark of state.marks.values()) nameMark(mark);
}

function nameMark(mark) {
  const kept = mark.decision === "keep";
  mark.button.setAttribute("aria-pressed", String(kept));
  mark.button.classList.toggle("kept", kept);
  const label = `${texts[mark.kind] || mark.kind}: ${kept ? texts.kept : texts.removed}`;
  mark.button.setAttribute("aria-label", label);
  mark.button.title = label;
}

function rest(save) {
  clearTimeout(state.timer);
  say(texts.unsaved);
  state.pending = save;
  state.timer = setTimeout(flush, REST_MS);
}

async function flush() {
  const save = state.pending;
  if (!save) return;
  state.pending = null;
  say(texts.saving);
  try {
    state.row = await save();
  } catch (error) {
    say(error.message || texts.failed, true);
  }
}

function changed() {
  for (const name of CONCERNS) showSlider(name);
  requestAnimationFrame(draw);
  rest(saveAll);
}

// Both kinds of change at once make two versions: decisions first, so that the newest has all.
async function saveAll() {
  let row = state.row;
  const decisions = [...state.marks.values()].filter((m) => m.decision !== m.saved);
  if (decisions.length) {
    row = await send("marks/", decisions.map(({ id, decision }) => ({ id, decision })));
    for (const mark of decisions) mark.saved = mark.decision;
  }
  if (JSON.stringify(state.recipe) !== JSON.stringify(row.recipe)) row = await send("", { recipe: state.recipe });
  return row;
}

function showSlider(name) {
  const input = editor.querySelector(`[name="${name}"]`);
  input.value = Math.round(state.recipe[name] * 100);
  input.setAttribute("aria-valuetext", `${input.value} %`);
  input.nextElementSibling.textContent = `${input.value} %`;
}

function flip(marks, decision) {
  const step = marks.map((mark) => ({ mark, from: mark.decision, to: decision || (mark.decision === "keep" ? "remove" : "keep") }));
  take(step.filter(({ from, to }) => from !== to), "to");
  state.done.push(step);
  state.undone = [];
  offerUndo();
}

function take(step, way) {
  for (const change of step) change.mark.decision = change[way];
  drawMarks();
  rest(saveAll);
}

function undo(from, to, way) {
  const step = from.pop();
  if (!step) return;
  to.push(step);
  take(step, way);
  offerUndo();
}

function offerUndo() {
  document.getElementById("undo").disabled = !state.done.length;
  document.getElementById("redo").disabled = !state.undone.length;
}

function layMarks(rows) {
  const area = document.getElementById("marks");
  const scale = state.layers.width / state.layers.photo_width;
  for (const row of rows) {
    const button = document.createElement("button");
    button.type = "button";
    const radius = Math.max(row.radius * scale * 1.3, 0.006 * state.layers.width);
    const share = (value, whole) => `${(100 * value) / whole}%`;
    button.style.left = share(row.x * scale - radius, state.layers.width);
    button.style.top = share(row.y * scale - radius, state.layers.height);
    button.style.width = share(2 * radius, state.layers.width);
    button.style.height = share(2 * radius, state.layers.height);
    const mark = { ...row, saved: row.decision, button };
    button.addEventListener("click", () => flip([mark]));
    area.append(button);
    state.marks.set(row.id, mark);
  }
}

function layFaces() {
  const faces = [...new Set([...state.marks.values()].map((mark) => mark.face))];
  if (faces.length < 2) return;
  const area = document.getElementById("faces");
  for (const face of faces) {
    for (const [decision, text] of [["keep", texts.faceKeep], ["remove", texts.faceRemove]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = text.replace("N", face + 1);
      button.addEventListener("click", () => flip([...state.marks.values()].filter((m) => m.face === face), decision));
      area.append(button);
    }
  }
  area.hidden = false;
}

function listen() {
  for (const name of CONCERNS) {
    editor.querySelector(`[name="${name}"]`).addEventListener("input", (event) => {
      state.recipe[name] = event.target.value / 100;
      changed();
    });
  }
  for (const button of editor.querySelectorAll("[data-preset]")) {
    button.addEventListener("click", () => {
      const none = Object.fromEntries(CONCERNS.map((name) => [name, 0]));
      const wanted = { ...none, ...PRESETS[button.dataset.preset] };
      for (const name of CONCERNS) if (!editor.querySelector(`[name="${name}"]`).disabled) state.recipe[name] = wanted[name];
      changed();
    });
  }
  document.getElementById("show-marks").addEventListener("change", (event) => {
    document.getElementById("marks").hidden = !event.target.checked;
  });
  document.getElementById("undo").addEventListener("click", () => undo(state.done, state.undone, "from"));
  document.getElementById("redo").addEventListener("click", () => undo(state.undone, state.done, "to"));
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    if (event.shiftKey) undo(state.undone, state.done, "to");
    else undo(state.done, state.undone, "from");
  });
  document.addEventListener("click", (event) => { if (event.target.id === "again") again(); });
  addEventListener("pagehide", () => { flush(); });
}

// Another checkpoint finds other spots: when it is done, the page begins anew.
async function again() {
  say(texts.saving);
  try {
    await send("again/", {}, "POST");
    state.anew = true;
  } catch (error) {
    say(error.message || texts.failed, true);
  }
}

function allow() {
  const known = new Set(["blemishes", ...state.layers.faces.flatMap((face) => Object.keys(face.concerns))]);
  if (state.tone) known.add("light");
  for (const name of CONCERNS) {
    const input = editor.querySelector(`[name="${name}"]`);
    input.disabled = !known.has(name);
    if (name === "light" && input.disabled) input.closest("label").title = texts.goodLight;
    showSlider(name);
  }
}

// A finished version: report, download and versions come from the server, as anybody else sees them.
export async function showVersion(row) {
  if (state.anew) { location.reload(); return; }
  const page = await (await fetch(location.href, { credentials: "same-origin" })).text();
  const fresh = new DOMParser().parseFromString(page, "text/html");
  for (const selector of [".report", "#versions"]) {
    const [old, now] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (old && now) old.replaceWith(now);
  }
  state.row = await readRetouch(row.id);
  if (!state.pending) say(`${texts.saved} ${row.version}`);
  const changes = Boolean(state.tone) !== Boolean(await loadTone(`/api/v1/retouches/${row.id}/tone/`));
  if (changes) location.reload();
  draw();
}

export const editing = () => Boolean(state.blender);

export async function startEditor() {
  const base = `/api/v1/retouches/${texts.retouch}/`;
  const [row, layers, tone, marks] = await Promise.all([
    readRetouch(texts.retouch), loadLayers(`${base}layers/`), loadTone(`${base}tone/`),
    fetch(`${base}marks/`).then((answer) => answer.json()),
  ]);
  Object.assign(state, { row, layers, tone, recipe: { ...row.recipe } });
  const canvas = document.getElementById("shown");
  state.blender = makeBlender(canvas, layers, tone);
  layMarks(marks);
  layFaces();
  allow();
  listen();
  drawMarks();
  const [x0, y0, x1, y1] = layers.faces[0]?.box || [0, 0, layers.width, layers.height];
  document.getElementById("view").dataset.face = `${(x0 + x1) / 2 / layers.width} ${(y0 + y1) / 2 / layers.height}`;
  const shown = document.getElementById("shown");
  shown.hidden = false;
  document.querySelector(".compare .after").hidden = true;
  editor.hidden = false;
  editor.dataset.ready = state.blender instanceof GlBlender ? "webgl" : "2d";
}
