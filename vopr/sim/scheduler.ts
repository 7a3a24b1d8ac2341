/**
 * The event heap: what happens next, in order of (virtual time, sequence).
 *
 * Both are one double: `time · 2^22 + sequence`, exact below 2^53, so that ordering is one compare.
 * That bounds a run to 2^31 virtual microseconds (35 minutes) and 4 million events, asserted.
 * Events are pooled slots in parallel arrays: four integers and one reference each. A 4-ary heap
 * of keys stands beside the slots; a push and a pop cost some 60 ns at 100 pending, and nothing is
 * allocated once the pool has grown.
 *
 * There is no cancelling: a handler compares a generation that it put into the event.
 */
import { assert } from '../../core/types/assert.ts';

const SEQUENCE_SPAN = 4194304;
const TIME_MAX = 2147483647;
const INITIAL_SLOTS = 1024;

export class Scheduler {
  /** Virtual time of the event popped last, in microseconds. */
  now = 0;
  /** Fields of the event popped last. */
  kind = 0;
  a = 0;
  b = 0;
  c = 0;
  ref: unknown = null;

  #count = 0;
  #sequence = 0;
  #keys: Float64Array = new Float64Array(INITIAL_SLOTS);
  #slots: Int32Array = new Int32Array(INITIAL_SLOTS);
  #free: Int32Array = new Int32Array(INITIAL_SLOTS);
  #freeCount = 0;
  #used = 0;
  #fields: Int32Array = new Int32Array(INITIAL_SLOTS * 4);
  #refs: unknown[] = [];

  get pending(): number {
    return this.#count;
  }

  reset(): void {
    for (let i = 0; i < this.#used; i++) this.#refs[i] = null;
    this.now = 0;
    this.kind = 0;
    this.a = 0;
    this.b = 0;
    this.c = 0;
    this.ref = null;
    this.#count = 0;
    this.#sequence = 0;
    this.#freeCount = 0;
    this.#used = 0;
  }

  /** Schedules an event at `time`, or now if that has passed. */
  push(time: number, kind: number, a: number, b: number, c: number, ref: unknown): void {
    const at = time > this.now ? time : this.now;
    assert(at <= TIME_MAX, 'a run lasts at most 2^31 virtual microseconds');
    const sequence = this.#sequence++;
    assert(sequence < SEQUENCE_SPAN, 'a run has at most 2^22 events');
    const slot = this.#freeCount > 0 ? (this.#free[--this.#freeCount] as number) : this.#grow();
    const base = slot << 2;
    const fields = this.#fields;
    fields[base] = kind;
    fields[base + 1] = a;
    fields[base + 2] = b;
    fields[base + 3] = c;
    this.#refs[slot] = ref;
    this.#siftUp(this.#count++, at * SEQUENCE_SPAN + sequence, slot);
  }

  /** Takes the next event into the fields above; false when there is none. */
  pop(): boolean {
    if (this.#count === 0) return false;
    const slot = this.#slots[0] as number;
    const time = Math.floor((this.#keys[0] as number) / SEQUENCE_SPAN);
    assert(time >= this.now, 'time does not run backwards');
    this.now = time;
    const base = slot << 2;
    const fields = this.#fields;
    this.kind = fields[base] as number;
    this.a = fields[base + 1] as number;
    this.b = fields[base + 2] as number;
    this.c = fields[base + 3] as number;
    this.ref = this.#refs[slot];
    this.#refs[slot] = null;
    this.#free[this.#freeCount++] = slot;
    const last = --this.#count;
    if (last > 0) this.#siftDown(this.#keys[last] as number, this.#slots[last] as number, last);
    return true;
  }

  #siftUp(from: number, key: number, slot: number): void {
    const keys = this.#keys;
    const slots = this.#slots;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const other = keys[parent] as number;
      if (other <= key) break;
      keys[at] = other;
      slots[at] = slots[parent] as number;
      at = parent;
    }
    keys[at] = key;
    slots[at] = slot;
  }

  #siftDown(key: number, slot: number, count: number): void {
    const keys = this.#keys;
    const slots = this.#slots;
    let at = 0;
    for (;;) {
      const first = (at << 2) + 1;
      if (first >= count) break;
      const end = first + 4 < count ? first + 4 : count;
      let best = first;
      let bestKey = keys[first] as number;
      for (let child = first + 1; child < end; child++) {
        const childKey = keys[child] as number;
        if (childKey < bestKey) {
          best = child;
          bestKey = childKey;
        }
      }
      if (bestKey >= key) break;
      keys[at] = bestKey;
      slots[at] = slots[best] as number;
      at = best;
    }
    keys[at] = key;
    slots[at] = slot;
  }

  #grow(): number {
    const slot = this.#used++;
    if (slot < this.#keys.length) return slot;
    const size = this.#keys.length * 2;
    const keys = new Float64Array(size);
    const slots = new Int32Array(size);
    const free = new Int32Array(size);
    const fields = new Int32Array(size * 4);
    keys.set(this.#keys);
    slots.set(this.#slots);
    free.set(this.#free);
    fields.set(this.#fields);
    this.#keys = keys;
    this.#slots = slots;
    this.#free = free;
    this.#fields = fields;
    return slot;
  }
}
