// A page of photos: those that arrive, and the progress of their retouch.

import { watchRetouches } from "./progress.js";

const grid = document.getElementById("photos");

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function showPhoto(photo, retouch) {
  document.getElementById("empty")?.remove();
  let card = grid.querySelector(`[data-photo="${photo.id}"]`);
  if (!card) {
    if (!photo.name) return;
    card = element("li", "photo");
    card.dataset.photo = photo.id;
    const link = document.createElement("a");
    link.href = `/photos/${photo.id}/`;
    link.append(element("span", "placeholder"), element("span", "name", photo.name));
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.hidden = true;
    card.append(link, element("span", "status"), bar);
    grid.prepend(card);
  }
  if (!retouch) return;
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

document.addEventListener("photo-added", ({ detail }) => showPhoto(detail.photo, detail.retouch));

watchRetouches({
  onRow: showRow,
  onConnection: (up) => { document.getElementById("connection").hidden = up; },
  watchedIds: () => [...grid.querySelectorAll('[data-status="queued"], [data-status="running"]')]
    .map((card) => card.dataset.retouch),
});
