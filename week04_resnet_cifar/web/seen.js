// An answer of the network: its probabilities, and the image with Grad-CAM over it.
import { bytesOf, format } from '/course.js';

const byId = (id) => document.getElementById(id);

/** Paints side x side RGB bytes on a canvas of that many pixels; `colour(i, rgb)` may change each. */
export function paint(canvas, bytes, side, colour = (i, rgb) => rgb) {
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const [r, g, b] = colour(i, [bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]]);
    image.data.set([r, g, b, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

// From nothing over violet and green to yellow, like the course's pictures.
const COLOURS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
function heatColour(share) {
  const at = share * (COLOURS.length - 1);
  const i = Math.min(COLOURS.length - 2, Math.floor(at));
  return COLOURS[i].map((c, k) => c + (at - i) * (COLOURS[i + 1][k] - c));
}

/** Shows one answer at a time. */
export class Seen {
  constructor(classes) {
    this.classes = classes;
    this.rows = classes.map((name, k) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.disabled = true;
      const label = document.createElement('span');
      label.textContent = name;
      const share = document.createElement('span');
      share.className = 'number';
      button.append(label, share);
      button.addEventListener('click', () => this.choose(k));
      item.append(button);
      byId('classes').append(item);
      return { button, label, share };
    });
    byId('strength').addEventListener('input', () => this.draw());
  }

  /** Shows what the server answered; `answer.truth` is there for a test image. */
  show(answer) {
    this.answer = answer;
    this.pixels = bytesOf(answer.pixels);
    this.heat = bytesOf(answer.heat);
    byId('seen').hidden = false;
    const best = answer.probabilities.indexOf(Math.max(...answer.probabilities));
    this.rows.forEach(({ button, label, share }, k) => {
      const p = answer.probabilities[k];
      button.disabled = false;
      button.style.setProperty('--share', p);
      share.textContent = `${(100 * p).toFixed(1)} %`;
      label.classList.toggle('truth', answer.truth === k);
    });
    const truth = answer.truth === undefined ? '' :
      answer.truth === best ? ' That is right.' : ` In truth: ${this.classes[answer.truth]}.`;
    byId('verdict').textContent =
      `${this.classes[best]}, with a probability of ${format(answer.probabilities[best], 3)}.${truth}`;
    this.choose(best);
  }

  /** Shows where class `k` is seen. */
  choose(k) {
    this.chosen = k;
    this.rows.forEach(({ button }, i) => button.setAttribute('aria-pressed', String(i === k)));
    byId('heat-class').textContent = this.classes[k];
    this.draw();
  }

  draw() {
    if (!this.answer) return;
    const { side } = this.answer;
    const strength = Number(byId('strength').value);
    byId('strength-value').textContent = strength.toFixed(2);
    const heat = this.heat.subarray(this.chosen * side * side, (this.chosen + 1) * side * side);
    paint(byId('picture'), this.pixels, side, (i, rgb) => {
      const share = heat[i] / 255;
      const over = heatColour(share);
      return rgb.map((c, j) => c + strength * share * (over[j] - c));
    });
    byId('picture').setAttribute('aria-label',
      `What the network got, ${side} by ${side} pixels, coloured where it sees ${this.classes[this.chosen]}`);
  }
}
