// The photo page's editor: sliders and decisions on spots show at once, and are saved as a new version.

import { call, Unanswered } from "./api.js";
import { GlBlender } from "./blend_gl.js";
import { PixelBlender } from "./blend_2d.js";
import { History } from "./history.js";
import { loadLayers, loadTone, withoutMarks } from "./layers.js";
import { Marks } from "./marks.js";
import { readRetouch } from "./progress.js";

const REST_MS = 800;
const RETRY_MS = 5000;
const CONCERNS = ["blemishes", "evenness", "shine", "under_eyes", "light"];

const editor = document.getElementById("editor");
const texts = editor?.dataset;
const state = { row: null, recipe: null, marks: null, timer: 0, pending: false, saving: false, sent: 0, blender: null };

const slider = (name) => editor.querySelector(`[name="${name}"]`);

// What was changed last is saved even if the page is left at once.
const send = (path, body) => call(`retouches/${texts.retouch}/${path}`, { method: "PATCH", body, keepalive: true });

function say(text, failed = false) {
  const line = document.getElementById("saved");
  line.textContent = text;
  line.classList.toggle("error", failed);
}

function makeBlender(canvas, layers, tone) {
  try {
    const blender = new GlBlender(canvas, layers, tone);
    canvas.addEventListener("webglcontextlost", () => {
      state.blender = withoutGl(canvas, layers, tone);
      drawMarks();
    });
    return blender;
  } catch {
    return withoutGl(canvas, layers, tone);
  }
}

function withoutGl(canvas, layers, tone) {
  // A canvas that has tried WebGL gives no other context.
  const fresh = canvas.cloneNode();
  canvas.replaceWith(fresh);
  return new PixelBlender(fresh, layers, tone);
}

const isUnsaved = () => state.pending || state.saving;

function draw() {
  const left = state.row.report?.guard_strength ?? 1;
  const strengths = CONCERNS.map((name) => [name, state.recipe[name] * (name === "light" ? 1 : left)]);
  state.blender.draw(Object.fromEntries(strengths));
}

function drawMarks() {
  state.blender.setWithout(withoutMarks(state.layers, state.marks.removed()));
  state.marks.name();
  draw();
}

const snapshot = () => ({
  strengths: Object.fromEntries(CONCERNS.map((name) => [name, state.recipe[name]])),
  decisions: state.marks.decisions(),
});

// Something was changed by the person: it can be undone, and is saved when they rest.
function changed(tag) {
  const now = snapshot();
  state.history.push(state.last, now, tag);
  state.last = now;
  rest();
}

function showSnapshot({ strengths, decisions }) {
  Object.assign(state.recipe, strengths);
  state.marks.take(decisions);
  state.last = snapshot();
  showSliders();
  drawMarks();
  rest();
}

function rest() {
  clearTimeout(state.timer);
  say(texts.unsaved);
  state.sides.edited();
  state.pending = true;
  state.left = null;
  state.timer = setTimeout(flush, REST_MS);
}

// One save at a time; what was changed meanwhile is saved after it.
async function flush() {
  clearTimeout(state.timer);
  if (!state.pending || state.saving) return;
  Object.assign(state, { pending: false, saving: true, failed: false });
  say(texts.saving);
  try {
    const row = await saveAll();
    // Back where it was: what is stored shows it already.
    if (row === state.row) settled(row.version);
    else awaitVersion(row);
    state.row = row;
    state.sent = row.version;
  } catch (error) {
    say(error.message || texts.failed, true);
    state.failed = error instanceof Unanswered;
    state.left = null;
  }
  state.saving = false;
  if (state.failed) retryLater();
  else if (state.pending) flush();
}

function retryLater() {
  state.pending = true;
  clearTimeout(state.timer);
  state.timer = setTimeout(flush, RETRY_MS);
}

// The page goes: nothing can be waited for any more, so everything unsaved is sent at once. Before it
// goes, where a browser tells of it: what is sent as it goes does not always arrive.
function leave() {
  const left = isUnsaved() && wish();
  if (!left || state.left === JSON.stringify(left)) return;
  state.left = JSON.stringify(left);
  send(...left).catch(() => { state.left = null; });
}

// The page asks for a version that is under way where no socket tells of it.
function awaitVersion(row) {
  const { dataset } = document.getElementById("photo");
  if (row.version > Number(dataset.version)) dataset.status = row.status;
}

// What is to be sent, path and body: strengths and decisions together make one version.
function wish() {
  const decisions = state.marks.unsaved().map(({ id, decision }) => ({ id, decision }));
  const { recipe, row } = state;
  if (JSON.stringify(recipe) === JSON.stringify(row.recipe)) return decisions.length ? ["marks/", decisions] : null;
  return ["", decisions.length ? { recipe, decisions } : { recipe }];
}

async function saveAll() {
  const marks = state.marks.unsaved();
  const decided = marks.map((mark) => mark.decision);
  const wished = wish();
  if (!wished) return state.row;
  // It arrives although the page is left: nothing has to be sent again then.
  state.left = JSON.stringify(wished);
  const row = await send(...wished);
  // Not what it is by now: somebody may have clicked again.
  marks.forEach((mark, k) => { mark.saved = decided[k]; });
  return row;
}

function settled(version) {
  say(`${texts.saved} ${version}`);
  state.sides.saved(version);
}

function showSliders() {
  for (const name of CONCERNS) {
    const input = slider(name);
    input.value = Math.round(state.recipe[name] * 100);
    input.setAttribute("aria-valuetext", `${input.value} %`);
    input.nextElementSibling.textContent = `${input.value} %`;
  }
  for (const button of editor.querySelectorAll("[data-recipe]")) {
    const wanted = JSON.parse(button.dataset.recipe);
    const same = CONCERNS.every((name) => slider(name).disabled || Math.abs(wanted[name] - state.recipe[name]) < 0.005);
    button.setAttribute("aria-pressed", String(same));
  }
}

