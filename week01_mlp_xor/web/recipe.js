// What determines a network: the recipe, its readable form in the address, its command in a terminal.
import { hashOf, readHash } from '/course.js';

export const DEFAULTS = {
  data: 'xor', points: 200, noise: 0.1, validation: 0, hidden: [4], activation: 'gelu', init: 'xavier',
  optimizer: 'adam', lr: 0.05, 'batch-size': 0, l2: 0, seed: 0,
};
export const CHOICES = {
  data: ['xor', 'circles', 'spirals', 'own'],
  activation: ['sigmoid', 'tanh', 'relu', 'leaky-relu', 'elu', 'gelu'],
  init: ['xavier', 'he', 'small-normal'],
  optimizer: ['sgd', 'momentum', 'rmsprop', 'adam'],
};
/** Settings that may change while training goes on. */
export const LIVE = ['lr', 'l2', 'batch-size', 'optimizer'];
export const MOST = { layers: 6, units: 8, points: 2000 };

/** Returns a recipe of its own with everything that `given` leaves open filled in. */
export function complete(given = {}) {
  return structuredClone({ ...DEFAULTS, own: [], changes: [], ...given });
}

/** Returns the setting's value at the end: what the recipe says, or the last change to it. */
export function valueNow(recipe, name) {
  return recipe.changes.reduce((value, [, changed, to]) => (changed === name ? to : value), recipe[name]);
}

/** Returns the changes without those that another at the same step undoes. */
export function effective(changes) {
  return changes.filter(([step, name], i) => !changes.slice(i + 1).some((later) => later[0] === step && later[1] === name));
}

/** Returns the recipe of a new network with the settings as they are now. */
export function startingNow(recipe) {
  const fresh = structuredClone(recipe);
  for (const name of LIVE) fresh[name] = valueNow(recipe, name);
  fresh.changes = [];
  delete fresh.until;
  return fresh;
}

function toBase64Url(text) {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

function fromBase64Url(text) {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
}

/** Returns the recipe as text for behind #: what differs from the defaults, in a fixed order. */
export function toHash(recipe) {
  const pairs = [];
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const value = recipe[name];
    if (JSON.stringify(value) === JSON.stringify(usual)) continue;
    pairs.push([name, name === 'hidden' ? value.join(',') || 'none' : value]);
  }
  if (recipe.data === 'own' && recipe.own.length) pairs.push(['own', recipe.own.map((p) => p.join(',')).join(';')]);
  if (recipe.changes.length) pairs.push(['changes', recipe.changes.map((c) => c.join(':')).join(';')]);
  if (recipe.until) pairs.push(['until', recipe.until]);
  if (recipe.start) pairs.push(['start', toBase64Url(JSON.stringify(recipe.start))]);
  return hashOf(pairs);
}

const number = (text) => {
  if (text.trim() === '' || !Number.isFinite(Number(text))) throw new Error('no number');
  return Number(text);
};
const choice = (name) => (text) => {
  if (!CHOICES[name].includes(text)) throw new Error('no choice');
  return text;
};
const list = (text, separator, read) => text.split(separator).filter((part) => part !== '').map(read);

const READERS = {
  points: number, noise: number, validation: number, lr: number, 'batch-size': number, l2: number, seed: number, until: number,
  data: choice('data'), activation: choice('activation'), init: choice('init'), optimizer: choice('optimizer'),
  hidden: (text) => (text === 'none' ? [] : list(text, ',', number)),
  own: (text) => list(text, ';', (point) => {
    const numbers = list(point, ',', number);
    if (numbers.length !== 3) throw new Error('no point');
    return numbers;
  }),
  changes: (text) => list(text, ';', (change) => {
    const [step, name, value] = change.split(':');
    if (!LIVE.includes(name)) throw new Error('no setting');
    return [number(step), name, READERS[name](value)];
  }),
  start: (text) => JSON.parse(fromBase64Url(text)),
};

/** Reads a recipe from an address; `problems` are parts that could not be read and were left out. */
export function fromHash(text) {
  const given = {};
  const problems = [];
  for (const [name, value] of readHash(text)) {
    try {
      if (READERS[name]) given[name] = READERS[name](value);
    } catch {
      problems.push(`${name}=${value.length > 40 ? `${value.slice(0, 40)}...` : value}`);
    }
  }
  return { recipe: complete(given), problems };
}

/** Returns {command} that trains the same network in a terminal, or {reason} why none does. */
export function terminalCommand(recipe, epoch) {
  if (recipe.changes.length) return { reason: 'No command trains this network: settings were changed while it trained.' };
  if (recipe.data === 'own') return { reason: 'No command trains this network: its points were drawn on this page.' };
  if (recipe.start) return { reason: 'No command trains this network: it began from a loaded network.' };
  if (epoch <= 0) return { reason: 'Train the network first; then the command that trains the same stands here.' };
  const drawn = recipe.data !== 'xor';
  const words = [['data', recipe.data], drawn && ['points', recipe.points], drawn && ['noise', recipe.noise],
    ['hidden', recipe.hidden.join(',') || "''"], ['activation', recipe.activation], ['init', recipe.init],
    ['optimizer', recipe.optimizer], ['lr', recipe.lr], ['batch-size', recipe['batch-size']],
    recipe.l2 > 0 && ['l2', recipe.l2], ['epochs', Math.ceil(epoch - 1e-9)], ['seed', recipe.seed]];
  const command = `./dev run week01_mlp_xor ${words.filter(Boolean).map(([name, value]) => `--${name} ${value}`).join(' ')}`;
  const whole = Math.abs(epoch - Math.round(epoch)) < 1e-9;
  return { command, note: whole ? '' : 'A command trains whole epochs: this one goes on to the end of the present epoch.' };
}
