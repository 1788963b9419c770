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
