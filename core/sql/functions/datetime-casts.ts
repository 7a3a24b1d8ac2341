/** Casts among dates, times, timestamps and intervals. */
import type { Environment } from '../environment.ts';
import type { Cast, CastContext } from './function.ts';
import {
  dateToTimestamp,
  instantToLocal,
  isInfiniteTimestamp,
  localToInstant,
  roundMicros,
  timestampTime,
  timestampToDate,
} from '../types/datetime.ts';
import { floorModulo64 } from '../types/int64.ts';
import { DAY_MICROS, interval } from '../types/interval.ts';
import { trimToFields } from '../types/interval-fields.ts';
import { DATE, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ } from '../types/type.ts';
import type { Int64, Interval, TypeId, Value } from '../types/type.ts';

type Convert<T> = (value: T, environment: Environment) => Value;

function cast<T extends Value>(
  from: TypeId,
  to: TypeId,
  context: CastContext,
  convert: Convert<T>,
): Cast {
  const zoned = from === TIMESTAMPTZ || to === TIMESTAMPTZ;
  return {
    from,
    to,
    context,
    volatility: zoned ? 'stable' : 'immutable',
    apply: (environment, value, modifier) => {
      const result = convert(value as T, environment);
      if (modifier < 0 || result === null || to === DATE) return result;
      if (to === INTERVAL) return trimToFields(result as Interval, modifier);
      return roundMicros(result as Int64, modifier);
    },
  };
}

/** Infinity has no time of day. */
function timeOf(micros: Int64): Value {
  return isInfiniteTimestamp(micros) ? null : timestampTime(micros);
}

export const dateTimeCasts: readonly Cast[] = [
  cast<number>(DATE, TIMESTAMP, 'implicit', dateToTimestamp),
  cast<number>(DATE, TIMESTAMPTZ, 'implicit', (days, { zone }) =>
    localToInstant(dateToTimestamp(days), zone),
  ),
  cast<Int64>(TIME, INTERVAL, 'implicit', (micros) => interval(0, 0, micros)),
  cast<Int64>(TIMESTAMP, DATE, 'assignment', timestampToDate),
  cast<Int64>(TIMESTAMP, TIME, 'assignment', timeOf),
  cast<Int64>(TIMESTAMP, TIMESTAMPTZ, 'implicit', (micros, { zone }) =>
    localToInstant(micros, zone),
  ),
  cast<Int64>(TIMESTAMPTZ, DATE, 'assignment', (micros, { zone }) =>
    timestampToDate(instantToLocal(micros, zone)),
  ),
  cast<Int64>(TIMESTAMPTZ, TIME, 'assignment', (micros, { zone }) =>
    timeOf(instantToLocal(micros, zone)),
  ),
  cast<Int64>(TIMESTAMPTZ, TIMESTAMP, 'assignment', (micros, { zone }) =>
    instantToLocal(micros, zone),
  ),
  cast<Interval>(INTERVAL, TIME, 'assignment', (span) => floorModulo64(span.micros, DAY_MICROS)),
];
