// The wrong answers about the test set, surest first, by truth and answer, 48 at a time.
import { api, bytesOf, count, disable } from '/course.js';
import { paint } from '/seen.js';

const PAGE = 48;
const byId = (id) => document.getElementById(id);

export class Mistakes {
  /** `onChoose(index)` hears which test image is wanted; `onTrouble(message)` what went wrong. */
  constructor({ classes, onChoose, onTrouble }) {
    Object.assign(this, { classes, onChoose, onTrouble });
    this.from = 0;
    this.asked = 0;
    for (const id of ['truth', 'said']) {
      classes.forEach((name, k) => byId(id).append(new Option(name, k)));
      byId(id).addEventListener('change', () => this.go(0));
    }
    byId('filter').hidden = byId('places').hidden = false;
    byId('filter').addEventListener('submit', (event) => event.preventDefault());
    byId('before').addEventListener('click', () => this.go(Math.max(0, this.from - PAGE)));
    byId('after').addEventListener('click', () => this.go(this.from + PAGE));
  }

  async go(from) {
    this.from = from;
    await this.refresh();
  }

  /** Asks again until the server has looked at the whole test set, or has said why it cannot. */
  async refresh() {
    const turn = ++this.asked;
    clearTimeout(this.timer);
    const query = new URLSearchParams({ from: this.from });
    if (byId('truth').value) query.set('truth', byId('truth').value);
    if (byId('said').value) query.set('answer', byId('said').value);
    let page;
    try {
      page = await api(`/api/mistakes?${query}`);
    } catch (error) {
      if (turn !== this.asked) return;
      this.onTrouble(error);
      this.timer = setTimeout(() => this.refresh(), 5000);
      return;
    }
    if (turn !== this.asked) return;
    this.onTrouble();
    if (this.from > 0 && this.from >= page.matching) return void this.go(PAGE * Math.max(0, Math.ceil(page.matching / PAGE) - 1));
    this.show(page);
    if (!page.trouble && (page.looked < page.of || page.of === 0)) this.timer = setTimeout(() => this.refresh(), 1000);
  }

  show(page) {
    const share = page.looked ? `${(100 * page.right / page.looked).toFixed(2)} %` : '-';
    byId('score').textContent = page.of && page.looked === page.of ?
      `${share} of ${count(page.of)} right, ${count(page.of - page.right)} wrong` :
      page.trouble ? `looking through the test set ended: ${page.trouble}` :
        `looking through the test set: ${count(page.looked)} of ${count(page.of)}, ${share} right`;
    const last = Math.min(this.from + PAGE, page.matching);
    byId('place').textContent = page.matching ? `${count(this.from + 1)} to ${count(last)} of ${count(page.matching)}, surest first` : 'none';
    disable(byId('before'), this.from === 0, byId('after'));
    disable(byId('after'), last >= page.matching, byId('before'));
    const key = JSON.stringify([this.from, page.items.map((item) => item.index)]);
    if (key === this.shown) return; // the focus stays where it is
    this.shown = key;
    // Tiles that stay are the same elements, so that a focus or a click on one is not lost.
    const kept = new Map([...byId('mistakes').children].map((tile) => [Number(tile.dataset.index), tile]));
    const tiles = page.items.map((item) => kept.get(item.index) ?? this.tile(item));
    for (const tile of byId('mistakes').querySelectorAll('li')) if (!tiles.includes(tile)) tile.remove();
    tiles.forEach((tile, i) => {
      const there = byId('mistakes').children[i];
      if (there !== tile) byId('mistakes').insertBefore(tile, there ?? null);
    });
  }

  tile({ index, truth, answer, probability, pixels }) {
    const item = document.createElement('li');
    item.dataset.index = index;
    const button = document.createElement('button');
    button.type = 'button';
    const canvas = document.createElement('canvas');
    paint(canvas, bytesOf(pixels), 32);
    const text = document.createElement('span');
    text.textContent = `${this.classes[answer]} ${probability.toFixed(2)}, not ${this.classes[truth]}`;
    button.append(canvas, text);
    button.addEventListener('click', () => this.onChoose(index));
    item.append(button);
    return item;
  }
}
