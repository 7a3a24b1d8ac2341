/** Generated texts, what templates, patterns and formats make of values; and enums. */
import { of } from './kinds.mjs';

const NUMBERS = ['999.99', 'FM9,990.0', 'S0000', '9.9EEEE'];

export function stringKinds(random) {
  return {
    mood: of(
      'enum',
      (e) => `${random.of(['greatest', 'least'])}(${e('mood')}, ${e('mood')})`,
      (e) => `${random.of(['enum_first', 'enum_last'])}(${e('mood')})`,
      (e) => `(enum_range(${e('mood')}, NULL))[${random.between(1, 4)}]`,
      (e) => `(CASE WHEN ${e('bool')} THEN 'ok' ELSE 'sad' END)::mood`,
      (e) => `(${e('text')})::mood`,
    ),
    text: [
      ...of(
        'more of strings',
        (e) => `format('%s:%L:%I', ${e('int')}, ${e('text')}, ${e('text')})`,
        (e) => `concat_ws(',', ${e('text')}, ${e('int')}, ${e('date')})`,
        (e) => `regexp_replace(${e('text')}, '${random.of(['b', '(.)(.)', '^'])}', '<\\1>', 'g')`,
        (e) => `substring(${e('text')} FROM '${random.of(['[a-c]+', '.(.)', 'x?'])}')`,
        (e) => `overlay(${e('text')} PLACING ${e('text')} FROM ${random.between(1, 3)})`,
        (e) => `translate(${e('text')}, 'abc', 'xy')`,
        (e) => `reverse(${e('text')})`,
        (e) => `quote_literal(${e('text')})`,
        (e) => `(${e('mood')})::text`,
      ),
      ...of(
        'to_char',
        (e) => `to_char(${e('timestamp')}, 'YYYY-MM-DD HH24:MI:SS Day DDD IW')`,
        (e) => `to_char(${e('timestamptz')}, 'Dy DD Mon YYYY HH12:MI AM TZH:TZM')`,
        (e) => `to_char(${e('interval')}, 'YY MM DD HH24:MI:SS')`,
        (e) => `to_char(${e('numeric')}, '${random.of(NUMBERS)}')`,
        (e) => `to_char(${e('int')}, '${random.of(['999', 'RN', '0009MI', 'FM999th'])}')`,
        (e) => `(${e(random.of(['interval', 'timestamptz', 'time']))})::text`,
      ),
    ],
  };
}
