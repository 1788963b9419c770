// The album page: one tone for all photos, by the API; progress is asked for until it is done.

import { csrfToken } from "./progress.js";

const SECONDS = 1;
const section = document.getElementById("consistent");

function show(text, failed = false) {
  const line = section.querySelector(".status");
  line.textContent = text;
  line.classList.toggle("error", failed);
}

async function ask(path, options = {}) {
  const answer = await fetch(path, {
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    ...options,
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

function summary(group) {
  const texts = section.dataset;
  const numbers = [group.glc_before, group.glc_after].map((value) => Math.sqrt(value).toFixed(1));
  const parts = [texts.done, `${texts.measured} ${numbers.join(" → ")}.`];
  if (group.failed.length) parts.push(texts.leftOut, ...group.failed.map((photo) => photo.detail));
  return parts.join(" ");
}

async function watch(id, bar) {
  for (;;) {
    const group = await ask(`/api/v1/groups/${id}/`);
    bar.value = group.progress;
    if (group.status === "succeeded") return summary(group);
    if (group.status === "failed") throw new Error(group.error?.detail || section.dataset.failed);
    await new Promise((resolve) => { setTimeout(resolve, SECONDS * 1000); });
  }
}

async function makeConsistent(button) {
  const bar = section.querySelector("progress");
  const reference = document.getElementById("reference").value || null;
  button.disabled = true;
  bar.hidden = false;
  bar.value = 0;
  show(section.dataset.working);
  try {
    const body = JSON.stringify({ album: section.dataset.album, reference });
    const group = await ask("/api/v1/groups/", { method: "POST", body });
    show(await watch(group.id, bar));
  } catch (error) {
    show(error.message || section.dataset.failed, true);
  } finally {
    bar.hidden = true;
    button.disabled = false;
  }
}

// Photos come and go while the page is open: offer those that are there.
function offerPhotos() {
  const reference = document.getElementById("reference");
  const cards = [...document.querySelectorAll("#photos [data-photo]")];
  const known = new Set([...reference.options].map((option) => option.value));
  for (const card of cards) {
    if (known.has(card.dataset.photo)) continue;
    reference.append(new Option(card.querySelector(".name").textContent, card.dataset.photo));
  }
  section.hidden = cards.length < 2;
}

const button = document.getElementById("make-consistent");
button.addEventListener("click", () => makeConsistent(button));
new MutationObserver(offerPhotos).observe(document.getElementById("photos"), { childList: true });
