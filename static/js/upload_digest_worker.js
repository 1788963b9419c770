// Answers {id, file} with {id, sha256}, one after the other: only one file is in memory.

let last = Promise.resolve();

self.addEventListener("message", ({ data }) => {
  last = last.then(async () => {
    self.postMessage({ id: data.id, sha256: await hex(data.file).catch(() => "") });
  });
});

async function hex(file) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
