// Which pictures lie on the left and on the right of the line: the original, a version, or what the
// editor shows now; each with its tiles.

import { TileLayer } from "./tiles.js";

const PREVIEW_SIDE = 2048;

export class Sides {
  constructor(page, viewer) {
    this.viewer = viewer;
    this.finished = page.dataset.finished;
    this.photo = page.dataset.photo;
    this.version = Number(page.dataset.shown) || null;
    this.stale = false;
    const before = page.querySelector(".before");
    this.pictures = { left: before.querySelector("img"), right: page.querySelector("img.after") };
    this.tiles = {
      left: new TileLayer(before.querySelector(".tiles"), PREVIEW_SIDE),
      right: new TileLayer(page.querySelector(".tiles.after"), PREVIEW_SIDE),
    };
    this.chosen = { left: "original", right: "now" };
    for (const side of ["left", "right"]) {
      page.querySelector(`#${side}`).addEventListener("change", (event) => this.choose(side, event.target.value));
    }
    viewer.listeners.push(() => this.refresh());
  }

  choose(side, what) {
    if (this.chosen[side] === what) return;
    this.chosen[side] = what;
    document.getElementById(side).value = what;
    this.pictures[side].src = this.preview(what === "now" ? this.version : what);
    document.getElementById("viewer").classList.toggle("past", this.chosen.right !== "now");
    this.tiles[side].drop();
    this.refresh();
  }

  preview(what) {
    const { left, right } = this.pictures;
    if (what === "original") return left.dataset.preview;
    return what ? `${right.dataset.preview}?version=${what}` : right.dataset.preview;
  }

  address(what) {
    if (what === "original") return `photos/${this.photo}/tiles/`;
    const version = what === "now" ? this.version : what;
    return `retouches/${this.finished}/tiles/${version ? `?version=${version}` : ""}`;
  }

  // The editor's picture is newer than any file: its tiles would show what was before.
  edited() {
    if (this.chosen.right !== "now") this.choose("right", "now");
    this.stale = true;
    this.tiles.right.drop();
  }

  saved(version) {
    this.version = version;
    this.stale = false;
    this.refresh();
  }

  refresh() {
    // The right side first: the last one that asks comes first to a worker.
    this.tiles.left.follow(this.address(this.chosen.left), this.viewer);
    if (!this.stale || this.chosen.right !== "now") {
      this.tiles.right.follow(this.address(this.chosen.right), this.viewer);
    }
  }
}
