// A grid of photos: more of them as one scrolls, live states and pictures, arrow keys.

import { csrfToken, watchRetouches } from "./progress.js";

const AHEAD = "1600px";
const GATHER_MS = 150;
const RETRY_MS = 5000;
const PICTURE_MS = 4000;
const PICTURE_TRIES = 30;
const MOST_CARDS = 100;
const MOST_RENEWED = 500;
const grid = document.getElementById("photos");
const texts = grid.dataset;
const cardOf = (photo) => grid.querySelector(`[data-photo="${photo}"]`);

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

async function fetchPage(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return parse(await answer.text());
}

// More photos.

let loading = null;

async function loadMore() {
  const more = document.getElementById("more");
  const link = more.querySelector("a");
  if (!link) return false;
  const address = new URL(link.href);
  address.searchParams.set("part", "1");
  link.textContent = texts.loading;
  const part = await fetchPage(address);
  for (const card of part.querySelectorAll("li.photo")) if (!cardOf(card.dataset.photo)) grid.append(card);
  more.replaceWith(part.getElementById("more"));
  watchEnd();
  grid.dispatchEvent(new Event("cards-added"));
  return true;
}

function offerRetry() {
  const link = document.querySelector("#more a");
  if (link) link.textContent = texts.retry;
  setTimeout(watchEnd, RETRY_MS);
}

export function moreCards() {
  loading ??= loadMore().catch(() => { offerRetry(); return false; }).finally(() => { loading = null; });
  return loading;
}

// Whoever scrolls past the last card, however far, gets the next ones.
const ends = new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) moreCards();
}, { rootMargin: `10000000px 0px ${AHEAD}` });

function watchEnd() {
  ends.disconnect();
  reserve();
  const more = document.getElementById("more");
  if (!more.querySelector("a")) return;
  if (grid.lastElementChild) ends.observe(grid.lastElementChild);
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("#more a")) return;
  event.preventDefault();
  moreCards();
});

// The room of photos that are still to come: what stands below does not move when they do.
function reserve() {
  const card = grid.firstElementChild;
  const total = Number(document.getElementById("selection").dataset.total);
  const rows = document.querySelector("#more a") && card ? Math.ceil(total / columns()) : 0;
  const gap = Number.parseFloat(getComputedStyle(grid).rowGap) || 0;
  grid.style.minHeight = rows ? `${rows * (card.offsetHeight + gap) - gap}px` : "";
}
new ResizeObserver(reserve).observe(document.querySelector("main"), { box: "border-box" });

// Who comes back finds the photo that they left.

const place = history.state?.grid;
addEventListener("pagehide", () => {
  history.replaceState({ ...history.state, grid: { count: grid.children.length, top: scrollY } }, "");
});

async function returnTo({ count, top }) {
  while (grid.children.length < count && await moreCards());
  scrollTo({ top, behavior: "instant" });
}

// The browser shows the page as it kept it: what happened meanwhile is asked for.
addEventListener("pageshow", (event) => {
  const kept = event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (kept && document.getElementById("connection")) refresh(...[...grid.children].slice(0, MOST_RENEWED).map((card) => card.dataset.photo));
});

// States and pictures.

function statusText(row) {
  if (row.error) return row.error.detail;
  const text = texts[row.status] || "";
  return row.queue_position ? `${text} (${row.queue_position})` : text;
}

function showRow(row) {
  const card = grid.querySelector(`[data-retouch="${row.id}"]`) || adopt(row);
  if (!card?.querySelector(".work")) return;
  const before = card.dataset.status;
  card.dataset.status = row.status;
  const unfinished = row.status === "queued" || row.status === "running";
  const bar = card.querySelector("progress");
  bar.hidden = !unfinished;
  bar.value = row.progress;
  const status = card.querySelector(".status");
  status.textContent = row.status === "failed" || row.status === "cancelled" || unfinished ? statusText(row) : "";
  status.title = row.error ? row.error.detail : "";
  card.querySelector(".retry").hidden = row.status !== "failed" && row.status !== "cancelled";
  const finished = row.status === "succeeded" && (before !== "succeeded" || card.dataset.version !== String(row.version));
  card.dataset.version = row.version;
  if (finished || (row.progress > 0.1 && card.querySelector(".placeholder"))) refresh(card.dataset.photo);
}

// A newer wish for a photo takes the place of the one that its card shows.
function adopt(row) {
  const card = row.status === "queued" || row.status === "running" ? cardOf(row.photo) : null;
  if (card) card.dataset.retouch = row.id;
  return card;
}

const wanted = new Set();
let gathering = null;

export function refresh(...photos) {
  for (const photo of photos) wanted.add(photo);
  gathering ??= setTimeout(() => {
    gathering = null;
    const ids = [...wanted].slice(0, MOST_CARDS);
    for (const id of ids) wanted.delete(id);
    if (wanted.size) refresh();
    showCards(ids).catch(() => { /* the next change asks again */ });
  }, GATHER_MS);
}

