// Shows a recipe without WebGL, on the processor: the same sums as blend_gl.js.

const clamped = (value) => Math.min(Math.max(value, 0), 255);

function reader(map) {
  const { width, height, data } = map;
  return (u, v, out) => {
    const x = Math.min(Math.max(u * width - 0.5, 0), width - 1);
    const y = Math.min(Math.max(v * height - 0.5, 0), height - 1);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
    const [across, down] = [x - left, y - top];
    for (let channel = 0; channel < 3; channel += 1) {
      const at = (row, column) => data[(row * width + column) * 4 + channel];
      const upper = at(top, left) + across * (at(top, right) - at(top, left));
      const lower = at(bottom, left) + across * (at(bottom, right) - at(bottom, left));
      out[channel] = upper + down * (lower - upper);
    }
  };
}

export class PixelBlender {
  constructor(canvas, layers, tone) {
    Object.assign(this, { layers, tone, without: layers.original.data });
    canvas.width = layers.width;
    canvas.height = layers.height;
    this.context = canvas.getContext("2d");
  }

  setWithout(pixels) { this.without = pixels; }

  draw(recipe) {
    const { width, height, original, faces } = this.layers;
    const pixels = new Uint8ClampedArray(original.data);
    if (recipe.blemishes > 0) {
      for (let i = 0; i < pixels.length; i += 1) {
        const change = this.without[i] - original.data[i];
        if (change) pixels[i] = original.data[i] + recipe.blemishes * change;
      }
    }
    for (const face of faces) this.smooth(pixels, face, recipe);
    if (this.tone && recipe.light > 0) this.lighten(pixels, recipe.light);
    this.context.putImageData(new ImageData(pixels, width, height), 0, 0);
  }

  smooth(pixels, face, recipe) {
    const parts = Object.entries(face.concerns).filter(([name]) => recipe[name] > 0)
      .map(([name, map]) => [recipe[name], reader(map)]);
    if (!parts.length) return;
    const { width, height } = this.layers;
    const [x0, y0, x1, y1] = face.box;
    const readSkin = reader(face.skin);
    const [skin, value, density] = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
    for (let y = Math.max(Math.ceil(y0 - 0.5), 0); y < Math.min(y1 - 0.5, height); y += 1) {
      for (let x = Math.max(Math.ceil(x0 - 0.5), 0); x < Math.min(x1 - 0.5, width); x += 1) {
        const [u, v] = [(x + 0.5 - x0) / (x1 - x0), (y + 0.5 - y0) / (y1 - y0)];
        readSkin(u, v, skin);
        if (skin[0] === 0) continue;
        density.fill(0);
        for (const [strength, read] of parts) {
          read(u, v, value);
          for (let c = 0; c < 3; c += 1) density[c] += strength * (value[c] - 128);
        }
        const place = (y * width + x) * 4;
        for (let c = 0; c < 3; c += 1) {
          const gain = Math.exp((-skin[0] / 255) * density[c] / 256);
          pixels[place + c] = (pixels[place + c] + 1) * gain - 1;
        }
      }
    }
  }

  lighten(pixels, light) {
    const { width, height } = this.layers;
    const { size, table, logGain } = this.tone;
    const [rows, columns, planes] = [logGain.length, logGain[0].length, logGain[0][0].length];
    const colour = [0, 0, 0];
    for (let y = 0; y < height; y += 1) {
      const gy = Math.min(Math.max((y + 0.5) * rows / height - 0.5, 0), rows - 1);
      const [top, bottom] = [Math.floor(gy), Math.min(Math.floor(gy) + 1, rows - 1)];
      for (let x = 0; x < width; x += 1) {
        const gx = Math.min(Math.max((x + 0.5) * columns / width - 0.5, 0), columns - 1);
        const [left, right] = [Math.floor(gx), Math.min(Math.floor(gx) + 1, columns - 1)];
        const place = (y * width + x) * 4;
        const luma = 0.299 * pixels[place] + 0.587 * pixels[place + 1] + 0.114 * pixels[place + 2];
        const depth = luma / 255 * (planes - 1);
        const [near, far] = [Math.floor(depth), Math.min(Math.floor(depth) + 1, planes - 1)];
        const at = (row, column) => logGain[row][column][near] + (depth - near) * (logGain[row][column][far] - logGain[row][column][near]);
        const upper = at(top, left) + (gx - left) * (at(top, right) - at(top, left));
        const lower = at(bottom, left) + (gx - left) * (at(bottom, right) - at(bottom, left));
        const gain = 2 ** (light * (upper + (gy - top) * (lower - upper)));
        for (let c = 0; c < 3; c += 1) colour[c] = Math.round(clamped(pixels[place + c] * gain));
        lookUp(pixels, place, colour, table, size, light);
      }
    }
  }
}

function lookUp(pixels, place, colour, table, size, light) {
  const [r, g, b] = colour.map((value) => value / 255 * (size - 1));
  const [r0, g0, b0] = [r, g, b].map((value) => Math.min(Math.floor(value), size - 2));
  for (let c = 0; c < 3; c += 1) {
    let found = 0;
    for (let corner = 0; corner < 8; corner += 1) {
      const [dr, dg, db] = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const weight = (dr ? r - r0 : 1 - r + r0) * (dg ? g - g0 : 1 - g + g0) * (db ? b - b0 : 1 - b + b0);
      if (weight) found += weight * table[(((b0 + db) * size + g0 + dg) * size + r0 + dr) * 4 + c];
    }
    pixels[place + c] = colour[c] + light * (found - colour[c]);
  }
}
