// The lines between the units: how wide each is, how they are drawn, which one is under the mouse.
import { css } from '/course.js';

/**
 * Works out how wide each line is, in quarters of a pixel with the sign of its weight, into `widths`; what is
 * not finite becomes 0. `layers` are those of layout(). Returns whether any is new.
 */
export function edgeWidths(w, layers, widths) {
  let largest = 1;
  for (const { w: at, b } of layers) for (let i = at; i < b; i++) largest = Math.max(largest, Math.abs(w[i]));
  let changed = false;
  for (let i = 0; i < w.length; i++) {
    const size = Math.min(1, Math.abs(w[i]) / largest); // a bias may be larger than any weight
    const width = Number.isFinite(size) ? Math.round(2 + 24 * size) * (w[i] < 0 ? -1 : 1) : 0;
    if (width === widths[i]) continue;
    widths[i] = width;
    changed = true;
  }
  return changed;
}

function line(c, from, to, half) {
  const [x0, x1] = [from.x + half, to.x - half];
  const middle = (x0 + x1) / 2;
  c.beginPath();
  c.moveTo(x0, from.y);
  c.bezierCurveTo(middle, from.y, middle, to.y, x1, to.y);
}

/** Draws all lines, a dot for each bias, and `edge` once more if there is one. `unitAt(layer, index)` has x and y. */
export function drawEdges(c, { layers, widths, unitAt, size, edge }) {
  const colours = [css('--low'), css('--high')];
  const half = size / 2;
  layers.forEach((layer, l) => {
    for (let i = 0; i < layer.n_in; i++) {
      const from = unitAt(l, i);
      for (let j = 0; j < layer.n_out; j++) {
        const width = widths[layer.w + i * layer.n_out + j];
        if (width === 0) continue;
        line(c, from, unitAt(l + 1, j), half);
        c.lineWidth = Math.abs(width) / 4;
        c.strokeStyle = colours[width < 0 ? 0 : 1];
        c.stroke();
      }
    }
    for (let j = 0; j < layer.n_out; j++) { // the bias: at the lower left of its unit
      const unit = unitAt(l + 1, j);
      const width = widths[layer.b + j];
      c.beginPath();
      c.arc(unit.x - half - 3, unit.y + half, 0.7 + Math.abs(width) / 6, 0, 7);
      c.fillStyle = colours[width < 0 ? 0 : 1];
      c.fill();
    }
  });
  if (!edge) return;
  line(c, unitAt(edge.layer, edge.from), unitAt(edge.layer + 1, edge.to), half);
  c.lineWidth = 2;
  c.strokeStyle = css('--text');
  c.stroke();
}

/** Returns the line {layer, from, to} that passes nearest to (x, y), within 8 pixels; else null. */
export function edgeAt(x, y, { layers, unitAt, size }) {
  let best = null;
  let nearest = 8;
  layers.forEach((layer, l) => {
    const x0 = unitAt(l, 0).x + size / 2;
    const x1 = unitAt(l + 1, 0).x - size / 2;
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
        const y0 = unitAt(l, from).y;
        const away = Math.abs(y0 + (unitAt(l + 1, to).y - y0) * rise - y);
        if (away < nearest) [nearest, best] = [away, { layer: l, from, to }];
      }
    }
  });
  return best;
}
