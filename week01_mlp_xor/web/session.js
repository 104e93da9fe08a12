// The page's network on the server: opened from a recipe, watched as a stream, opened again when lost.
import { api, events } from '/course.js';

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/**
 * `recipe()` gives what to open; `onScene`, `onFrame` hear the stream; `onLost(message or '')` whether the
 * server is away; `onRefused(message)` what it refuses.
 */
export class Session {
  constructor({ recipe, onScene, onFrame, onLost, onRefused }) {
    Object.assign(this, { recipe, onScene, onFrame, onLost, onRefused });
    this.key = null;
    this.stream = null;
    this.pending = 0; // requests on their way
    this.queue = Promise.resolve();
    this.mending = false;
    this.turn = 0; // of the calls of open(); only the last counts
    // Out of sight the network stands still: a browser keeps six connections to a server, and each stream is one.
    document.addEventListener('visibilitychange', () => (document.hidden ? this.stream?.close() : this.mend()));
  }

  /** Opens a network; waits while the server is away. Throws what the server says about a wrong recipe. */
  async open() {
    this.stream?.close();
    const turn = ++this.turn;
    for (;;) {
      try {
        const answer = await api('/api/open', this.recipe());
        if (turn !== this.turn) return;
        this.key = answer.session;
        this.onLost('');
        this.onScene(answer.scene, true);
        this.watch();
        return;
      } catch (error) {
        if (error.status !== 0 && error.status !== 503) throw error;
        this.onLost(error.status === 0 ? 'away' : error.message);
        await sleep(2000);
        if (turn !== this.turn) return;
      }
    }
  }

  watch() {
    if (document.hidden) return;
    const key = this.key;
    let begun = false; // the first 'connecting' is no loss
    let opened = false;
    this.stream = events(`/api/watch?session=${key}`, {
      scene: (scene) => key === this.key && this.onScene(scene, false),
      frame: (frame) => key === this.key && this.onFrame(frame),
      onState: (state) => {
        if (key !== this.key) return;
        if (state === 'open') {
          opened = true;
          this.onLost('');
        } else if (begun) this.mend(!opened);
        begun = true;
      },
    });
  }

  /** Finds out what is wrong: watches again, or opens a new network, or waits for the server, or for a stream that it `refused`. */
  async mend(refused = false) {
    if (this.mending || !this.key) return;
    this.mending = true;
    this.stream?.close();
    try {
      for (;;) {
        try {
          await api(`/api/recipe?session=${this.key}`);
          if (refused) {
            this.onLost('as many pages are watched as the server can show; waiting for a place');
            await sleep(2000);
          } else this.onLost('');
          this.watch();
          return;
        } catch (error) {
          if (error.status === 404) {
            await this.open();
            return;
          }
          this.onLost(error.status === 0 ? 'away' : error.message);
        }
        await sleep(2000);
      }
    } catch (error) {
      this.onRefused(error.message);
    } finally {
      this.mending = false;
    }
  }

  /** Sends one request after the other; `body()` is read when its turn comes. Returns the answer, null when it was refused, undefined when the server or the network was gone. */
  ask(path, body) {
    this.pending++;
    const answer = this.queue.then(async () => {
      if (!this.key) return undefined;
      const fields = body?.();
      return fields ? api(path, { session: this.key, ...fields }) : api(`${path}?session=${this.key}`);
    }).catch((error) => {
      if (error.status === 0 || error.status === 404) {
        this.mend();
        return undefined;
      }
      this.onRefused(error.message);
      return null;
    }).finally(() => { this.pending--; });
    this.queue = answer;
    return answer;
  }

  /** Tells the server, while the page goes away, that nobody will come back to this network. */
  leave() {
    this.stream?.close();
    if (!this.key) return;
    const body = new Blob([JSON.stringify({ session: this.key })], { type: 'application/json' });
    navigator.sendBeacon('/api/close', body);
    this.key = null;
  }
}
