// Sends one file in pieces by tus 1.0, and goes on where a lost connection left it.

import { csrfToken } from "./progress.js";

const PIECE_BYTES = 2 * 1024 * 1024;
// No byte moved for so long: the connection is dead, whatever the browser thinks.
const STALL_MS = 30000;
const TUS = { "Tus-Resumable": "1.0.0" };

// The server's last word on a file: `detail` says why.
export class Refusal extends Error {
  constructor(detail, code = "") { super(detail); this.code = code; }
}
// Nobody is signed in here any more.
export class SignedOut extends Error {}
// The server cannot be reached or is busy: worth another try.
export class Lost extends Error {}
// What was sent is not there any more: the file has to start again.
export class Gone extends Lost {}

export async function call(path, { headers = {}, signal = null, ...options } = {}) {
  const limit = AbortSignal.timeout(STALL_MS);
  let answer;
  try {
    answer = await fetch(path, {
      credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken(), ...headers },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...options,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Lost();
  }
  if (!answer.ok) throw problem(answer.status, await answer.text().catch(() => ""));
  return answer;
}

export async function callJson(path, body, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  return (await call(path, { method, headers, body: JSON.stringify(body) })).json();
}

function problem(status, text) {
  let said = {};
  try { said = JSON.parse(text); } catch { /* an error page is no JSON */ }
  if (status === 401 || (status === 403 && said.code !== "permission_denied")) return new SignedOut(said.detail);
  if (status === 410 || (status === 404 && said.code === "not_found")) return new Gone(said.detail);
  if (status === 409 || status === 423 || status === 429 || status >= 500) return new Lost(said.detail);
  return new Refusal(said.detail || "", said.code);
}

// Returns the finished upload's row. `where` is where an earlier try got to; `onPlace` hears where
// this one is, null once that is of no use.
export async function send(file, { endpoint, metadata, where, signal, onPlace, onProgress }) {
  let place = where;
  try {
    if (!place) {
      place = await begin(file, endpoint, metadata);
      if (signal.aborted) { end(place).catch(() => {}); throw signal.reason; }
      onPlace(place);
    }
    let offset = await offsetOf(place, signal);
    do {
      onProgress(offset);
      offset = await sendPiece(place, file, offset, signal, onProgress);
    } while (offset < file.size);
    return await (await call(place, { signal })).json();
  } catch (error) {
    if (error instanceof Gone || error instanceof Refusal) onPlace(keeps(error) ? place : null);
    throw error;
  }
}

// These keep what was sent: the same file can go on once there is room.
const keeps = (error) => error.code === "quota_exceeded";

export async function end(place) {
  await call(place, { method: "DELETE", headers: TUS });
}

// Not stopped half-way: nobody would know then what the server has begun.
async function begin(file, endpoint, metadata) {
  const pairs = Object.entries(metadata).map(([key, value]) => `${key} ${base64(value)}`);
  const headers = { ...TUS, "Upload-Length": String(file.size), "Upload-Metadata": pairs.join(",") };
  return (await call(endpoint, { method: "POST", headers })).headers.get("Location");
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

async function offsetOf(place, signal) {
  try {
    const answer = await call(place, { method: "HEAD", headers: TUS, signal });
    return Number(answer.headers.get("Upload-Offset"));
  } catch (error) {
    // An answer without a body does not say why: it is not there.
    throw error instanceof Refusal ? new Gone(error.message) : error;
  }
}

function sendPiece(place, file, offset, signal, onProgress) {
  const piece = file.slice(offset, offset + PIECE_BYTES);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled = 0;
    const stop = () => request.abort();
    const watch = () => { clearTimeout(stalled); stalled = setTimeout(stop, STALL_MS); };
    request.upload.addEventListener("progress", (event) => { watch(); onProgress(offset + event.loaded); });
    request.addEventListener("load", () => {
      if (request.status >= 300) reject(problem(request.status, request.responseText));
      else resolve(Number(request.getResponseHeader("Upload-Offset")));
    });
    request.addEventListener("error", () => reject(new Lost()));
    request.addEventListener("abort", () => reject(signal.aborted ? signal.reason : new Lost()));
    request.addEventListener("loadend", () => { clearTimeout(stalled); signal.removeEventListener("abort", stop); });
    signal.addEventListener("abort", stop);
    request.open("PATCH", place);
    const headers = { ...TUS, "X-CSRFToken": csrfToken(), "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    watch();
    request.send(piece);
  });
}
