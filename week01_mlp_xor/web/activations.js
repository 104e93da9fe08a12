// Activations and depth: two charts of the functions, two of what happens through layers, live.
import { api, debounce, format, hashOf, readHash, themeButton, throttle, toast, writeHash } from '/course.js';
import { lineChart } from '/chart.js';

const DEFAULTS = { depth: 10, width: 32, init: 'xavier', seed: 0, show: '' };
const INITS = ['xavier', 'he', 'small-normal'];
const DASHES = [[], [9, 3], [2, 3], [9, 3, 2, 3], [14, 4], [5, 5]];
const part = (id) => document.getElementById(id);

const state = { ...DEFAULTS };
let functions = []; // of the first two charts: {name, f, slope}
let z = [];
let depth = null; // the last answer: {layers, functions: [{name, gradient, activation}]}

const charts = {
  f: lineChart(part('chart-f'), { label: 'Activations', xLabel: 'z', yLabel: 'f(z)', empty: '' }),
  slope: lineChart(part('chart-slope'), { label: 'Derivatives', xLabel: 'z', yLabel: "f'(z)", empty: '' }),
  gradient: lineChart(part('chart-gradient'), { label: 'Gradient by layer', xLabel: 'layer', yLabel: 'rms gradient', log: true, marks: true, empty: 'no value above 0' }),
  spread: lineChart(part('chart-spread'), { label: 'Deviation of the outputs by layer', xLabel: 'layer', yLabel: 'deviation', log: true, marks: true, empty: 'no value above 0' }),
};
for (const [one, other] of [['f', 'slope'], ['gradient', 'spread']]) {
  charts[one].set({ onRead: (x) => charts[other].read(x) });
  charts[other].set({ onRead: (x) => charts[one].read(x) });
}

// --- What is seen --------------------------------------------------------------------------------

function series(x, of) {
  return functions.map(({ name }, i) => ({
    name, x, y: of(name, i), colour: `--series-${i + 1}`, dash: DASHES[i], faint: state.show !== '' && state.show !== name,
  }));
}

function draw() {
  if (!functions.length) return;
  charts.f.set({ series: series(z, (_, i) => functions[i].f) });
  charts.slope.set({ series: series(z, (_, i) => functions[i].slope) });
  if (!depth) return;
  const by = (key) => (name) => depth.functions.find((f) => f.name === name)[key];
  charts.gradient.set({ series: series(depth.layers, by('gradient')) });
  charts.spread.set({ series: series(depth.layers, by('activation')) });
  showTable();
  showSentence();
}

// A share as people read it: 0.0000003, not 3e-7; powers of ten only beyond nine places.
function share(x) {
  if (x >= 0.0095 || x < 1e-9) return format(x, 2);
  return x.toFixed(-Math.floor(Math.log10(x)));
}

/** Says what happens from the last layer to the first, in words, for zeros and overflows too. */
function sentenceOf({ name, gradient }, layers) {
  const last = layers.length - 1;
  const [first, end] = [gradient[0], gradient[last]];
  const broken = gradient.findLastIndex((g) => g === null);
  if (broken >= 0) return `With ${name}, the gradient is not finite from layer ${layers[broken]} down.`;
  if (end === 0) return `With ${name}, no gradient reaches even the last hidden layer: it is 0.`;
  const zero = gradient.findLastIndex((g) => g === 0);
  if (zero >= 0) return `With ${name}, the gradient is 0 from layer ${layers[zero]} down: units that are off, or a number too small to hold.`;
  if (last === 0) return `With ${name}, the one hidden layer gets a gradient of ${format(end)}.`;
  const ratio = first / end;
  if (ratio >= 1) return `With ${name}, layer 1 gets ${format(ratio, 2)} times the gradient of layer ${layers[last]}.`;
  return `With ${name}, layer 1 gets ${share(ratio)} of the gradient of layer ${layers[last]}.`;
}

const showSentence = throttle(() => {
  const wanted = depth.functions.find((f) => f.name === (state.show || 'sigmoid'));
  part('sentence').textContent = wanted ? sentenceOf(wanted, depth.layers) : '';
}, 300);

