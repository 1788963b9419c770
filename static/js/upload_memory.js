// Where a file got to, remembered over a reload or a closed tab, until the same file is chosen again.

const KEPT = 200;

export function createMemory(person, album) {
  const key = `uploads:${person}`;
  const fingerprint = (file) => [album, file.name, file.size, file.lastModified].join("|");
  const read = () => {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; }
  };
  const write = (known) => {
    const newest = Object.entries(known).slice(-KEPT);
    // Without storage an upload cannot be resumed later, and that is all.
    try { localStorage.setItem(key, JSON.stringify(Object.fromEntries(newest))); } catch { /* full or forbidden */ }
  };
  return {
    fingerprint,
    recall: (file) => read()[fingerprint(file)] || null,
    remember(file, place) {
      const { [fingerprint(file)]: _, ...known } = read();
      if (place) known[fingerprint(file)] = place;
      write(known);
    },
    places: () => new Set(Object.entries(read()).filter(([name]) => name.startsWith(`${album}|`)).map(([, place]) => place)),
    forgetPlace(place) {
      write(Object.fromEntries(Object.entries(read()).filter(([, kept]) => kept !== place)));
    },
  };
}
