// Short notes at the edge of the page: what was done, with an undo, or what went wrong.

const SECONDS = 12;

export function notice(text, { lasts = false, failed = false, progress = false } = {}) {
  const note = document.createElement("div");
  const line = document.createElement("span");
  const bar = document.createElement("progress");
  note.className = "message note-card";
  bar.max = 1;
  bar.value = 0;
  note.append(line);
  if (progress) note.append(bar);
  document.getElementById("batch-notes").append(note);
  const vanish = () => setTimeout(() => { if (!note.contains(document.activeElement)) note.remove(); }, SECONDS * 1000);

  const say = (words, { undo = null, details = [], leftOut = "", failed: bad = false } = {}) => {
    line.textContent = words;
    bar.remove();
    note.classList.toggle("error", bad);
    if (details.length) note.append(list(`${leftOut}: ${details.length}`, details));
    if (undo) note.append(undoButton(undo, say));
    if (bad || details.length) note.append(closeButton(note));
    else vanish();
  };

  line.textContent = text;
  if (failed) say(text, { failed: true });
  else if (!lasts) vanish();
  return { say, progress: (share) => { bar.value = share; } };
}

function list(title, details) {
  const box = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = title;
  const items = details.map((detail) => Object.assign(document.createElement("li"), { textContent: detail }));
  const rows = document.createElement("ul");
  rows.append(...items);
  box.append(summary, rows);
  return box;
}

function undoButton(undo, say) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = undo.text;
  button.addEventListener("click", async () => {
    button.remove();
    try { say(await undo.act()); } catch (error) { say(error.message, { failed: true }); }
  }, { once: true });
  return button;
}

function closeButton(note) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link close";
  button.textContent = "×";
  button.setAttribute("aria-label", document.getElementById("batch-notes").dataset.close);
  button.addEventListener("click", () => note.remove());
  return button;
}
