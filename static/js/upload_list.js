// What the page shows of files on their way: a row each, and one sentence about all of them.

import { isUnderWay } from "./upload_queue.js";

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function size(bytes) {
  const megabytes = bytes / 2 ** 20;
  if (megabytes < 0.1) return `${Math.ceil(bytes / 1024)} kB`;
  return `${megabytes < 10 ? megabytes.toFixed(1) : Math.round(megabytes)} MB`;
}

export function createList(list, texts, { onCancel, onRetry }) {
  function row(item) {
    const node = element("li", "upload");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.setAttribute("aria-label", item.file.name);
    const cancel = button(texts.cancel, item, () => onCancel(item));
    const retry = button(texts.retry, item, () => onRetry(item));
    const text = element("span", "status");
    const state = element("div", "state-of-file");
    state.append(bar, text);
    const buttons = element("div", "buttons");
    buttons.append(retry, cancel);
    node.append(element("span", "name", item.file.name), element("span", "size", size(item.file.size)), state, buttons);
    list.append(node);
    return { node, bar, text, cancel, retry };
  }

  function button(label, item, action) {
    const node = element("button", "link", label);
    node.type = "button";
    node.setAttribute("aria-label", `${label} ${item.file.name}`);
    // The second click of a double one would meet the row that moved up.
    node.addEventListener("click", (event) => { if (event.detail < 2) action(); });
    return node;
  }

  function remove(item) {
    // The focus moves on before its button goes.
    if (item.shown.node.contains(document.activeElement)) {
      const next = item.shown.node.nextElementSibling?.querySelector("button:not([hidden])");
      (next || document.getElementById("files")).focus();
    }
    item.shown.node.remove();
    item.shown = null;
  }

  function show(item) {
    const { state } = item;
    const here = state === "done" && item.row.already_here;
    if (state === "cancelled" || (state === "done" && !here)) { if (item.shown) remove(item); return; }
    item.shown ??= row(item);
    const { node, bar, text, cancel, retry } = item.shown;
    node.dataset.state = here ? "here" : state;
    bar.hidden = !isUnderWay(item);
    bar.value = item.sent / (item.file.size || 1);
    cancel.hidden = !isUnderWay(item);
    retry.hidden = state !== "failed" || !item.retriable;
    text.classList.toggle("error", state === "failed");
    text.textContent = item.message || texts[here ? "here" : state];
    if (here) {
      const link = element("a", "", texts.open);
      link.href = `/photos/${item.row.photo.id}/`;
      text.append(" ", link);
    }
  }

  return { show, remove };
}

export function summary(items, texts) {
  const wanted = items.filter((item) => item.state !== "cancelled");
  const done = wanted.filter((item) => item.state === "done").length;
  const here = wanted.filter((item) => item.state === "done" && item.row.already_here).length;
  const failed = wanted.filter((item) => item.state === "failed").length;
  const parts = [texts.uploaded.replace("DONE", done).replace("ALL", wanted.length)];
  if (here) parts.push(texts.hereCount.replace("N", here));
  if (failed) parts.push(texts.refusedCount.replace("N", failed));
  return parts.join(", ");
}
