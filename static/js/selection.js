// Choosing photos of a grid by mouse, keyboard and touch, and what is done with the chosen ones.

import { moreCards, refresh } from "./grid.js";
import { makeConsistent } from "./group_job.js";
import { notice } from "./notices.js";
import { csrfToken } from "./progress.js";

const LONG_PRESS_MS = 450;
const SLIP = 10;
const grid = document.getElementById("photos");
const form = document.getElementById("selection");
const texts = form.dataset;
const boxes = () => [...grid.querySelectorAll(".pick")];
const chosen = () => boxes().filter((box) => box.checked);
const ids = () => chosen().map((box) => box.value);
let everything = false;
let anchor = null;

// What is chosen.

function update() {
  const count = everything ? Number(texts.total) : chosen().length;
  form.hidden = count === 0;
  document.body.classList.toggle("choosing", count > 0);
  document.getElementById("selected-count").textContent = count ? `${count} ${texts.selected}` : "";
  for (const button of form.querySelectorAll("[data-least]")) button.hidden = count < Number(button.dataset.least);
  for (const button of form.querySelectorAll("[data-exactly]")) button.hidden = count !== Number(button.dataset.exactly);
  const group = form.querySelector('[data-do="consistent"]');
  if (group && everything && !texts.album) group.hidden = count > boxes().length;
  const all = form.querySelector('[data-do="everything"]');
  if (all) all.hidden = everything || count < boxes().length || Number(texts.total) <= boxes().length;
  for (const input of form.querySelectorAll("[data-everything]")) input.disabled = !everything;
}

function set(box, checked) {
  box.checked = checked;
  box.closest(".photo").classList.toggle("chosen", checked);
}

function toggle(box, checked = !box.checked) {
  everything = false;
  set(box, checked);
  anchor = box;
  update();
}

function chooseTo(box) {
  const all = boxes();
  const [first, last] = [all.indexOf(anchor?.isConnected ? anchor : box), all.indexOf(box)].sort((a, b) => a - b);
  everything = false;
  for (const each of all.slice(first, last + 1)) set(each, true);
  update();
}

function chooseAll() {
  for (const box of boxes()) set(box, true);
  update();
}

function clear() {
  everything = false;
  for (const box of boxes()) set(box, false);
  anchor = null;
  update();
}

// Mouse and touch.

let pressed = null;

grid.addEventListener("click", (event) => {
  const card = event.target.closest(".photo");
  if (!card || event.target.closest(".retry")) return;
  const box = card.querySelector(".pick");
  if (pressed === "done") { pressed = null; event.preventDefault(); return; }
  if (event.target === box) {
    // The browser has flipped it already.
    if (event.shiftKey && anchor) { set(box, true); chooseTo(box); } else toggle(box, box.checked);
    return;
  }
  const choosing = chosen().length > 0 || grid.dataset.taps === "choose";
  // A click by Enter opens the photo.
  if (event.detail === 0 || event.ctrlKey || event.metaKey) return;
  if (event.shiftKey) { event.preventDefault(); if (anchor) chooseTo(box); else toggle(box, true); }
  else if (choosing) { event.preventDefault(); toggle(box); }
});

grid.addEventListener("pointerdown", (event) => {
  const card = event.target.closest(".photo");
  pressed = null;
  if (event.pointerType === "mouse" || !card || event.target.closest(".pick, .retry")) return;
  const press = { x: event.clientX, y: event.clientY };
  press.timer = setTimeout(() => {
    pressed = "done";
    toggle(card.querySelector(".pick"), true);
    navigator.vibrate?.(15);
  }, LONG_PRESS_MS);
  pressed = press;
});
const release = () => { if (pressed?.timer) { clearTimeout(pressed.timer); pressed = null; } };
for (const name of ["pointerup", "pointercancel"]) grid.addEventListener(name, release);
grid.addEventListener("pointermove", (event) => {
  if (pressed?.timer && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > SLIP) release();
});
grid.addEventListener("contextmenu", (event) => {
  // On touch a long press would open the browser's menu over the selection.
  if (pressed) event.preventDefault();
});
grid.addEventListener("dragstart", (event) => event.preventDefault());

// Keyboard.

const isField = (node) => node.closest("input:not(.pick), select, textarea, dialog, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (isField(event.target) || document.querySelector("dialog[open]")) return;
  const card = event.target.closest(".photo");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a" && boxes().length) {
    event.preventDefault();
    chooseAll();
  } else if (event.key === "Escape" && !form.hidden) clear();
  else if (event.key === " " && card && event.target.matches("a.open")) {
    event.preventDefault();
    toggle(card.querySelector(".pick"));
  } else if (event.key === "Delete" && !form.hidden) form.querySelector('[data-do="trash"]')?.click();
});

grid.addEventListener("focus-moved", (event) => {
  if (!event.detail.ranged) return;
  anchor ??= event.detail.from.querySelector(".pick");
  set(event.detail.from.querySelector(".pick"), true);
  chooseTo(event.detail.to.querySelector(".pick"));
});

// What is done with them.

function selection() {
  if (!everything) return { photos: ids(), ...(texts.album && { album: texts.album }) };
  const search = {};
  for (const input of form.querySelectorAll("[data-search]")) search[input.name] = input.value;
  return texts.album ? { album: texts.album } : { search };
}

function refusal(status, row) {
  if (status === 404) return texts.gone;
  if (status === 401 || row.code === "not_authenticated") return texts.signedOut;
  return row.detail || texts.failed;
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(body),
  });
  const row = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(refusal(answer.status, row));
  return row;
}

