// The download dialog: wish a file, show how far it is, and fetch it when it is made.

import { call, poll } from "./api.js";

const POLL_MS = 400;
const LAYERED = ["openraster", "tiff"];
const LOSSY = ["jpeg", "webp", "avif"];

const dialog = document.getElementById("export");
const form = dialog.querySelector("form");
const { kind, quality, size, side, metadata, make } = form.elements;
const say = (text) => { dialog.querySelector("[role=status]").textContent = text; };

function offer() {
  const show = (name, on) => { dialog.querySelector(`[data-for="${name}"]`).hidden = !on; };
  const layered = LAYERED.includes(kind.value);
  show("quality", LOSSY.includes(kind.value));
  show("size", !layered);
  show("side", !layered && size.value === "own");
  show("metadata", !layered);
  quality.nextElementSibling.textContent = quality.value;
}

function options() {
  if (LAYERED.includes(kind.value)) return { layers: kind.value };
  const wanted = { format: kind.value, metadata: metadata.value };
  if (LOSSY.includes(kind.value)) wanted.quality = Number(quality.value);
  const long = size.value === "own" ? side.value : size.value;
  if (long) wanted.long_side = Number(long);
  return wanted;
}

async function fetchFile() {
  make.disabled = true;
  const bar = dialog.querySelector("progress");
  const right = document.getElementById("right").value;
  const query = right === "now" ? "" : `?version=${right}`;
  say(dialog.dataset.waiting);
  try {
    let row = await call(`retouches/${dialog.dataset.retouch}/exports/${query}`, { method: "POST", body: options() });
    bar.hidden = false;
    while (row.status === "queued" || row.status === "running") {
      bar.value = row.progress;
      if (row.status === "running") say(dialog.dataset.making);
      await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
      row = await poll(`exports/${row.id}/`);
    }
    if (row.status === "failed") throw new Error(row.error.detail);
    const link = document.createElement("a");
    link.href = `/api/v1/exports/${row.id}/file/`;
    link.download = row.file_name;
    link.click();
    say(dialog.dataset.done);
  } catch (error) {
    say(error.message || dialog.dataset.failed);
  }
  bar.hidden = true;
  make.disabled = false;
}

form.addEventListener("input", offer);
make.addEventListener("click", () => { if (form.reportValidity()) fetchFile(); });

export function open() {
  say("");
  offer();
  dialog.showModal();
}
