// The drawing of the network: units as heat maps of their output, weights as lines between them.
import { divergingScale, fitted, heat, onTheme, throttle } from '/course.js';
import { drawEdges, edgeAt, edgeWidths } from '/edges.js';
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
    Object.assign(this, { root, handlers, sizes: null, units: [], scene: null, frame: null, hovered: null, focused: null, turn: 0 });
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
    const first = sizes.map((_, layer) => sizes.slice(0, layer).reduce((a, b) => a + b, 0));
    this.unitAt = (layer, index) => this.units[first[layer] + index];
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
    // While many units move, every other one is painted in turn; at rest all are.
    const turns = (frame.running || frame.until !== null) && this.units.length > 16 ? 2 : 1;
    this.turn = (this.turn + 1) % turns;
    for (const unit of this.units) {
      if (unit.hidden % turns === 1 - this.turn && turns === 2) continue;
      if (unit.hidden !== undefined) {
        heat(unit.canvas, frame.units.subarray(unit.hidden * cells, (unit.hidden + 1) * cells), this.scene.unit_grid, colours);
      } else if (unit.layer > 0) {
        heat(unit.canvas, frame.map, this.scene.grid, colours);
      }
    }
    if (this.widths?.length !== frame.w.length) this.widths = new Int8Array(frame.w.length);
    if (edgeWidths(frame.w, this.layers, this.widths)) this.edgesSoon();
  }

  drawEdges() {
    if (!this.frame || this.widths?.length !== this.frame.w.length) return;
    const c = fitted(this.edges, this.root.clientWidth, this.root.clientHeight);
    c.clearRect(0, 0, this.root.clientWidth, this.root.clientHeight);
    drawEdges(c, this);
  }

  pointEdge(event) {
    if (!this.sizes || this.hovered || event.pointerType === 'touch' || !this.frame) return;
    const box = this.root.getBoundingClientRect();
    this.setEdge(edgeAt(event.clientX - box.left, event.clientY - box.top, this));
  }

  setEdge(edge) {
    if (JSON.stringify(edge) === JSON.stringify(this.edge ?? null)) return;
    this.edge = edge;
    this.handlers.onEdge(edge);
    if (this.frame) this.drawEdges();
  }
}
