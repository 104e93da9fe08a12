// The plane: what the network (or one unit) answers everywhere, the boundary, the points, a cursor.
import { css, divergingScale, fitted, format, heat, onTheme } from '/course.js';
import { tickText, ticks } from '/chart.js';

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 10, 8, 34]; // room for ticks, in CSS pixels

/** Draws the mark of a class: circle for 0, square for 1; filled for training, a ring for held out. */
export function drawMark(c, x, y, label, heldOut, size) {
  c.beginPath();
  if (label === 0) c.arc(x, y, size, 0, 7);
  else c.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
  const colour = css(label === 0 ? '--low' : '--high');
  c.fillStyle = heldOut ? css('--surface') : colour;
  c.lineWidth = heldOut ? 3.6 : 2;
  c.strokeStyle = css('--surface');
  c.stroke();
  if (heldOut) {
    c.lineWidth = size > 4 ? 2 : 1.4;
    c.strokeStyle = colour;
    c.stroke();
  }
  c.fill();
}

/** Walks the cells of an n x n map and calls line(x0, y0, x1, y1) along `level`, in cells from the centre of cell 0. */
export function contour(map, n, level, line) {
  for (let row = 0; row + 1 < n; row++) {
    for (let column = 0; column + 1 < n; column++) {
      const at = row * n + column;
      const [a, b, c, d] = [map[at] - level, map[at + 1] - level, map[at + n + 1] - level, map[at + n] - level];
      const kind = (a > 0 ? 1 : 0) | (b > 0 ? 2 : 0) | (c > 0 ? 4 : 0) | (d > 0 ? 8 : 0);
      if (kind === 0 || kind === 15) continue;
      const crossings = [];
      if ((a > 0) !== (b > 0)) crossings.push(column + a / (a - b), row);
      if ((b > 0) !== (c > 0)) crossings.push(column + 1, row + b / (b - c));
      if ((c > 0) !== (d > 0)) crossings.push(column + d / (d - c), row + 1);
      if ((d > 0) !== (a > 0)) crossings.push(column, row + a / (a - d));
      line(crossings[0], crossings[1], crossings[2], crossings[3]);
      if (crossings.length === 8) line(crossings[4], crossings[5], crossings[6], crossings[7]);
    }
  }
}

/** The large plane. `onPick(x, y)` hears clicks, `onRead(text)` what is under the mouse or the cursor. */
export class PlaneView {
  constructor(canvas, { onPick, onKey, onRead }) {
    Object.assign(this, { canvas, onRead, scene: null, points: [], shown: null, cursor: null, mouse: null, note: [] });
    this.small = document.createElement('canvas'); // the map, one pixel a cell
    this.back = canvas.previousElementSibling; // the map and its boundary: drawn each frame
    const redraw = () => { this.marksStale = this.mapStale = true; this.schedule(); };
    new ResizeObserver(redraw).observe(canvas);
    onTheme(redraw);
    canvas.addEventListener('pointermove', (event) => this.point(event));
    canvas.addEventListener('pointerleave', () => { this.mouse = null; this.read(); });
    canvas.addEventListener('click', (event) => {
      this.point(event);
      if (this.mouse) onPick(...this.mouse);
    });
    canvas.addEventListener('keydown', (event) => this.key(event, onKey));
    canvas.addEventListener('focus', () => {
      if (!this.scene || !canvas.matches(':focus-visible')) return;
      this.setCursor(this.centre());
    });
    canvas.addEventListener('blur', () => this.setCursor(null));
  }

  setScene(scene) {
    this.scene = scene;
    this.setPoints([...scene.train.map((p) => [...p, false]), ...scene.test.map((p) => [...p, true])]);
  }

  /** Shows points [x, y, label, held out]. */
  setPoints(points) {
    this.points = points;
    this.marksStale = true;
    this.schedule();
  }

  /** Shows bytes [n * n]; `value(byte)` says in words what one stands for; `level` gets a line. */
  setMap(shown) {
    this.shown = shown;
    this.mapStale = true;
  }

