/** Casts among strings, and the few others that `pg_cast` lists beside numbers and times. */
import type { Cast, CastContext } from './function.ts';
import { canonicalJson } from '../types/jsonb.ts';
import { fitCharacter, fitName, fitVarchar, trimPadding } from '../types/text.ts';
import { BOOL, BPCHAR, JSON, JSONB, NAME, TEXT, VARCHAR } from '../types/type.ts';
import type { TypeId } from '../types/type.ts';

type Convert = (text: string, modifier: number, explicit: boolean) => string;

function cast(from: TypeId, to: TypeId, context: CastContext, convert: Convert): Cast {
  return {
    from,
    to,
    context,
    volatility: 'immutable',
    apply: (_, value, modifier, explicit) => convert(value as string, modifier, explicit),
  };
}

/** Between text and varchar nothing changes but the name. */
function relabel(from: TypeId, to: TypeId, convert: Convert): Cast {
  return { ...cast(from, to, 'implicit', convert), relabels: true };
}

const asIs: Convert = (text) => text;
const name: Convert = (text) => fitName(text);

export const textCasts: readonly Cast[] = [
  relabel(TEXT, VARCHAR, fitVarchar),
  cast(TEXT, BPCHAR, 'implicit', fitCharacter),
  cast(TEXT, NAME, 'implicit', name),
  relabel(VARCHAR, TEXT, asIs),
  cast(VARCHAR, BPCHAR, 'implicit', fitCharacter),
  cast(VARCHAR, NAME, 'implicit', name),
  cast(BPCHAR, TEXT, 'implicit', trimPadding),
  cast(BPCHAR, VARCHAR, 'implicit', (text, n, explicit) =>
    fitVarchar(trimPadding(text), n, explicit),
  ),
  cast(BPCHAR, NAME, 'implicit', (text) => fitName(trimPadding(text))),
  cast(NAME, TEXT, 'implicit', asIs),
  cast(NAME, VARCHAR, 'assignment', fitVarchar),
  cast(NAME, BPCHAR, 'assignment', fitCharacter),
  cast(JSON, JSONB, 'assignment', canonicalJson),
  cast(JSONB, JSON, 'assignment', asIs),
  ...[TEXT, VARCHAR, BPCHAR].map((to): Cast => ({
    from: BOOL,
    to,
    context: 'assignment',
    volatility: 'immutable',
    apply: (_, value, modifier, explicit) => {
      const text = value === true ? 'true' : 'false';
      if (to === TEXT) return text;
      return (to === VARCHAR ? fitVarchar : fitCharacter)(text, modifier, explicit);
    },
  })),
];
