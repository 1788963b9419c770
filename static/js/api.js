// Calls of the REST API by a page; a refusal is an error with the server's own words.

import { csrfToken } from "./progress.js";

const PATIENCE = 10;
const PAUSE_MS = 2000;

// Nobody refused: the line is down, or a proxy answered. The same call may work later.
export class Unanswered extends Error {}

export async function call(path, { method = "GET", body, keepalive = false } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api/v1/${path}`, {
    method, headers, keepalive, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => { throw new Unanswered(""); });
  if (answer.status === 204) return null;
  const found = await answer.json().catch(() => ({}));
  if (answer.status >= 500) throw new Unanswered(found.detail || "");
  if (!answer.ok) throw new Error(found.detail || "");
  return found;
}

// Ask for a row that changes; calls that nobody answers are made again for a while.
export async function poll(path) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call(path);
    } catch (error) {
      if (!(error instanceof Unanswered) || tries >= PATIENCE) throw error;
    }
    await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
  }
}
