// The dialog that shares a network: its link, how long that is, and the command that trains the same.
import { copyText, count } from '/course.js';
import { terminalCommand, toHash } from '/recipe.js';

const part = (id) => document.getElementById(id);
const LONG = 8000; // characters; some mail and chat programs cut longer links

/** Shows the dialog for a recipe after `epoch` epochs. */
export async function showShare(recipe, epoch) {
  const link = `${location.origin}${location.pathname}#${toHash(recipe)}`;
  part('share-link').value = link;
  const { command, note, reason } = terminalCommand(recipe, epoch);
  part('share-command').hidden = part('copy-command').hidden = !command;
  part('share-command').textContent = command ?? '';
  part('share-reason').textContent = reason ?? note;
  part('share-reason').hidden = !part('share-reason').textContent;
  if (!part('share-dialog').open) part('share-dialog').showModal();
  await copy(link, part('share-link'), 'link');
}

async function copy(text, field, what) {
  const copied = await copyText(text, field);
  const size = `The link has ${count(part('share-link').value.length)} characters.`;
  const long = part('share-link').value.length > LONG ? ' Some programs cut links as long as this; then send files instead.' : '';
  part('share-text').textContent = `${copied ? `The ${what} is copied.` : `Select the ${what} and copy it.`} ${size}${long}`;
}

/** Makes the dialog's buttons work. */
export function prepareShare() {
  part('copy-link').addEventListener('click', () => copy(part('share-link').value, part('share-link'), 'link'));
  part('copy-command').addEventListener('click', () => copy(part('share-command').textContent, null, 'command'));
  part('close-share').addEventListener('click', () => part('share-dialog').close());
}
