// Tiles of one side at its full size: only those in view are in the page, sharpened over the preview.

import { call } from "./api.js";

const TILE = 512;
const POLL_MS = 200;
// What was not made is asked for again by the first move after so long.
const RETRY_MS = 15000;
const PATIENCE = 300;

const pause = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

export class TileLayer {
  constructor(area, previewSide) {
    Object.assign(this, { area, previewSide, address: "", set: null, pictures: new Map(), wanted: 0 });
  }

  // Forget what is shown; the preview below it is right, or will be.
  drop() {
    this.wanted += 1;
    this.address = "";
    this.set = null;
    this.clear();
  }

  clear() {
    this.pictures.clear();
    this.area.replaceChildren();
  }

  needed(viewer) {
    const { width, height } = viewer.photo;
    const preview = Math.min(this.previewSide / Math.max(width, height), 1);
    return viewer.pixelScale > 1.05 * preview;
  }

  // Show the tiles of `address` as far as they are needed; asked for once.
  async follow(address, viewer) {
    if (!this.needed(viewer)) { if (this.pictures.size) this.clear(); return; }
    if (this.address !== address) await this.fetch(address);
    if (this.set && this.address === address) await this.show(viewer);
  }

  async fetch(address) {
    this.drop();
    this.address = address;
    const turn = this.wanted;
    try {
      let set = await call(address, { method: "POST" });
      for (let n = 0; set.status !== "succeeded" && n < PATIENCE; n += 1) {
        if (set.status === "failed" || turn !== this.wanted) break;
        await pause(POLL_MS);
        set = await call(`tiles/${set.id}/`);
      }
      if (turn !== this.wanted) return;
      if (set.status === "succeeded") this.set = set;
      else setTimeout(() => { if (turn === this.wanted) this.address = ""; }, RETRY_MS);
    } catch (error) {
      // The preview stays; the next move asks again.
      console.info("no tiles:", error);
      if (turn === this.wanted) this.address = "";
    }
  }

  level(viewer) {
    const halvings = Math.floor(Math.log2(1 / viewer.pixelScale) + 0.01);
    return Math.min(Math.max(halvings, 0), this.set.levels.length - 1);
  }

  async show(viewer) {
    const number = this.level(viewer);
    const level = this.set.levels[number];
    const shown = viewer.window();
    const [x0, x1] = [shown.x0, shown.x1].map((share) => Math.floor((share * level.width - 0.5) / TILE));
    const [y0, y1] = [shown.y0, shown.y1].map((share) => Math.floor((share * level.height - 0.5) / TILE));
    const keys = new Set();
    const loads = [];
    for (let y = Math.max(y0, 0); y <= Math.min(y1, level.rows - 1); y += 1) {
      for (let x = Math.max(x0, 0); x <= Math.min(x1, level.columns - 1); x += 1) {
        const key = `${this.set.id}/${number}/${x}/${y}`;
        keys.add(key);
        if (!this.pictures.has(key)) loads.push(this.load(key, level, x, y));
      }
    }
    const turn = this.wanted;
    await Promise.all(loads);
    // What is no longer in view goes when all that is in view is there: so nothing blinks.
    if (turn !== this.wanted) return;
    for (const [key, picture] of this.pictures) {
      if (!keys.has(key)) { picture.remove(); this.pictures.delete(key); }
    }
    this.area.dataset.shown = String(keys.size);
  }

  async load(key, level, x, y) {
    const picture = new Image();
    this.pictures.set(key, picture);
    picture.alt = "";
    picture.draggable = false;
    picture.src = `/api/v1/tiles/${key}/`;
    const share = (value, whole) => `${(100 * value) / whole}%`;
    Object.assign(picture.style, {
      left: share(x * TILE, level.width),
      top: share(y * TILE, level.height),
      width: share(Math.min(TILE, level.width - x * TILE), level.width),
      height: share(Math.min(TILE, level.height - y * TILE), level.height),
    });
    try {
      await picture.decode();
      if (this.pictures.get(key) === picture) this.area.append(picture);
    } catch {
      if (this.pictures.get(key) === picture) this.pictures.delete(key);
    }
  }
}
