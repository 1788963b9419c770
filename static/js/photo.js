// The photo page: before/after slider, hold to see the original, progress, retry.

import { editing, showVersion, startEditor } from "./editor.js";
import { csrfToken, watchRetouches } from "./progress.js";

const page = document.getElementById("photo");
const compare = page.querySelector(".compare");

if (compare) {
  const range = compare.querySelector("input");
  const show = () => {
    compare.style.setProperty("--split", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value} ${range.dataset.text}`);
  };
  range.addEventListener("input", show);
  show();
  const hold = document.getElementById("hold");
  const original = (on) => compare.classList.toggle("original", on);
  hold.addEventListener("pointerdown", () => original(true));
  for (const name of ["pointerup", "pointerleave", "blur"]) hold.addEventListener(name, () => original(false));
  hold.addEventListener("keydown", (event) => { if (event.key === " " || event.key === "Enter") original(true); });
  hold.addEventListener("keyup", () => original(false));
}

// Before, after and spots lie in one figure: they grow and scroll together.
const ZOOMS = [1, 2, 4, 8];
function zoomBy(step) {
  const view = document.getElementById("view");
  const level = Math.min(Math.max(ZOOMS.indexOf(Number(view.dataset.zoom || 1)) + step, 0), ZOOMS.length - 1);
  const fitted = view.dataset.zoom > 1 ? Number(view.dataset.fitted) : compare.clientWidth;
  // The first step leads to the face, the next ones stay where the person looks.
  const face = view.dataset.face?.split(" ").map(Number);
  const middle = face && !(view.dataset.zoom > 1) ? face : [
    (view.scrollLeft + view.clientWidth / 2) / view.scrollWidth,
    (view.scrollTop + view.clientHeight / 2) / view.scrollHeight,
  ];
  view.style.height = level ? view.style.height || `${view.clientHeight}px` : "";
  Object.assign(view.dataset, { zoom: ZOOMS[level], fitted });
  compare.classList.toggle("zoomed", level > 0);
  compare.style.width = level ? `${fitted * ZOOMS[level]}px` : "";
  view.tabIndex = level ? 0 : -1;
  view.scrollTo(middle[0] * view.scrollWidth - view.clientWidth / 2, middle[1] * view.scrollHeight - view.clientHeight / 2);
  document.getElementById("zoom-out").disabled = level === 0;
  document.getElementById("zoom-in").disabled = level === ZOOMS.length - 1;
}

if (compare) {
  document.getElementById("zoom-in").addEventListener("click", () => zoomBy(1));
  document.getElementById("zoom-out").addEventListener("click", () => zoomBy(-1));
}

function showRow(row) {
  if (row.id !== page.dataset.retouch) return;
  const finished = row.status === "succeeded" && page.dataset.status !== "succeeded";
  const newer = String(row.version) !== page.dataset.version && row.status === "succeeded";
  page.dataset.status = row.status;
  if (newer) page.dataset.version = String(row.version);
  if ((finished || newer) && !editing()) { location.reload(); return; }
  if (finished || newer) showVersion(row).catch(() => location.reload());
  const state = document.getElementById("state");
  state.hidden = row.status === "succeeded";
  const position = row.queue_position ? ` (${row.queue_position})` : "";
  state.querySelector(".status").textContent = row.status + position;
  const bar = state.querySelector("progress");
  bar.value = row.progress;
  bar.hidden = row.status !== "queued" && row.status !== "running";
  state.querySelector(".error").textContent = row.error ? row.error.detail : "";
  document.getElementById("retry").hidden = row.status !== "failed" && row.status !== "cancelled";
}

document.getElementById("retry")?.addEventListener("click", async (event) => {
  const error = document.querySelector("#state .error");
  const failed = event.target.dataset.failed;
  try {
    const answer = await fetch(`/api/v1/retouches/${page.dataset.retouch}/retry/`, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken() },
    });
    const row = await answer.json();
    if (answer.ok) showRow(row);
    else error.textContent = row.detail || failed;
  } catch { error.textContent = failed; }
});

if (document.getElementById("editor")) {
  // Without the editor the page still shows, compares and downloads.
  startEditor().catch((error) => { console.info("no editor:", error); });
}

if (page.dataset.retouch) {
  watchRetouches({
    onRow: showRow,
    onConnection: (up) => { document.getElementById("connection").hidden = up; },
    watchedIds: () => (["queued", "running"].includes(page.dataset.status) ? [page.dataset.retouch] : []),
  });
}
