// What every page has: menus that close, messages that go, the theme, passwords that can be shown,
// the banner of a lost connection, and the service worker. Pages work without all of this.

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]");
  closeMenus();
  menu?.querySelector("summary").focus();
});
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest("details.menu[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

// A message with a way back stays until it is closed; a plain one leaves when there was time to read it.
const READING_MS = 9000;
const toasts = document.getElementById("toasts");

function addDismissal(message) {
  const button = document.createElement("button");
  button.className = "dismiss";
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", toasts.dataset.dismiss);
  button.addEventListener("click", () => message.remove());
  message.append(button);
  if (!message.querySelector("form") && !message.matches(".warning, .error")) leaveLater(message);
}

function leaveLater(message) {
  setTimeout(() => {
    if (message.matches(":hover, :focus-within")) leaveLater(message);
    else message.remove();
  }, READING_MS);
}

toasts.querySelectorAll(".message").forEach(addDismissal);

/** Show a message as the server's are shown. `undo`, if given, is {text, action}: a button. */
export function toast(text, { level = "info", undo = null } = {}) {
  const message = document.createElement("div");
  message.className = `message ${level}`;
  const words = document.createElement("span");
  words.textContent = text;
  message.append(words);
  if (undo) {
    const button = document.createElement("button");
    button.className = "link";
    button.type = "button";
    button.textContent = undo.text;
    button.addEventListener("click", () => { message.remove(); undo.action(); });
    message.append(button);
  }
  toasts.append(message);
  addDismissal(message);
  return message;
}

for (const form of document.querySelectorAll("[data-theme-form]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = event.submitter.value;
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === event.submitter));
    const body = new FormData(form, event.submitter);
    // Goes on where the page is left at once. Where it fails the theme holds for this page only.
    const options = { method: "POST", body, headers: { "X-Requested-With": "fetch" }, keepalive: true };
    await fetch(form.action, options).catch(() => {});
  });
}

for (const template of document.querySelectorAll("template[data-show-password]")) {
  const form = template.closest("form");
  template.replaceWith(template.content.cloneNode(true));
  const fields = form.querySelectorAll("input[type=password]");
  form.querySelector("[data-shows-password]").addEventListener("change", (event) => {
    for (const field of fields) field.type = event.target.checked ? "text" : "password";
  });
  form.addEventListener("submit", () => { for (const field of fields) field.type = "password"; });
}

// Pages that watch the server's socket have a banner of their own.
const offline = document.getElementById("offline");
if (!document.getElementById("connection")) {
  const show = () => { offline.hidden = navigator.onLine; };
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}

// A form that is under way is not sent a second time by a double click; coming back by the browser's
// button makes it usable again.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// Where it cannot be registered (http on another machine, a private window) pages work as before.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});
