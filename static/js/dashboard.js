// Fetches the dashboard's figures again every few seconds, while somebody can see them.

const EVERY_MS = 5000;
const figures = document.getElementById("figures");
const lost = document.getElementById("lost");
const pause = document.getElementById("pause");
let paused = false;

// What was focused is another element after the exchange: the one that leads to the same place.
function exchange(html) {
  const focused = figures.contains(document.activeElement) ? document.activeElement : null;
  const places = [...figures.querySelectorAll("a, [tabindex]")];
  const place = focused ? places.indexOf(focused) : -1;
  const scrolled = [...figures.querySelectorAll(".table")].map((table) => table.scrollLeft);
  figures.innerHTML = html;
  figures.querySelectorAll(".table").forEach((table, index) => { table.scrollLeft = scrolled[index] ?? 0; });
  if (!focused) return;
  const now = [...figures.querySelectorAll("a, [tabindex]")];
  const same = focused.href ? now.find((element) => element.href === focused.href) : now[place];
  (same ?? now[place])?.focus({ preventScroll: true });
}

async function refresh() {
  const answer = await fetch(figures.dataset.url, { headers: { Accept: "text/html" } });
  // Signed out, or no staff any more: the page itself leads to the sign-in.
  if (answer.redirected) { location.reload(); return; }
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const html = await answer.text();
  if (!paused) exchange(html);
}

async function turn() {
  if (!paused && !document.hidden) {
    try { await refresh(); lost.hidden = true; } catch { lost.hidden = false; }
  }
  setTimeout(turn, EVERY_MS);
}

pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause;
});
setTimeout(turn, EVERY_MS);
