/**
 * exp, ln, power, trigonometry and their like on floats, correctly rounded, the same everywhere.
 *
 * A float is a fraction of integers, so it enters fixed-point arithmetic (`fixed-point.ts`) without
 * error; results carry some 60 bits more than a float holds and are rounded once. They are slower
 * than a processor's own (microseconds a call) and never differ between engines or replicas.
 */
import { decimal } from './decimal.ts';
import {
  atanFixed,
  bitLength,
  expFixed,
  floorDivide,
  integerCubeRoot,
  ln10Fixed,
  lnFixed,
  piFixed,
  sinCosFixed,
  sqrtFixed,
} from './fixed-point.ts';
import { narrow } from './int64.ts';
import type { Decimal } from './type.ts';

const BITS = 128;
const ONE = 1n << BigInt(BITS);

const view = new DataView(new ArrayBuffer(8));

/** x = mantissa * 2^exponent, exactly. */
function decompose(x: number): { readonly mantissa: bigint; readonly exponent: number } {
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  const biased = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(view.getUint32(4));
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return {
    mantissa: high >= 0x80000000 ? -magnitude : magnitude,
    exponent: (biased === 0 ? 1 : biased) - 1075,
  };
}

/** Every float is a finite decimal fraction. */
export function exactDecimal(x: number): Decimal {
  const { mantissa, exponent } = decompose(x);
  if (exponent >= 0) return decimal(narrow(mantissa << BigInt(exponent)), 0);
  let digits = mantissa;
  let scale = -exponent;
  while (scale > 0 && (digits & 1n) === 0n) {
    digits >>= 1n;
    scale -= 1;
  }
  let fives = 1n;
  for (let i = 0; i < scale; i += 1) fives *= 5n;
  return decimal(narrow(digits * fives), scale);
}

/** x as a fixed-point number with `bits` of fraction; cut below. */
function toFixed(x: number, bits: number = BITS): bigint {
  const { mantissa, exponent } = decompose(x);
  const shift = exponent + bits;
  return shift >= 0 ? mantissa << BigInt(shift) : mantissa >> BigInt(-shift);
}

/** The float nearest to v * 2^exponent; infinite or zero when there is none. */
function toFloat(v: bigint, exponent: number): number {
  if (v === 0n) return 0;
  const magnitude = v < 0n ? -v : v;
  const length = bitLength(magnitude);
  const top = length + exponent;
  if (top > 1024) return v < 0n ? -Infinity : Infinity;
  // Below the normal range fewer bits are kept.
  const kept = Math.min(53, top + 1074);
  if (kept < 0) return 0;
  const cut = length - kept;
  let digits = cut > 0 ? magnitude >> BigInt(cut) : magnitude;
  if (cut > 0) {
    const rest = magnitude - (digits << BigInt(cut));
    const half = 1n << BigInt(cut - 1);
    if (rest > half || (rest === half && (digits & 1n) === 1n)) digits += 1n;
  }
  const value = scaleByPower(Number(digits), exponent + Math.max(cut, 0));
  return v < 0n ? -value : value;
}

/** value * 2^exponent, exact whenever the result is a float. */
function scaleByPower(value: number, exponent: number): number {
  let result = value;
  let left = exponent;
  while (left > 900) {
    result *= powerOfTwo(900);
    left -= 900;
  }
  while (left < -900) {
    result *= powerOfTwo(-900);
    left += 900;
  }
  return result * powerOfTwo(left);
}