export const currentRecipe = () => ({ ...state.recipe });

// Take the strengths of a preset, those that this photo knows.
function applyPreset(recipe) {
  for (const name of CONCERNS) if (!slider(name).disabled) state.recipe[name] = recipe[name];
  showSliders();
  requestAnimationFrame(draw);
  changed("");
}

function listen() {
  for (const name of CONCERNS) {
    slider(name).addEventListener("input", (event) => {
      state.recipe[name] = event.target.value / 100;
      showSliders();
      requestAnimationFrame(draw);
      changed(name);
    });
  }
  editor.addEventListener("click", (event) => {
    const { recipe } = event.target.dataset;
    if (recipe) applyPreset(JSON.parse(recipe));
  });
  document.getElementById("undo").addEventListener("click", () => state.history.undo());
  document.getElementById("redo").addEventListener("click", () => state.history.redo());
  addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type='range'], [type='checkbox'])");
    if (typing || !(event.ctrlKey || event.metaKey) || !["z", "y"].includes(event.key.toLowerCase())) return;
    event.preventDefault();
    if (event.shiftKey || event.key.toLowerCase() === "y") state.history.redo();
    else state.history.undo();
  });
  addEventListener("pagehide", leave);
  addEventListener("online", flush);
  addEventListener("beforeunload", (event) => {
    leave();
    if (state.failed) event.preventDefault();
  });
}

function offerSteps({ done, undone }) {
  document.getElementById("undo").disabled = !done.length;
  document.getElementById("redo").disabled = !undone.length;
}

// Another checkpoint finds other spots, and another version has other decisions: when it is done, the
// page begins anew. Returns whether it was wished.
export async function startAnew(wish) {
  say(texts.saving);
  try {
    awaitVersion(await wish());
    state.anew = true;
    return true;
  } catch (error) {
    say(error.message || texts.failed, true);
    return false;
  }
}

function allow() {
  const known = new Set(["blemishes", ...state.layers.faces.flatMap((face) => Object.keys(face.concerns))]);
  if (state.tone) known.add("light");
  for (const name of CONCERNS) {
    slider(name).disabled = !known.has(name);
    if (name === "light" && !known.has(name)) slider(name).closest("label").title = texts.goodLight;
  }
}

// Report, versions and what can be compared come from the server, as anybody else sees them.
async function refreshPage() {
  const page = await (await fetch(location.href, { credentials: "same-origin" })).text();
  const fresh = new DOMParser().parseFromString(page, "text/html");
  for (const selector of [".report", "#versions"]) {
    const [old, now] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (!old || !now) continue;
    now.open = old.open;
    old.replaceWith(now);
  }
  for (const selector of ["#left", "#right"]) {
    const [old, now] = [document.querySelector(selector), fresh.querySelector(selector)];
    const { value } = old;
    old.replaceChildren(...now.children);
    old.value = value;
  }
}

// A version is finished: this page's own wish, or one that was made elsewhere.
export async function showVersion(row) {
  if (state.anew) { location.reload(); return; }
  // First of all the tiles: somebody who zoomed in waits for them.
  if (!isUnsaved() && row.version === state.sent) settled(row.version);
  const tone = `retouches/${row.id}/tone/`;
  const [fresh, shown] = await Promise.all([readRetouch(row.id), loadTone(`/api/v1/${tone}`)]);
  if (Boolean(state.tone) !== Boolean(shown)) { location.reload(); return; }
  // Other spots, of another checkpoint: a click would hit the wrong ones.
  if (fresh.checkpoint.sha256 !== state.row.checkpoint.sha256) { location.reload(); return; }
  if (!isUnsaved() && state.row.version <= fresh.version) {
    state.row = fresh;
    if (fresh.version !== state.sent) {
      await adopt();
      settled(fresh.version);
    }
    draw();
  }
  await refreshPage();
}

// Another tab, or a program, has changed this photo: show what it wished.
async function adopt() {
  state.recipe = { ...state.row.recipe };
  state.marks.adopt(await call(`retouches/${texts.retouch}/marks/`));
  state.last = snapshot();
  showSliders();
  drawMarks();
}

export const editing = () => Boolean(state.blender);

export async function startEditor(viewer, sides) {
  const base = `/api/v1/retouches/${texts.retouch}/`;
  const [row, layers, tone, rows] = await Promise.all([
    readRetouch(texts.retouch), loadLayers(`${base}layers/`), loadTone(`${base}tone/`),
    call(`retouches/${texts.retouch}/marks/`),
  ]);
  const [x0, y0, x1, y1] = layers.faces[0]?.box || [0, 0, layers.width, layers.height];
  viewer.focus = [(x0 + x1) / 2 / layers.width, (y0 + y1) / 2 / layers.height];
  Object.assign(state, { row, layers, tone, sides, recipe: { ...row.recipe }, sent: row.version });
  state.blender = makeBlender(document.getElementById("shown"), layers, tone);
  state.history = new History(showSnapshot, offerSteps);
  state.marks = new Marks(editor, layers, rows, viewer, () => { drawMarks(); changed(""); });
  state.last = snapshot();
  allow();
  listen();
  showSliders();
  drawMarks();
  document.getElementById("shown").hidden = false;
  document.getElementById("viewer").classList.add("live");
  editor.hidden = false;
  editor.dataset.ready = state.blender instanceof GlBlender ? "webgl" : "2d";
}
