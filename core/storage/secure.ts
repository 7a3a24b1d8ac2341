/**
 * Securing: making durable what a node has read when it opened, before it says a word.
 *
 * After a crash of the process alone, `open` reads bytes that only the page cache holds, and after
 * a failed sync the cache may even call them clean. A node that acts on them and then loses power
 * breaks promises. So it writes everything again that it will act on:
 *   - the superblock copies, those that do not hold the chosen state first, each synced before the
 *     next, so that the chosen state never has fewer witnesses than before; and before the first,
 *     what an earlier process left unsynced, or a sync that fails could take two copies at once;
 *   - the journal slots above the checkpoint: copied to a side file, synced; then the side files of
 *     earlier openings are zeroed, synced and removed; then the slots are rewritten in place,
 *     synced; and last the own side file is zeroed, synced and removed. Without it, a crash during
 *     the rewriting could tear both halves of a slot that was acknowledged long ago. Why earlier
 *     ones go before the rewriting, so that two files always suffice: `secure-side.ts`.
 * Headers that are missing beside a good prepare are written on the way, below the first torn op
 * only: above it they would turn a tail that is certainly unacknowledged into an uncertain one.
 *
 * Both chains run side by side: five rounds of syncs each at most. A directory without slots above
 * the checkpoint needs one journal sync. Memory: the bytes of those slots until done.
 */
import type { Checksummer, Prepare, PrepareHeader } from '../codec/prepare.ts';
import { PREPARE_HEADER_BYTES, writePrepareHeader } from '../codec/prepare.ts';
import type { Limits } from '../limits.ts';
import { mark } from '../marks.ts';
import { DAMAGE_SUPERBLOCK, STEP_MARK, STEP_REPAIRED } from '../observer.ts';
import type { Disk, FileId, IoStatus, Observer, Ticket } from '../ports.ts';
import { IO_OK, TICKET_MODULE_BITS, TICKET_SECURE } from '../ports.ts';
import { assert } from '../types/assert.ts';
import type { Hash128 } from '../types/hash128.ts';
import { equal128 } from '../types/hash128.ts';
import type { JournalFile } from './journal.ts';
import type { JournalRings } from './journal-format.ts';
import type { SecuredSlot, SideFiles } from './secure-side.ts';
import { writeSideFile } from './secure-side.ts';
import { setSuperblockCopy } from './superblock-format.ts';
import type { OpenedSuperblock } from './superblock-open.ts';
import { SUPERBLOCK_COPIES, SUPERBLOCK_FILE } from './superblock-open.ts';

const MARK_REPAIRED = mark('superblock_copy_repaired');

/** The stages of the journal's chain, in order; each ends with a sync. */
const STAGE_SIDE = 0;
/** Zeroes the side files of earlier openings. */
const STAGE_RETIRE = 1;
const STAGE_IN_PLACE = 2;
const STAGE_HEADERS = 3;
/** Zeroes the own side file. */
const STAGE_INVALIDATE = 4;
const STAGE_DONE = 5;

const NO_TICKET = -1;
const ATTEMPTS_MAX = 16;

export interface SecureListener {
  /** Everything is durable; the node may speak. */
  secured(): void;
  storageFailed(reason: string): void;
}

/** What an opening has found, and with what. */
export interface SecureOptions {
  readonly disk: Disk;
  readonly limits: Limits;
  readonly hash: Checksummer;
  readonly observer: Observer;
  readonly superblock: OpenedSuperblock;
  readonly rings: JournalRings;
  readonly journal: JournalFile;
  /** Side files that were there when the journal was recovered. */
  readonly sideFiles: SideFiles;
  /** Fresh for every opening. */
  readonly nonce: Hash128;
  readonly single: boolean;
  readonly listener: SecureListener;
}

export class SecureOpening {
  done = false;

  readonly #options: SecureOptions;
  readonly #slots: SecuredSlot[] = [];
  /** Slots whose header half is to be written for the first time. */
  readonly #healed: number[] = [];
  readonly #image: Uint8Array;
  /** Order in which the superblock copies are written. */
  readonly #copies: readonly number[];
  readonly #superblockFile: FileId;
  /** The copy under way, in that order; −1: none is, the file is synced as it was found. */
  #copyNext = -1;
  #superblockTicket: Ticket = NO_TICKET;

  #stage = STAGE_SIDE;
  /** Side files to be zeroed before and after the rewriting in place. */
  #earlier: readonly string[] = [];
  #own: readonly string[] = [];
  #journalTickets: Ticket[] = [];
  #stageFailed = false;
  #attempts = 0;
  #generation = 0;
  #failed = false;

  constructor(options: SecureOptions) {
    this.#options = options;
    const { holds, image } = options.superblock;
    this.#image = image.slice();
    const places = [...Array(SUPERBLOCK_COPIES).keys()];
    this.#copies = [...places.filter((i) => !holds[i]), ...places.filter((i) => holds[i])];
    this.#superblockFile = options.disk.open(SUPERBLOCK_FILE);
  }

