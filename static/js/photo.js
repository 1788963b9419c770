// The photo page: comparing, zooming, progress, retry, and the way to the next photo.

import { call } from "./api.js";
import { editing, showVersion, startEditor } from "./editor.js";
import { listenToKeys } from "./keys.js";
import { watchRetouches } from "./progress.js";
import { Sides } from "./sides.js";
import { listenToVersions } from "./versions.js";
import { Viewer } from "./viewer.js";

const page = document.getElementById("photo");
const byId = (id) => document.getElementById(id);
let viewer = null;
let sides = null;

function go(step) {
  byId(step > 0 ? "photo-after" : "photo-before")?.click();
}

function startViewer() {
  viewer = new Viewer(page);
  sides = new Sides(page, viewer);
  viewer.onSwipe = go;
  const offer = () => {
    byId("zoom-out").disabled = byId("zoom-fit").disabled = !viewer.zoomed;
    byId("zoom-in").disabled = viewer.factor >= viewer.most;
    byId("zoom-level").textContent = viewer.zoomed ? `${Math.round(100 * viewer.pixelScale)} %` : "";
  };
  viewer.listeners.push(offer);
  byId("zoom-in").addEventListener("click", () => viewer.zoomBy(2));
  byId("zoom-out").addEventListener("click", () => viewer.zoomBy(0.5));
  byId("zoom-fit").addEventListener("click", () => viewer.zoomTo(1));
  byId("zoom-full").addEventListener("click", () => viewer.full());
  const hold = byId("hold");
  hold.addEventListener("pointerdown", () => viewer.original(true));
  for (const name of ["pointerup", "pointerleave", "pointercancel", "blur"]) hold.addEventListener(name, () => viewer.original(false));
  hold.addEventListener("keydown", (event) => { if (event.key === " " || event.key === "Enter") viewer.original(true); });
  hold.addEventListener("keyup", () => viewer.original(false));
}

function showRow(row) {
  document.dispatchEvent(new CustomEvent("retouch", { detail: row }));
  // The first wish for this photo was made elsewhere.
  if (!page.dataset.retouch && row.photo === page.dataset.photo) { location.reload(); return; }
  if (row.id !== page.dataset.retouch) return;
  const finished = row.status === "succeeded" && page.dataset.status !== "succeeded";
  const newer = String(row.version) !== page.dataset.version && row.status === "succeeded";
  page.dataset.status = row.status;
  if (newer) page.dataset.version = String(row.version);
  if ((finished || newer) && !editing()) { location.reload(); return; }
  if (finished || newer) showVersion(row).catch(() => location.reload());
  const state = byId("state");
  // An editor says itself that it saves: only what goes wrong, or waits, is told here too.
  state.hidden = row.status === "succeeded" || (editing() && row.status === "running");
  const position = row.queue_position ? ` (${row.queue_position})` : "";
  state.querySelector(".status").textContent = (state.dataset[row.status] || "") + position;
  const bar = state.querySelector("progress");
  bar.value = row.progress;
  bar.hidden = row.status !== "queued" && row.status !== "running";
  state.querySelector(".error").textContent = row.error ? row.error.detail : "";
  byId("retry").hidden = row.status !== "failed" && row.status !== "cancelled";
}

byId("retry")?.addEventListener("click", async (event) => {
  try {
    showRow(await call(`retouches/${page.dataset.retouch}/retry/`, { method: "POST" }));
  } catch (problem) {
    document.querySelector("#state .error").textContent = problem.message || event.target.dataset.failed;
  }
});

// The next photo's picture is here before it is asked for.
function preload() {
  for (const link of [byId("photo-after"), byId("photo-before")]) {
    if (link) new Image().src = link.dataset.preview;
  }
}

// A dialog is a module of its own, loaded when it is opened first: no page begins with it.
const dialogs = { export: "./export.js", copy: "./copy_settings.js", presets: "./presets.js" };
document.addEventListener("click", async (event) => {
  const name = event.target.closest("[data-dialog]")?.dataset.dialog;
  if (!name) return;
  const { open } = await import(dialogs[name]);
  open();
});

if (byId("viewer")) startViewer();
if (byId("editor")) {
  // Without the editor the page still shows, compares and downloads.
  startEditor(viewer, sides).catch((error) => { console.info("no editor:", error); });
}
if (byId("versions")) listenToVersions(page, sides);
listenToKeys(viewer, go);
addEventListener("load", () => { setTimeout(preload, 1000); });

watchRetouches({
  onRow: showRow,
  onConnection: (up) => { byId("connection").hidden = up; },
  watchedIds: () => [
    ...(["queued", "running"].includes(page.dataset.status) ? [page.dataset.retouch] : []),
    ...(byId("copy")?.dataset.watched || "").split(" ").filter(Boolean),
  ],
});