const batch = (wish) => post("/api/v1/photos/batch/", wish);

function failures(outcome) {
  return outcome.failed.map((failure) => {
    const card = grid.querySelector(`[data-photo="${failure.photo}"]`);
    return `${card?.dataset.name || failure.photo}: ${failure.detail}`;
  });
}

// What is gone leaves the page, and the photo after it gets the focus; returns how to put it back.
function leave(photos) {
  const gone = new Set(photos);
  const cards = [...grid.children].filter((card) => gone.has(card.dataset.photo));
  const places = cards.map((card) => [card, card.nextElementSibling]);
  const next = cards.at(-1)?.nextElementSibling || cards[0]?.previousElementSibling;
  for (const card of cards) card.remove();
  count(-photos.length);
  grid.dispatchEvent(new Event("cards-added"));
  if (!grid.children.length) moreCards();
  next?.querySelector(".open")?.focus({ preventScroll: true });
  return () => {
    for (const [card, after] of places.reverse()) {
      if (after?.parentElement === grid) after.before(card); else grid.append(card);
    }
    count(photos.length);
    grid.dispatchEvent(new Event("cards-added"));
  };
}

function count(change) {
  texts.total = Math.max(Number(texts.total) + change, 0);
  const line = document.getElementById("total");
  if (line?.firstChild) line.firstChild.textContent = line.firstChild.textContent.replace(/\d+/, texts.total);
}

const UNDO = {
  trash: (photos) => ({ action: "restore", photos }),
  restore: (photos) => ({ action: "trash", photos }),
  remove: (photos, album) => ({ action: "copy", photos, target: album }),
  move: (photos, album, target) => ({ action: "move", photos, album: target, target: album }),
};
const LEAVES = new Set(["trash", "restore", "erase", "move", "remove"]);

async function act(action, more = {}) {
  const wish = { ...selection(), action, ...more };
  const note = notice(texts.working, { lasts: true });
  busy(true);
  try {
    const outcome = await batch(wish);
    clear();
    const putBack = LEAVES.has(action) ? leave(outcome.done) : null;
    if (action === "retouch") refresh(...outcome.done);
    const undo = UNDO[action] && outcome.done.length
      ? { text: texts.undo, act: () => takeBack(UNDO[action](outcome.done, texts.album, more.target), putBack) } : null;
    note.say(`${texts[action]}: ${outcome.done.length}`, { undo, details: failures(outcome), leftOut: texts.leftOut });
  } catch (error) {
    note.say(error.message || texts.failed, { failed: true });
  } finally { busy(false); }
}

async function takeBack(wish, putBack) {
  await batch(wish);
  putBack();
  if (!document.getElementById("ask-erase")) refresh(...wish.photos);
  return texts.undone;
}

function busy(on) {
  for (const button of form.querySelectorAll("button")) button.disabled = on;
}

async function makeCover() {
  const note = notice(texts.working, { lasts: true });
  try {
    await post(`/api/v1/albums/${texts.album}/cover/`, { photo: ids()[0] });
    clear();
    note.say(texts.cover);
  } catch (error) { note.say(error.message, { failed: true }); }
}

async function consistent() {
  const photos = ids();
  const whole = everything && texts.album;
  const note = notice(texts.working, { lasts: true, progress: true });
  clear();
  try {
    const reference = document.getElementById("reference")?.value || null;
    const words = { done: texts.consistent, measured: texts.measured, leftOut: texts.leftOut, failed: texts.failed };
    const wish = whole ? { album: texts.album } : { photos };
    note.say(await makeConsistent({ ...wish, reference }, words, note.progress));
  } catch (error) { note.say(error.message || texts.failed, { failed: true }); }
}

function ask(name) {
  const dialog = document.getElementById(name);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

async function toAlbum() {
  const target = document.getElementById("target");
  const title = document.getElementById("target-title");
  const name = () => { document.getElementById("new-target").hidden = target.value !== ""; };
  target.addEventListener("change", name);
  name();
  const action = await ask("ask-album");
  if (!action) return;
  try {
    let album = target.value;
    if (!album) {
      if (!title.value.trim()) return;
      const row = await post("/api/v1/albums/", { title: title.value.trim() });
      target.prepend(new Option(row.title, row.id));
      album = row.id;
      title.value = "";
    }
    await act(action, { target: album });
  } catch (error) { notice(error.message, { failed: true }); }
}

async function download() {
  if (await ask("ask-download") !== "download") return;
  // In the mode "everything" the form names the album or search and no photos.
  const checked = everything ? chosen() : [];
  for (const box of checked) box.disabled = true;
  HTMLFormElement.prototype.submit.call(form);
  for (const box of checked) box.disabled = false;
}

const DO = {
  everything: () => { everything = true; chooseAll(); },
  clear,
  retouch: () => act("retouch"),
  trash: () => act("trash"),
  restore: () => act("restore"),
  remove: () => act("remove"),
  cover: makeCover,
  consistent,
  "ask-download": download,
  "ask-album": toAlbum,
  "ask-erase": async () => { if (await ask("ask-erase") === "erase") await act("erase"); },
};

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && !button.disabled) DO[button.dataset.do]();
});
grid.addEventListener("photo-new", () => count(1));
grid.addEventListener("cards-added", () => { if (everything) chooseAll(); else update(); });
// After Back the browser may have ticked boxes again.
addEventListener("pageshow", () => { for (const box of boxes()) set(box, box.checked); update(); });
update();
