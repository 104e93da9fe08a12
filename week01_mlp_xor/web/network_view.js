// The drawing of the network: units as heat maps of their output, weights as lines between them.
import { css, divergingScale, fitted, heat, onTheme, throttle } from '/course.js';
import { MOST } from '/recipe.js';

const INPUT_GRID = 24;
const HEAD = 84; // room above the units for the buttons of a layer, in CSS pixels

/** Returns where each layer's weights and biases begin in the flat numbers: [{w, b, n_in, n_out}]. */
export function layout(sizes) {
  let at = 0;
  return sizes.slice(1).map((n_out, l) => {
    const layer = { w: at, b: at + sizes[l] * n_out, n_in: sizes[l], n_out };
    at = layer.b + n_out;
    return layer;
  });
}

/** Returns what a unit is called: "input x1", "layer 2, unit 3", "output". */
export function unitName(sizes, layer, index) {
  if (layer === 0) return `input x${index + 1}`;
  return layer === sizes.length - 1 ? 'output' : `layer ${layer}, unit ${index + 1}`;
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * Draws into `root`. `onHidden(hidden)` hears the wish for other layers, `onShow(unit or null)` which unit is
 * under the mouse or has the focus, `onPick(unit)` which was chosen last, `onEdge(edge or null)` the line under the mouse.
 * A unit is {layer, index}, an edge {layer, from, to}.
 */
export class NetworkView {
  constructor(root, handlers) {
    Object.assign(this, { root, handlers, sizes: null, units: [], scene: null, frame: null, hovered: null, focused: null });
    this.edges = make('canvas', 'edges');
    this.edges.setAttribute('aria-hidden', 'true');
    this.heads = make('div', 'heads');
    this.body = make('div', 'units');
    this.body.setAttribute('role', 'group');
    this.body.setAttribute('aria-label', 'Units; arrow keys move among them');
    root.append(this.edges, this.heads, this.body);
    this.edgesSoon = throttle(() => this.drawEdges(), 80); // the dearest part of a frame
    new ResizeObserver(() => this.place()).observe(root);
    onTheme(() => {
      if (!this.scene) return;
      this.drawInputs();
      this.place();
    });
    this.body.addEventListener('keydown', (event) => this.key(event));
    root.addEventListener('pointermove', (event) => this.pointEdge(event));
    root.addEventListener('pointerleave', () => this.setEdge(null));
  }

  setScene(scene) {
    this.scene = scene;
    this.frame = null;
    if (JSON.stringify(scene.sizes) !== JSON.stringify(this.sizes)) this.build(scene.sizes);
    this.drawInputs();
  }

  build(sizes) {
    const active = this.root.contains(document.activeElement) ? document.activeElement.id : null;
    this.sizes = sizes;
    this.layers = layout(sizes);
    this.first = sizes.map((_, layer) => sizes.slice(0, layer).reduce((a, b) => a + b, 0));
    this.buildHeads();
    this.units = [];
    this.body.replaceChildren();
    let hiddenIndex = 0;
    sizes.forEach((n, layer) => {
      for (let index = 0; index < n; index++) {
        const unit = { layer, index, button: make('button', 'unit'), canvas: make('canvas') };
        if (layer > 0 && layer < sizes.length - 1) unit.hidden = hiddenIndex++;
        unit.button.id = `unit-${layer}-${index}`;
        unit.button.type = 'button';
        unit.button.tabIndex = this.units.length === 0 ? 0 : -1;
        const name = unitName(sizes, layer, index);
        unit.button.setAttribute('aria-label', name[0].toUpperCase() + name.slice(1));
        unit.button.setAttribute('aria-describedby', 'inspector-text');
        unit.button.append(unit.canvas);
        if (layer === 0) unit.button.append(make('span', 'tag', `x${index + 1}`));
        this.listen(unit);
        this.units.push(unit);
        this.body.append(unit.button);
      }
    });
    this.hovered = this.focused = null;
    this.handlers.onShow(null);
    this.place();
    if (active) this.refocus(active);
  }

  // The focus stays on the control that was used, or on the one beside it.
  refocus(id) {
    const beside = id.endsWith('-more') ? id.replace('-more', '-fewer') : id.replace('-fewer', '-more');
    const found = [id, beside, 'unit-1-0'].map((name) => document.getElementById(name));
    found.find((element) => element && !element.disabled)?.focus();
  }

  buildHeads() {
    const { sizes } = this;
    const heads = sizes.map((n, layer) => {
      const head = make('div', 'head');
      if (layer === 0) head.append(make('span', 'muted', 'in'));
      if (layer === sizes.length - 1) head.append(make('span', 'muted', 'out'));
      if (layer === 0 || layer === sizes.length - 1) return head;
      const hidden = sizes.slice(1, -1);
      const change = (by) => {
        hidden[layer - 1] += by;
        this.handlers.onHidden(hidden);
      };
      const button = (by, text, word) => {
        const control = make('button', 'tiny', text);
        control.type = 'button';
        control.id = `layer-${layer}-${word}`;
        control.setAttribute('aria-label', `${by > 0 ? 'Add a unit to' : 'Remove a unit from'} layer ${layer}, which has ${n}`);
        control.disabled = n + by < 1 || n + by > MOST.units;
        control.addEventListener('click', () => change(by));
        return control;
      };
      head.append(button(1, '+', 'more'), make('span', 'number', String(n)), button(-1, '−', 'fewer'));
      return head;
    });
    this.heads.replaceChildren(...heads);
  }

  listen(unit) {
    const { button } = unit;
    button.addEventListener('pointerenter', (event) => {
      if (event.pointerType === 'touch') return;
      this.hovered = unit;
      this.setEdge(null);
      this.show();
    });
    button.addEventListener('pointerleave', () => {
      if (this.hovered !== unit) return;
      this.hovered = null;
      this.show();
    });
    button.addEventListener('focus', () => {
      for (const other of this.units) other.button.tabIndex = other === unit ? 0 : -1;
      this.focused = unit;
      this.handlers.onPick(unit);
      this.show();
    });
    button.addEventListener('blur', () => {
      if (this.focused !== unit) return;
      this.focused = null;
      this.show();
    });
    button.addEventListener('click', () => button.focus()); // Safari does not focus on click
  }

  show() {
    this.handlers.onShow(this.hovered ?? this.focused);
  }

  key(event) {
    const unit = this.focused;
    if (!unit || event.ctrlKey || event.altKey || event.metaKey) return;
    const layerOf = (layer) => this.units.filter((other) => other.layer === layer);
    const beside = (by) => {
      const column = layerOf(unit.layer + by);
      if (!column.length) return unit;
      const share = (unit.index + 0.5) / layerOf(unit.layer).length;
      return column[Math.min(column.length - 1, Math.floor(share * column.length))];
    };
    const column = layerOf(unit.layer);
    const to = {
      ArrowUp: () => column[Math.max(0, unit.index - 1)],
      ArrowDown: () => column[Math.min(column.length - 1, unit.index + 1)],
      ArrowLeft: () => beside(-1),
      ArrowRight: () => beside(1),
      Home: () => this.units[0],
      End: () => this.units.at(-1),
    }[event.key];
    if (event.key === 'Escape') unit.button.blur();
    if (!to) return;
    event.preventDefault();
    to().button.focus();
  }

  // Positions follow from the width; nothing else moves anything.
  place() {
    if (!this.sizes || !this.root.clientWidth) return;
    const width = this.root.clientWidth;
    const columns = this.sizes.length;
    const most = Math.max(...this.sizes);
    const room = width < 480 ? 300 : Math.max(210, this.root.clientHeight - HEAD - 8);
    const apart = width / columns;
    this.size = Math.floor(Math.max(22, Math.min(52, apart * 0.66, room / most - 6)));
    const pitch = Math.min(room / most, this.size + 26);
    const middle = HEAD + room / 2;
    if (width < 480) this.root.style.height = `${HEAD + room + 8}px`;
    else this.root.style.height = '';
    this.heads.childNodes.forEach((head, layer) => { head.style.left = `${(layer + 0.5) * apart}px`; });
    for (const unit of this.units) {
      const n = this.sizes[unit.layer];
      unit.x = (unit.layer + 0.5) * apart;
      unit.y = middle + (unit.index - (n - 1) / 2) * pitch;
      const style = unit.button.style;
      style.width = style.height = `${this.size}px`;
      style.left = `${unit.x - this.size / 2}px`;
      style.top = `${unit.y - this.size / 2}px`;
    }
    this.draw(this.frame);
    this.drawEdges();
  }

  // An input's map is its coordinate; `unit.map` keeps it for the large plane.
  drawInputs() {
    for (const unit of this.units) {
      if (unit.layer !== 0) continue;
      const bytes = new Uint8Array(INPUT_GRID * INPUT_GRID);
      const [low, high] = unit.index === 0 ? this.scene.x : this.scene.y;
      const largest = Math.max(Math.abs(low), Math.abs(high)) || 1;
      for (let row = 0; row < INPUT_GRID; row++) {
        for (let column = 0; column < INPUT_GRID; column++) {
          const share = ((unit.index === 0 ? column : row) + 0.5) / INPUT_GRID;
          bytes[row * INPUT_GRID + column] = 128 + Math.round((127 * (low + share * (high - low))) / largest);
        }
      }
      unit.map = { bytes, n: INPUT_GRID, value: () => 'what the network is given' };
      heat(unit.canvas, bytes, INPUT_GRID);
    }
  }

  /** Paints a decoded frame {map, units, w}; without one, nothing but the inputs. */
  draw(frame) {
    this.frame = frame;
    if (!frame || !this.sizes) return;
    const cells = this.scene.unit_grid ** 2;
    const colours = divergingScale();
    for (const unit of this.units) {
      if (unit.hidden !== undefined) {
        heat(unit.canvas, frame.units.subarray(unit.hidden * cells, (unit.hidden + 1) * cells), this.scene.unit_grid, colours);
      } else if (unit.layer > 0) {
        heat(unit.canvas, frame.map, this.scene.grid, colours);
      }
    }
    if (this.edgesChanged()) this.edgesSoon();
  }

  // Works out how wide each line is, in quarters of a pixel with the sign; says whether any is new.
  edgesChanged() {
    const { w } = this.frame;
    if (this.widths?.length !== w.length) this.widths = new Int8Array(w.length);
    let largest = 1;
    for (const { w: at, b } of this.layers) for (let i = at; i < b; i++) largest = Math.max(largest, Math.abs(w[i]));
    let changed = false;
    for (let i = 0; i < w.length; i++) {
      const size = Math.min(1, Math.abs(w[i]) / largest); // a bias may be larger than any weight
      const width = Number.isFinite(size) ? Math.round(2 + 24 * size) * (w[i] < 0 ? -1 : 1) : 0;
      if (width === this.widths[i]) continue; // what is not finite becomes 0 and is not drawn
      this.widths[i] = width;
      changed = true;
    }
    return changed;
  }

  unitAt(layer, index) {
    return this.units[this.first[layer] + index];
  }

  drawEdges() {
    if (!this.frame || this.widths?.length !== this.frame.w.length) return;
    const { widths } = this;
    const c = fitted(this.edges, this.root.clientWidth, this.root.clientHeight);
    c.clearRect(0, 0, this.root.clientWidth, this.root.clientHeight);
    const colours = [css('--low'), css('--high')];
    const half = this.size / 2;
    this.layers.forEach((layer, l) => {
      for (let i = 0; i < layer.n_in; i++) {
        const from = this.unitAt(l, i);
        for (let j = 0; j < layer.n_out; j++) {
          const to = this.unitAt(l + 1, j);
          const width = widths[layer.w + i * layer.n_out + j];
          if (width === 0) continue;
          this.line(c, from, to, half);
          c.lineWidth = Math.abs(width) / 4;
          c.strokeStyle = colours[width < 0 ? 0 : 1];
          c.stroke();
        }
      }
      for (let j = 0; j < layer.n_out; j++) { // the bias: a dot at the lower left of its unit
        const unit = this.unitAt(l + 1, j);
        const width = widths[layer.b + j];
        c.beginPath();
        c.arc(unit.x - half - 3, unit.y + half, 0.7 + Math.abs(width) / 6, 0, 7);
        c.fillStyle = colours[width < 0 ? 0 : 1];
        c.fill();
      }
    });
    if (this.edge) {
      this.line(c, this.unitAt(this.edge.layer, this.edge.from), this.unitAt(this.edge.layer + 1, this.edge.to), half);
      c.lineWidth = 2;
      c.strokeStyle = css('--text');
      c.stroke();
    }
  }

  line(c, from, to, half) {
    const [x0, x1] = [from.x + half, to.x - half];
    const middle = (x0 + x1) / 2;
    c.beginPath();
    c.moveTo(x0, from.y);
    c.bezierCurveTo(middle, from.y, middle, to.y, x1, to.y);
  }

  pointEdge(event) {
    if (!this.sizes || this.hovered || event.pointerType === 'touch' || !this.frame) return;
    const box = this.root.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = null;
    let nearest = 8; // pixels from a line that still count as on it
    this.layers.forEach((layer, l) => {
      const x0 = this.unitAt(l, 0).x + this.size / 2;
      const x1 = this.unitAt(l + 1, 0).x - this.size / 2;
      if (x < x0 || x > x1) return;
      const share = (x - x0) / (x1 - x0);
      let [low, high] = [0, 1]; // the curve's parameter at this x: it grows with x
      for (let k = 0; k < 12; k++) {
        const t = (low + high) / 2;
        if (1.5 * t * (1 - t) + t ** 3 < share) low = t;
        else high = t;
      }
      const rise = low * low * (3 - 2 * low);
      for (let from = 0; from < layer.n_in; from++) {
        for (let to = 0; to < layer.n_out; to++) {
          const y0 = this.unitAt(l, from).y;
          const away = Math.abs(y0 + (this.unitAt(l + 1, to).y - y0) * rise - y);
          if (away < nearest) [nearest, best] = [away, { layer: l, from, to }];
        }
      }
    });
    this.setEdge(best);
  }

  setEdge(edge) {
    if (JSON.stringify(edge) === JSON.stringify(this.edge ?? null)) return;
    this.edge = edge;
    this.handlers.onEdge(edge);
    if (this.frame) this.drawEdges();
  }
}
