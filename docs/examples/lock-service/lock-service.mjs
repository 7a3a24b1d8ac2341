/**
 * A replicated lock: one lock, several replicas, several clients.
 *
 * A client asks every replica for the lock and holds it once a majority has granted it. A replica
 * grants the lock to one client at a time and remembers to whom on its disk, so that it cannot
 * promise the same lock again after a restart. To release, the client tells every replica until a
 * majority has heard it.
 *
 * `answersBeforeSync` plants a bug that real lock services have had: the replica answers while its
 * promise is still in the page cache. That is right until the power fails.
 */
import {
  CLIENT_ADDRESS_MIN,
  fold,
  inspection,
  IO_OK,
  jsonMessages,
  NEVER,
  NO_UNITS,
} from 'kimberlite/vopr';

/**
 * @typedef {import('kimberlite/vopr').Address} Address
 * @typedef {import('kimberlite/vopr').Disk} Disk
 * @typedef {'acquire' | 'granted' | 'release' | 'released'} Kind
 * @typedef {{ readonly kind: Kind, readonly client: number, readonly attempt: number }} Message
 *   A client is a small number; its attempts are counted from 1 and never used twice.
 * @typedef {import('kimberlite/vopr').NodeHost<Message>} NodeHost
 * @typedef {import('kimberlite/vopr').ClientHost<Message>} ClientHost
 * @typedef {import('kimberlite/vopr').SimNode<Message>} SimNode
 * @typedef {import('kimberlite/vopr').SimClient<Message>} SimClient
 * @typedef {import('kimberlite/vopr').Invariant} Invariant
 * @typedef {import('kimberlite/vopr').World} World
 */

const STEPS = ['granted', 'released'];
const STEP_GRANTED = 0;
const STEP_RELEASED = 1;
const CLIENTS_MAX = 8;
const SECTOR = 512;
const FILE = 'lock';

/** Sequence, holder, attempt, what each client has released, checksum: 32-bit words. */
const WORDS = 3 + CLIENTS_MAX + 1;

/** @implements {SimNode} */
class Replica {
  /** @type {string | null} */
  stopped = null;
  /** @type {readonly number[]} */
  #released = Array.from({ length: CLIENTS_MAX }, () => 0);
  #holder = -1;
  #attempt = 0;

  // The file has two sectors, written in turn: a torn write never touches the last good state.
  #sequence = 0;
  #syncedSequence = 0;
  #file;
  /** Answers that wait until the state they are about is durable. */
  /** @type {{ sequence: number, to: Address, message: Message }[]} */
  #waiting = [];
  #bytes = new Uint8Array(SECTOR);

  #host;
  #answersBeforeSync;

  /**
   * @param {NodeHost} host
   * @param {boolean} answersBeforeSync
   */
  constructor(host, answersBeforeSync) {
    this.#host = host;
    this.#answersBeforeSync = answersBeforeSync;
    this.#file = host.disk.open(FILE);
    this.#load();
    // What was read may stand in the page cache alone: make it durable before building on it.
    this.#save();
  }

  /**
   * @param {number} _monotonic
   * @param {number} _realtime
   * @param {Address} from
   * @param {Message} message
   */
  receive(_monotonic, _realtime, from, message) {
    if (message.kind === 'acquire') this.#acquire(from, message);
    else if (message.kind === 'release') this.#release(from, message);
  }

  /**
   * @param {number} _monotonic
   * @param {number} _realtime
   * @param {number} ticket
   * @param {number} status
   */
  synced(_monotonic, _realtime, ticket, status) {
    if (status !== IO_OK) {
      this.stopped = 'a sync failed: nothing can be promised any more';
      return;
    }
    this.#syncedSequence = Math.max(this.#syncedSequence, ticket);
    const ready = this.#waiting.filter(({ sequence }) => sequence <= ticket);
    this.#waiting = this.#waiting.filter(({ sequence }) => sequence > ticket);
    for (const { to, message } of ready) this.#host.network.send(to, message);
  }

  wake() {}

  deadline() {
    return NEVER;
  }

