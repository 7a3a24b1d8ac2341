/**
 * A toy system for the simulator's own tests and benchmark: a replicated table of counters.
 *
 * Client i writes 1, 2, 3, … into register i: it sends each value to all replicas and goes on when
 * a replication quorum has made it durable. Replicas keep two sectors a register, written in turn
 * so that a torn write loses only itself; they gossip their tables, keep the greater value, repair
 * damaged sectors, and scrub. It tolerates the default swarm and uses every port; that makes it a
 * yardstick, not a model.
 */
import { inspection } from '../../starting-points.ts';
import { fold } from '../mix.ts';
import { replicationQuorum } from '../quorums.ts';
import { IO_OK, NEVER } from '../../../core/ports.ts';
import type { Address, Disk, FileId, IoStatus } from '../../../core/ports.ts';
import type { Hash128 } from '../../../core/types/hash128.ts';
import { STEP_ACK, STEP_STATUS } from '../../../core/observer.ts';
import type {
  ClientHost,
  NodeHost,
  NodeInspection,
  Seat,
  SimClient,
  SimNode,
  System,
} from '../sim-node.ts';

const PUT = 0;
const OK = 1;
const GOSSIP = 2;
const REGISTERS = 8;
const SECTOR = 512;
const GOSSIP_MICROS = 60_000;
const SCRUB_MICROS = 50_000;
const RETRY_MICROS = 30_000;
const META = 'meta';
const TABLE = 'table';

export interface ToyMessage {
  readonly kind: number;
  readonly register: number;
  readonly value: number;
  /** Of gossip: all registers; −1 where unknown. */
  readonly table: readonly number[];
}

const NO_TABLE: readonly number[] = [];

/** Bugs to plant, so that tests can see the simulator catch them. */
export interface ToyBugs {
  readonly ackBeforeSync?: boolean;
  readonly throwsAt?: number;
}

class ToyNode implements SimNode<ToyMessage> {
  stopped: string | null = null;
  readonly #host: NodeHost<ToyMessage>;
  readonly #seat: Seat;
  readonly #bugs: ToyBugs;
  readonly #table: FileId;
  /** −1: damaged, not repaired yet. */
  readonly #values: number[] = [];
  readonly #durable: number[] = [];
  readonly #waiting: number[] = [];
  /** Which of a register's two sectors holds the last durable value. */
  readonly #home: number[] = [];
  #loadedHome = 0;
  #generation = 0;
  /** Registers that each sync in flight covers. */
  readonly #syncing: Int32Array = new Int32Array(256);
  #gossipAt = 0;
  #scrubAt = 0;
  #scrubNext = 0;
  #inputs = 0;
  readonly #buffer = new Uint8Array(SECTOR);
  readonly #inspection: NodeInspection = inspection();

