// A line chart on a canvas: axes, legend, linear or log scale, values read with mouse or arrow keys.
import { css, fitted, format, onTheme } from '/course.js';

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

/** Returns about `most` round numbers from low to high. */
export function ticks(low, high, most = 6) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const raw = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= raw * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
  return found;
}

/** Returns powers of ten from low to high, at most about `most`; between them 2 and 5 where there is room. */
export function logTicks(low, high, most = 6) {
  const from = Math.ceil(Math.log10(low) - 1e-9);
  const to = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((to - from + 1) / most));
  const found = [];
  for (let p = from - 1; p <= to; p++) {
    const steps = every > 1 || to - from >= 3 ? [1] : [1, 2, 5];
    for (const m of steps) {
      const value = m * 10 ** p;
      if (value >= low * 0.999 && value <= high * 1.001 && p % every === 0) found.push(value);
    }
  }
  return found;
}

/** Returns a number as short as a tick needs it: 0.001, 1e-7, 20k; `all` are the ticks of the axis, if linear. */
export function tickText(x, all = []) {
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (all.length > 1 && size < 1e4 && size >= 1e-3) {
    return x.toFixed(Math.min(8, Math.max(0, -Math.floor(Math.log10(all[1] - all[0]) + 1e-9))));
  }
  if (size < 1e-3 || size >= 1e6) return x.toExponential(1).replace('.0e', 'e').replace('e+', 'e');
  if (size >= 1e4) return `${Number((x / 1000).toPrecision(4))}k`;
  return String(Number(x.toPrecision(4)));
}

/**
 * Makes a canvas a line chart. Options: label (for screen readers), xLabel, yLabel, log (y), xRange,
 * yRange, marks, empty (text without data), series: [{name, x, y, colour ('--series-1'), dash, faint}].
 * Values that are not finite, or not above 0 on a log scale, are gaps. `onRead(x or null)` hears what is
 * read. Returns {options, set(changes), read(x or null)}.
 */
