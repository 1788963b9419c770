// The upload area of a page: where files come from, the switch, sign-in, and what was left unfinished.
// Tells the rest of the page about a photo by the event "photo-added" with {photo, retouch}.

import { Lost, call, callJson, end } from "./upload.js";
import { carriesFiles, dropped, pasted, refusal } from "./upload_files.js";
import { createList, summary } from "./upload_list.js";
import { createMemory } from "./upload_memory.js";
import { createQueue, isUnderWay } from "./upload_queue.js";

const SIGN_IN_CHECK_MS = 4000;
const area = document.getElementById("upload");
const texts = area.dataset;
const { album, person, endpoint } = area.dataset;
const at = (id) => document.getElementById(id);
const atOnce = at("retouch-at-once");
const memory = createMemory(person, album);
const announce = (photo, retouch) => {
  document.dispatchEvent(new CustomEvent("photo-added", { detail: { photo, retouch } }));
};

const list = createList(at("uploads"), texts, { onCancel: (item) => queue.cancel(item), onRetry: (item) => queue.retry(item) });
const queue = createQueue({
  endpoint,
  album,
  person,
  memory,
  texts,
  startsRetouch: () => atOnce.checked,
  onChange: (item) => { list.show(item); showSummary(); },
  onDone: (item, row) => announce(row.photo, row.retouch),
  onSignedOut: showSignedOut,
});

function add(files) {
  for (const file of files) queue.add(file, refusal(file, texts));
  offerUnfinished();
}

let busy = false;
function showSummary() {
  const { items } = queue;
  const under = items.filter(isUnderWay);
  const retriable = items.filter((item) => item.state === "failed" && item.retriable);
  at("upload-summary").hidden = !items.some((item) => item.state !== "cancelled");
  const text = summary(items, texts);
  const status = at("upload-status");
  if (status.textContent !== text) status.textContent = text;
  const counted = items.filter((item) => isUnderWay(item) || item.state === "done");
  const total = counted.reduce((sum, item) => sum + item.file.size, 0);
  at("upload-total").value = total ? counted.reduce((sum, item) => sum + item.sent, 0) / total : 0;
  at("upload-total").hidden = !under.length;
  at("retry-all").hidden = retriable.length < 2;
  at("cancel-all").hidden = under.length < 2;
  at("clear-list").hidden = under.length > 0 || !items.some((item) => item.shown);
  if (busy && !under.length) readPage().catch(() => {});
  busy = under.length > 0;
}

// What the server says of this page now: null where it asks to sign in.
async function readPage() {
  const answer = await call(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("upload");
  if (fresh?.dataset.person === person) {
    for (const id of ["usage", "waiting"]) at(id).replaceWith(page.getElementById(id));
  }
  return fresh;
}

let signInTimer = 0;
function showSignedOut() {
  at("signed-out").hidden = false;
  waitForSignIn();
}

function waitForSignIn() {
  clearTimeout(signInTimer);
  signInTimer = setTimeout(checkSignIn, SIGN_IN_CHECK_MS);
}

async function checkSignIn() {
  if (at("signed-out").hidden) return;
  clearTimeout(signInTimer);
  const fresh = await readPage().catch((error) => (error instanceof Lost ? null : { dataset: {}, gone: true }));
  if (!fresh) { waitForSignIn(); return; }
  const same = fresh.gone || fresh.dataset.person === person;
  at("other-person").hidden = same;
  if (!same) { waitForSignIn(); return; }
  at("signed-out").hidden = true;
  queue.goOn();
}

// Files of which a part is here since an earlier visit; choosing them again goes on.
let unfinished = [];
async function findUnfinished() {
  const known = memory.places();
  if (!known.size) return;
  const { results } = await (await call(endpoint)).json();
  unfinished = results.map((row) => ({ name: row.name, place: `${endpoint}${row.id}/` })).filter((row) => known.has(row.place));
  offerUnfinished();
}

function offerUnfinished() {
  const taken = new Set(queue.items.map((item) => item.where));
  unfinished = unfinished.filter((row) => !taken.has(row.place));
  at("unfinished").hidden = !unfinished.length;
  at("unfinished-names").textContent = unfinished.map((row) => row.name).join(", ");
}

async function discardUnfinished() {
  const discarded = unfinished;
  unfinished = [];
  offerUnfinished();
  for (const { place } of discarded) {
    memory.forgetPlace(place);
    await end(place).catch(() => {});
  }
}

async function startWaiting(button) {
  button.disabled = true;
  const line = button.parentElement.querySelector(".error");
  try {
    for (let waiting = 1; waiting;) {
      const begun = await callJson(`${endpoint}start/`, { album: album || null });
      for (const row of begun.retouches) {
        // The grid loads the others, in their place, as somebody comes near.
        if (document.querySelector(`[data-photo="${row.photo}"]`)) announce({ id: row.photo }, row);
      }
      waiting = begun.waiting;
    }
    await readPage();
  } catch (error) {
    line.textContent = error.message || texts.failed;
    button.disabled = false;
  }
}

if (!album) {
  const kept = localStorage.getItem(`retouch-at-once:${person}`);
  if (kept) atOnce.checked = kept === "yes";
}
atOnce.addEventListener("change", () => {
  if (!album) { localStorage.setItem(`retouch-at-once:${person}`, atOnce.checked ? "yes" : "no"); return; }
  // The switch holds for this visit even where it could not be kept.
  callJson(`/api/v1/albums/${album}/`, { retouch_on_upload: atOnce.checked }, "PATCH").catch(() => {});
});

for (const id of ["files", "camera"]) {
  at(id).addEventListener("change", ({ target }) => { add([...target.files]); target.value = ""; });
}
const over = (on) => document.body.classList.toggle("dragging", on);
addEventListener("dragover", (event) => { if (carriesFiles(event.dataTransfer)) { event.preventDefault(); over(true); } });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); });
addEventListener("drop", (event) => {
  over(false);
  if (!carriesFiles(event.dataTransfer)) return;
  event.preventDefault();
  dropped(event.dataTransfer).then(add, () => { at("upload-status").textContent = texts.unreadable; });
});
addEventListener("paste", (event) => { if (event.clipboardData.files.length) add(pasted(event.clipboardData)); });

at("retry-all").addEventListener("click", () => queue.items.forEach((item) => queue.retry(item)));
at("cancel-all").addEventListener("click", () => queue.items.filter(isUnderWay).reverse().forEach((item) => queue.cancel(item)));
at("clear-list").addEventListener("click", () => {
  queue.items.filter((item) => item.shown).forEach(list.remove);
  queue.clear();
  showSummary();
});
at("choose-again").addEventListener("click", () => at("files").click());
at("discard").addEventListener("click", discardUnfinished);
area.addEventListener("click", ({ target }) => { if (target.id === "start-waiting") startWaiting(target); });

document.querySelector(".album-recipe")?.addEventListener("input", ({ target }) => {
  if (target.type === "range") target.nextElementSibling.value = target.value;
});

document.addEventListener("signed-out", (event) => {
  if (!queue.items.some(isUnderWay)) return;
  event.preventDefault();
  showSignedOut();
});
addEventListener("online", () => queue.goOn());
addEventListener("focus", checkSignIn);
document.addEventListener("visibilitychange", () => { if (!document.hidden) checkSignIn(); });
addEventListener("beforeunload", (event) => { if (queue.items.some(isUnderWay)) event.preventDefault(); });
findUnfinished().catch(() => {});