  schedule() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.draw());
  }

  toX(x) { return LEFT + ((x - this.scene.x[0]) / (this.scene.x[1] - this.scene.x[0])) * this.width; }
  toY(y) { return TOP + this.height - ((y - this.scene.y[0]) / (this.scene.y[1] - this.scene.y[0])) * this.height; }

  draw() {
    this.waiting = false;
    const { canvas, scene } = this;
    if (!scene || !canvas.clientWidth) return;
    const wide = canvas.clientWidth;
    const high = canvas.clientHeight;
    this.width = wide - LEFT - RIGHT;
    this.height = high - TOP - BOTTOM;
    if (this.mapStale) this.drawMap(wide, high);
    if (this.marksStale) this.drawMarks(wide, high);
    this.read();
  }

  drawMap(wide, high) {
    this.mapStale = false;
    const { shown } = this;
    const c = fitted(this.back, wide, high);
    if (shown) {
      heat(this.small, shown.bytes, shown.n, divergingScale(0.62));
      c.drawImage(this.small, LEFT, TOP, this.width, this.height);
      if (shown.level !== undefined) this.drawContour(c);
    } else {
      c.fillStyle = css('--middle');
      c.fillRect(LEFT, TOP, this.width, this.height);
    }
  }

  drawContour(c) {
    const { bytes, n, level } = this.shown;
    const [dx, dy] = [this.width / n, this.height / n];
    const [x0, y0] = [LEFT + dx / 2, TOP + this.height - dy / 2];
    c.beginPath();
    contour(bytes, n, level, (ax, ay, bx, by) => {
      c.moveTo(x0 + ax * dx, y0 - ay * dy);
      c.lineTo(x0 + bx * dx, y0 - by * dy);
    });
    c.lineWidth = 1.5;
    c.strokeStyle = css('--text', 0.75);
    c.stroke();
  }

  drawMarks(wide, high) {
    this.marksStale = false;
    const c = fitted(this.canvas, wide, high);
    c.clearRect(0, 0, wide, high);
    c.font = FONT;
    c.strokeStyle = css('--edge');
    c.lineWidth = 1;
    c.strokeRect(LEFT - 0.5, TOP - 0.5, this.width + 1, this.height + 1);
    c.fillStyle = css('--muted');
    c.textBaseline = 'middle';
    c.beginPath();
    const ys = ticks(...this.scene.y, 5);
    const xs = ticks(...this.scene.x, 6);
    for (const y of ys) {
      c.textAlign = 'right';
      c.fillText(tickText(y, ys), LEFT - 7, this.toY(y));
      c.moveTo(LEFT - 4, this.toY(y));
      c.lineTo(LEFT, this.toY(y));
    }
    for (const x of xs) {
      c.textAlign = 'center';
      c.fillText(tickText(x, xs), this.toX(x), TOP + this.height + 11);
      c.moveTo(this.toX(x), TOP + this.height);
      c.lineTo(this.toX(x), TOP + this.height + 4);
    }
    c.stroke();
    c.fillText('x1', LEFT + this.width / 2, TOP + this.height + 26);
    c.save();
    c.translate(7, TOP + this.height / 2);
    c.rotate(-Math.PI / 2);
    c.fillText('x2', 0, 0);
    c.restore();
    c.save();
    c.beginPath();
    c.rect(LEFT, TOP, this.width, this.height);
    c.clip();
    const size = this.points.length > 500 ? 2.4 : this.points.length > 100 ? 2.9 : 5.5;
    for (const [x, y, label, heldOut] of this.points) drawMark(c, this.toX(x), this.toY(y), label, heldOut, size);
    if (this.note.length) {
      c.textAlign = 'center';
      c.fillStyle = css('--text');
      c.font = FONT.replace('12px', '14px');
      this.note.forEach((line, i) => {
        c.fillText(line, LEFT + this.width / 2, TOP + this.height / 2 + 22 * (i - (this.note.length - 1) / 2));
      });
    }
    c.restore();
    if (this.cursor) this.drawCursor(c);
  }

  setCursor(at) {
    this.cursor = at;
    this.marksStale = true;
    this.schedule();
  }

  drawCursor(c) {
    const [x, y] = [this.toX(this.cursor[0]), this.toY(this.cursor[1])];
    for (const [width, colour] of [[4, css('--surface')], [1.5, css('--text')]]) {
      c.beginPath();
      c.moveTo(x - 12, y);
      c.lineTo(x + 12, y);
      c.moveTo(x, y - 12);
      c.lineTo(x, y + 12);
      c.lineWidth = width;
      c.strokeStyle = colour;
      c.stroke();
    }
  }

  point(event) {
    if (!this.scene || !this.width) return;
    const box = this.canvas.getBoundingClientRect();
    const across = (event.clientX - box.left - LEFT) / this.width;
    const up = 1 - (event.clientY - box.top - TOP) / this.height;
    const inside = across >= 0 && across <= 1 && up >= 0 && up <= 1;
    const { x, y } = this.scene;
    this.mouse = inside ? [x[0] + across * (x[1] - x[0]), y[0] + up * (y[1] - y[0])] : null;
    this.read();
  }

  centre() {
    const { x, y } = this.scene;
    return [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
  }

  key(event, onKey) {
    if (!this.scene || event.ctrlKey || event.altKey || event.metaKey) return;
    const { x, y } = this.scene;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (move) {
      event.preventDefault();
      const from = this.cursor ?? this.centre();
      const share = event.shiftKey ? 1 / 8 : 1 / 40;
      const step = (axis, i) => Math.min(Math.max(from[i] + move[i] * share * (axis[1] - axis[0]), axis[0]), axis[1]);
      this.setCursor([step(x, 0), step(y, 1)]);
      this.mouse = null;
      this.read(true);
    } else if (event.key === 'Escape' && this.cursor) {
      this.setCursor(null);
    } else if (onKey(event.key, this.cursor ?? this.centre())) {
      event.preventDefault();
    }
  }

  /** Says what is under the mouse, else under the cursor; `moved`: the cursor was moved by key. */
  read(moved = false) {
    const at = this.mouse ?? this.cursor;
    if (!at || !this.scene) return this.onRead('', false);
    const { x, y } = this.scene;
    let text = `x1 ${format(at[0])}, x2 ${format(at[1])}`;
    if (this.shown) {
      const { n, bytes, value } = this.shown;
      const cell = (v, axis) => Math.min(n - 1, Math.floor(((v - axis[0]) / (axis[1] - axis[0])) * n));
      text += `: ${value(bytes[cell(at[1], y) * n + cell(at[0], x)])}`;
    }
    return this.onRead(text, moved);
  }
}
