/**
 * Elementary functions on fixed-point numbers of any precision: a value v stands for v / one.
 *
 * Everything is integer arithmetic, so every engine answers the same bits. With `one` a power of
 * two they serve floats (`float-math.ts`), with a power of ten numeric (`decimal-math.ts`); callers
 * take enough guard digits. Series stop when a term vanishes, so each call costs about as many
 * terms as `one` has digits.
 */

/** The largest integer whose square is at most v. */
export function integerRoot(v: bigint): bigint {
  if (v < 2n) return v;
  // Start above the root: Newton's steps then only fall.
  let root = 1n << BigInt((v.toString(16).length * 4 + 2) >> 1);
  for (;;) {
    const next = (root + v / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** The largest integer whose cube is at most v. */
export function integerCubeRoot(v: bigint): bigint {
  if (v < 2n) return v;
  let root = 1n << BigInt(Math.ceil((v.toString(16).length * 4) / 3) + 1);
  for (;;) {
    const next = (2n * root + v / (root * root)) / 3n;
    if (next >= root) return root;
    root = next;
  }
}

export function sqrtFixed(x: bigint, one: bigint): bigint {
  return integerRoot(x * one);
}

/** Constants are computed once for each precision. */
function kept(compute: (one: bigint) => bigint): (one: bigint) => bigint {
  const known = new Map<bigint, bigint>();
  return (one) => {
    let value = known.get(one);
    if (value === undefined) {
      if (known.size >= 16) known.clear();
      // 64 more bits, so that what the constant is multiplied with does not show its error.
      value = compute(one << 64n) >> 64n;
      known.set(one, value);
    }
    return value;
  };
}

/** atan(1 / n). */
function atanReciprocal(n: bigint, one: bigint): bigint {
  const square = n * n;
  let power = one / n;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += (k & 2n) === 0n ? power / k : -(power / k);
    power /= square;
  }
  return sum;
}

/** Machin's formula. */
export const piFixed: (one: bigint) => bigint = kept(
  (one) => 4n * (4n * atanReciprocal(5n, one) - atanReciprocal(239n, one)),
);

/** 2 atanh(1 / n) = ln((n + 1) / (n - 1)). */
function logRatio(n: bigint, one: bigint): bigint {
  const square = n * n;
  let power = one / n;
  let sum = 0n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power /= square;
  }
  return 2n * sum;
}

export const ln2Fixed: (one: bigint) => bigint = kept((one) => logRatio(3n, one));

/** ln 10 = 3 ln 2 + ln(5/4). */
export const ln10Fixed: (one: bigint) => bigint = kept(
  (one) => 3n * logRatio(3n, one) + logRatio(9n, one),
);

/** e^x as a mantissa in [0.7, 1.5) and a power of two: x may be large. */
export function expFixed(
  x: bigint,
  one: bigint,
): { readonly mantissa: bigint; readonly exponent: number } {
  const ln2 = ln2Fixed(one);
  const exponent = floorDivide(2n * x + ln2, 2n * ln2);
  const rest = x - exponent * ln2;
  // e^r = (e^(r/256))^256: the series is short and eight squarings undo it.
  const guard = one << 16n;
  const small = (rest << 16n) >> 8n;
  let term = guard;
  let sum = guard;
  for (let k = 1n; term !== 0n; k += 1n) {
    term = (term * small) / (guard * k);
    sum += term;
  }
  for (let i = 0; i < 8; i += 1) sum = (sum * sum) / guard;
  return { mantissa: sum >> 16n, exponent: Number(exponent) };
}

export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** ln x, x > 0: of x / 2^k by the series of atanh, plus k ln 2. */
export function lnFixed(x: bigint, one: bigint): bigint {
  const bits = bitLength(x) - bitLength(one);
  let k = bits;
  let m = k >= 0 ? x >> BigInt(k) : x << BigInt(-k);
  if (3n * m > 4n * one) {
    k += 1;
    m = k >= 0 ? x >> BigInt(k) : x << BigInt(-k);
  }
  const z = ((m - one) * one) / (m + one);
  const square = (z * z) / one;
  let power = z;
  let sum = 0n;
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += power / n;
    power = (power * square) / one;
  }
  return 2n * sum + BigInt(k) * ln2Fixed(one);
}

export function bitLength(v: bigint): number {
  const hex = v.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number(`0x${hex[0] ?? '0'}`)));
}

/** For |r| below about 1. */
export function sinCosFixed(
  r: bigint,
  one: bigint,
): { readonly sin: bigint; readonly cos: bigint } {
  const square = (r * r) / one;
  return { sin: series(r, square, one, 2n), cos: series(one, square, one, 1n) };
}

/** first - first·s/(n(n+1)) + …, as sine (n from 2) and cosine (n from 1) go. */
function series(first: bigint, square: bigint, one: bigint, from: bigint): bigint {
  let term = first;
  let sum = 0n;
  for (let n = from; term !== 0n; n += 2n) {
    sum += term;
    term = -((term * square) / (one * n * (n + 1n)));
  }
  return sum;
}

/** For any x. The argument is halved thrice before the series. */
export function atanFixed(x: bigint, one: bigint): bigint {
  if (x < 0n) return -atanFixed(-x, one);
  if (x > one) return piFixed(one) / 2n - atanFixed((one * one) / x, one);
  let y = x;
  for (let i = 0; i < 3; i += 1) y = (y * one) / (one + sqrtFixed(one + (y * y) / one, one));
  const square = (y * y) / one;
  let power = y;
  let sum = 0n;
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += power / n;
    power = -((power * square) / one);
  }
  return 8n * sum;
}
