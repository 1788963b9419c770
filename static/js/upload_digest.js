// SHA-256 of files, in a worker, so that the page stays alive; "" where that is not worth it.

const LARGEST = 64 * 1024 * 1024;
const answers = new Map();
let worker = null;
let count = 0;

export function digest(file) {
  // Browsers have no digests on pages that came over plain HTTP from elsewhere.
  if (!globalThis.crypto?.subtle || file.size > LARGEST) return Promise.resolve("");
  try { worker ??= start(); } catch { return Promise.resolve(""); }
  count += 1;
  const id = count;
  return new Promise((resolve) => {
    answers.set(id, resolve);
    worker.postMessage({ id, file });
  });
}

function start() {
  const fresh = new Worker(new URL("./upload_digest_worker.js", import.meta.url));
  fresh.addEventListener("message", ({ data }) => {
    answers.get(data.id)?.(data.sha256);
    answers.delete(data.id);
  });
  fresh.addEventListener("error", () => {
    for (const resolve of answers.values()) resolve("");
    answers.clear();
    worker = null;
  });
  return fresh;
}
