// What the pages of the course share: requests, streams, colours, theme, messages, files, the address.

// --- Talking to the server -----------------------------------------------------------------------

/** Fetches JSON, with a body as POST (an object as JSON, a Blob as it is); throws Error with the server's message and `.status` (0: no answer). */
export async function api(path, body) {
  const failure = (message, status) => Object.assign(new Error(message), { status });
  const file = body instanceof Blob;
  const bytes = file && await body.arrayBuffer().catch(() => {
    throw failure(`${body.name || 'The file'} cannot be read.`);
  });
  let response;
  try {
    response = await fetch(path, body === undefined ? {} : {
      method: 'POST',
      headers: { 'Content-Type': file ? 'application/octet-stream' : 'application/json' },
      body: file ? bytes : JSON.stringify(body),
    });
  } catch {
    throw failure('The server does not answer.', 0);
  }
  const text = await response.text().catch(() => '');
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw failure(`The server answered ${response.status} without a reason.`, response.ok ? 0 : response.status);
  }
  if (!response.ok) throw failure(String(answer.error ?? `The server answered ${response.status}.`), response.status);
  return answer;
}

/** Listens to server-sent events of JSON; `onState` hears 'connecting', 'open', 'closed'. Returns {close}. */
export function events(url, { onState = () => {}, ...handlers }) {
  const source = new EventSource(url);
  onState('connecting');
  source.onopen = () => onState('open');
  source.onerror = () => onState(source.readyState === EventSource.CLOSED ? 'closed' : 'connecting');
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  return { close: () => source.close() };
}

/** Decodes base64 to a Uint8Array. */
export function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Decodes base64 of little-endian float32 to a Float32Array. */
export function floatsOf(base64) {
  const bytes = bytesOf(base64);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

// --- Theme and colours ---------------------------------------------------------------------------

const dark = matchMedia('(prefers-color-scheme: dark)');
const resolved = new Map(); // of the theme that is shown now

function stored(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch { /* private windows may refuse */ }
  return null;
}

/** Returns 'light' or 'dark', whichever is shown. */
export function theme() {
  return document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light');
}

/** Shows 'light' or 'dark' and remembers it. */
export function setTheme(name) {
  document.documentElement.dataset.theme = name;
  stored('theme', name);
  themeChanged();
}

/** Calls back whenever the theme has changed. */
export function onTheme(callback) {
  document.addEventListener('themechange', callback);
}

function themeChanged() {
  resolved.clear();
  document.dispatchEvent(new Event('themechange'));
}

/** Makes a button switch the theme; its text says to which. */
export function themeButton(button) {
  const label = () => {
    button.textContent = theme() === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', `${button.textContent} theme`);
  };
  button.addEventListener('click', () => setTheme(theme() === 'dark' ? 'light' : 'dark'));
  onTheme(label);
  label();
}

/** Returns the [r, g, b] that a colour variable of the style sheet, as '--low', has now. */
export function rgb(name) {
  if (!resolved.has(name)) {
    const probe = document.createElement('span');
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    resolved.set(name, getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number));
    probe.remove();
  }
  return resolved.get(name);
}

/** Returns the same as text for a canvas, with `alpha` from 0 to 1. */
export function css(name, alpha = 1) {
  const [r, g, b] = rgb(name);
  return alpha === 1 ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** Returns 256 pixels for a signed amount: 0 is --low, 128 --middle, 255 --high, `strength` of the way at the ends. */
export function divergingScale(strength = 1) {
  const key = `scale ${strength}`;
  if (!resolved.has(key)) {
    const [low, middle, high] = ['--low', '--middle', '--high'].map(rgb);
    const bytes = new Uint8ClampedArray(4 * 256);
    for (let i = 0; i < 256; i++) {
      const amount = Math.min(1, Math.abs(i - 128) / 127) * strength;
      const end = i < 128 ? low : high;
      for (let c = 0; c < 3; c++) bytes[4 * i + c] = middle[c] + amount * (end[c] - middle[c]);
      bytes[4 * i + 3] = 255;
    }
    resolved.set(key, new Uint32Array(bytes.buffer));
  }
  return resolved.get(key);
}

const images = new WeakMap(); // canvas -> its ImageData, made once

/** Paints n x n `bytes` (row 0 at the bottom) on a canvas of n x n pixels, by a scale of 256 pixels. */
export function heat(canvas, bytes, n, colours = divergingScale()) {
  let kept = images.get(canvas);
  if (!kept || kept.n !== n) {
    canvas.width = canvas.height = n;
    const context = canvas.getContext('2d');
    const image = context.createImageData(n, n);
    kept = { n, context, image, pixels: new Uint32Array(image.data.buffer) };
    images.set(canvas, kept);
  }
  const { pixels } = kept;
  for (let row = 0; row < n; row++) {
    const from = row * n;
    const to = (n - 1 - row) * n;
    for (let column = 0; column < n; column++) pixels[to + column] = colours[bytes[from + column]];
  }
  kept.context.putImageData(kept.image, 0, 0);
}

/** Fits a canvas to its size on the page in device pixels; returns its context in CSS pixels. */
export function fitted(canvas, width = canvas.clientWidth, height = canvas.clientHeight) {
  const ratio = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

// --- Numbers and time ----------------------------------------------------------------------------

/** Returns a number in `digits` significant digits, as people write it; '-' for none. */
export function format(x, digits = 3) {
  if (x === null || x === undefined) return '-';
  if (!Number.isFinite(x)) return 'not finite';
  const size = Math.abs(x);
  if (size === 0) return '0';
  if ((size < 1e-4 || size >= 1e6)) return x.toExponential(digits - 1);
  return size >= 10 ** digits ? x.toFixed(0) : x.toPrecision(digits);
}

/** Returns a whole number with commas: 12,000. */
export function count(n) {
  return Math.round(n).toLocaleString('en-US');
}

/** Returns `action` so that it runs at most once in `ms`; a last call is never lost. */
export function throttle(action, ms) {
  let last = -Infinity;
  let timer = 0;
  return () => {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      last = performance.now();
      action();
    }, Math.max(0, last + ms - performance.now()));
  };
}

