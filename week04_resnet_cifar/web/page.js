// The page of week 04: an image in, ten probabilities and Grad-CAM out, and the test set's mistakes.
import { api, count, listenForFiles, readHash, themeButton, toast } from '/course.js';
import { Mistakes } from '/mistakes.js';
import { Seen } from '/seen.js';

const MOST_BYTES = 20_000_000; // the server's limit
const byId = (id) => document.getElementById(id);
let about;
let seen;
let asked = 0; // of the questions; only the last is answered

/** Says what went wrong; without an error, that the server answers again. */
function trouble(error) {
  const away = error?.status === 0;
  byId('banner').hidden = !away;
  byId('banner').textContent = away ? 'The server does not answer. Start it again: ./dev run week04_resnet_cifar serve' : '';
  if (error && !away) toast(error.message);
}

/** Asks the server and shows the answer, unless a later question came between. */
async function ask(question, title) {
  const turn = ++asked;
  byId('verdict').textContent = 'looking ...';
  try {
    const answer = await question();
    if (turn !== asked) return;
    trouble();
    byId('answer-title').textContent = title;
    seen.show(answer);
  } catch (error) {
    if (turn !== asked) return;
    byId('verdict').textContent = '';
    trouble(error);
  }
}

function lookAtFile(file) {
  if (file.size > MOST_BYTES) {
    toast(`${file.name} has ${count(file.size)} bytes; at most ${count(MOST_BYTES)} are taken.`);
    return;
  }
  history.replaceState(null, '', location.pathname);
  ask(() => api('/api/look', file), file.name || 'The image pasted');
}

function lookAtTest(index) {
  history.replaceState(null, '', `#test=${index}`);
  ask(() => api(`/api/test?index=${index}`), `Test image ${index}`);
  byId('answer').scrollIntoView({ block: 'nearest' });
}

/** The test image of the address, if it names one that there is. */
function addressed() {
  const text = readHash().get('test') ?? '';
  return /^\d{1,6}$/.test(text) && Number(text) < about.test_images ? Number(text) : undefined;
}

function listen() {
  byId('choose').addEventListener('click', () => byId('file').click());
  byId('file').addEventListener('change', () => {
    if (byId('file').files[0]) lookAtFile(byId('file').files[0]);
    byId('file').value = '';
  });
  byId('another').addEventListener('click', () => lookAtTest(Math.floor(Math.random() * about.test_images)));
  listenForFiles({ onDrop: lookAtFile, onPasteFile: lookAtFile });
  addEventListener('hashchange', () => {
    const index = addressed();
    if (index !== undefined) lookAtTest(index);
  });
}

async function start() {
  themeButton(byId('theme'));
  try {
    about = await api('/api/about');
  } catch (error) {
    trouble(error);
    return;
  }
  byId('about').textContent = `${about.network}, ${count(about.parameters)} parameters`;
  seen = new Seen(about.classes);
  listen();
  if (about.test_images === 0) {
    byId('score').textContent = about.test_trouble;
    byId('another').disabled = true;
    return;
  }
  new Mistakes({ classes: about.classes, onChoose: lookAtTest, onTrouble: trouble }).refresh();
  lookAtTest(addressed() ?? 0);
}

start();
