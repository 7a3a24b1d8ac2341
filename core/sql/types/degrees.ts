/**
 * Trigonometry in degrees, by PostgreSQL's own formulas (`float.c`): exact at multiples of 30 and
 * 45 degrees, elsewhere one rounding after another, so that results agree to the last digit.
 */
import { acos, asin, atan, atan2, cos, sin } from './float-math.ts';

const RADIANS_PER_DEGREE = 0.017453292519943295;
const SIN_30: number = sin(30 * RADIANS_PER_DEGREE);
const ONE_MINUS_COS_60: number = 1 - cos(60 * RADIANS_PER_DEGREE);
const ASIN_HALF: number = asin(0.5);
const ACOS_HALF: number = acos(0.5);
const ATAN_1: number = atan(1);

function sin0to30(x: number): number {
  return sin(x * RADIANS_PER_DEGREE) / SIN_30 / 2;
}

function cos0to60(x: number): number {
  return 1 - (1 - cos(x * RADIANS_PER_DEGREE)) / ONE_MINUS_COS_60 / 2;
}

/** From 0 to 90. */
function sinQuarter(x: number): number {
  return x <= 30 ? sin0to30(x) : cos0to60(90 - x);
}

function cosQuarter(x: number): number {
  return x <= 60 ? cos0to60(x) : sin0to30(90 - x);
}

const TAN_45: number = sinQuarter(45) / cosQuarter(45);
const COT_45: number = cosQuarter(45) / sinQuarter(45);

export function sinDegrees(x: number): number {
  let angle = x % 360;
  let sign = 1;
  if (angle < 0 || Object.is(angle, -0)) {
    angle = -angle;
    sign = -sign;
  }
  if (angle > 180) {
    angle = 360 - angle;
    sign = -sign;
  }
  if (angle > 90) angle = 180 - angle;
  return sign * sinQuarter(angle);
}

export function cosDegrees(x: number): number {
  let angle = Math.abs(x % 360);
  let sign = 1;
  if (angle > 180) angle = 360 - angle;
  if (angle > 90) {
    angle = 180 - angle;
    sign = -sign;
  }
  return sign * cosQuarter(angle);
}

/** The angle between 0 and 90 with the same tangent but for its sign. */
function reduce(x: number): { readonly angle: number; readonly sign: number } {
  let angle = x % 360;
  let sign = 1;
  if (angle < 0) {
    angle = -angle;
    sign = -sign;
  }
  if (angle > 180) {
    angle = 360 - angle;
    sign = -sign;
  }
  if (angle > 90) {
    angle = 180 - angle;
    sign = -sign;
  }
  return { angle, sign };
}

/** Infinite at odd right angles; zero has no sign. */
export function tanDegrees(x: number): number {
  const { angle, sign } = reduce(x);
  return sign * (sinQuarter(angle) / cosQuarter(angle) / TAN_45) + 0;
}

export function cotDegrees(x: number): number {
  const { angle, sign } = reduce(x);
  return sign * (cosQuarter(angle) / sinQuarter(angle) / COT_45) + 0;
}

function asinQuarter(x: number): number {
  return x <= 0.5 ? (asin(x) / ASIN_HALF) * 30 : 90 - (acos(x) / ACOS_HALF) * 60;
}

function acosQuarter(x: number): number {
  return x <= 0.5 ? 90 - (asin(x) / ASIN_HALF) * 30 : (acos(x) / ACOS_HALF) * 60;
}

export function asinDegrees(x: number): number {
  return x >= 0 ? asinQuarter(x) : -asinQuarter(-x);
}

export function acosDegrees(x: number): number {
  return x >= 0 ? acosQuarter(x) : 90 + asinQuarter(-x);
}

export function atanDegrees(x: number): number {
  return (atan(x) / ATAN_1) * 45;
}

export function atan2Degrees(y: number, x: number): number {
  return (atan2(y, x) / ATAN_1) * 45;
}
