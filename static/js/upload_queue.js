// Files on their way: three at a time, tried again after a lost connection, held while nobody is
// signed in. An item's state: checking, waiting, sending, lost, then done, failed or cancelled.

import { digest } from "./upload_digest.js";
import { Lost, Refusal, SignedOut, callJson, end, send } from "./upload.js";

const PARALLEL = 3;
const TRIES = 10;
const LONGEST_WAIT_MS = 30000;
const ASKED_AT_ONCE = 100;
const UNDER_WAY = new Set(["checking", "waiting", "sending", "lost"]);

export const isUnderWay = (item) => UNDER_WAY.has(item.state);

export function createQueue({ endpoint, album, person, memory, texts, startsRetouch, onChange, onDone, onSignedOut }) {
  const items = [];
  const digested = [];
  let held = false;
  let asking = false;

  const change = (item, values) => { Object.assign(item, values); onChange(item); };

  function add(file, refused = "") {
    const known = memory.fingerprint(file);
    if (items.some((item) => isUnderWay(item) && memory.fingerprint(item.file) === known)) return;
    const item = { file, sent: 0, tries: 0, holds: 0, message: refused, retouch: startsRetouch() ? "start" : "wait" };
    items.push(item);
    if (refused) change(item, { state: "failed", retriable: false });
    else check(item);
  }

  async function check(item) {
    item.where = memory.recall(item.file);
    change(item, { state: "checking", message: "" });
    // What was begun is finished: asking whether it is here would take longer.
    item.sha256 = item.where ? "" : await digest(item.file);
    if (item.state !== "checking") return;
    if (item.sha256) { digested.push(item); askKnown(); } else enqueue(item);
  }

  function enqueue(item) { change(item, { state: "waiting" }); pump(); }

  // One question at a time; what is digested meanwhile goes into the next one.
  async function askKnown() {
    if (asking || !digested.length) return;
    asking = true;
    const asked = digested.splice(0, ASKED_AT_ONCE).filter((item) => item.state === "checking");
    for (const retouch of ["start", "wait"]) await ask(asked.filter((item) => item.retouch === retouch), retouch);
    asking = false;
    askKnown();
  }

  async function ask(some, retouch) {
    if (!some.length) return;
    const sha256 = [...new Set(some.map((item) => item.sha256))];
    // Sent again they would be recognised too, so a failed question costs time and nothing else.
    const found = await callJson(`${endpoint}known/`, { sha256, album: album || null, retouch }).catch(() => []);
    const rows = new Map(found.map((row) => [row.photo.sha256, row]));
    for (const item of some.filter((one) => one.state === "checking")) {
      const row = rows.get(item.sha256);
      if (row) finish(item, { ...row, already_here: true });
      else enqueue(item);
    }
  }

  function pump() {
    const sending = items.filter((item) => item.state === "sending").length;
    if (held) return;
    for (const item of items.filter((one) => one.state === "waiting").slice(0, PARALLEL - sending)) transfer(item);
  }

  async function transfer(item) {
    item.stop = new AbortController();
    change(item, { state: "sending", message: "" });
    try {
      finish(item, await send(item.file, {
        endpoint,
        metadata: metadataOf(item),
        where: item.where,
        signal: item.stop.signal,
        onPlace: (place) => { item.where = place; memory.remember(item.file, place); },
        onProgress: (sent) => { if (sent > item.sent) item.tries = 0; change(item, { sent }); },
      }));
    } catch (error) {
      if (item.state === "sending") await interrupted(item, error);
    }
    pump();
  }

  function metadataOf({ file, sha256, retouch }) {
    return { filename: file.name, person, retouch, ...(album && { album }), ...(sha256 && { sha256 }) };
  }

  function finish(item, row) {
    memory.remember(item.file, null);
    change(item, { state: "done", sent: item.file.size, row });
    onDone(item, row);
  }

  async function interrupted(item, error) {
    if (error instanceof SignedOut && item.holds < TRIES) {
      held = true;
      item.holds += 1;
      change(item, { state: "waiting" });
      onSignedOut(error);
      return;
    }
    if (error instanceof Refusal) { fail(item, error.message || texts.failed); return; }
    if (!(await readable(item.file))) { fail(item, texts.unreadable); return; }
    if (item.state !== "sending") return;
    item.tries += 1;
    if (!(error instanceof Lost) || item.tries >= TRIES) {
      fail(item, error.message || texts.failed);
      item.isLost = true;
      return;
    }
    const wait = Math.min(500 * 2 ** item.tries, LONGEST_WAIT_MS);
    item.timer = setTimeout(() => enqueue(item), wait);
    change(item, { state: "lost" });
  }

  const fail = (item, message) => change(item, { state: "failed", message, retriable: true });

  // Files that were moved or changed since they were chosen cannot be read any more.
  const readable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

  function cancel(item) {
    if (!isUnderWay(item)) return;
    clearTimeout(item.timer);
    change(item, { state: "cancelled" });
    item.stop?.abort();
    memory.remember(item.file, null);
    // It expires by itself where it cannot be ended now.
    if (item.where) end(item.where).catch(() => {});
    pump();
  }

  function retry(item) {
    if (item.state !== "failed" || !item.retriable) return;
    Object.assign(item, { tries: 0, holds: 0, isLost: false });
    check(item);
  }

  function goOn() {
    held = false;
    for (const item of items.filter((one) => one.state === "lost")) { clearTimeout(item.timer); enqueue(item); }
    items.filter((one) => one.isLost).forEach(retry);
    pump();
  }

  function clear() { items.splice(0, items.length, ...items.filter(isUnderWay)); }

  return { items, add, cancel, retry, goOn, clear };
}
