// What is done with the photos that are chosen in a grid; selection.js loads this when it is first wished.
// Each action gets the selection: {boxes, chosen, clear, everything}.

import { moreCards, refresh } from "./grid.js";
import { makeConsistent } from "./group_job.js";
import { notice } from "./notices.js";
import { csrfToken } from "./progress.js";

const grid = document.getElementById("photos");
const form = document.getElementById("selection");
const texts = form.dataset;
const ids = ({ chosen }) => chosen().map((box) => box.value);
const count = (change) => grid.dispatchEvent(new CustomEvent("counted", { detail: change }));

function wished(selection) {
  if (!selection.everything) return { photos: ids(selection), ...(texts.album && { album: texts.album }) };
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
  }).catch(() => { throw new Error(texts.failed); });
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

const UNDO = {
  trash: (photos) => ({ action: "restore", photos }),
  restore: (photos) => ({ action: "trash", photos }),
  remove: (photos, album) => ({ action: "copy", photos, target: album }),
  move: (photos, album, target) => ({ action: "move", photos, album: target, target: album }),
};
const LEAVES = new Set(["trash", "restore", "erase", "move", "remove"]);

async function act(selection, action, more = {}) {
  const wish = { ...wished(selection), action, ...more };
  const note = notice(texts.working, { lasts: true });
  busy(true);
  try {
    const outcome = await batch(wish);
    selection.clear();
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

export async function cover(selection) {
  const note = notice(texts.working, { lasts: true });
  try {
    await post(`/api/v1/albums/${texts.album}/cover/`, { photo: ids(selection)[0] });
    selection.clear();
    note.say(texts.cover);
  } catch (error) { note.say(error.message, { failed: true }); }
}

export async function consistent(selection) {
  const photos = ids(selection);
  const whole = selection.everything && texts.album;
  const note = notice(texts.working, { lasts: true, progress: true });
  selection.clear();
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

export async function album(selection) {
  const target = document.getElementById("target");
  const title = document.getElementById("target-title");
  const name = () => { document.getElementById("new-target").hidden = target.value !== ""; };
  target.onchange = name;
  name();
  const action = await ask("ask-album");
  if (!action) return;
  try {
    let to = target.value;
    if (!to) {
      if (!title.value.trim()) return;
      const row = await post("/api/v1/albums/", { title: title.value.trim() });
      target.prepend(new Option(row.title, row.id));
      to = row.id;
      title.value = "";
    }
    await act(selection, action, { target: to });
  } catch (error) { notice(error.message, { failed: true }); }
}

export async function download(selection) {
  if (await ask("ask-download") !== "download") return;
  // In the mode "everything" the form names the album or search and no photos.
  const checked = selection.everything ? selection.chosen() : [];
  for (const box of checked) box.disabled = true;
  HTMLFormElement.prototype.submit.call(form);
  for (const box of checked) box.disabled = false;
}

export async function retouch(selection) {
  const preset = document.getElementById("preset");
  if (await ask("ask-retouch") !== "retouch") return;
  await act(selection, "retouch", preset.value ? { recipe: JSON.parse(preset.value) } : {});
}

export function share(selection) {
  const names = selection.everything ? [["album", texts.album]] : ids(selection).map((id) => ["photo", id]);
  location.assign(`${texts.share}?${new URLSearchParams(names)}`);
}

export async function erase(selection) {
  if (await ask("ask-erase") === "erase") await act(selection, "erase");
}

export const trash = (selection) => act(selection, "trash");
export const restore = (selection) => act(selection, "restore");
export const remove = (selection) => act(selection, "remove");
