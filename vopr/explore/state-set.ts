/**
 * A set of states by hash, in order of arrival: open addressing on two 32-bit lanes, 12 bytes a
 * slot at most half full. Two states of equal lanes would count as one: among a million states the
 * chance of any such pair is one in 37 million.
 */
const INITIAL = 1 << 12;

export class StateSet {
  size = 0;
  #a: Int32Array = new Int32Array(INITIAL);
  #b: Int32Array = new Int32Array(INITIAL);
  /** Index of the member, plus one; 0 where the slot is free. */
  #members: Int32Array = new Int32Array(INITIAL);

  /** Adds these lanes. The index of a new member, or -1 - index of one that was there. */
  add(a: number, b: number): number {
    const mask = this.#members.length - 1;
    let at = (a ^ (b >>> 7)) & mask;
    for (;;) {
      const member = this.#members[at] as number;
      if (member === 0) break;
      if (this.#a[at] === a && this.#b[at] === b) return -member;
      at = (at + 1) & mask;
    }
    this.#a[at] = a;
    this.#b[at] = b;
    this.#members[at] = ++this.size;
    if (this.size * 2 > this.#members.length) this.#grow();
    return this.size - 1;
  }

  #grow(): void {
    const [olderA, olderB, older] = [this.#a, this.#b, this.#members];
    const length = older.length * 2;
    this.#a = new Int32Array(length);
    this.#b = new Int32Array(length);
    this.#members = new Int32Array(length);
    for (let i = 0; i < older.length; i++) {
      if (older[i] === 0) continue;
      const a = olderA[i] as number;
      const b = olderB[i] as number;
      let at = (a ^ (b >>> 7)) & (length - 1);
      while (this.#members[at] !== 0) at = (at + 1) & (length - 1);
      this.#a[at] = a;
      this.#b[at] = b;
      this.#members[at] = older[i] as number;
    }
  }
}
