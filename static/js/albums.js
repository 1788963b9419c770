// The album list: the order by hand, dragged; without a mouse the buttons of each card move it.

import { csrfToken } from "./progress.js";

const list = document.getElementById("albums");
// Those of others stand in the order of their owners.
const own = () => [...list.children].filter((card) => card.querySelector(".place"));

async function store() {
  const status = document.getElementById("order-status");
  const albums = own().map((card) => card.dataset.album);
  try {
    const answer = await fetch("/api/v1/albums/order/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ albums }),
    });
    status.textContent = answer.ok ? list.dataset.moved : list.dataset.failed;
  } catch { status.textContent = list.dataset.failed; }
  offerMoves();
}

function offerMoves() {
  const cards = own();
  for (const card of cards) {
    const [up, down] = card.querySelectorAll(".place button");
    if (up) up.disabled = card === cards[0];
    if (down) down.disabled = card === cards.at(-1);
  }
}

let dragged = null;
let before = null;

function draggable() {
  for (const card of own()) card.draggable = true;
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".album");
    before = dragged.nextElementSibling;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.album);
    dragged.classList.add("dragged");
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest(".album");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const after = dragged.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
    over[after ? "after" : "before"](dragged);
  });
  list.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
  list.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    if (dragged && dragged.nextElementSibling !== before) store();
    dragged = null;
  });
}

// Buttons move the card in place, so that the focus stays and may go on.
list?.addEventListener("submit", (event) => {
  const card = event.target.closest(".album");
  const up = event.submitter?.value === "up";
  const other = up ? card.previousElementSibling : card.nextElementSibling;
  event.preventDefault();
  if (!other) return;
  other[up ? "before" : "after"](card);
  store().then(() => {
    const button = event.submitter.disabled ? card.querySelector(".place button:enabled") : event.submitter;
    button?.focus();
  });
});

if (list?.dataset.order === "hand") draggable();
for (const select of document.querySelectorAll("[data-submits] select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
