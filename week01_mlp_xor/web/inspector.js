// The inspector: bias, weights and gradients of one unit in numbers, or the weight under the mouse.
import { format } from '/course.js';
import { layout, unitName } from '/network_view.js';

/** Shows into `root` = {title, text, table}. */
export class Inspector {
  constructor({ title, text, table }) {
    Object.assign(this, { title, text, table, sizes: null, unit: null, edge: null, shape: '' });
    this.body = table.tBodies[0];
  }

  setSizes(sizes) {
    const same = JSON.stringify(sizes) === JSON.stringify(this.sizes);
    this.sizes = sizes;
    if (!same) this.unit = this.edge = null;
    if (!same) this.table.hidden = true;
  }

  /** Writes the numbers of the frame {w, g, unit_scale, map}; rows are made only when the unit changes. */
  update(frame) {
    if (!this.sizes || !frame) return;
    const layers = layout(this.sizes);
    if (this.edge) {
      const { layer, from, to } = this.edge;
      const at = layers[layer].w + from * layers[layer].n_out + to;
      this.set(this.title, `From ${unitName(this.sizes, layer, from)} to ${unitName(this.sizes, layer + 1, to)}`);
      this.set(this.text, `weight ${format(frame.w[at])}, gradient ${format(frame.g[at])}`);
      this.table.hidden = true;
      return;
    }
    if (!this.unit) {
      this.set(this.title, 'Weights and gradients');
      this.set(this.text, 'Point at a unit or a line, or move among the units with the arrow keys.');
      this.table.hidden = true;
      return;
    }
    const { layer, index } = this.unit;
    const name = unitName(this.sizes, layer, index);
    this.set(this.title, name[0].toUpperCase() + name.slice(1));
    if (layer === 0) {
      this.set(this.text, 'A coordinate of the point, as the network gets it.');
      this.table.hidden = true;
      return;
    }
    const own = layers[layer - 1];
    const last = layer === this.sizes.length - 1;
    let hidden = index;
    for (let l = 1; l < layer; l++) hidden += this.sizes[l];
    const bias = `bias ${format(frame.w[own.b + index])}, gradient ${format(frame.g[own.b + index])}`;
    this.set(this.text, last ? `${bias}; the answer p is how likely class 1 is`
      : `${bias}; largest output on the plane ${format(frame.unit_scale[hidden])}`);
    this.rows(own, layer);
    const cells = this.body.rows;
    for (let i = 0; i < own.n_in; i++) this.fill(cells[i], frame, own.w + i * own.n_out + index);
    this.fill(cells[own.n_in], frame, own.b + index);
    this.table.hidden = false;
  }

  rows(own, layer) {
    const shape = `${layer} ${own.n_in}`;
    if (shape === this.shape && this.body.rows.length === own.n_in + 1) return;
    this.shape = shape;
    this.body.replaceChildren();
    for (let i = 0; i <= own.n_in; i++) {
      const row = this.body.insertRow();
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = i === own.n_in ? 'bias' : unitName(this.sizes, layer - 1, i);
      row.append(head);
      row.insertCell();
      row.insertCell();
    }
  }

  fill(row, frame, at) {
    this.set(row.cells[1], format(frame.w[at]));
    this.set(row.cells[2], format(frame.g[at]));
  }

  set(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }
}
