// The album page: one tone for all of its photos.

import { makeConsistent } from "./group_job.js";

const section = document.getElementById("consistent");

function show(text, failed = false) {
  const line = section.querySelector(".status");
  line.textContent = text;
  line.classList.toggle("error", failed);
}

async function start(button) {
  const bar = section.querySelector("progress");
  const reference = document.getElementById("reference").value || null;
  button.disabled = true;
  bar.hidden = false;
  bar.value = 0;
  show(section.dataset.working);
  try {
    const wish = { album: section.dataset.album, reference };
    show(await makeConsistent(wish, section.dataset, (share) => { bar.value = share; }));
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
    reference.append(new Option(card.dataset.name, card.dataset.photo));
  }
  section.hidden = cards.length < 2;
}

const button = document.getElementById("make-consistent");
button.addEventListener("click", () => start(button));
new MutationObserver(offerPhotos).observe(document.getElementById("photos"), { childList: true });
