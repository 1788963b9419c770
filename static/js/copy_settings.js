// Take this photo's settings to others: pick them, follow how many are done, or take it back.

import { call } from "./api.js";

const dialog = document.getElementById("copy");
const form = dialog.querySelector("form");
const { all, copy, undo } = form.elements;
const list = dialog.querySelector(".picker");
const bar = dialog.querySelector("progress");
const say = (text) => { dialog.querySelector("[role=status]").textContent = text; };
let copied = [];
const waiting = new Set();

async function photosToPick() {
  const { album, photo } = dialog.dataset;
  const found = [];
  let address = `photos/?page_size=200${album ? `&album=${album}` : ""}`;
  while (address) {
    const page = await call(address);
    found.push(...page.results.filter((one) => one.id !== photo));
    address = page.next && page.next.slice(page.next.indexOf("photos/"));
  }
  return found;
}

function choice(photo) {
  const item = document.createElement("li");
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "photo", value: photo.id });
  const picture = Object.assign(new Image(), { src: `/photos/${photo.id}/thumbnail/`, alt: "", loading: "lazy" });
  const name = document.createElement("span");
  name.textContent = photo.name;
  label.append(box, picture, name);
  item.append(label);
  return item;
}

const boxes = () => [...list.querySelectorAll("input")];
const chosen = () => boxes().filter((box) => box.checked).map((box) => box.value);

function offer() {
  copy.disabled = !chosen().length;
  all.checked = chosen().length > 0 && chosen().length === boxes().length;
}

function tell() {
  const done = copied.length - waiting.size;
  bar.value = done / copied.length;
  bar.hidden = !waiting.size;
  dialog.dataset.watched = [...waiting].join(" ");
  say(dialog.dataset.progress.replace("DONE", done).replace("ALL", copied.length));
}

document.addEventListener("retouch", ({ detail }) => {
  if (["queued", "running"].includes(detail.status) || !waiting.delete(detail.id)) return;
  tell();
});

function follow(rows) {
  waiting.clear();
  for (const { id } of rows) waiting.add(id);
  tell();
}

async function copySettings() {
  copy.disabled = true;
  try {
    copied = await call(`retouches/${dialog.dataset.retouch}/copy/`, { method: "POST", body: { photos: chosen() } });
    if (!copied.length) { say(dialog.dataset.none); return; }
    follow(copied.map((one) => one.retouch));
    undo.hidden = false;
  } catch (error) {
    say(error.message || dialog.dataset.failed);
    copy.disabled = false;
  }
}

async function takeBack() {
  undo.hidden = true;
  try {
    for (const { retouch, restorable } of copied) {
      const path = `retouches/${retouch.id}/`;
      if (restorable) await call(`${path}restore/`, { method: "POST", body: { version: restorable } });
      else await call(`${path}cancel/`, { method: "POST" });
    }
    waiting.clear();
    bar.hidden = true;
    say(dialog.dataset.undone);
    copy.disabled = false;
  } catch (error) {
    say(error.message || dialog.dataset.failed);
    undo.hidden = false;
  }
}

all.addEventListener("change", () => {
  for (const box of boxes()) box.checked = all.checked;
  offer();
});
list.addEventListener("change", offer);
copy.addEventListener("click", copySettings);
undo.addEventListener("click", takeBack);

export async function open() {
  dialog.showModal();
  if (list.children.length) return;
  try {
    const photos = await photosToPick();
    list.replaceChildren(...photos.map(choice));
    if (!photos.length) say(dialog.dataset.empty);
  } catch {
    say(dialog.dataset.failed);
  }
}
