// The form of settings: shows a recipe, reports what the visitor changes.
import { css, debounce, fitted, onTheme, toast } from '/course.js';
import { CHOICES, LIVE, valueNow } from '/recipe.js';

const SLIDERS = ['points', 'noise', 'validation'];
const NUMBERS = ['lr', 'l2', 'batch-size', 'seed'];
const SELECTS = ['optimizer', 'activation', 'init'];
/** What is usual for a data set; taken when it is chosen. */
const USUAL = { circles: { noise: 0.1 }, spirals: { noise: 0.02 } };

const field = (name) => document.getElementById(name);

// A rough picture of a data set in 36 x 36 pixels.
function thumbnail(canvas, data) {
  const c = fitted(canvas, 36, 36);
  c.clearRect(0, 0, 36, 36);
  const dot = (x, y, label) => {
    c.fillStyle = css(label ? '--high' : '--low');
    const size = data === 'xor' ? 3.5 : 1.7;
    c.beginPath();
    if (label) c.rect(18 + 14 * x - size, 18 - 14 * y - size, 2 * size, 2 * size);
    else c.arc(18 + 14 * x, 18 - 14 * y, size, 0, 7);
    c.fill();
  };
  if (data === 'xor') for (const [x, y] of [[-1, -1], [-1, 1], [1, -1], [1, 1]]) dot(0.7 * x, 0.7 * y, x * y < 0);
  for (let i = 0; i < 26; i++) {
    const label = i % 2;
    const share = (i + 1) / 26;
    if (data === 'circles') dot((label ? 0.45 : 1) * Math.cos(2.4 * i), (label ? 0.45 : 1) * Math.sin(2.4 * i), label);
    if (data === 'spirals') {
      const radius = Math.sqrt(share);
      const angle = Math.PI * (3 * radius + label);
      dot(radius * Math.cos(angle), radius * Math.sin(angle), label);
    }
  }
  if (data === 'own') {
    c.strokeStyle = css('--text');
    c.lineWidth = 2;
    c.beginPath();
    c.moveTo(9, 27);
    c.lineTo(25, 11);
    c.stroke();
    dot(-0.55, 0.5, 0);
    dot(0.6, -0.5, 1);
  }
}

/** `onRenew(changes)` hears settings that begin a new network, `onChange(name, value)` those that do not. */
export class SettingsForm {
  constructor({ onRenew, onChange }) {
    this.form = field('settings');
    for (const name of SELECTS) {
      for (const choice of CHOICES[name]) field(name).add(new Option(choice, choice));
    }
    this.form.addEventListener('submit', (event) => event.preventDefault());
    for (const radio of this.form.elements.data) {
      radio.addEventListener('change', () => onRenew({ data: radio.value, ...USUAL[radio.value] }));
    }
    let moved = {};
    const renew = debounce(() => { onRenew(moved); moved = {}; }, 150);
    for (const name of SLIDERS) {
      field(name).addEventListener('input', () => {
        moved[name] = Number(field(name).value);
        this.showValue(name);
        renew();
      });
    }
    for (const name of NUMBERS) {
      field(name).addEventListener('change', () => {
        const input = field(name);
        const value = Number(input.value);
        if (!input.checkValidity()) {
          toast(`${input.labels[0].textContent.trim()}: ${input.validationMessage}`);
          this.show(this.recipe);
        } else if (LIVE.includes(name)) {
          onChange(name, value);
        } else {
          onRenew({ [name]: value });
        }
      });
    }
    for (const name of SELECTS) {
      field(name).addEventListener('change', () => {
        if (LIVE.includes(name)) onChange(name, field(name).value);
        else onRenew({ [name]: field(name).value });
      });
    }
    const thumbnails = () => {
      for (const radio of this.form.elements.data) thumbnail(radio.nextElementSibling, radio.value);
    };
    onTheme(thumbnails);
    thumbnails();
  }

  /** Shows the recipe as it is now. */
  show(recipe) {
    this.recipe = recipe;
    this.form.elements.data.value = recipe.data;
    for (const name of [...SLIDERS, ...NUMBERS, ...SELECTS]) {
      const text = String(valueNow(recipe, name));
      if (field(name).value !== text) field(name).value = text;
    }
    SLIDERS.forEach((name) => this.showValue(name));
    const drawn = recipe.data === 'circles' || recipe.data === 'spirals';
    const fixed = recipe.data === 'own' ? 'Your own points are as you draw them.' : 'xor is four points without noise.';
    this.allow('points', drawn, fixed);
    this.allow('noise', drawn, fixed);
    this.allow('validation', recipe.data === 'own',
      drawn ? 'As many points again are drawn for validation.' : 'With four points there is nothing to hold out.');
    this.allow('init', !recipe.start, 'The weights are those of the loaded network.');
  }

  allow(name, allowed, reason) {
    const input = field(name);
    input.disabled = !allowed;
    input.parentElement.title = allowed ? '' : reason;
    input.parentElement.toggleAttribute('data-off', !allowed);
    if (allowed) input.removeAttribute('aria-description');
    else input.setAttribute('aria-description', reason);
  }

  showValue(name) {
    const value = Number(field(name).value);
    field(`${name}-value`).value = name === 'validation' ? `${Math.round(100 * value)} %` : String(value);
  }
}