  /** Starts both chains. May call the listener's `storageFailed` at once. */
  start(): void {
    this.#collect();
    this.#syncSuperblock();
    const { names, own, kept } = this.#options.sideFiles;
    assert(own !== kept, 'the own side file is not written over the one that is kept');
    this.#own = this.#slots.length === 0 ? [] : [own];
    this.#earlier = names.filter((name) => !this.#own.includes(name));
    this.#skipStages();
    this.#runStage();
  }

  synced(ticket: Ticket, status: IoStatus): void {
    if (this.done || this.#failed) return;
    if (ticket === this.#superblockTicket) this.#copySynced(status);
    else this.#journalSynced(ticket, status);
    if (this.#failed || this.#stage !== STAGE_DONE) return;
    if (this.#copyNext < SUPERBLOCK_COPIES) return;
    this.done = true;
    this.#options.listener.secured();
  }

  // Superblock.

  #writeCopy(): void {
    const copy = this.#copies[this.#copyNext]!;
    const { disk } = this.#options;
    const image = this.#image;
    setSuperblockCopy(image, copy);
    const status = disk.write(this.#superblockFile, copy * image.length, image, 0, image.length);
    if (status < 0) {
      this.#fail('superblock: write failed');
      return;
    }
    this.#syncSuperblock();
  }

  #syncSuperblock(): void {
    this.#superblockTicket = this.#ticket();
    this.#options.disk.sync(this.#superblockFile, this.#superblockTicket);
  }

  #copySynced(status: IoStatus): void {
    this.#superblockTicket = NO_TICKET;
    if (status !== IO_OK) {
      this.#fail('superblock: sync failed');
      return;
    }
    const { observer, superblock } = this.#options;
    const copy = this.#copies[this.#copyNext];
    if (copy !== undefined && superblock.damaged[copy] === true) {
      observer.step(STEP_REPAIRED, DAMAGE_SUPERBLOCK, copy, 0, null);
      observer.step(STEP_MARK, MARK_REPAIRED, 0, 0, null);
    }
    this.#copyNext++;
    if (this.#copyNext < SUPERBLOCK_COPIES) this.#writeCopy();
  }

  // Journal.

  /** Takes the bytes of every half above the checkpoint that a restart must find again. */
  #collect(): void {
    const { journal, rings, single } = this.#options;
    const { table } = journal;
    for (let slot = 0; slot < rings.slots; slot++) {
      // A single replica has cut this op: what the slot holds was never acknowledged.
      if (single && table.believed[slot] === null) {
        if (rings.prepareOverlay[slot] !== null) journal.prepareDropped(slot);
        continue;
      }
      const held = table.prepareHalf[slot]!;
      const header = aboveCheckpoint(table.headerHalf[slot]!, table.checkpoint);
      let prepare: Prepare | null = null;
      if (held !== null && held.op > table.checkpoint) {
        const read = journal.readToSecure(held.op, held.checksum);
        if (read === null && single) {
          this.#fail(`journal: op ${held.op} rotted while it was opened`);
          return;
        }
        prepare = read;
      }
      if (prepare === null && header === null) continue;
      const bytes = header === null ? null : this.#headerBytes(slot, header, prepare);
      this.#slots.push({ slot, prepare: prepare === null ? null : prepare.bytes, header: bytes });
      if (prepare !== null && this.#mayHeal(slot)) this.#healed.push(slot);
    }
  }

  /**
   * A whole prepare stays one, and says of its past what it said: a header alone would prove it
   * durable, and make a torn slot below it, which was never acknowledged, an uncertain one.
   */
  #headerBytes(slot: number, header: PrepareHeader, prepare: Prepare | null): Uint8Array {
    const { rings, journal } = this.#options;
    const { headerWhole, headerProven } = journal.table;
    const whole = headerWhole[slot] === 1 && prepare !== null;
    if (whole && equal128(prepare.header.checksum, header.checksum))
      return rings.wholeBytes(prepare, headerProven[slot]!);
    return headerBytes(header);
  }

  #mayHeal(slot: number): boolean {
    const { journal } = this.#options;
    const held = journal.table.prepareHalf[slot]!;
    const header = journal.table.headerHalf[slot]!;
    if (held === null || held.op >= journal.tornMin) return false;
    // A header of another version of this op, or of a later one, is evidence: it stays.
    return header === null || header.op < held.op;
  }

  /** Does the writes of the current stage and asks for its syncs; skips stages without work. */
  #runStage(): void {
    if (this.#failed) return;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const status = this.#writeStage();
      if (status >= 0) {
        this.#syncStage();
        return;
      }
    }
    this.#fail('journal: cannot be written while opening');
  }

