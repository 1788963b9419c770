// Parts of a page that others change: [data-live] names where to read such a part again. A hint of the
// socket says when, and while the page is seen it is asked for now and then, so that nothing hangs on sockets.

import { watchRetouches } from "./progress.js";

const POLL_MS = 10000;

async function refresh(part) {
  const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  // Whoever is in the middle of it keeps it.
  if (fresh && fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.replaceWith(fresh);
}

function refreshAll() {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[data-live]")) refresh(part).catch(() => {});
}

addEventListener("feedback", refreshAll);
document.addEventListener("visibilitychange", refreshAll);
setInterval(refreshAll, POLL_MS);

// Other pages have a socket already.
if (document.querySelector("[data-own-socket]")) {
  watchRetouches({ onRow: () => {}, onConnection: () => {}, watchedIds: () => [] });
}
