// Choosing photos of a grid by mouse, keyboard and touch, and what is done with the chosen ones.

import "./grid.js";

// What is done with the chosen ones is loaded when it is done first: no page begins with it.
const ACTIONS = "./selection_actions.js";
const LONG_PRESS_MS = 450;
const SLIP = 10;
const grid = document.getElementById("photos");
const form = document.getElementById("selection");
const texts = form.dataset;
const boxes = () => [...grid.querySelectorAll(".pick")];
const chosen = () => boxes().filter((box) => box.checked);
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
  // A link to very many photos is one to their album.
  const share = form.querySelector('[data-do="share"]');
  if (share) share.hidden = everything ? !texts.album : count > Number(share.dataset.most);
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

let loading = false;

async function run(name) {
  if (loading || document.querySelector("dialog[open]")) return;
  loading = true;
  try {
    const actions = await import(ACTIONS);
    actions[name]({ boxes, chosen, clear, everything });
  } catch { document.getElementById("selected-count").textContent = texts.failed; }
  loading = false;
}

const HERE = { clear, everything: () => { everything = true; chooseAll(); } };

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button || button.disabled) return;
  const name = button.dataset.do;
  if (HERE[name]) HERE[name](); else run(name);
});
grid.addEventListener("counted", ({ detail }) => {
  texts.total = Math.max(Number(texts.total) + detail, 0);
  const line = document.getElementById("total");
  if (line?.firstChild) line.firstChild.textContent = line.firstChild.textContent.replace(/\d+/, texts.total);
  update();
});
grid.addEventListener("cards-added", () => { if (everything) chooseAll(); else update(); });
// After Back the browser may have ticked boxes again.
addEventListener("pageshow", () => { for (const box of boxes()) set(box, box.checked); update(); });
update();
