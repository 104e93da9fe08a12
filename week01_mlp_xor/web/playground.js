// The playground: joins session, settings, network, plane, points and curves.
import {
  bytesOf, debounce, disable, floatsOf, format, listenForFiles, pickFile, saveFile, themeButton, throttle, toast,
  writeHash,
} from '/course.js';
import { readNetwork } from '/files.js';
import { Inspector } from '/inspector.js';
import { NetworkView, unitName } from '/network_view.js';
import { OwnPoints } from '/points.js';
import { PlaneView } from '/plane_view.js';
import { LIVE, MOST, complete, effective, fromHash, startingNow, toHash, valueNow } from '/recipe.js';
import { Results, say, write } from '/results.js';
import { Session } from '/session.js';
import { SettingsForm } from '/settings.js';
import { prepareShare, showShare } from '/share.js';

const part = (id) => document.getElementById(id);

let recipe = complete();
let accepted = recipe; // the last recipe that the server took
let scene = null;
let frame = null; // the newest, as it came
let seen = null; // the frame that is drawn, decoded
let running = false;
let shownUnit = null; // under the mouse or with the focus
let picked = null; // the unit chosen last; the inspector stays with it
let drawn = 0; // frames since the rate was shown
let waiting = false; // for the browser to draw

// --- What is seen --------------------------------------------------------------------------------

const form = new SettingsForm({ onRenew: renew, onChange: change });
const inspector = new Inspector({ title: part('inspector-title'), text: part('inspector-text'), table: part('inspector-table') });
const network = new NetworkView(part('drawing'), {
  onHidden: (hidden) => renew({ hidden }),
  onShow: (unit) => {
    shownUnit = unit;
    inspect(unit ?? picked, null);
    showPlane();
  },
  onPick: (unit) => { picked = unit; },
  onEdge: (edge) => inspect(shownUnit ?? picked, edge),
});
const own = new OwnPoints({ onEdit: editPoints, say, scene: () => scene });
const plane = new PlaneView(part('plane'), {
  onPick: (x, y) => recipe.data === 'own' && own.pick(x, y),
  onKey: (key, at) => recipe.data === 'own' && own.key(key, at),
  onRead: (text, moved) => {
    write('plane-text', text);
    if (moved) speakPlane();
  },
});
const speakPlane = debounce(() => write('plane-live', part('plane-text').textContent), 300);
const results = new Results();
const inspectSometimes = throttle(() => inspector.update(seen), 100);

function inspect(unit, edge) {
  inspector.unit = unit;
  inspector.edge = edge;
  inspector.update(seen);
}

function showPlane(inFrame = false) {
  if (!scene) return;
  const unit = shownUnit;
  const names = classNames();
  write('output-title', unit && unit.layer < scene.sizes.length - 1 ? `Output of ${unitName(scene.sizes, unit.layer, unit.index)}` : 'Output');
  if (unit?.map) {
    plane.setMap(unit.map);
  } else if (!seen || (recipe.data === 'own' && own.points.length < 2)) {
    plane.setMap(null);
  } else if (unit && unit.hidden !== undefined) {
    const cells = scene.unit_grid ** 2;
    const largest = seen.unit_scale[unit.hidden];
    plane.setMap({ bytes: seen.units.subarray(unit.hidden * cells, (unit.hidden + 1) * cells), n: scene.unit_grid,
      value: (byte) => `output ${format(((byte - 128) / 127) * largest)}` });
  } else {
    plane.setMap({ bytes: seen.map, n: scene.grid, level: 127.5,
      value: (byte) => `p ${(byte / 255).toFixed(2)}, class ${names[byte > 127 ? 1 : 0]}` });
  }
  if (inFrame) plane.draw();
  else plane.schedule();
}

function draw() {
  waiting = false;
  if (!frame || !scene || frame.version !== scene.version) return;
  drawn++;
  seen = { ...frame, map: bytesOf(frame.map), units: bytesOf(frame.units), w: floatsOf(frame.w), g: floatsOf(frame.g) };
  network.draw(seen);
  showPlane(/* inFrame */ true);
  inspectSometimes();
  results.show();
}

function showRunning(now) {
  running = now;
  write('run', now ? 'Pause' : 'Run');
}