function showTable() {
  const body = part('numbers').tBodies[0];
  while (body.rows.length < depth.functions.length) {
    const row = body.insertRow();
    const head = document.createElement('th');
    head.scope = 'row';
    row.append(head);
    for (let i = 0; i < 5; i++) row.insertCell();
  }
  const number = (x) => (x === null ? 'not finite' : format(x));
  depth.functions.forEach(({ name, gradient, activation }, i) => {
    const [first, last] = [gradient[0], gradient.at(-1)];
    const ratio = first === null || last === null || last === 0 ? '-' : share(first / last);
    const texts = [name, number(first), number(last), ratio, number(activation[0]), number(activation.at(-1))];
    texts.forEach((text, c) => { body.rows[i].cells[c].textContent = text; });
  });
}

// --- Requests: one at a time, the newest last ----------------------------------------------------

let asking = false;
let again = false;

async function ask() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  const { depth: layers, width, init, seed } = state;
  try {
    if (!functions.length) {
      ({ z, functions } = await api('/api/activations'));
      makeChoices();
    }
    depth = await api('/api/depth', { depth: layers, width, init, seed });
    part('banner').hidden = true;
    draw();
  } catch (error) {
    if (error.status === 0 || error.status === 503) {
      part('banner').textContent = error.status === 0 ? 'The server is not running: ./dev run week01_mlp_xor serve' : error.message;
      part('banner').hidden = false;
      setTimeout(ask, 2000);
    } else {
      toast(error.message);
    }
  }
  asking = false;
  if (again) {
    again = false;
    ask();
  }
}

// --- Fields and the address ----------------------------------------------------------------------

function makeChoices() {
  const choices = ['', ...functions.map((f) => f.name)].map((name) => {
    const label = document.createElement('label');
    const radio = document.createElement('input');
    radio.type = 'radio';
    radio.name = 'show';
    radio.value = name;
    radio.id = `show-${name || 'all'}`;
    radio.checked = name === state.show;
    radio.addEventListener('change', () => {
      state.show = name;
      keepAddress();
      draw();
    });
    label.append(radio, name || 'all');
    return label;
  });
  part('show').replaceChildren(...choices);
}

function show() {
  for (const name of ['depth', 'width', 'init', 'seed']) part(name).value = String(state[name]);
  for (const name of ['depth', 'width']) part(`${name}-value`).value = String(state[name]);
  const radio = part(`show-${state.show || 'all'}`);
  if (radio) radio.checked = true;
}

const address = () => hashOf(Object.entries(state).filter(([name, value]) => value !== DEFAULTS[name]));
const keepAddress = debounce(() => writeHash(address()), 500);

function readAddress() {
  Object.assign(state, DEFAULTS);
  const inside = (text, low, high, usual) => {
    const value = Number(text);
    return text !== undefined && text.trim() !== '' && Number.isInteger(value) && value >= low && value <= high ? value : usual;
  };
  const pairs = readHash();
  state.depth = inside(pairs.get('depth'), 1, 50, DEFAULTS.depth);
  state.width = inside(pairs.get('width'), 1, 128, DEFAULTS.width);
  state.seed = inside(pairs.get('seed'), 0, 2147483647, DEFAULTS.seed);
  if (INITS.includes(pairs.get('init'))) state.init = pairs.get('init');
  if (/^[a-z-]{1,20}$/.test(pairs.get('show') ?? '')) state.show = pairs.get('show');
  if (functions.length && !functions.some((f) => f.name === state.show)) state.show = '';
  show();
}

function set(name, value) {
  state[name] = value;
  show();
  keepAddress();
  ask();
}

for (const init of INITS) part('init').add(new Option(init, init));
part('settings').addEventListener('submit', (event) => event.preventDefault());
for (const name of ['depth', 'width']) part(name).addEventListener('input', () => set(name, Number(part(name).value)));
part('init').addEventListener('change', () => set('init', part('init').value));
part('seed').addEventListener('change', () => {
  if (part('seed').checkValidity()) {
    set('seed', Number(part('seed').value));
  } else {
    toast(`Seed: ${part('seed').validationMessage}`);
    show();
  }
});
part('new-weights').addEventListener('click', () => set('seed', (state.seed + 1) % 2 ** 31));
window.addEventListener('hashchange', () => {
  readAddress();
  ask();
});
themeButton(part('theme'));
readAddress();
ask();
