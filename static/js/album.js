// The album page: drop or pick photos, upload three at a time, start their retouch, show progress.

import { csrfToken, watchRetouches } from "./progress.js";

const PARALLEL = 3;
const TYPES = /\.(jpe?g|png|webp|avif|hei[cf])$/i;
const KINDS = /^image\/(jpeg|png|webp|avif|hei[cf])$/;
const album = document.getElementById("album");
const texts = album.dataset;
const uploads = document.getElementById("uploads");
const grid = document.getElementById("photos");
const queue = [];
let active = 0;

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function addFiles(files) {
  for (const file of files) {
    const row = element("li", "upload");
    const status = element("span", "status", texts.waiting);
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    row.append(element("span", "name", file.name), bar, status);
    uploads.append(row);
    const item = { file, row, bar, status };
    const refusal = refuse(file);
    if (refusal) fail(item, refusal);
    else { queue.push(item); offerCancel(item); }
  }
  pump();
}

function refuse(file) {
  if (file.size > Number(texts.maxBytes)) return texts.tooLarge;
  return TYPES.test(file.name) || KINDS.test(file.type) ? "" : texts.badType;
}

function offerCancel(item) {
  item.cancelButton = element("button", "link", texts.cancel);
  item.cancelButton.setAttribute("aria-label", `${texts.cancel} ${item.file.name}`);
  item.cancelButton.addEventListener("click", () => {
    const waiting = queue.indexOf(item);
    if (waiting >= 0) queue.splice(waiting, 1);
    item.cancel?.();
    item.row.remove();
  });
  item.row.append(item.cancelButton);
}

function fail(item, reason) {
  item.bar.remove();
  item.cancelButton?.remove();
  item.status.className = "status error";
  item.status.textContent = reason;
}

function pump() {
  while (active < PARALLEL && queue.length) {
    active += 1;
    const item = queue.shift();
    upload(item).catch((reason) => offerRetry(item, String(reason.message || reason)))
      .finally(() => { active -= 1; pump(); if (!active) showUsage().catch(() => {}); });
  }
}

async function showUsage() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("usage");
  if (fresh) document.getElementById("usage")?.replaceWith(fresh);
}

function offerRetry(item, reason) {
  fail(item, reason);
  const button = element("button", "link", texts.retry);
  button.addEventListener("click", () => { item.row.remove(); addFiles([item.file]); });
  item.row.append(button);
}

async function upload(item) {
  item.status.textContent = texts.uploading;
  const answer = await send(item);
  item.row.remove();
  if (answer) showPhoto(answer.photo, answer.retouch);
}

function send(item) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    item.cancel = () => request.abort();
    body.append("file", item.file);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) item.bar.value = event.loaded / event.total;
    });
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* an error page is no JSON */ }
      if (request.status < 300) resolve(answer);
      else reject(new Error(answer.detail || texts.failed));
    });
    request.addEventListener("abort", () => resolve(null));
    request.addEventListener("error", () => reject(new Error(texts.failed)));
    request.open("POST", texts.upload);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.send(body);
  });
}

function showPhoto(photo, retouch) {
  document.getElementById("empty")?.remove();
  let card = grid.querySelector(`[data-photo="${photo.id}"]`);
  if (!card) {
    card = element("li", "photo");
    card.dataset.photo = photo.id;
    const link = document.createElement("a");
    link.href = `/photos/${photo.id}/`;
    link.append(element("span", "placeholder"), element("span", "name", photo.name));
    const bar = document.createElement("progress");
    bar.max = 1;
    card.append(link, element("span", "status"), bar);
    grid.prepend(card);
  }
  card.dataset.retouch = retouch.id;
  showRow(retouch);
}

function showRow(row) {
  const card = grid.querySelector(`[data-retouch="${row.id}"]`);
  if (!card) return;
  card.dataset.status = row.status;
  const bar = card.querySelector("progress");
  const unfinished = row.status === "queued" || row.status === "running";
  bar.hidden = !unfinished;
  bar.value = row.progress;
  const position = row.queue_position ? ` (${row.queue_position})` : "";
  card.querySelector(".status").textContent = row.error ? row.error.detail : row.status + position;
  if (row.progress > 0.1) showThumbnail(card);
}

function showThumbnail(card) {
  const placeholder = card.querySelector(".placeholder");
  if (!placeholder) return;
  const image = document.createElement("img");
  image.alt = card.querySelector(".name").textContent;
  image.addEventListener("load", () => placeholder.replaceWith(image), { once: true });
  image.src = `/photos/${card.dataset.photo}/thumbnail/`;
}

document.getElementById("files").addEventListener("change", (event) => {
  addFiles(event.target.files);
  event.target.value = "";
});
addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dragging"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dragging"); });
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  addFiles(event.dataTransfer.files);
});
addEventListener("paste", (event) => addFiles(event.clipboardData.files));

watchRetouches({
  onRow: showRow,
  onConnection: (up) => { document.getElementById("connection").hidden = up; },
  watchedIds: () => [...grid.querySelectorAll('[data-status="queued"], [data-status="running"]')]
    .map((card) => card.dataset.retouch),
});
