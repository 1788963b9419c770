// One's own presets: save the current settings, rename, delete, or give one to an album's new photos.

import { call } from "./api.js";
import { currentRecipe } from "./editor.js";

const KEYS = ["blemishes", "evenness", "shine", "under_eyes", "light", "keep_marks"];
const dialog = document.getElementById("presets");
const { name: field, save } = dialog.querySelector("form").elements;
const list = dialog.querySelector(".rows");
const buttons = document.querySelector("#editor .presets");
const texts = dialog.dataset;
const say = (text) => { dialog.querySelector("[role=status]").textContent = text; };

async function attempt(act) {
  try {
    await act();
  } catch (error) {
    say(error.message || texts.failed);
  }
}

const buttonOf = (id) => buttons.querySelector(`[data-preset="${id}"]`);

function link(text, act, label) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: text });
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => attempt(act));
  return button;
}

function row(preset) {
  const item = document.createElement("li");
  const name = Object.assign(document.createElement("input"), { type: "text", value: preset.name, maxLength: 60 });
  name.setAttribute("aria-label", texts.name);
  const rename = async () => {
    const changed = await call(`presets/${preset.id}/`, { method: "PATCH", body: { name: name.value } });
    buttonOf(preset.id).textContent = name.value = changed.name;
    say(texts.saved);
  };
  const remove = async () => {
    await call(`presets/${preset.id}/`, { method: "DELETE" });
    buttonOf(preset.id).remove();
    item.remove();
    if (!list.children.length) say(texts.none);
  };
  item.append(name, link(texts.rename, rename, `${texts.rename}: ${preset.name}`), link(texts.delete, remove, `${texts.delete}: ${preset.name}`));
  if (texts.album) item.append(link(texts.forAlbum, () => useForAlbum(preset), `${texts.forAlbum}: ${preset.name}`));
  return item;
}

async function useForAlbum(preset) {
  await call(`albums/${texts.album}/`, { method: "PATCH", body: { recipe: preset.recipe } });
  say(texts.used);
}

// The button in the editor, before the one that opens this dialog.
function addButton(preset) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: preset.name });
  button.dataset.preset = preset.id;
  button.dataset.recipe = JSON.stringify(preset.recipe);
  button.setAttribute("aria-pressed", "true");
  buttons.querySelector("[data-dialog]").before(button);
}

async function savePreset() {
  const recipe = Object.fromEntries(Object.entries(currentRecipe()).filter(([key]) => KEYS.includes(key)));
  const preset = await call("presets/", { method: "POST", body: { name: field.value, recipe } });
  addButton(preset);
  list.append(row(preset));
  field.value = "";
  say(texts.saved);
}

save.addEventListener("click", () => attempt(savePreset));
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  attempt(savePreset);
});

export async function open() {
  say("");
  dialog.showModal();
  await attempt(async () => {
    const { results } = await call("presets/");
    list.replaceChildren(...results.reverse().map(row));
    if (!results.length) say(texts.none);
  });
}
