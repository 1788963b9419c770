// One tone for some photos, by the API; progress is asked for until it is done.

import { call, poll } from "./api.js";

const SECONDS = 1;

function summary(group, texts) {
  const numbers = [group.glc_before, group.glc_after].map((value) => Math.sqrt(value).toFixed(1));
  const parts = [texts.done, `${texts.measured} ${numbers.join(" → ")}.`];
  if (group.failed.length) parts.push(texts.leftOut, ...group.failed.map((photo) => photo.detail));
  return parts.join(" ");
}

// wish: {album or photos, reference}; returns what is to be said, throws what went wrong.
export async function makeConsistent(wish, texts, onProgress) {
  const started = await call("groups/", { method: "POST", body: wish });
  for (;;) {
    const group = await poll(`groups/${started.id}/`);
    onProgress(group.progress);
    if (group.status === "succeeded") return summary(group, texts);
    if (group.status === "failed") throw new Error(group.error?.detail || texts.failed);
    await new Promise((resolve) => { setTimeout(resolve, SECONDS * 1000); });
  }
}
