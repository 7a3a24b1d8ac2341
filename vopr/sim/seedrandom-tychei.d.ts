/**
 * Types of the one module of seedrandom that we use.
 *
 * Its siblings mis-seed (docs/house.md), and its root module draws from `Math.random` when
 * loaded, so only `lib/tychei.js` may be imported, and only by the simulator.
 */
declare module 'seedrandom/lib/tychei.js' {
  /** A generator of 32-bit words, with four integers of state. */
  interface Tychei {
    /** A float in [0, 1) with 32 bits of randomness. */
    (): number;
    /** A signed 32-bit integer. */
    int32(): number;
    /** A float in [0, 1) with 53 bits of randomness. */
    double(): number;
    quick(): number;
  }
  /** Seeds by the characters of a string, or by a safe integer. Always pass one. */
  export default function tychei(seed: string | number): Tychei;
}
