// The results of training: counters, losses, their curve, and what a screen reader hears of them.
import { count, debounce, format, throttle } from '/course.js';
import { lineChart } from '/chart.js';

const MOST_CURVE = 600; // points of a loss curve; then every other one goes
const part = (id) => document.getElementById(id);

/** Writes text into an element, if it is new. */
export function write(id, text) {
  if (part(id).textContent !== text) part(id).textContent = text;
}

/** Says text to a screen reader. */
export function say(text) {
  part('status').textContent = text;
}

/** Shows the newest frame of the scene, at most ten times a second; the curve remembers all. */
export class Results {
  constructor() {
    this.chart = lineChart(part('loss'), { label: 'Loss by step', xLabel: 'step', yLabel: 'loss', empty: 'press Run: the loss is drawn here' });
    this.show = throttle(() => this.showNow(), 100);
    this.speakSometimes = throttle(() => this.speak(), 10_000);
    this.speakSoon = debounce(() => this.speak(), 700); // when training has stopped
    part('log').addEventListener('change', () => this.chart.set({ log: part('log').checked }));
  }

  begin(scene) {
    this.scene = scene;
    this.frame = null;
    this.onTime = performance.now(); // when no steps were left to catch up with
    this.curve = { step: [], train: [], test: [] };
    part('test-loss-box').hidden = !scene.test.length;
  }

  add(frame) {
    this.frame = frame;
    const { curve } = this;
    if (curve.step.length && curve.step.at(-1) >= frame.step) return;
    curve.step.push(frame.step);
    curve.train.push(frame.train_loss ?? NaN);
    curve.test.push(frame.test_loss ?? NaN);
    if (curve.step.length <= MOST_CURVE) return;
    const last = curve.step.length - 1;
    for (const name of Object.keys(curve)) curve[name] = curve[name].filter((_, i) => i % 2 === 0 || i === last);
  }

  showNow() {
    const { frame, scene, curve } = this;
    if (!frame) return;
    const loss = (value) => (value === null && frame.error ? 'not finite' : format(value));
    write('step-count', count(frame.step));
    write('epoch-count', frame.epoch < 1000 && frame.epoch % 1 ? frame.epoch.toFixed(1) : count(Math.floor(frame.epoch)));
    write('train-loss', loss(frame.train_loss));
    write('test-loss', loss(frame.test_loss));
    write('right', `${count(frame.right)} of ${count(frame.of)}`);
    if (frame.until === null) this.onTime = performance.now();
    part('progress').hidden = performance.now() - this.onTime < 300; // a step or an epoch is no news
    if (frame.until !== null) write('progress', `catching up: ${count(frame.step)} of ${count(frame.until)}`);
    part('trouble').hidden = !frame.error;
    if (frame.error) write('trouble', frame.error);
    const series = [{ name: 'training', x: curve.step, y: curve.train, colour: '--series-1' }];
    if (scene.test.length) series.push({ name: scene.test_name, x: curve.step, y: curve.test, colour: '--series-2', dash: [6, 3] });
    this.chart.set({ xRange: [0, Math.max(10, curve.step.at(-1) ?? 0)], series });
  }

  speak() {
    const { frame, scene } = this;
    if (!frame || frame.train_loss === null) return;
    const test = frame.test_loss === null ? '' : `, ${scene.test_name} loss ${format(frame.test_loss)}`;
    say(`Step ${count(frame.step)}: training loss ${format(frame.train_loss)}${test}, ${frame.right} of ${frame.of} right.`);
  }
}
