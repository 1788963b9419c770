// Zoom and pan of before and after together, and the line between them. Both lie in one figure that
// scrolls inside its view, so a finger pans as everywhere, and nothing is larger than what is shown.

const MOST_PER_PIXEL = 4;
const MOST_FACTOR = 8;
const SLOP = 8;
const TAP_MS = 300;
const SWIPE = 60;
const WHEEL_REST_MS = 400;

export class Viewer {
  constructor(page) {
    this.page = page;
    this.frame = page.querySelector("#viewer");
    this.view = page.querySelector("#view");
    this.figure = page.querySelector(".pair");
    this.split = page.querySelector("#split");
    this.photo = { width: Number(page.dataset.width), height: Number(page.dataset.height) };
    this.focus = null;
    this.factor = 1;
    this.fitted = 0;
    this.listeners = [];
    this.onSwipe = () => {};
    this.listen();
    this.showSplit();
  }

  // Device pixels for each of the photo's.
  get pixelScale() {
    return (this.figure.clientWidth * devicePixelRatio) / this.photo.width;
  }

  get zoomed() { return this.factor > 1.001; }

  get most() {
    return Math.max(MOST_FACTOR, (MOST_PER_PIXEL * this.photo.width) / devicePixelRatio / this.fit());
  }

  fit() { return this.zoomed ? this.fitted : this.figure.clientWidth; }

  // Factor 1 fits; the point of the picture under the given place of the window stays there.
  zoomTo(factor, place = null) {
    const fitted = this.fit();
    const wanted = Math.min(Math.max(factor, 1), this.most);
    const inside = place ? this.shareAt(place) : this.middle();
    if (!this.zoomed && wanted > 1) {
      this.fitted = fitted;
      this.view.style.height = `${Math.round(Math.max(this.view.clientHeight, 0.5 * innerHeight))}px`;
    }
    this.factor = wanted < 1.001 ? 1 : wanted;
    this.frame.classList.toggle("zoomed", this.zoomed);
    this.figure.style.width = this.zoomed ? `${fitted * this.factor}px` : "";
    if (!this.zoomed) this.view.style.height = "";
    this.hold(inside, place);
    this.moved();
  }

  shareAt([x, y]) {
    const box = this.figure.getBoundingClientRect();
    const share = (value) => Math.min(Math.max(value, 0), 1);
    return [share((x - box.left) / box.width), share((y - box.top) / box.height)];
  }

  // The first step leads to the face, the next ones stay where the person looks.
  middle() {
    if (!this.zoomed && this.focus) return this.focus;
    const box = this.view.getBoundingClientRect();
    return this.shareAt([box.left + box.width / 2, box.top + box.height / 2]);
  }

  hold([x, y], place) {
    const [figure, box] = [this.figure, this.view.getBoundingClientRect()];
    const [left, top] = place ? [place[0] - box.left, place[1] - box.top] : [box.width / 2, box.height / 2];
    this.view.scrollLeft = Math.round(figure.offsetLeft + x * figure.clientWidth - left);
    this.view.scrollTop = Math.round(figure.offsetTop + y * figure.clientHeight - top);
  }

  zoomBy(ratio, place = null) { this.zoomTo(this.factor * ratio, place); }

  full(place = null) { this.zoomTo(this.photo.width / devicePixelRatio / this.fit(), place); }

  // Bring a place of the picture, as shares of its sides, into view.
  show([x, y]) {
    if (!this.zoomed) return;
    this.hold([x, y], null);
  }

  // What is visible of the picture: shares of its sides.
  window() {
    const [box, outer] = [this.figure.getBoundingClientRect(), this.view.getBoundingClientRect()];
    const part = (low, high, start, size) => [
      Math.max((Math.max(low, 0) - start) / size, 0), Math.min((high - start) / size, 1),
    ];
    const [x0, x1] = part(outer.left, outer.right, box.left, box.width);
    const [y0, y1] = part(outer.top, Math.min(outer.bottom, innerHeight), box.top, box.height);
    return { x0, x1, y0, y1 };
  }

  moved() {
    this.showSplit();
    for (const listener of this.listeners) listener(this);
  }

  showSplit() {
    const share = this.split.value / 100;
    this.split.setAttribute("aria-valuetext", `${this.split.value} ${this.split.dataset.text}`);
    this.frame.style.setProperty("--split", `${this.split.value}%`);
    const shown = this.zoomed ? this.view.scrollLeft - this.figure.offsetLeft + share * this.view.clientWidth : null;
    this.figure.style.setProperty("--cut", shown === null ? `${this.split.value}%` : `${shown}px`);
  }