function showState() {
  form.show(recipe);
  const hidden = recipe.hidden.length;
  write('layer-count', `${hidden} hidden layer${hidden === 1 ? '' : 's'}`);
  disable(part('remove-layer'), hidden === 0, part('add-layer'));
  disable(part('add-layer'), hidden === MOST.layers, part('remove-layer'));
  const isOwn = recipe.data === 'own';
  part('tools').hidden = !isOwn;
  part('draw-points').hidden = isOwn;
  const few = isOwn && own.points.length < 2;
  for (const id of ['run', 'step', 'epoch']) {
    disable(part(id), few, part('plane'));
    part(id).title = few ? 'Draw at least two points first' : { run: 'Space key', step: 'One gradient step', epoch: 'Steps to the end of the epoch' }[id];
  }
  plane.note = isOwn && !own.points.length ? ['Click here to add points.', 'Keyboard: arrows, then 1 or 2.', 'Or drop a CSV file on the page.'] : [];
  plane.marksStale = true;
}

// A CSV file names its classes; the server knows them as 0 and 1.
const classNames = () => (recipe.data === 'own' ? own.classes : scene.classes);

function showMarks() {
  const [zero, one] = classNames();
  const mark = (name, text) => {
    const span = document.createElement('span');
    span.className = name;
    span.textContent = text;
    return span;
  };
  part('marks').replaceChildren(mark('class-0', '●'), ` class ${zero} `, mark('class-1', '■'), ` class ${one}`,
    ...(scene.test.length ? [`; hollow: ${scene.test_name}`] : []), '; line: p\u00a0=\u00a00.5');
}

// --- The network on the server -------------------------------------------------------------------

const session = new Session({
  recipe: () => {
    recipe.until = untilNow(); // what is seen now comes back
    return forServer(recipe);
  },
  onScene: (next, opened) => {
    if (!opened && scene && next.version <= scene.version) return;
    scene = next;
    frame = seen = null;
    results.begin(scene);
    network.setScene(scene);
    inspector.setSizes(scene.sizes);
    if (!inspector.unit) picked = inspector.unit = { layer: scene.sizes.length - 1, index: 0 };
    plane.setScene(scene);
    showMarks();
    showState();
    showPlane();
  },
  onFrame: (next) => {
    if (!scene || next.version !== scene.version) return;
    const paused = (running || frame === null || frame.until !== null) && !next.running && next.until === null;
    frame = next;
    results.add(next);
    if (!session.pending) showRunning(next.running || next.until !== null);
    if (paused) results.speakSoon();
    else if (next.running) results.speakSometimes();
    if (!next.running) keepAddress();
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  },
  onLost: (message) => {
    part('banner').hidden = !message;
    if (message) write('banner', message === 'away' ? 'The server is not running: ./dev run week01_mlp_xor serve' : message);
  },
  onRefused: toast,
});

// What the server needs of a recipe: own points and first weights only where they count.
function forServer(whole) {
  const { own: points, start, until, ...rest } = whole;
  return { ...rest, ...(rest.data === 'own' && { own: points }), ...(start && { start }), ...(until && { until }) };
}

function untilNow() {
  return frame ? frame.until ?? frame.step : recipe.until;
}

const address = () => toHash({ ...recipe, until: untilNow() });
const keepAddress = throttle(() => writeHash(address()), 1000);

/** Begins a new network with the settings as they are now and these changes. */
async function renew(changes = {}, keepRunning = running) {
  recipe = { ...startingNow(recipe), ...structuredClone(changes) };
  if (!('start' in changes) && ['hidden', 'activation', 'init', 'seed'].some((name) => name in changes)) delete recipe.start;
  if (recipe.data === 'own') recipe.own = own.points;
  const few = recipe.data === 'own' && own.points.length < 2;
  showState();
  const wanted = recipe;
  const answer = await session.ask('/api/reset', () => ({ recipe: forServer(wanted), running: keepRunning && !few }));
  if (!answer) {
    if (answer === undefined) frame = null; // the session opens again, with what is wanted
    else if (recipe === wanted) recipe = accepted;
    showState();
    return;
  }
  accepted = wanted;
  session.onScene(answer.scene, false);
  showRunning(keepRunning && !few);
  settleRunning();
  keepAddress();
}

/** Changes a setting while training goes on; before the first step it is part of the recipe. */
async function change(name, value) {
  if (valueNow(recipe, name) === value) return;
  if (!frame || (frame.step === 0 && !running && frame.until === null)) {
    renew({ [name]: value });
    return;
  }
  await session.ask('/api/change', () => ({ name, value }));
  const now = await session.ask('/api/recipe');
  if (now) {
    for (const live of LIVE) recipe[live] = now[live];
    recipe.changes = effective(now.changes ?? []);
    accepted = recipe;
  }
  form.show(recipe);
  keepAddress();
}

