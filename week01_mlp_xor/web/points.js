// Points of one's own: drawn on the plane with mouse or keyboard, undone, read from and saved as CSV.
import { api, disable, pickFile, saveFile, toast } from '/course.js';
import { requireSmall } from '/files.js';
import { MOST } from '/recipe.js';

// Rounds to a thousandth of the range, so that points stay short in the address.
function rounded(value, [low, high]) {
  const step = 10 ** (Math.floor(Math.log10(high - low)) - 3);
  return Number((Math.round(value / step) * step).toPrecision(12));
}

/** Keeps the points [x, y, label]. `onEdit(points)` hears each change; `say(text)` speaks. */
export class OwnPoints {
  constructor({ onEdit, say, scene }) {
    Object.assign(this, { onEdit, say, scene, points: [], past: [] });
    this.classes = ['0', '1'];
    const on = (id, action) => document.getElementById(id).addEventListener('click', action);
    on('undo', () => this.undo());
    on('clear', () => {
      this.classes = ['0', '1'];
      this.edit([], 'All points removed.');
    });
    on('load-csv', async () => {
      const file = await pickFile('.csv,.txt,text/csv,text/plain');
      if (file) this.readFile(file);
    });
    on('save-csv', () => saveFile('week01-points.csv', this.csv(), 'text/csv'));
  }

  get tool() {
    return document.querySelector('input[name="tool"]:checked').value;
  }

  /** Takes over points without telling anybody, as those of an address. */
  set(points) {
    this.points = points;
    this.past = [];
    this.classes = ['0', '1'];
    this.showCount();
  }

  edit(points, text) {
    this.past.push(this.points);
    if (this.past.length > 200) this.past.shift();
    this.points = points;
    this.showCount();
    this.say(text);
    this.onEdit(points);
  }

  showCount() {
    const of = [0, 1].map((label) => this.points.filter((p) => p[2] === label).length);
    document.getElementById('own-count').textContent = `${of[0]} of class 0, ${of[1]} of class 1`;
    const [undo, clear, save, plane] = ['undo', 'clear', 'save-csv', 'plane'].map((id) => document.getElementById(id));
    disable(undo, !this.past.length, plane);
    disable(clear, !this.points.length, plane);
    disable(save, !this.points.length, plane);
  }

  /** A click on the plane. */
  pick(x, y) {
    if (this.tool === 'erase') this.erase(x, y, 0.04);
    else this.add(x, y, Number(this.tool));
  }

  /** A key on the plane, with the cursor at `at`; returns whether it was for us. */
  key(key, at) {
    if (key === '1' || key === '2') this.add(...at, Number(key) - 1);
    else if (key === 'Delete' || key === 'Backspace') this.erase(...at, Infinity);
    else return false;
    return true;
  }

  add(x, y, label) {
    if (this.points.length >= MOST.points) {
      toast(`${MOST.points} points are the most that fit.`);
      return;
    }
    const { x: xs, y: ys } = this.scene();
    const point = [rounded(x, xs), rounded(y, ys), label];
    this.edit([...this.points, point], `Point of class ${label} at ${point[0]}, ${point[1]}.`);
  }

  /** Removes the nearest point, if it is within `reach` (a share of the plane). */
  erase(x, y, reach) {
    const { x: xs, y: ys } = this.scene();
    const away = (p) => Math.hypot((p[0] - x) / (xs[1] - xs[0]), (p[1] - y) / (ys[1] - ys[0]));
    const nearest = this.points.reduce((best, p) => (!best || away(p) < away(best) ? p : best), null);
    if (!nearest || away(nearest) > reach) return;
    this.edit(this.points.filter((p) => p !== nearest), `Point at ${nearest[0]}, ${nearest[1]} removed.`);
  }

  undo() {
    if (!this.past.length) return;
    this.points = this.past.pop();
    this.showCount();
    this.say(`Undone; ${this.points.length} points.`);
    this.onEdit(this.points);
  }

  csv() {
    const names = this.classes.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
    return `x,y,class\n${this.points.map(([x, y, label]) => `${x},${y},${names[label]}`).join('\n')}\n`;
  }

  async readFile(file) {
    try {
      requireSmall(file);
    } catch (error) {
      toast(error.message);
      return;
    }
    await this.readCsv(await file.text());
  }

  /** Takes points from CSV text; the server reads it. */
  async readCsv(text) {
    try {
      const { points, classes } = await api('/api/points', { csv: text });
      this.classes = classes.includes('') ? ['0', '1'] : classes;
      this.edit(points, `${points.length} points read.`);
      toast(`${points.length} points read: class 0 is "${this.classes[0]}", class 1 is "${this.classes[1]}".`, 'note');
    } catch (error) {
      toast(error.message);
    }
  }
}
