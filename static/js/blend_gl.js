// Shows a recipe by WebGL 2: spots, then each face's smooth changes, then light.

const CORNERS = `#version 300 es
uniform vec4 box;
out vec2 place;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  place = corner;
  gl_Position = vec4(mix(box.xy, box.zw, corner) * 2.0 - 1.0, 0.0, 1.0);
}`;
const HEAD = "#version 300 es\nprecision highp float; precision highp sampler3D;\nin vec2 place; out vec4 colour;\n";
const SPOTS = `${HEAD}
uniform sampler2D original, without; uniform float strength;
void main() { colour = mix(texture(original, place), texture(without, place), strength); }`;
const SMOOTH = `${HEAD}
uniform sampler2D base, skin, first, second, third; uniform vec3 strengths;
void main() {
  vec3 density = strengths.x * (texture(first, place).rgb * 255.0 - 128.0)
    + strengths.y * (texture(second, place).rgb * 255.0 - 128.0)
    + strengths.z * (texture(third, place).rgb * 255.0 - 128.0);
  vec3 change = texture(skin, place).r * density / 256.0;
  if (all(lessThan(abs(change), vec3(0.5 / 256.0)))) discard;
  vec3 pixel = texelFetch(base, ivec2(gl_FragCoord.xy), 0).rgb * 255.0;
  colour = vec4(((pixel + 1.0) * exp(-change) - 1.0) / 255.0, 1.0);
}`;
const LIGHT = `${HEAD}
uniform sampler2D base; uniform sampler3D table, gains; uniform float light, planes, size;
void main() {
  vec3 pixel = texture(base, vec2(place.x, 1.0 - place.y)).rgb;
  if (light > 0.0) {
    float luma = dot(pixel, vec3(0.299, 0.587, 0.114));
    vec3 cell = vec3(place.x, 1.0 - place.y, (luma * (planes - 1.0) + 0.5) / planes);
    pixel = floor(clamp(pixel * exp2(light * texture(gains, cell).r), 0.0, 1.0) * 255.0 + 0.5) / 255.0;
    pixel = mix(pixel, texture(table, (pixel * (size - 1.0) + 0.5) / size).rgb, light);
  }
  colour = vec4(pixel, 1.0);
}`;
const CONCERNS = ["evenness", "shine", "under_eyes"];

export class GlBlender {
  constructor(canvas, layers, tone) {
    const options = { preserveDrawingBuffer: true, alpha: false, antialias: false };
    const gl = canvas.getContext("webgl2", options);
    if (!gl) throw new Error("WebGL 2 is not there");
    if (Math.max(layers.width, layers.height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) throw new Error("too large");
    Object.assign(this, { gl, layers, tone });
    canvas.width = layers.width;
    canvas.height = layers.height;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.programs = { spots: this.program(SPOTS), smooth: this.program(SMOOTH), light: this.program(LIGHT) };
    this.original = this.texture(layers.original, gl.NEAREST);
    this.without = this.texture(layers.original, gl.NEAREST);
    this.nothing = this.texture(new ImageData(new Uint8ClampedArray([128, 128, 128, 255]), 1, 1), gl.LINEAR);
    this.faces = layers.faces.map((face) => ({
      box: [face.box[0] / layers.width, face.box[1] / layers.height, face.box[2] / layers.width, face.box[3] / layers.height],
      skin: this.texture(face.skin, gl.LINEAR),
      maps: CONCERNS.map((name) => (face.concerns[name] ? this.texture(face.concerns[name], gl.LINEAR) : this.nothing)),
    }));
    this.targets = [this.target(), this.target()];
    this.table = this.volume();
    this.gains = this.volume();
    if (tone) this.fillTone(tone);
    this.setWithout(layers.original.data);
  }

  program(fragment) {
    const { gl } = this;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) || "lost");
    return program;
  }

  texture(image, filter) {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, filter);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, image.width, image.height, 0, gl.RGBA, gl.UNSIGNED_BYTE, image.data);
    return texture;
  }

  target() {
    const { gl, layers } = this;
    const texture = this.texture({ width: layers.width, height: layers.height, data: null }, gl.NEAREST);
    const frame = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    return { texture, frame };
  }

  volume() {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_3D, texture);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R]) gl.texParameteri(gl.TEXTURE_3D, side, gl.CLAMP_TO_EDGE);
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_3D, way, gl.LINEAR);
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGBA8, 1, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return texture;
  }

  fillTone({ size, table, logGain }) {
    const { gl } = this;
    const [height, width, planes] = [logGain.length, logGain[0].length, logGain[0][0].length];
    const values = new Float32Array(height * width * planes);
    logGain.forEach((row, y) => row.forEach((cell, x) => cell.forEach((stops, plane) => {
      values[(plane * height + y) * width + x] = stops;
    })));
    gl.bindTexture(gl.TEXTURE_3D, this.table);
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGBA8, size, size, size, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(table.buffer));
    gl.bindTexture(gl.TEXTURE_3D, this.gains);
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.R16F, width, height, planes, 0, gl.RED, gl.FLOAT, values);
    this.toneSize = { size, planes };
  }

  setWithout(pixels) {
    const { gl, layers } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.without);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, layers.width, layers.height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(pixels.buffer));
  }

  pass(name, frame, box, textures, numbers) {
    const { gl } = this;
    const program = this.programs[name];
    gl.useProgram(program);
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.viewport(0, 0, this.layers.width, this.layers.height);
    gl.uniform4fv(gl.getUniformLocation(program, "box"), box);
    Object.entries(textures).forEach(([sampler, [kind, texture]], unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(kind, texture);
      gl.uniform1i(gl.getUniformLocation(program, sampler), unit);
    });
    for (const [uniform, value] of Object.entries(numbers)) {
      const where = gl.getUniformLocation(program, uniform);
      if (Array.isArray(value)) gl.uniform3fv(where, value);
      else gl.uniform1f(where, value);
    }
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  draw(recipe) {
    const { gl } = this;
    const flat = (texture) => [gl.TEXTURE_2D, texture];
    const [first, second] = this.targets;
    const whole = [0, 0, 1, 1];
    const spots = { original: flat(this.original), without: flat(this.without) };
    for (const { frame } of this.targets) this.pass("spots", frame, whole, spots, { strength: recipe.blemishes });
    const strengths = CONCERNS.map((name) => recipe[name]);
    for (const face of strengths.some(Boolean) ? this.faces : []) {
      const [one, two, three] = face.maps;
      const textures = { base: flat(first.texture), skin: flat(face.skin), first: flat(one), second: flat(two), third: flat(three) };
      this.pass("smooth", second.frame, face.box, textures, { strengths });
    }
    const light = this.tone ? recipe.light : 0;
    const { size, planes } = this.toneSize || { size: 2, planes: 1 };
    const textures = { base: flat(second.texture), table: [gl.TEXTURE_3D, this.table], gains: [gl.TEXTURE_3D, this.gains] };
    this.pass("light", null, whole, textures, { light, size, planes });
  }
}
