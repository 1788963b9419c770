// Versions: look at one beside the original, or go back to it.

import { call } from "./api.js";
import { startAnew } from "./editor.js";

export function listenToVersions(page, sides) {
  // The list is exchanged when a version is finished: who listens stands above it.
  page.addEventListener("click", async (event) => {
    const { look, restore } = event.target.dataset;
    if (look) {
      sides.choose("left", "original");
      sides.choose("right", look);
      document.getElementById("viewer").scrollIntoView({ block: "nearest" });
    }
    if (restore) {
      event.target.disabled = true;
      const wish = { method: "POST", body: { version: Number(restore) } };
      const done = await startAnew(() => call(`retouches/${page.dataset.finished}/restore/`, wish));
      event.target.disabled = done;
    }
    if (event.target.id === "again") {
      startAnew(() => call(`retouches/${page.dataset.finished}/again/`, { method: "POST" }));
    }
  });
}