export function lineChart(canvas, options) {
  options = { xLabel: 'x', yLabel: 'y', log: false, series: [], empty: 'no values yet', ...options };
  let reading = null; // x that is read, or null
  let waiting = false;
  let frame = null; // of the last drawing: {left, top, width, height, xs, ys}

  const good = (y) => Number.isFinite(y) && (!options.log || y > 0);

  function ranges() {
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const { x, y } of options.series) {
      for (let i = 0; i < x.length; i++) {
        if (x[i] < x0) x0 = x[i];
        if (x[i] > x1) x1 = x[i];
        if (!good(y[i])) continue;
        if (y[i] < y0) y0 = y[i];
        if (y[i] > y1) y1 = y[i];
      }
    }
    if (options.xRange) [x0, x1] = options.xRange;
    if (options.yRange) [y0, y1] = options.yRange;
    if (!(x0 <= x1) || !(y0 <= y1)) return null;
    if (x0 === x1) x1 = x0 + 1;
    if (options.log) {
      if (y1 / y0 < 2) [y0, y1] = [y0 / 1.5, y1 * 1.5];
      return { x0, x1, y0: y0 / (y1 / y0) ** 0.04, y1: y1 * (y1 / y0) ** 0.04 };
    }
    if (options.yRange) return { x0, x1, y0, y1 };
    if (y0 >= 0 && y0 < 0.4 * y1) y0 = 0; // losses and shares: from zero
    const margin = 0.05 * (y1 - y0 || Math.abs(y1) || 1);
    return { x0, x1, y0: y0 === 0 ? 0 : y0 - margin, y1: y1 + margin };
  }

  function legend(c, width) {
    let [x, y] = [0, 0];
    const places = [];
    c.font = FONT;
    for (const { name } of options.series) {
      const wide = 26 + c.measureText(name).width + 12;
      if (x > 0 && x + wide > width) [x, y] = [0, y + 17];
      places.push([x, y]);
      x += wide;
    }
    return { places, height: options.series.length ? y + 17 : 0 };
  }

  function stroke(c, series) {
    c.strokeStyle = css(series.colour, series.faint ? 0.35 : 1);
    c.lineWidth = series.faint ? 1.25 : 2;
    c.setLineDash(series.dash ?? []);
  }

  function draw() {
    waiting = false;
    if (!canvas.clientWidth) return;
    const c = fitted(canvas);
    const wide = canvas.clientWidth;
    const high = canvas.clientHeight;
    c.clearRect(0, 0, wide, high);
    c.font = FONT;
    const range = ranges();
    if (!range) {
      frame = null;
      c.fillStyle = css('--muted');
      c.textAlign = 'center';
      c.fillText(options.empty, wide / 2, high / 2);
      return;
    }
    const { x0, x1, y0, y1 } = range;
    const yTicks = options.log ? logTicks(y0, y1, Math.max(2, high / 36)) : ticks(y0, y1, Math.max(2, high / 40));
    const texts = yTicks.map((y) => tickText(y, options.log ? [] : yTicks));
    const left = 24 + Math.max(0, ...texts.map((text) => c.measureText(text).width));
    const keys = legend(c, wide - left - 8);
    const top = keys.height + 8;
    const width = Math.max(10, wide - left - 10);
    const height = Math.max(10, high - top - 36);
    const level = options.log ? Math.log : (v) => v;
    const toX = (x) => left + ((x - x0) / (x1 - x0)) * width;
    const toY = (y) => top + height - ((level(y) - level(y0)) / (level(y1) - level(y0))) * height;
    frame = { left, width, x0, x1, toX, toY };

    c.lineWidth = 1;
    c.strokeStyle = css('--grid');
    c.fillStyle = css('--muted');
    c.textBaseline = 'middle';
    c.textAlign = 'right';
    c.beginPath();
    yTicks.forEach((y, i) => {
      const at = Math.round(toY(y)) + 0.5;
      c.moveTo(left, at);
      c.lineTo(left + width, at);
      c.fillText(texts[i], left - 5, at);
    });
    c.textAlign = 'center';
    const xTicks = ticks(x0, x1, Math.max(2, width / 70));
    for (const x of xTicks) {
      const at = Math.round(toX(x)) + 0.5;
      c.moveTo(at, top);
      c.lineTo(at, top + height);
      const text = tickText(x, xTicks);
      const half = c.measureText(text).width / 2; // the last one stays inside the canvas
      c.fillText(text, Math.min(at, wide - half - 1), top + height + 10);
    }
    c.stroke();
    c.strokeStyle = css('--edge');
    c.strokeRect(left + 0.5, top + 0.5, width, height);
    c.fillText(options.xLabel, left + width / 2, top + height + 26);
    c.save();
    c.translate(8, top + height / 2);
    c.rotate(-Math.PI / 2);
    c.fillText(options.yLabel, 0, 0);
    c.restore();

    c.lineJoin = 'round';
    c.save();
    c.beginPath();
    c.rect(left - 1, top - 1, width + 2, height + 2);
    c.clip();
    for (const series of [...options.series].sort((a, b) => (b.faint ? 1 : 0) - (a.faint ? 1 : 0))) {
      stroke(c, series);
      c.beginPath();
      let pen = false;
      for (let i = 0; i < series.x.length; i++) {
        if (good(series.y[i])) {
          if (pen) c.lineTo(toX(series.x[i]), toY(series.y[i]));
          else c.moveTo(toX(series.x[i]), toY(series.y[i]));
          pen = true;
        } else {
          pen = false;
        }
      }
      c.stroke();
      if ((options.marks && series.x.length <= 60) || series.x.length === 1) {
        c.fillStyle = c.strokeStyle;
        for (let i = 0; i < series.x.length; i++) {
          if (!good(series.y[i])) continue;
          c.beginPath();
          c.arc(toX(series.x[i]), toY(series.y[i]), series.faint ? 1.5 : 2.5, 0, 7);
          c.fill();
        }
      }
    }
    c.restore();
    c.textAlign = 'left';
    options.series.forEach((series, i) => {
      const [x, y] = keys.places[i];
      stroke(c, series);
      c.beginPath();
      c.moveTo(left + x, y + 10);
      c.lineTo(left + x + 20, y + 10);
      c.stroke();
      c.fillStyle = css(series.faint ? '--muted' : '--text');
      c.fillText(series.name, left + x + 25, y + 10);
    });
    c.setLineDash([]);
    if (reading !== null) drawReading(c, wide, top, height);
  }

  function nearest(series, x) {
    let best = -1;
    for (let i = 0; i < series.x.length; i++) {
      if (best < 0 || Math.abs(series.x[i] - x) < Math.abs(series.x[best] - x)) best = i;
    }
    return best;
  }

  function readingLines() {
    const longest = options.series.reduce((a, b) => (b.x.length > a.x.length ? b : a));
    const x = longest.x[nearest(longest, reading)];
    const rows = [];
    for (const series of options.series) {
      const i = nearest(series, x);
      if (i >= 0) rows.push({ series, y: series.y[i], x: series.x[i], text: `${series.name} ${format(series.y[i])}` });
    }
    return { x, rows };
  }

  function drawReading(c, wide, top, height) {
    const { x, rows } = readingLines();
    const at = frame.toX(x);
    c.strokeStyle = css('--muted');
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(at, top);
    c.lineTo(at, top + height);
    c.stroke();
    const lines = [`${options.xLabel} ${tickText(x)}`, ...rows.map((row) => row.text)];
    const box = 30 + Math.max(...lines.map((line) => c.measureText(line).width));
    const right = at + 10 + box < wide;
    const boxX = right ? at + 8 : Math.max(2, at - 8 - box);
    c.fillStyle = css('--surface', 0.94);
    c.strokeStyle = css('--edge');
    c.fillRect(boxX, top + 4, box, 10 + 16 * lines.length);
    c.strokeRect(boxX + 0.5, top + 4.5, box, 10 + 16 * lines.length);
    c.textAlign = 'left';
    lines.forEach((line, i) => {
      const y = top + 17 + 16 * i;
      if (i > 0) {
        const { series } = rows[i - 1];
        stroke(c, { ...series, faint: false });
        c.beginPath();
        c.moveTo(boxX + 5, y);
        c.lineTo(boxX + 19, y);
        c.stroke();
        c.setLineDash([]);
      }
      c.fillStyle = css('--text');
      c.fillText(line, boxX + (i ? 24 : 6), y);
    });
    for (const { series, x: px, y } of rows) {
      if (!good(y)) continue;
      c.fillStyle = css(series.colour);
      c.beginPath();
      c.arc(frame.toX(px), frame.toY(y), 3.5, 0, 7);
      c.fill();
    }
  }

  function schedule() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  }

  function speak() {
    if (reading === null || !frame) {
      canvas.setAttribute('aria-valuetext', 'arrow keys read the values');
      return;
    }
    const { x, rows } = readingLines();
    canvas.setAttribute('aria-valuemin', String(frame.x0));
    canvas.setAttribute('aria-valuemax', String(frame.x1));
    canvas.setAttribute('aria-valuenow', String(x));
    canvas.setAttribute('aria-valuetext', [`${options.xLabel} ${tickText(x)}`, ...rows.map((row) => row.text)].join(', '));
  }

  function read(x) {
    reading = x === null || !frame ? null : Math.min(Math.max(x, frame.x0), frame.x1);
    schedule();
  }

  function readHere(x) {
    read(x);
    options.onRead?.(reading);
  }

  function onKey(event) {
    if (!frame || event.ctrlKey || event.altKey || event.metaKey) return;
    const longest = options.series.reduce((a, b) => (b.x.length > a.x.length ? b : a));
    if (!longest.x.length) return;
    const last = longest.x.length - 1;
    const now = reading === null ? (event.key === 'ArrowLeft' ? last + 1 : -1) : nearest(longest, reading);
    const jump = Math.max(2, Math.round(last / 10));
    const to = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, PageUp: now + jump,
      PageDown: now - jump, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') readHere(null);
    if (to === undefined) return;
    event.preventDefault();
    readHere(longest.x[Math.min(Math.max(to, 0), last)]);
    speak();
  }

  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'slider');
  canvas.setAttribute('aria-valuenow', '0');
  canvas.setAttribute('aria-label', options.label ?? options.yLabel);
  speak();
  const follow = (event) => {
    if (!frame) return;
    const x = event.clientX - canvas.getBoundingClientRect().left;
    readHere(frame.x0 + ((x - frame.left) / frame.width) * (frame.x1 - frame.x0));
  };
  canvas.addEventListener('pointermove', follow);
  canvas.addEventListener('pointerdown', follow);
  canvas.addEventListener('pointerleave', () => readHere(null));
  canvas.addEventListener('blur', () => readHere(null));
  canvas.addEventListener('keydown', onKey);
  new ResizeObserver(schedule).observe(canvas);
  onTheme(schedule);

  return {
    options,
    /** Changes options (all of `series` when given) and draws anew with the next frame. */
    set(changes) {
      Object.assign(options, changes);
      schedule();
    },
    read,
  };
}
