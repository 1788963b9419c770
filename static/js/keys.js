// Keys of the photo page: zoom, pan, next and previous photo, and the original while "O" is held.

import { stepMark } from "./marks.js";

const STEP = 80;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function typing(event) {
  const control = event.target.closest("input, select, textarea, dialog[open], summary");
  return event.ctrlKey || event.metaKey || event.altKey || (control && control.type !== "checkbox");
}

export function listenToKeys(viewer, go) {
  const zooms = viewer && {
    "+": () => viewer.zoomBy(1.5), "=": () => viewer.zoomBy(1.5), "-": () => viewer.zoomBy(1 / 1.5),
    0: () => viewer.zoomTo(1), 1: () => viewer.full(),
  };
  const letters = { n: () => stepMark(1), p: () => stepMark(-1), o: () => viewer?.original(true) };
  document.addEventListener("keydown", (event) => {
    if (typing(event)) return;
    const act = zooms?.[event.key] || letters[event.key.toLowerCase()];
    const arrow = ARROWS[event.key];
    if (act) { act(); event.preventDefault(); return; }
    if (!arrow || event.target.closest("#marks")) return;
    if (viewer?.zoomed) {
      viewer.view.scrollBy(STEP * arrow[0], STEP * arrow[1]);
      event.preventDefault();
    } else if (arrow[0]) go(arrow[0]);
  });
  document.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "o") viewer?.original(false); });
}