  #writeStage(): IoStatus {
    const { disk, limits, hash, nonce, rings, journal } = this.#options;
    let status: IoStatus = IO_OK;
    if (this.#stage === STAGE_SIDE) {
      const { own, generation } = this.#options.sideFiles;
      return writeSideFile(disk, limits, hash, disk.open(own), this.#slots, nonce, generation);
    }
    if (this.#stage === STAGE_IN_PLACE) {
      for (let i = 0; i < this.#slots.length && status >= 0; i++)
        status = this.#rewrite(this.#slots[i]!);
    } else if (this.#stage === STAGE_HEADERS) {
      for (let i = 0; i < this.#healed.length && status >= 0; i++) {
        const slot = this.#healed[i]!;
        status = rings.writeHeader(slot, journal.table.prepareHalf[slot]!);
      }
    } else {
      const names = this.#staleNames();
      assert(names.length > 0, 'a stage that writes');
      const zeros = new Uint8Array(limits.sectorBytes);
      for (let i = 0; i < names.length && status >= 0; i++)
        status = disk.write(disk.open(names[i]!), 0, zeros, 0, zeros.length);
    }
    return status;
  }

  #rewrite(secured: SecuredSlot): IoStatus {
    const { rings } = this.#options;
    const { slot, prepare, header } = secured;
    if (prepare !== null) {
      const status = rings.writePrepare(slot, prepare, prepare.length);
      if (status < 0) return status;
    }
    return header === null ? IO_OK : rings.writeHeaderBytes(slot, header);
  }

  #syncStage(): void {
    const { disk, rings } = this.#options;
    assert(this.#journalTickets.length === 0, 'one stage at a time');
    this.#stageFailed = false;
    if (this.#stage === STAGE_IN_PLACE || this.#stage === STAGE_HEADERS) this.#sync(rings.file);
    else if (this.#stage === STAGE_SIDE) this.#sync(disk.open(this.#options.sideFiles.own));
    else for (const name of this.#staleNames()) this.#sync(disk.open(name));
  }

  #sync(file: FileId): void {
    const ticket = this.#ticket();
    this.#journalTickets.push(ticket);
    this.#options.disk.sync(file, ticket);
  }

  #journalSynced(ticket: Ticket, status: IoStatus): void {
    const at = this.#journalTickets.indexOf(ticket);
    if (at < 0) return;
    this.#journalTickets.splice(at, 1);
    if (status !== IO_OK) this.#stageFailed = true;
    if (this.#journalTickets.length > 0) return;
    if (this.#stageFailed) this.#retryStage();
    else this.#nextStage();
  }

  /** Everything of a stage whose sync failed is written again, from memory. */
  #retryStage(): void {
    this.#attempts++;
    if (this.#options.single || this.#attempts > ATTEMPTS_MAX)
      this.#fail('journal: sync failed while opening');
    else this.#runStage();
  }

  #nextStage(): void {
    const { disk, rings, journal } = this.#options;
    const ended = this.#stage;
    for (const name of this.#staleNames()) disk.remove(name);
    this.#stage++;
    if (ended === STAGE_IN_PLACE) {
      rings.prepareOverlay.fill(null);
      rings.headerOverlay.fill(null);
      for (const { slot, prepare } of this.#slots) if (prepare !== null) journal.halvesHealed(slot);
    }
    if (ended === STAGE_HEADERS) for (const slot of this.#healed) journal.headerHealed(slot);
    this.#skipStages();
    if (this.#stage < STAGE_DONE) this.#runStage();
  }

  #skipStages(): void {
    if (this.#stage === STAGE_SIDE && this.#own.length === 0) this.#stage++;
    if (this.#stage === STAGE_RETIRE && this.#earlier.length === 0) this.#stage++;
    if (this.#stage === STAGE_HEADERS && this.#healed.length === 0) this.#stage++;
    if (this.#stage === STAGE_INVALIDATE && this.#own.length === 0) this.#stage++;
  }

  /** The side files that the current stage zeroes and removes. */
  #staleNames(): readonly string[] {
    if (this.#stage === STAGE_RETIRE) return this.#earlier;
    return this.#stage === STAGE_INVALIDATE ? this.#own : [];
  }

  #ticket(): Ticket {
    this.#generation++;
    return this.#generation * (1 << TICKET_MODULE_BITS) + TICKET_SECURE;
  }

  #fail(reason: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.listener.storageFailed(reason);
  }
}

function aboveCheckpoint(header: PrepareHeader | null, checkpoint: number): PrepareHeader | null {
  return header !== null && header.op > checkpoint ? header : null;
}

function headerBytes(header: PrepareHeader): Uint8Array {
  const bytes = new Uint8Array(PREPARE_HEADER_BYTES);
  writePrepareHeader(header, bytes, 0);
  return bytes;
}
