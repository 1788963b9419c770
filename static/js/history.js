// Steps back and forth between states of the editor; steps of one slider in a row are one step.

const TOGETHER_MS = 800;

export class History {
  constructor(apply, offer) {
    Object.assign(this, { apply, offer, done: [], undone: [], at: 0 });
  }

  // A step from one state to another; `tag` names what moved.
  push(from, to, tag) {
    const last = this.done.at(-1);
    const goesOn = tag && last?.tag === tag && performance.now() - this.at < TOGETHER_MS;
    if (goesOn) last.to = to;
    else this.done.push({ from, to, tag });
    this.undone = [];
    this.at = performance.now();
    this.offer(this);
  }

  undo() { this.step(this.done, this.undone, "from"); }

  redo() { this.step(this.undone, this.done, "to"); }

  step(source, target, way) {
    const step = source.pop();
    if (!step) return;
    target.push(step);
    this.at = 0;
    this.apply(step[way]);
    this.offer(this);
  }
}