// A frame that came while a request was on its way says nothing about the button; the last one does.
const settleRunning = debounce(() => {
  if (frame && !session.pending) showRunning(frame.running || frame.until !== null);
}, 400);

function run(now) {
  if (part('run').disabled) return;
  showRunning(now);
  session.ask('/api/run', () => ({ running: now, speed: Number(part('speed').value) })).then(settleRunning);
}

function steps(number) {
  if (running) run(false);
  session.ask('/api/step', () => ({ steps: number() })).then(settleRunning);
}

function stepsInEpoch() {
  const batch = valueNow(recipe, 'batch-size');
  return batch === 0 ? 1 : Math.max(1, Math.ceil(scene.train.length / batch));
}

function stepsToEpochEnd() {
  return Math.max(1, Math.round((Math.floor(frame.epoch + 1e-9) + 1 - frame.epoch) * stepsInEpoch()));
}

const sendPoints = debounce(() => renew({ data: 'own' }), 200);
function editPoints(points) {
  if (recipe.data !== 'own') recipe = { ...recipe, data: 'own' };
  plane.setPoints(points.map((p) => [...p, false]));
  showState();
  sendPoints();
}

async function loadNetwork(file) {
  try {
    const start = await readNetwork(file);
    await renew({ start, hidden: start.sizes.slice(1, -1), activation: start.activation });
  } catch (error) {
    toast(error.message);
  }
}

// --- Buttons, keys, files, the address -----------------------------------------------------------

const on = (id, event, action) => part(id).addEventListener(event, action);
on('skip', 'click', (event) => { // the address behind # is the recipe's
  event.preventDefault();
  part('network').focus();
});
on('run', 'click', () => run(!running));
on('step', 'click', () => steps(() => 1));
on('epoch', 'click', () => steps(stepsToEpochEnd));
on('reset', 'click', () => renew({}, false));
on('speed', 'change', () => { if (running) run(true); });
on('new-weights', 'click', () => renew({ seed: (recipe.seed + 1) % 2 ** 31 }));
on('add-layer', 'click', () => renew({ hidden: [...recipe.hidden, recipe.hidden.at(-1) ?? 4] }));
on('remove-layer', 'click', () => renew({ hidden: recipe.hidden.slice(0, -1) }));
on('draw-points', 'click', () => renew({ data: 'own' }).then(() => part('plane').focus()));
on('share', 'click', async () => {
  const now = await session.ask('/api/recipe');
  if (now) showShare({ ...recipe, changes: effective(now.changes ?? []), until: now.until }, now.until / stepsInEpoch());
});
on('save-network', 'click', async () => {
  const saved = await session.ask('/api/network');
  if (saved) saveFile('week01-network.json', `${JSON.stringify(saved)}\n`, 'application/json');
});
on('load-network', 'click', async () => {
  const file = await pickFile('.json,application/json');
  if (file) loadNetwork(file);
});

document.addEventListener('keydown', (event) => {
  if (event.key !== ' ' || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.target.closest('button, a, input:not([type="range"]), select, textarea, summary, dialog, [role="slider"]')) return;
  event.preventDefault();
  run(!running);
});
listenForFiles({
  onDrop: (file) => (/\.json$/i.test(file.name) ? loadNetwork(file) : own.readFile(file)),
  onPasteText: (text) => own.readCsv(text),
});

/** Opens what the address says; what cannot be read or is refused is said, and the defaults are opened. */
async function openAddress() {
  const { recipe: wanted, problems } = fromHash(location.hash);
  if (problems.length) toast(`The link has parts that cannot be read: ${problems.join(', ')}.`);
  recipe = accepted = wanted;
  frame = null;
  own.set(recipe.own);
  showState();
  session.leave();
  try {
    await session.open();
  } catch (error) {
    toast(`The link was refused: ${error.message}`);
    recipe = accepted = complete();
    own.set([]);
    await session.open().catch((second) => toast(second.message));
  }
}

window.addEventListener('hashchange', () => {
  if (location.hash.replace(/^#/, '') !== address()) openAddress();
});
window.addEventListener('pagehide', () => {
  if (scene) writeHash(address());
  session.leave();
});
window.addEventListener('pageshow', (event) => { if (event.persisted) openAddress(); });
document.addEventListener('visibilitychange', () => { if (document.hidden && scene) writeHash(address()); });

setInterval(() => {
  write('frame-rate', String(drawn));
  drawn = 0;
}, 1000);
if (matchMedia('(max-width: 48rem)').matches) part('settings-box').open = false;
themeButton(part('theme'));
prepareShare();
openAddress();