async function showCards(ids) {
  const query = new URLSearchParams(ids.map((id) => ["photo", id]));
  const page = await fetchPage(`${texts.cards}?${query}`);
  for (const fresh of page.querySelectorAll("li.photo")) {
    const card = cardOf(fresh.dataset.photo);
    if (card) freshen(card, fresh);
    else show(fresh);
  }
}

function show(card) {
  document.querySelector(".empty")?.remove();
  grid.prepend(card);
  grid.dispatchEvent(new CustomEvent("counted", { detail: 1 }));
  grid.dispatchEvent(new Event("cards-added"));
}

const source = (card) => card.querySelector(".open img")?.getAttribute("src") || "";

function freshen(card, fresh) {
  const work = fresh.querySelector(".work");
  for (const name of ["retouch", "status"]) {
    if (fresh.dataset[name]) card.dataset[name] = fresh.dataset[name];
  }
  if (work) card.querySelector(".work").replaceWith(work);
  if (source(fresh) && source(fresh) !== source(card)) changePicture(card, fresh);
}

// The old picture stays until the new one can be painted.
function changePicture(card, fresh) {
  const picture = fresh.querySelector(".open picture, .open img");
  const image = picture.querySelector("img") || picture;
  const put = () => card.querySelector(".open picture, .open img, .open .placeholder")?.replaceWith(picture);
  image.loading = "eager";
  image.decode().then(put, put);
}

grid.addEventListener("click", async (event) => {
  const button = event.target.closest(".retry");
  if (!button) return;
  const card = button.closest(".photo");
  button.disabled = true;
  try {
    const answer = await fetch(`/api/v1/retouches/${card.dataset.retouch}/retry/`, {
      method: "POST", headers: { "X-CSRFToken": csrfToken() },
    });
    const row = await answer.json();
    if (answer.ok) showRow(row);
    else card.querySelector(".status").textContent = row.detail || texts.failed;
  } catch { card.querySelector(".status").textContent = texts.failed; }
  button.disabled = false;
});

// Photos whose retouch waits get their pictures a little later: ask for those on the screen.
let tries = 0;
function askForPictures() {
  const visible = [...grid.querySelectorAll(".photo:has(.placeholder)")].filter((card) => {
    const box = card.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight && !["queued", "running"].includes(card.dataset.status);
  });
  if (visible.length && !document.hidden && tries < PICTURE_TRIES) {
    tries += 1;
    refresh(...visible.map((card) => card.dataset.photo));
  }
  setTimeout(askForPictures, PICTURE_MS);
}

// An upload ended: {photo: row or id, retouch: row or null}.
document.addEventListener("photo-added", (event) => {
  const { photo, retouch } = event.detail;
  tries = 0;
  refresh(photo.id || photo);
  if (retouch?.status) showRow(retouch);
});

// Arrow keys.

const links = () => [...grid.querySelectorAll("a.open")];

export function columns() {
  return getComputedStyle(grid).gridTemplateColumns.split(" ").length;
}

function rove() {
  const all = links();
  const current = all.find((link) => link.tabIndex === 0 && link.hasAttribute("tabindex")) || all[0];
  for (const link of all) link.tabIndex = link === current ? 0 : -1;
  for (const box of grid.querySelectorAll("a.open ~ .pick")) box.tabIndex = -1;
}

grid.addEventListener("focusin", (event) => {
  const link = event.target.closest("a.open");
  if (!link) return;
  for (const other of grid.querySelectorAll('a.open[tabindex="0"]')) other.tabIndex = -1;
  link.tabIndex = 0;
});

grid.addEventListener("keydown", (event) => {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() };
  const all = links();
  const here = all.indexOf(document.activeElement);
  let next = here + (steps[event.key] || 0);
  if (event.key === "Home") next = 0;
  else if (event.key === "End") next = all.length - 1;
  else if (!steps[event.key]) return;
  if (here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (next < 0 || next >= all.length) { if (next >= all.length) moreCards(); return; }
  all[next].focus();
  grid.dispatchEvent(new CustomEvent("focus-moved", { detail: {
    from: all[here].closest(".photo"), to: all[next].closest(".photo"), ranged: event.shiftKey,
  } }));
});

grid.addEventListener("cards-added", rove);
rove();
watchEnd();
if (place) returnTo(place);
askForPictures();
for (const select of document.querySelectorAll("[data-submits] select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
if (document.getElementById("connection")) {
  watchRetouches({
    onRow: showRow,
    onConnection: (up) => { document.getElementById("connection").hidden = up; },
    watchedIds: () => [...grid.querySelectorAll('[data-status="queued"], [data-status="running"]')]
      .map((card) => card.dataset.retouch),
  });
}
