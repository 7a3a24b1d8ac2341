/**
 * Casts: PostgreSQL's `pg_cast`, and the casts through text that it does not list.
 *
 * `findCast` answers for two different types. A value that has its type already but needs another
 * modifier (`varchar(5)` into `varchar(3)`) goes through `lengthCast`.
 */
import type { Cast, CastContext } from './function.ts';
import { dateTimeCasts } from './datetime-casts.ts';
import { numericCasts } from './numeric-casts.ts';
import { textCasts } from './text-casts.ts';
import { mapArray } from '../types/array.ts';
import { ARRAY_TYPES, arrayOf, elementOf } from '../types/array-type.ts';
import { category } from '../types/describe.ts';
import { fitText, fitValue, formatValue, parseValue } from '../types/text-io.ts';
import {
  BPCHAR,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INTERVAL,
  NUMERIC,
  RECORD,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  UNKNOWN,
  VARCHAR,
  VOID,
} from '../types/type.ts';
import type { ArrayValue, TypeId } from '../types/type.ts';
import { USER_TYPES_FROM, isFormer, isUserType, presentType } from '../types/user-type.ts';

const STRENGTH = { implicit: 0, assignment: 1, explicit: 2 } as const;

const LISTED: ReadonlyMap<number, Cast> = new Map(
  [...numericCasts, ...textCasts, ...dateTimeCasts].map((cast) => [key(cast.from, cast.to), cast]),
);

/** Casts through text, made when first asked for: as many as there are pairs of types. */
const throughText = new Map<number, Cast>();
const userCasts = new Map<TypeId, Map<TypeId, Cast>>();
const USER_CASTS_MAX = 1024;

function key(from: TypeId, to: TypeId): number {
  return from * 65536 + to;
}

/** The cast that may happen in this context, or null. Of two different types. */
export function findCast(from: TypeId, to: TypeId, context: CastContext): Cast | null {
  const own = from >= USER_TYPES_FROM || to >= USER_TYPES_FROM;
  const found = own ? userCast(from, to) : (LISTED.get(key(from, to)) ?? textCast(from, to));
  return found !== null && STRENGTH[found.context] <= STRENGTH[context] ? found : null;
}

/** Of types that users define: through text, and between a type and what it was. */
function userCast(from: TypeId, to: TypeId): Cast | null {
  if (from === to || to === UNKNOWN || to === VOID || from === VOID || to === RECORD) return null;
  // What a former type is now is another thing for each statement.
  const same = relabelling(from, to);
  if (same !== null) return same;
  const known = userCasts.get(from)?.get(to);
  if (known !== undefined) return known;
  const made = arrayCast(from, to) ?? makeTextCast(from, to);
  if (made === null) return null;
  if (userCasts.size >= USER_CASTS_MAX) userCasts.clear();
  const targets = userCasts.get(from) ?? new Map<TypeId, Cast>();
  userCasts.set(from, targets.set(to, made));
  return made;
}

/** Ranks do not change, whatever becomes of the labels. */
function relabelling(from: TypeId, to: TypeId): Cast | null {
  if (!isFormer(from) || !isUserType(to) || isFormer(to)) return null;
  if (presentType(from) !== to) return null;
  const apply: Cast['apply'] = (_, value) => value;
  return { from, to, context: 'implicit', volatility: 'immutable', relabels: true, apply };
}

/** Of arrays of two element types: as the elements are cast, one by one. */
function arrayCast(from: TypeId, to: TypeId): Cast | null {
  const [source, target] = [elementOf(from), elementOf(to)];
  const cast = source === null || target === null ? null : findCast(source, target, 'explicit');
  if (cast === null) return null;
  return {
    from,
    to,
    context: cast.context,
    volatility: cast.volatility,
    ...(cast.relabels === true ? { relabels: true } : {}),
    apply: (environment, value, modifier, explicit) =>
      mapArray(value as ArrayValue, (one) => cast.apply(environment, one, modifier, explicit)),
  };
}

function textCast(from: TypeId, to: TypeId): Cast | null {
  if (from === to || to === UNKNOWN || to === VOID || from === VOID || to === RECORD) return null;
  const known = throughText.get(key(from, to));
  if (known !== undefined) return known;
  const made = arrayCast(from, to) ?? makeTextCast(from, to);
  if (made !== null) throughText.set(key(from, to), made);
  return made;
}

function withArrays(types: readonly TypeId[]): ReadonlySet<TypeId> {
  const arrays = ARRAY_TYPES.filter((array) => types.includes(elementOf(array) as TypeId));
  return new Set([...types, ...arrays]);
}

/** What such text means depends on settings or the clock. */
const STABLE_TEXT = withArrays([DATE, TIME, TIMESTAMP, TIMESTAMPTZ, INTERVAL]);
/** How such values are written depends on settings. */
const CHANGING = [BYTEA, DATE, TIMESTAMP, TIMESTAMPTZ, INTERVAL, FLOAT4, FLOAT8, RECORD];
const STABLE_OUTPUT = withArrays(CHANGING);

/** To strings on assignment, from strings when asked, from a literal always. */
function makeTextCast(from: TypeId, to: TypeId): Cast | null {
  if (category(to) === 'string' && from !== UNKNOWN) {
    return {
      from,
      to,
      context: 'assignment',
      volatility: STABLE_OUTPUT.has(from) || isUserType(from) ? 'stable' : 'immutable',
      apply: (environment, value, modifier, explicit) =>
        fitText(to, formatValue(from, value, environment), modifier, explicit),
    };
  }
  if (category(from) !== 'string' && from !== UNKNOWN) return null;
  return {
    from,
    to,
    context: from === UNKNOWN ? 'implicit' : 'explicit',
    // Labels may be called otherwise tomorrow.
    volatility: STABLE_TEXT.has(to) || isUserType(to) ? 'stable' : 'immutable',
    // A literal is read with its modifier in mind; other text is read first and fitted then.
    apply: (environment, value, modifier, explicit) => {
      const known = from === UNKNOWN ? modifier : -1;
      return fitValue(to, parseValue(to, value as string, environment, known), modifier, explicit);
    },
  };
}

const SIZED: readonly TypeId[] = [VARCHAR, BPCHAR, NUMERIC, TIME, TIMESTAMP, TIMESTAMPTZ, INTERVAL];

const LENGTH_CASTS: ReadonlyMap<TypeId, Cast> = new Map(
  [...SIZED, ...SIZED.map((type) => arrayOf(type) as TypeId)].map((type) => [
    type,
    {
      from: type,
      to: type,
      context: 'implicit',
      volatility: 'immutable',
      apply: (_, value, modifier, explicit) => fitValue(type, value, modifier, explicit),
    } satisfies Cast,
  ]),
);

/** What brings a value of this type to a modifier; null where types have none. */
export function lengthCast(type: TypeId): Cast | null {
  return LENGTH_CASTS.get(type) ?? null;
}
