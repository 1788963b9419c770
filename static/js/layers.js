// The layers file: the small original, every mark's edit, each face's smooth changes; see docs/api.md.

const TURNS = 10;
const WAIT_MS = 500;

async function pixelsOf(bytes) {
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  const bitmap = await createImageBitmap(new Blob([bytes]), options);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

// The worker writes the layers just after it has finished the first version.
async function patiently(address) {
  for (let turn = 0; ; turn += 1) {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (answer.ok) return answer;
    if (answer.status !== 404 || turn === TURNS) throw new Error(`status ${answer.status}`);
    await new Promise((resolve) => { setTimeout(resolve, WAIT_MS); });
  }
}

export async function loadLayers(address) {
  const answer = await patiently(address);
  const buffer = await answer.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const picture = ([offset, size]) => pixelsOf(new Uint8Array(buffer, 4 + length + offset, size));
  const faces = header.faces.filter((face) => face.skin).map(async (face) => {
    const entries = Object.entries(face.concerns);
    const maps = await Promise.all(entries.map(([, place]) => picture(place)));
    return {
      box: face.box,
      skin: await picture(face.skin),
      concerns: Object.fromEntries(entries.map(([name], index) => [name, maps[index]])),
    };
  });
  return {
    ...header,
    original: await picture(header.original),
    atlas: await picture(header.atlas),
    faces: await Promise.all(faces),
  };
}

export async function loadTone(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.status !== 200) return null;
  const tone = await answer.json();
  // Not fetched: the policy lets no script read a data: address.
  const lut = atob(tone.lut.slice(tone.lut.indexOf(",") + 1));
  const table = await pixelsOf(Uint8Array.from(lut, (char) => char.charCodeAt(0)).buffer);
  return { size: tone.size, table: table.data, logGain: tone.log_gain };
}

// The original without the given marks: edits add up, as they do on the server.
export function withoutMarks(layers, removed) {
  const { width, original, atlas } = layers;
  const sums = new Map();
  for (const mark of layers.marks) {
    if (!removed.has(mark.id)) continue;
    for (let row = 0; row < mark.h; row += 1) {
      let from = ((mark.v + row) * atlas.width + mark.u) * 4;
      let to = ((mark.y + row) * width + mark.x) * 4;
      for (let column = 0; column < mark.w; column += 1, from += 4, to += 4) {
        for (let channel = 0; channel < 3; channel += 1) {
          const edit = atlas.data[from + channel];
          if (edit === 0) continue;
          const place = to + channel;
          const before = original.data[place];
          sums.set(place, (sums.get(place) ?? before) + ((before + edit) & 255) - before);
        }
      }
    }
  }
  const result = new Uint8ClampedArray(original.data);
  for (const [place, value] of sums) result[place] = value;
  return result;
}