  setSplit(x) {
    const box = this.frame.getBoundingClientRect();
    this.split.value = Math.round((100 * (x - box.left)) / box.width);
    this.showSplit();
  }

  original(on) { this.figure.classList.toggle("original", on); }

  listen() {
    this.split.addEventListener("input", () => this.showSplit());
    let waiting = false;
    const soon = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.moved(); });
    };
    this.view.addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    this.listenToPointers();
    this.listenToPinches();
    this.listenToWheel();
  }

  listenToPointers() {
    let drag = null;
    let tap = { at: 0, x: 0, y: 0 };
    const knob = this.frame.querySelector(".knob");
    this.frame.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("#marks button")) return;
      const onKnob = event.target === knob;
      const mouse = event.pointerType === "mouse";
      const kind = onKnob || (mouse && !this.zoomed) ? "split" : mouse ? "pan" : "touch";
      drag = { kind, x: event.clientX, y: event.clientY, at: performance.now(), moved: false, id: event.pointerId };
      if (kind === "touch") return;
      this.frame.setPointerCapture(event.pointerId);
      if (kind === "split" && !onKnob) this.setSplit(event.clientX);
      this.frame.classList.toggle("panning", kind === "pan");
      if (mouse) event.preventDefault();
      this.view.focus({ preventScroll: true });
    });
    this.frame.addEventListener("pointermove", (event) => {
      if (!drag || drag.id !== event.pointerId) return;
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > SLOP) drag.moved = true;
      if (drag.kind === "split") this.setSplit(event.clientX);
      if (drag.kind !== "pan") return;
      this.view.scrollBy(drag.x - event.clientX, drag.y - event.clientY);
      Object.assign(drag, { x: event.clientX, y: event.clientY });
    });
    this.frame.addEventListener("pointerup", (event) => {
      if (drag?.kind === "touch" && !this.pinching) this.lifted(event, drag, tap);
      if (drag && !drag.moved) tap = { at: performance.now(), x: event.clientX, y: event.clientY };
      drag = null;
      this.frame.classList.remove("panning");
    });
    this.frame.addEventListener("pointercancel", () => { drag = null; });
    this.frame.addEventListener("dblclick", (event) => {
      if (event.target.closest("#marks button") || event.sourceCapabilities?.firesTouchEvents) return;
      this.toggle([event.clientX, event.clientY]);
    });
  }

  lifted(event, drag, tap) {
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    const twice = performance.now() - tap.at < TAP_MS && Math.hypot(event.clientX - tap.x, event.clientY - tap.y) < 4 * SLOP;
    if (!drag.moved && twice) this.toggle([event.clientX, event.clientY]);
    else if (!this.zoomed && Math.abs(dx) > SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) this.onSwipe(dx < 0 ? 1 : -1);
  }

  toggle(place) {
    if (this.zoomed) this.zoomTo(1);
    else if (this.pixelScale < 0.9) this.full(place);
    else this.zoomTo(2, place);
  }

  listenToPinches() {
    let start = null;
    const middle = ([a, b]) => [(a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2];
    const apart = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    this.frame.addEventListener("touchstart", (event) => {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      this.pinching = true;
      start = { apart: apart(event.touches), factor: this.factor, inside: this.shareAt(middle(event.touches)) };
    }, { passive: false });
    this.frame.addEventListener("touchmove", (event) => {
      if (!start || event.touches.length !== 2) return;
      event.preventDefault();
      const place = middle(event.touches);
      this.zoomTo((start.factor * apart(event.touches)) / start.apart, place);
      this.hold(start.inside, place);
    }, { passive: false });
    this.frame.addEventListener("touchend", (event) => {
      if (event.touches.length) return;
      start = null;
      setTimeout(() => { this.pinching = false; }, TAP_MS);
    });
  }

  // A turn of the wheel that began as scrolling of the page goes on as such over the picture.
  listenToWheel() {
    let scrolled = -WHEEL_REST_MS;
    addEventListener("wheel", (event) => { if (!this.frame.contains(event.target)) scrolled = performance.now(); }, { passive: true });
    this.frame.addEventListener("wheel", (event) => {
      const away = !this.zoomed && event.deltaY > 0;
      if (away || performance.now() - scrolled < WHEEL_REST_MS) { scrolled = performance.now(); return; }
      event.preventDefault();
      const step = event.deltaMode === 1 ? 30 : 1;
      this.zoomBy(Math.exp(-Math.max(Math.min(event.deltaY * step, 240), -240) / 400), [event.clientX, event.clientY]);
    }, { passive: false });
  }
}
