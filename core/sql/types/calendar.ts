/**
 * The proleptic Gregorian calendar, as days since 2000-01-01. Year 0 is 1 BC, -1 is 2 BC.
 */

export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** 1970-01-01 and the algorithm's own 0000-03-01, in days before 2000-01-01. */
const EPOCH_TO_MARCH_0 = 730425;
const DAYS_PER_ERA = 146097;

/** The Julian day number of 2000-01-01. */
export const JULIAN_2000 = 2451545;
/** Day 1 of the Unix epoch: 1970-01-01. */
export const UNIX_EPOCH_DAYS = -10957;

/** Years are counted from March, so that the leap day is the last; eras are 400 years. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - EPOCH_TO_MARCH_0;
}

export function civilFromDays(days: number): Civil {
  const shifted = days + EPOCH_TO_MARCH_0;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (MONTH_DAYS[month - 1] ?? 31);
}

/** 0 is Sunday. 2000-01-01 was a Saturday. */
export function dayOfWeek(days: number): number {
  return (((days + 6) % 7) + 7) % 7;
}

/** 1 to 366. */
export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilFromDays(days).year, 1, 1) + 1;
}

/** The Monday on which ISO week 1 of the year begins: the week with 4 January. */
function isoYearStart(year: number): number {
  const fourth = daysFromCivil(year, 1, 4);
  return fourth - ((dayOfWeek(fourth) + 6) % 7);
}

export interface IsoWeek {
  readonly year: number;
  /** 1 to 53. */
  readonly week: number;
}

export function isoWeek(days: number): IsoWeek {
  let { year } = civilFromDays(days);
  if (days >= isoYearStart(year + 1)) year += 1;
  else if (days < isoYearStart(year)) year -= 1;
  return { year, week: Math.floor((days - isoYearStart(year)) / 7) + 1 };
}

/** Days of the Monday of an ISO week. */
export function daysFromIsoWeek(year: number, week: number): number {
  return isoYearStart(year) + (week - 1) * 7;
}