  fingerprint() {
    return fold(this.#stateHash(), this.#waiting.length);
  }

  inspect() {
    const done = this.#released.reduce((sum, attempt) => sum + attempt, 0);
    const status = this.#holder < 0 ? 0 : 1;
    return inspection({ status, commit: done, op: done, stateHashA: this.#stateHash() });
  }

  /**
   * @param {Address} from
   * @param {Message} message
   */
  #acquire(from, { client, attempt }) {
    // An old message, or one that overtook its own release.
    if (attempt <= (this.#released[client] ?? 0)) return;
    const free = this.#holder < 0;
    const again = this.#holder === client && attempt >= this.#attempt;
    if (!free && !again) return;
    const changed = this.#holder !== client || this.#attempt !== attempt;
    this.#holder = client;
    this.#attempt = attempt;
    this.#host.observer.step(STEP_GRANTED, client, attempt, 0, null);
    this.#answer(from, { kind: 'granted', client, attempt }, changed);
  }

  /**
   * @param {Address} from
   * @param {Message} message
   */
  #release(from, { client, attempt }) {
    const changed = attempt > (this.#released[client] ?? 0);
    if (changed) {
      this.#released = this.#released.map((old, i) => (i === client ? attempt : old));
      if (this.#holder === client && this.#attempt <= attempt) {
        this.#holder = -1;
        this.#attempt = 0;
      }
      this.#host.observer.step(STEP_RELEASED, client, attempt, 0, null);
    }
    this.#answer(from, { kind: 'released', client, attempt }, changed);
  }

  /**
   * @param {Address} to
   * @param {Message} message
   * @param {boolean} changed
   */
  #answer(to, message, changed) {
    if (changed) this.#save();
    if (this.#answersBeforeSync || this.#sequence === this.#syncedSequence) {
      this.#host.network.send(to, message);
    } else this.#waiting.push({ sequence: this.#sequence, to, message });
  }

  #stateHash() {
    let hash = fold(this.#holder, this.#attempt);
    for (const attempt of this.#released) hash = fold(hash, attempt);
    return hash;
  }

  #save() {
    const { disk } = this.#host;
    // Not over the sector that holds the last durable state, however many writes are under way.
    const home = this.#syncedSequence % 2;
    this.#sequence += (this.#sequence + 1) % 2 === home ? 2 : 1;
    const words = new DataView(this.#bytes.buffer);
    const fields = [this.#sequence, this.#holder, this.#attempt, ...this.#released];
    fields.forEach((field, i) => words.setInt32(i * 4, field));
    words.setInt32((WORDS - 1) * 4, checksum(words));
    const at = (this.#sequence % 2) * SECTOR;
    if (disk.write(this.#file, at, this.#bytes, 0, SECTOR) === IO_OK) {
      disk.sync(this.#file, this.#sequence);
    } else this.stopped = 'a write failed: nothing can be promised any more';
  }

  #load() {
    const { disk } = this.#host;
    const words = new DataView(this.#bytes.buffer);
    for (let half = 0; half < 2; half++) {
      const got = disk.read(this.#file, half * SECTOR, SECTOR, this.#bytes, 0);
      const sequence = words.getInt32(0);
      if (got !== SECTOR || words.getInt32((WORDS - 1) * 4) !== checksum(words)) continue;
      if (sequence <= this.#sequence) continue;
      this.#sequence = sequence;
      this.#holder = words.getInt32(4);
      this.#attempt = words.getInt32(8);
      this.#released = this.#released.map((_, i) => words.getInt32((3 + i) * 4));
    }
    this.#syncedSequence = this.#sequence;
  }
}

/** @param {DataView} words */
function checksum(words) {
  let hash = WORDS;
  for (let i = 0; i < WORDS - 1; i++) hash = fold(hash, words.getInt32(i * 4));
  return hash;
}

const RETRY_MICROS = 30_000;
const PATIENCE_MICROS = 120_000;
const WAITING = 0;
const ACQUIRING = 1;
const HOLDING = 2;
const RELEASING = 3;

/** @implements {SimClient} */
export class LockClient {
  answered = 0;
  /** When it believed that it held the lock; the last `until` is open while it holds. */
  /** @type {{ from: number, until: number }[]} */
  held = [];
  #phase = WAITING;
  #attempt = 0;
  /** Bit set of the replicas that have granted, or released. */
  #heard = 0;
  #wakeAt = 0;
  #giveUpAt = 0;
  #drained = false;
  #got = false;

  #host;
  #operations;
  #index;

  /**
   * @param {ClientHost} host
   * @param {number} operations
   */
  constructor(host, operations) {
    this.#host = host;
    this.#operations = operations;
    this.#index = host.address - CLIENT_ADDRESS_MIN;
  }

  get idle() {
    const enough = this.#drained || this.answered >= this.#operations;
    return enough && (this.#phase === WAITING || (this.#phase === RELEASING && this.#majority()));
  }

  /**
   * @param {number} now
   * @param {Address} from
   * @param {Message} message
   */
  receive(now, from, { kind, attempt }) {
    if (attempt !== this.#attempt) return;
    if (kind === 'granted' && this.#phase === ACQUIRING) {
      this.#heard |= 1 << from;
      if (this.#majority()) this.#enter(now);
    } else if (kind === 'released' && this.#phase === RELEASING) {
      const before = this.#majority();
      this.#heard |= 1 << from;
      if (!before && this.#majority()) this.#done(now);
    }
  }

  /** @param {number} now */
  wake(now) {
    if (this.#phase === HOLDING) this.#leave(now);
    else if (this.#phase === ACQUIRING && now >= this.#giveUpAt) this.#release(now);
    else if (this.#phase === ACQUIRING) this.#tell('acquire', now);
    else if (this.#phase === RELEASING && !this.#finished(now)) this.#tell('release', now);
    else if (!this.idle) this.#acquire(now);
  }

  deadline() {
    return this.idle && this.#everybody() ? NEVER : this.#wakeAt;
  }

  fingerprint() {
    return fold(fold(this.#attempt, this.#phase), this.#heard);
  }

  drain() {
    this.#drained = true;
  }

  /** @param {number} now */
  #acquire(now) {
    this.#attempt += 1;
    this.#phase = ACQUIRING;
    this.#heard = 0;
    this.#got = false;
    this.#giveUpAt = now + PATIENCE_MICROS;
    this.#tell('acquire', now);
  }

  /** @param {number} now */
  #enter(now) {
    this.#phase = HOLDING;
    this.#got = true;
    this.held.push({ from: now, until: NEVER });
    this.#wakeAt = now + 2_000 + this.#host.draw(this.#attempt, 0, 20_000);
  }

  /** @param {number} now */
  #leave(now) {
    const last = this.held.at(-1);
    if (last !== undefined) last.until = now;
    this.#release(now);
  }

  /** @param {number} now */
  #release(now) {
    this.#phase = RELEASING;
    this.#heard = 0;
    this.#tell('release', now);
  }

  /** @param {number} now */
  #done(now) {
    if (this.#got) this.answered += 1;
    // Others want it too: who waits a random while meets them less often.
    this.#wakeAt = now + 1_000 + this.#host.draw(this.#attempt, 1, 60_000);
  }

  /**
   * Whether the next attempt may begin: a majority has heard the release. The next attempt says to
   * the others what this one did; the last one goes on telling them.
   * @param {number} now
   */
  #finished(now) {
    if (!this.#majority()) return false;
    if (!this.idle && now >= this.#wakeAt) this.#phase = WAITING;
    return this.#phase === WAITING;
  }

  /**
   * @param {'acquire' | 'release'} kind
   * @param {number} now
   */
  #tell(kind, now) {
    const { network, replicaCount } = this.#host;
    const message = { kind, client: this.#index, attempt: this.#attempt };
    for (let replica = 0; replica < replicaCount; replica++) {
      if ((this.#heard & (1 << replica)) === 0) network.send(replica, message);
    }
    this.#wakeAt = now + RETRY_MICROS;
  }

  #majority() {
    return 2 * this.#count() > this.#host.replicaCount;
  }

  #everybody() {
    return this.#phase === WAITING || this.#count() === this.#host.replicaCount;
  }

  #count() {
    let count = 0;
    for (let i = 0; i < this.#host.replicaCount; i++) count += (this.#heard >>> i) & 1;
    return count;
  }
}

/** @type {Invariant} */
const mutualExclusion = {
  name: 'mutual-exclusion',
  holds: 'no two clients ever hold the lock at the same time',
  watches: [STEP_GRANTED, STEP_RELEASED],
  create: (world, index) => {
    const look = () => compare(world, index);
    return { reset: () => undefined, step: look, finish: look };
  },
};

/**
 * @param {World} world
 * @param {number} index
 */
function compare(world, index) {
  world.evaluated(index);
  const last = Array.from({ length: world.clientCount }, (_, client) => {
    return /** @type {LockClient} */ (world.client(client)).held.at(-1);
  });
  last.forEach((mine, client) => {
    const other = last.findIndex((theirs, i) => i > client && overlap(mine, theirs));
    if (other < 0) return;
    world.violate(index, `c${client} and c${other} held the lock at the same time`);
  });
}

/**
 * @param {{ from: number, until: number } | undefined} a
 * @param {{ from: number, until: number } | undefined} b
 */
function overlap(a, b) {
  return a !== undefined && b !== undefined && a.from < b.until && b.from < a.until;
}

/** @param {Disk} disk */
function format(disk) {
  const file = disk.open(FILE);
  disk.write(file, 0, new Uint8Array(2 * SECTOR), 0, 2 * SECTOR);
}

/**
 * @param {{ answersBeforeSync: boolean }} options
 * @returns {import('kimberlite/vopr').Testbed<Message>}
 */
export function lockService({ answersBeforeSync }) {
  return {
    system: {
      name: 'lock-service',
      steps: STEPS,
      marks: [],
      messages: jsonMessages(['acquire', 'granted', 'release', 'released']),
      units: NO_UNITS,
      format,
      recover: format,
      open: (host) => new Replica(host, answersBeforeSync),
      client: (host, operations) => new LockClient(host, operations),
    },
    invariants: [mutualExclusion],
    configure(configuration) {
      // It does not claim to survive a lost disk, and has neither standbys nor releases.
      configuration.standbyCount = 0;
      configuration.operator.replaceNode = -1;
      configuration.process.otherReleaseOf16 = 0;
      configuration.operations = configuration.operations.map((count) => Math.ceil(count / 3));
    },
    words: {
      message: ({ kind, client, attempt }) => `${kind} of c${client}, attempt ${attempt}`,
      step: (kind, client, attempt) =>
        kind === STEP_GRANTED
          ? `grants the lock to c${client}, attempt ${attempt}`
          : `hears that c${client} released it, attempt ${attempt}`,
      status: (status) => (status === 0 ? 'free' : 'locked'),
      letters: { f: 'free', L: 'locked' },
      letter: ({ status }) => (status === 0 ? 'f' : 'L'),
      jump: (kind) => (kind === STEP_GRANTED ? 'commit' : null),
    },
  };
}
