"use strict";
// One zoom and one place for all pictures: x and y are the middle of the view, 0..1 of a picture.
(() => {
  const views = [...document.querySelectorAll(".view")];
  const place = { zoom: 1, x: 0.5, y: 0.5 };
  const largest = 16;

  function draw() {
    place.zoom = Math.min(Math.max(place.zoom, 1), largest);
    const half = 0.5 / place.zoom;
    place.x = Math.min(Math.max(place.x, half), 1 - half);
    place.y = Math.min(Math.max(place.y, half), 1 - half);
    for (const view of views) {
      const left = (0.5 - place.x * place.zoom) * 100;
      const top = (0.5 - place.y * place.zoom) * 100;
      for (const picture of view.querySelectorAll("img")) {
        picture.style.transform = `translate(${left}%, ${top}%) scale(${place.zoom})`;
        picture.style.imageRendering = place.zoom > 3 ? "pixelated" : "auto";
      }
      view.classList.toggle("zoomed", place.zoom > 1);
    }
    document.getElementById("zoom").textContent = `${place.zoom.toFixed(1)} ×`;
  }

  function zoomBy(factor, at = { x: 0.5, y: 0.5 }) {
    const before = place.zoom;
    place.zoom = Math.min(Math.max(before * factor, 1), largest);
    place.x += (at.x - 0.5) * (1 / before - 1 / place.zoom);
    place.y += (at.y - 0.5) * (1 / before - 1 / place.zoom);
    draw();
  }

  // One pixel of a picture on one of the screen, of the topmost picture in sight.
  function pixelForPixel() {
    const seen = views.find((view) => view.getBoundingClientRect().bottom > 0) ?? views[0];
    const { naturalWidth, naturalHeight } = seen?.querySelector(".picture") ?? {};
    if (!naturalWidth) return;
    const { width, height } = seen.getBoundingClientRect();
    place.zoom = Math.max(naturalWidth / width, naturalHeight / height) / window.devicePixelRatio;
    draw();
  }

  function within(view, event) {
    const box = view.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  for (const view of views) {
    const fingers = new Map();
    let spread = 0;
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && place.zoom === 1 && event.deltaY > 0) return;
      event.preventDefault();
      zoomBy(Math.exp(-event.deltaY / 300), within(view, event));
    }, { passive: false });
    view.addEventListener("pointerdown", (event) => {
      view.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, event);
      spread = 0;
    });
    view.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const box = view.getBoundingClientRect();
      place.x -= (event.clientX - before.clientX) / box.width / place.zoom / fingers.size;
      place.y -= (event.clientY - before.clientY) / box.height / place.zoom / fingers.size;
      fingers.set(event.pointerId, event);
      if (fingers.size === 2) {
        const [first, second] = [...fingers.values()];
        const now = Math.hypot(first.clientX - second.clientX, first.clientY - second.clientY);
        if (spread) place.zoom *= now / spread;
        spread = now;
      }
      draw();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      view.addEventListener(end, (event) => { fingers.delete(event.pointerId); spread = 0; });
    }
  }

  const keys = {
    "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), "0": () => zoomBy(0),
    "1": pixelForPixel,
    ArrowLeft: () => { place.x -= 0.15 / place.zoom; draw(); },
    ArrowRight: () => { place.x += 0.15 / place.zoom; draw(); },
    ArrowUp: () => { place.y -= 0.15 / place.zoom; draw(); },
    ArrowDown: () => { place.y += 0.15 / place.zoom; draw(); },
  };
  document.addEventListener("keydown", (event) => {
    const arrows = event.key.startsWith("Arrow");
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, .scroll")) return;
    if (!(event.key in keys) || (arrows && place.zoom === 1)) return;
    event.preventDefault();
    keys[event.key]();
  });
  const steps = { in: () => zoomBy(1.5), out: () => zoomBy(1 / 1.5), reset: () => zoomBy(0), pixels: pixelForPixel };
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => steps[button.dataset.zoom]());
  }

  function show(what) {
    for (const view of views) {
      view.querySelector(".below")?.remove();
      const picture = view.querySelector(".picture");
      const difference = what === "difference";
      picture.src = view.dataset[difference ? "result" : what];
      view.classList.toggle("difference", difference);
      if (difference) {
        const below = new Image();
        below.className = "below";
        below.alt = "";
        below.draggable = false;
        below.loading = "lazy";
        below.src = view.dataset.source;
        view.prepend(below);
      }
    }
    draw();
  }
  for (const choice of document.querySelectorAll("[name=show]")) {
    choice.addEventListener("change", () => show(choice.value));
  }
  draw();
})();