/** Returns `action` so that it runs `ms` after the last call; `.flush()` runs it now if it waits. */
export function debounce(action, ms) {
  let timer = 0;
  const run = () => { timer = 0; action(); };
  const call = () => { clearTimeout(timer); timer = setTimeout(run, ms); };
  call.flush = () => { if (timer) { clearTimeout(timer); run(); } };
  return call;
}

// --- Messages ------------------------------------------------------------------------------------

/** Disables a button or not; the focus, if it is there, goes on to `neighbour` instead of getting lost. */
export function disable(button, off, neighbour) {
  const had = document.activeElement === button;
  button.disabled = off;
  if (off && had) neighbour?.focus();
}

let toasts;

/** Shows a message for a while: kind 'error' or 'note'. */
export function toast(message, kind = 'error') {
  if (!toasts) {
    toasts = document.createElement('div');
    toasts.className = 'toasts';
    toasts.setAttribute('role', 'status');
    toasts.popover = 'manual'; // above an open dialog
    document.body.append(toasts);
  }
  for (const old of toasts.children) if (old.firstChild.textContent === message) old.remove();
  while (toasts.children.length >= 3) toasts.firstChild.remove();
  const box = document.createElement('div');
  box.className = `toast ${kind}`;
  if (kind === 'error') box.setAttribute('role', 'alert');
  const text = document.createElement('p');
  text.textContent = message;
  const close = document.createElement('button');
  close.className = 'quiet tiny';
  close.textContent = '×';
  close.setAttribute('aria-label', 'Close this message');
  const remove = () => {
    box.remove();
    if (!toasts.children.length) toasts.hidePopover?.();
  };
  close.addEventListener('click', remove);
  box.append(text, close);
  toasts.append(box);
  toasts.hidePopover?.();
  toasts.showPopover?.();
  setTimeout(remove, kind === 'error' ? 10_000 : 5_000);
}

// --- The address, the clipboard, files -----------------------------------------------------------

/** Returns the pairs of the address behind #, decoded. */
export function readHash(text = location.hash) {
  const pairs = new Map();
  for (const part of text.replace(/^#/, '').split('&')) {
    const at = part.indexOf('=');
    if (at <= 0) continue;
    let value = part.slice(at + 1);
    try {
      value = decodeURIComponent(value);
    } catch { /* a broken % sequence: as it is, for the reader to refuse */ }
    pairs.set(part.slice(0, at), value);
  }
  return pairs;
}

/** Returns pairs as text for behind #, readable: , ; and : stay as they are. */
export function hashOf(pairs) {
  const code = (text) => encodeURIComponent(text).replace(/%2C/g, ',').replace(/%3B/g, ';').replace(/%3A/g, ':');
  return [...pairs].map(([key, value]) => `${code(key)}=${code(String(value))}`).join('&');
}

/** Puts `text` behind # without a new entry in the history. */
export function writeHash(text) {
  if (location.hash.replace(/^#/, '') === text) return;
  history.replaceState(history.state, '', text ? `#${text}` : location.pathname + location.search);
}

/** Copies text; `field` is one that holds it, for browsers without a clipboard. Returns whether it worked. */
export async function copyText(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field?.select();
    return field ? document.execCommand('copy') : false;
  }
}

/** Lets the visitor choose a file, as '.json'; returns the File or null. */
export function pickFile(accept) {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.addEventListener('change', () => resolve(input.files[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

/** Hears what the visitor gives the page: `onDrop` and `onPasteFile` get the first File, `onPasteText` text pasted outside of fields. What has no callback is left to the browser. While files are over a page that takes them, its body has the class 'dropping'. */
export function listenForFiles({ onDrop, onPasteFile, onPasteText }) {
  if (onDrop) listenForDrops(onDrop);
  document.addEventListener('paste', (event) => {
    const file = event.clipboardData.files[0];
    if (file && onPasteFile) {
      onPasteFile(file);
      return;
    }
    if (!onPasteText || event.target.closest('input, textarea, dialog')) return;
    const text = event.clipboardData.getData('text');
    if (text.trim()) onPasteText(text);
  });
}

function listenForDrops(onDrop) {
  const hasFiles = (event) => event.dataTransfer.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) document.body.classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.remove('dropping');
    if (event.dataTransfer.files[0]) onDrop(event.dataTransfer.files[0]);
  });
}

/** Gives the visitor a file to keep. */
export function saveFile(name, text, type = 'text/plain') {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const saved = stored('theme');
if (saved === 'light' || saved === 'dark') document.documentElement.dataset.theme = saved;
dark.addEventListener('change', themeChanged);