/** For -1022 to 1023. */
function powerOfTwo(exponent: number): number {
  view.setUint32(0, (exponent + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

const rounded = (v: bigint): number => toFloat(v, -BITS);

/** So small that x³/6 is far below half a unit of x. */
const TINY = 1e-9;

export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 710) return Infinity;
  if (x < -746) return 0;
  const { mantissa, exponent } = expFixed(toFixed(x), ONE);
  return toFloat(mantissa, exponent - BITS);
}

/** Of a positive, finite x. */
function lnPositive(x: number): bigint {
  const { mantissa, exponent } = decompose(x);
  const shift = BITS - bitLength(mantissa);
  const scaled = mantissa << BigInt(shift);
  return lnFixed(scaled, ONE) + BigInt(exponent - shift + BITS) * lnFixed(2n * ONE, ONE);
}

/** x > 0 or infinite. */
export function ln(x: number): number {
  return Number.isFinite(x) ? rounded(lnPositive(x)) : x;
}

export function log10(x: number): number {
  return Number.isFinite(x) ? rounded((lnPositive(x) * ONE) / ln10Fixed(ONE)) : x;
}

/** Of finite operands, x not zero; a negative x only with an integer y. */
export function power(x: number, y: number): number {
  const { mantissa, exponent } = decompose(y);
  const product = lnPositive(Math.abs(x)) * mantissa;
  const scaled = exponent >= 0 ? product << BigInt(exponent) : product >> BigInt(-exponent);
  if (scaled > 711n * ONE) return isOdd(y) && x < 0 ? -Infinity : Infinity;
  if (scaled < -746n * ONE) return isOdd(y) && x < 0 ? -0 : 0;
  const result = expFixed(scaled, ONE);
  const value = toFloat(result.mantissa, result.exponent - BITS);
  return x < 0 && isOdd(y) ? -value : value;
}

function isOdd(y: number): boolean {
  return Math.abs(y) <= Number.MAX_SAFE_INTEGER && y % 2 !== 0;
}

export function cbrt(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const { mantissa, exponent } = decompose(Math.abs(x));
  // The exponent must divide by three, and the root needs more bits than a float.
  const shift = 240 + ((((exponent - 240) % 3) + 3) % 3);
  const root = integerCubeRoot(mantissa << BigInt(shift));
  const value = toFloat(2n * root + 1n, (exponent - shift) / 3 - 1);
  const exact = toFloat(root, (exponent - shift) / 3);
  const result = root * root * root === mantissa << BigInt(shift) ? exact : value;
  return x < 0 ? -result : result;
}

interface Reduced {
  readonly sin: bigint;
  readonly cos: bigint;
}

/** Of an angle in radians, however large: pi is taken with as many bits as the angle asks for. */
function sinCos(x: number): Reduced {
  const { exponent } = decompose(x);
  const extra = Math.max(exponent, 0) + 64;
  const wide = 1n << BigInt(BITS + extra);
  const halfPi = piFixed(wide) / 2n;
  const angle = toFixed(x, BITS + extra);
  const quarter = floorDivide(2n * angle + halfPi, 2n * halfPi);
  const rest = (angle - quarter * halfPi) >> BigInt(extra);
  return turn(sinCosFixed(rest, ONE), Number(((quarter % 4n) + 4n) % 4n));
}

/** By so many right angles. */
function turn({ sin, cos }: Reduced, quarters: number): Reduced {
  if (quarters === 0) return { sin, cos };
  if (quarters === 1) return { sin: cos, cos: -sin };
  return quarters === 2 ? { sin: -sin, cos: -cos } : { sin: -cos, cos: sin };
}

export function sin(x: number): number {
  return Math.abs(x) < TINY ? x : rounded(sinCos(x).sin);
}

export function cos(x: number): number {
  return rounded(sinCos(x).cos);
}

export function tan(x: number): number {
  if (Math.abs(x) < TINY) return x;
  const angle = sinCos(x);
  return rounded((angle.sin * ONE) / angle.cos);
}

/** As a fixed-point number of radians; infinities are right angles. */
function atanExact(x: number): bigint {
  if (x === Infinity) return piFixed(ONE) / 2n;
  if (x === -Infinity) return -piFixed(ONE) / 2n;
  return atanFixed(toFixed(x), ONE);
}

export function atan(x: number): number {
  return Math.abs(x) < TINY ? x : rounded(atanExact(x));
}

/** The angle of the point (x, y), with the signs of zeros as IEEE 754 has them. */
function atan2Exact(y: number, x: number): bigint | null {
  const pi = piFixed(ONE);
  const below = y < 0 || Object.is(y, -0);
  if (y === 0) return x > 0 || Object.is(x, 0) ? null : below ? -pi : pi;
  if (x === 0) return below ? -pi / 2n : pi / 2n;
  let angle: bigint;
  if (!Number.isFinite(x) || !Number.isFinite(y)) {
    const level = Number.isFinite(y) ? 0n : Number.isFinite(x) ? pi / 2n : pi / 4n;
    angle = x > 0 || Number.isFinite(x) ? level : pi - level;
    return below ? -angle : angle;
  }
  const ratio = quotient(Math.abs(y), Math.abs(x));
  angle = atanFixed(ratio, ONE);
  if (x < 0) angle = pi - angle;
  return below ? -angle : angle;
}

/** y / x as a fixed-point number, both positive. */
function quotient(y: number, x: number): bigint {
  const top = decompose(y);
  const bottom = decompose(x);
  const shift = top.exponent - bottom.exponent + BITS;
  return shift >= 0
    ? (top.mantissa << BigInt(shift)) / bottom.mantissa
    : top.mantissa / (bottom.mantissa << BigInt(-shift));
}

export function atan2(y: number, x: number): number {
  const angle = atan2Exact(y, x);
  if (angle === null || (angle === 0n && x > 0)) return x > 0 && y !== 0 ? y / x : y;
  return rounded(angle);
}

/** |x| at most 1. */
function asinExact(x: number): bigint {
  if (Math.abs(x) === 1) return (x > 0 ? 1n : -1n) * (piFixed(ONE) / 2n);
  const fixed = toFixed(x);
  return atanFixed((fixed * ONE) / sqrtFixed(ONE - (fixed * fixed) / ONE, ONE), ONE);
}

export function asin(x: number): number {
  return Math.abs(x) < TINY ? x : rounded(asinExact(x));
}

export function acos(x: number): number {
  return rounded(piFixed(ONE) / 2n - asinExact(x));
}

/** e^x and e^-x as fixed-point numbers, for |x| up to about 720. */
function bothExponentials(x: number): { readonly up: bigint; readonly down: bigint } {
  const scaled = (of: bigint): bigint => {
    const { mantissa, exponent } = expFixed(of, ONE);
    return exponent >= 0 ? mantissa << BigInt(exponent) : mantissa >> BigInt(-exponent);
  };
  const fixed = toFixed(x);
  return { up: scaled(fixed), down: scaled(-fixed) };
}

export function sinh(x: number): number {
  if (Math.abs(x) < TINY || !Number.isFinite(x)) return x;
  if (Math.abs(x) > 711) return x > 0 ? Infinity : -Infinity;
  const { up, down } = bothExponentials(x);
  return rounded((up - down) / 2n);
}

export function cosh(x: number): number {
  if (Math.abs(x) > 711) return Infinity;
  const { up, down } = bothExponentials(x);
  return rounded((up + down) / 2n);
}

export function tanh(x: number): number {
  if (Math.abs(x) < TINY) return x;
  if (Math.abs(x) > 40) return x > 0 ? 1 : -1;
  const { up, down } = bothExponentials(x);
  return rounded(((up - down) * ONE) / (up + down));
}

export function asinh(x: number): number {
  if (Math.abs(x) < TINY || !Number.isFinite(x)) return x;
  const fixed = toFixed(Math.abs(x));
  const value = lnFixed(fixed + sqrtFixed((fixed * fixed) / ONE + ONE, ONE), ONE);
  return rounded(x < 0 ? -value : value);
}

/** x at least 1. */
export function acosh(x: number): number {
  if (!Number.isFinite(x)) return x;
  const fixed = toFixed(x);
  return rounded(lnFixed(fixed + sqrtFixed((fixed * fixed) / ONE - ONE, ONE), ONE));
}

/** |x| below 1. */
export function atanh(x: number): number {
  if (Math.abs(x) < TINY) return x;
  const fixed = toFixed(x);
  return rounded(lnFixed(((ONE + fixed) * ONE) / (ONE - fixed), ONE) / 2n);
}