  constructor(host: NodeHost<ToyMessage>, seat: Seat, bugs: ToyBugs, monotonic: number) {
    this.#host = host;
    this.#seat = seat;
    this.#bugs = bugs;
    this.#table = host.disk.open(TABLE);
    for (let i = 0; i < REGISTERS; i++) {
      this.#values.push(this.#load(i));
      this.#home.push(this.#loadedHome);
      this.#durable.push(0);
      this.#waiting.push(-1);
    }
    this.#gossipAt = monotonic;
    this.#scrubAt = monotonic + SCRUB_MICROS;
    // The page cache may hold what the platter does not: write everything again before use.
    for (let i = 0; i < REGISTERS; i++) if ((this.#values[i] as number) > 0) this.#store(i);
    this.#sync();
    host.observer.step(STEP_STATUS, 0, 0, 0, null);
  }

  receive(monotonic: number, _realtime: number, from: Address, message: ToyMessage): void {
    this.#inputs += 1;
    if (this.#bugs.throwsAt === this.#inputs) throw new Error('planted');
    if (message.kind === PUT) this.#put(message.register, message.value, from);
    else if (message.kind === GOSSIP) this.#merge(message.table);
    if (monotonic < 0) this.stopped = 'time';
  }

  synced(_monotonic: number, _realtime: number, ticket: number, status: IoStatus): void {
    this.#inputs += 1;
    if (status !== IO_OK) {
      this.stopped = 'a sync failed';
      return;
    }
    const covered = this.#syncing[ticket & 255] as number;
    this.#syncing[ticket & 255] = 0;
    for (let i = 0; i < REGISTERS; i++) {
      if ((covered & (1 << i)) === 0) continue;
      this.#durable[i] = this.#values[i] as number;
      this.#home[i] = 1 - (this.#home[i] as number);
      this.#acknowledge(i);
    }
  }

  wake(monotonic: number): void {
    this.#inputs += 1;
    if (monotonic >= this.#gossipAt) {
      this.#gossipAt = monotonic + GOSSIP_MICROS;
      const table = this.#values.slice();
      const message = { kind: GOSSIP, register: 0, value: 0, table };
      const count = this.#seat.replicaCount + this.#seat.standbyCount;
      for (let i = 0; i < count; i++) {
        if (i !== this.#seat.index) this.#host.network.send(i, message);
      }
    }
    if (monotonic >= this.#scrubAt) {
      this.#scrubAt = monotonic + SCRUB_MICROS;
      const i = this.#scrubNext;
      const known = this.#values[i] as number;
      if (known > 0 && (this.#durable[i] as number) === known) {
        if (this.#load(i) !== known) {
          this.#store(i);
          this.#sync();
        }
      }
      this.#scrubNext = (i + 1) % REGISTERS;
      if (this.#scrubNext === 0) this.#inspection.scrubTours += 1;
    }
  }

  deadline(): number {
    return Math.min(this.#gossipAt, this.#scrubAt);
  }

  fingerprint(): number {
    let hash = this.#inputs;
    for (let i = 0; i < REGISTERS; i++) hash = fold(hash, this.#values[i] as number);
    return hash;
  }

  inspect(): NodeInspection {
    const out = this.#inspection;
    out.commit = 0;
    out.stateHashA = 0;
    out.damaged = 0;
    for (let i = 0; i < REGISTERS; i++) {
      const value = this.#values[i] as number;
      if (value < 0) out.damaged += 1;
      else out.commit += value;
      out.stateHashA = fold(out.stateHashA, value);
    }
    out.op = out.commit;
    return out;
  }

  #put(register: number, value: number, from: Address): void {
    this.#waiting[register] = from;
    const known = this.#values[register] as number;
    if (known < 0) return;
    if (value > known) {
      this.#values[register] = value;
      if (this.#store(register)) this.#sync();
      if (this.#bugs.ackBeforeSync === true) this.#acknowledgeValue(register, value);
    } else if ((this.#durable[register] as number) >= value) this.#acknowledge(register);
  }

  #merge(table: readonly number[]): void {
    let wrote = false;
    for (let i = 0; i < REGISTERS; i++) {
      const theirs = table[i] as number;
      if (theirs <= (this.#values[i] as number)) continue;
      this.#values[i] = theirs;
      if (theirs > 0) wrote = this.#store(i) || wrote;
    }
    if (wrote) this.#sync();
  }

  #acknowledge(register: number): void {
    this.#acknowledgeValue(register, this.#durable[register] as number);
  }

  #acknowledgeValue(register: number, value: number): void {
    const to = this.#waiting[register] as number;
    if (to < 0 || value <= 0) return;
    this.#host.observer.step(STEP_ACK, value, register, 0, null);
    this.#host.network.send(to, { kind: OK, register, value, table: NO_TABLE });
  }

  /** True when written; a failing write is tried again by the next gossip or put. */
  #store(register: number): boolean {
    encodeSector(this.#buffer, register, this.#values[register] as number);
    const { disk } = this.#host;
    // Never over the sector that durably holds the last value.
    const at = sectorOf(register, 1 - (this.#home[register] as number));
    const status = disk.write(this.#table, at, this.#buffer, 0, SECTOR);
    if (status !== IO_OK) this.stopped = `a write failed: ${status}`;
    this.#durable[register] = 0;
    this.#dirty |= 1 << register;
    return status === IO_OK;
  }
  #dirty = 0;

  #sync(): void {
    if (this.#dirty === 0) return;
    this.#generation += 1;
    // Registers written again before the sync completes wait for the later one.
    // A pause leaves many in flight.
    for (let i = 0; i < this.#syncing.length; i++) {
      this.#syncing[i] = (this.#syncing[i] as number) & ~this.#dirty;
    }
    this.#syncing[this.#generation & 255] = this.#dirty;
    this.#dirty = 0;
    this.#host.disk.sync(this.#table, this.#generation);
  }

  /** The greater of what the two sectors hold; −1 when neither can be read. */
  #load(register: number): number {
    const first = this.#loadSector(register, 0);
    const second = this.#loadSector(register, 1);
    this.#loadedHome = first >= second ? 0 : 1;
    return Math.max(first, second);
  }

  #loadSector(register: number, half: number): number {
    const at = sectorOf(register, half);
    const got = this.#host.disk.read(this.#table, at, SECTOR, this.#buffer, 0);
    if (got === 0) return 0;
    return got === SECTOR ? decodeSector(this.#buffer, register) : -1;
  }
}

function sectorOf(register: number, half: number): number {
  return (register * 2 + half) * SECTOR;
}

function encodeSector(out: Uint8Array, register: number, value: number): void {
  const check = fold(fold(0x544f59, register), value);
  for (let i = 0; i < 4; i++) {
    out[i] = value >>> (i * 8);
    out[i + 4] = check >>> (i * 8);
  }
  out.fill(value & 255, 8);
}

function decodeSector(bytes: Uint8Array, register: number): number {
  const value = wordAt(bytes, 0);
  const check = wordAt(bytes, 4);
  if ((value | check) !== 0 && check !== fold(fold(0x544f59, register), value)) return -1;
  const filler = value & 255;
  for (let i = 8; i < SECTOR; i++) if (bytes[i] !== filler) return -1;
  return value;
}

function wordAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  return low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

class ToyClient implements SimClient<ToyMessage> {
  answered = 0;
  readonly #host: ClientHost<ToyMessage>;
  readonly #register: number;
  readonly #operations: number;
  #retryAt = 0;
  #acks = 0;
  #outstanding = false;
  #drained = false;

  constructor(host: ClientHost<ToyMessage>, operations: number) {
    this.#host = host;
    this.#register = host.address % REGISTERS;
    this.#operations = operations;
  }

  get idle(): boolean {
    return !this.#outstanding && (this.#drained || this.answered === this.#operations);
  }

  receive(monotonic: number, from: Address, message: ToyMessage): void {
    if (message.kind !== OK || !this.#outstanding || message.value <= this.answered) return;
    this.#acks |= 1 << from;
    let count = 0;
    for (let i = 0; i < this.#host.replicaCount; i++) if ((this.#acks & (1 << i)) !== 0) count += 1;
    if (count < replicationQuorum(this.#host.replicaCount)) return;
    this.answered += 1;
    this.#outstanding = false;
    this.#acks = 0;
    this.#retryAt = monotonic + 500 + this.#host.draw(this.answered, 0, 8000);
  }

  wake(monotonic: number): void {
    if (this.idle) return;
    if (!this.#outstanding) this.#host.draw(this.answered, 1_000_000, 6);
    this.#outstanding = true;
    this.#retryAt = monotonic + RETRY_MICROS;
    const value = this.answered + 1;
    const message = { kind: PUT, register: this.#register, value, table: NO_TABLE };
    for (let i = 0; i < this.#host.replicaCount; i++) this.#host.network.send(i, message);
  }

  deadline(): number {
    return this.idle ? NEVER : this.#retryAt;
  }

  fingerprint(): number {
    return fold(this.answered, this.#acks);
  }

  drain(): void {
    this.#drained = true;
  }
}

function formatDisk(disk: Disk, seat: Seat): void {
  const meta = disk.open(META);
  disk.write(meta, 0, Uint8Array.of(seat.release, seat.index), 0, 2);
  const table = disk.open(TABLE);
  const zeros = new Uint8Array(SECTOR);
  for (let i = 0; i < 2 * REGISTERS; i++) disk.write(table, i * SECTOR, zeros, 0, SECTOR);
}

export function toySystem(bugs: ToyBugs = {}): System<ToyMessage> {
  return {
    name: 'toy',
    steps: ['status', '', 'ack'],
    marks: [],
    messages: {
      kindNames: ['put', 'ok', 'gossip'],
      kind: (message) => message.kind,
      subject: (message) => message.register * 65536 + message.value,
      bytes: (message) => 16 + message.table.length * 16,
      encode: (message) => {
        const out = new Uint8Array(7 + message.table.length * 2);
        out[0] = message.kind;
        out[1] = message.register;
        out[2] = message.value;
        out[3] = message.value >>> 8;
        message.table.forEach((value, i) => {
          out[4 + i * 2] = value;
          out[5 + i * 2] = value >>> 8;
        });
        const sum = checksum(out);
        out[out.length - 3] = sum;
        out[out.length - 2] = sum >>> 8;
        out[out.length - 1] = sum >>> 16;
        return out;
      },
      decode: decodeMessage,
    },
    units: {
      locate: (name, offset) =>
        name === TABLE
          ? { unit: Math.floor(offset / SECTOR / 2), half: Math.floor(offset / SECTOR) % 2 }
          : { unit: -1, half: 0 },
    },
    format: formatDisk,
    recover: (disk, seat) => formatDisk(disk, seat),
    open(host, seat, _nonce: Hash128, monotonic) {
      const meta = new Uint8Array(2);
      host.disk.read(host.disk.open(META), 0, 2, meta, 0);
      if ((meta[0] as number) > seat.release) return 'the directory is of a newer release';
      if (meta[1] !== seat.index) return 'the directory is of another replica';
      return new ToyNode(host, seat, bugs, monotonic);
    },
    client: (host, operations) => new ToyClient(host, operations),
  };
}

function decodeMessage(bytes: Uint8Array): ToyMessage | null {
  const sum = checksum(bytes);
  const at = bytes.length - 3;
  const stored =
    (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  if ((sum & 0xffffff) !== stored) return null;
  const table: number[] = [];
  for (let i = 4; i + 1 < at; i += 2) {
    const value = (bytes[i] as number) | ((bytes[i + 1] as number) << 8);
    table.push(value === 65535 ? -1 : value);
  }
  const value = (bytes[2] as number) | ((bytes[3] as number) << 8);
  return { kind: bytes[0] as number, register: bytes[1] as number, value, table };
}

function checksum(bytes: Uint8Array): number {
  let hash = bytes.length;
  for (let i = 0; i < bytes.length - 3; i++) hash = fold(hash, bytes[i] as number);
  return hash;
}
