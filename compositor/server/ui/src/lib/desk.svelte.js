// The connection to the show: state by snapshot and changes, meters beside it, commands out.

/** Silence on the socket after which the connection counts as lost; meters alone come 20 times a second. */
const LOST_AFTER_MS = 2000;
/** Pause before connecting again. */
const RETRY_MS = 700;
/** How long a refusal stands where it happened. */
const REFUSAL_MS = 7000;
/** Log lines kept. */
const LOG_LINES = 400;

const socketUrl = (path) => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;

class Desk {
  /** The snapshot, section by section; null before the first. */
  show = $state.raw(null);
  /** `connecting`, `live`, `lost`, `locked` (needs a token). */
  link = $state('connecting');
  /** When the connection was lost, by this computer's clock. */
  lostAt = $state(0);
  /** Show time now, milliseconds; moves on twice a second. */
  nowMs = $state(0);
  /** Refusals by the place where they happened. */
  refusals = $state({});
  /** The newest meters; plain, because canvases read them at their own pace. */
  meters = null;

  #socket = null;
  #asked = new Map();
  #id = 0;
  #heardAt = 0;
  #showAtMs = 0;
  #showHeardAt = 0;

  start() {
    this.#connect();
    setInterval(() => this.#watch(), 250);
  }

  #connect() {
    const socket = new WebSocket(socketUrl('/api/events'));
    this.#socket = socket;
    this.#heardAt = performance.now();
    socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#lose();
      setTimeout(() => this.#connect(), RETRY_MS);
    };
  }

  #watch() {
    const now = performance.now();
    if (this.link === 'live' && now - this.#heardAt > LOST_AFTER_MS) {
      this.#lose();
      const old = this.#socket;
      this.#connect();
      old.close();
    }
    if (this.show && this.link === 'live') this.nowMs = this.#showAtMs + (now - this.#showHeardAt);
  }

  async #lose() {
    if (this.link !== 'lost') this.lostAt = Date.now();
    if (this.link !== 'locked') this.link = this.show ? 'lost' : this.link;
    for (const answer of this.#asked.values()) answer({ ok: false, error: { code: 'LOST', text: 'The connection is lost; nothing was sent.' } });
    this.#asked.clear();
    const who = await fetch('/api/session').then((r) => r.json()).catch(() => null);
    if (who?.role === 'public') this.link = 'locked';
  }

  #hear(message) {
    this.#heardAt = performance.now();
    switch (message.type) {
      case 'meters':
        this.meters = message.meters;
        this.#showAtMs = message.meters.at / 1e6;
        this.#showHeardAt = this.#heardAt;
        break;
      case 'snapshot':
        this.show = message.snapshot;
        this.#time(message.snapshot.at_ms);
        this.link = 'live';
        break;
      case 'delta':
        this.#apply(message);
        break;
      case 'answer':
        this.#asked.get(message.id)?.(message);
        this.#asked.delete(message.id);
        break;
    }
  }

  #time(atMs) {
    this.#showAtMs = atMs;
    this.#showHeardAt = this.#heardAt;
    this.nowMs = atMs;
  }

  #apply({ at_ms: atMs, changed }) {
    const { log_new: lines, ...sections } = changed;
    const log = lines ? [...this.show.log, ...lines].slice(-LOG_LINES) : this.show.log;
    this.show = { ...this.show, ...sections, log };
    this.#time(atMs);
  }

  /** Sends a command; a refusal is shown at `place`. */
  async command(command, place = command.command) {
    const answer = await this.#ask(command);
    if (answer.ok) {
      if (this.refusals[place]) delete this.refusals[place];
      return true;
    }
    this.refusals[place] = answer.error.text;
    setTimeout(() => {
      if (this.refusals[place] === answer.error.text) delete this.refusals[place];
    }, REFUSAL_MS);
    return false;
  }

  #ask(command) {
    if (this.link !== 'live' || this.#socket?.readyState !== WebSocket.OPEN) {
      return Promise.resolve({ ok: false, error: { code: 'LOST', text: 'The connection is lost; nothing was sent.' } });
    }
    const id = ++this.#id;
    this.#socket.send(JSON.stringify({ id, command }));
    return new Promise((resolve) => this.#asked.set(id, resolve));
  }

  /** Logs in with a token. */
  async unlock(token) {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch('/api/session', { method: 'POST', headers, body: JSON.stringify({ token }) });
    if (!answer.ok) return (await answer.json()).error.text;
    this.link = 'connecting';
    return null;
  }
}

export const desk = new Desk();
export { socketUrl };
