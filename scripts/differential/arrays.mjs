/** Generated expressions over arrays, and what other types make of them. */
import { of } from './kinds.mjs';

export function arrayKinds(random) {
  const at = () => random.between(-2, 4);
  const list = () => random.of(['ints', 'texts']);
  const some = () => random.of(['ANY', 'ALL']);
  return {
    ints: of(
      'array',
      (e) => `ARRAY[${e('int')}, ${e('int')}]`,
      (e) => `(${e('ints')} || ${e(random.of(['ints', 'int']))})`,
      (e) => `array_append(${e('ints')}, ${e('int')})`,
      (e) => `array_prepend(${e('int')}, ${e('ints')})`,
      (e) => `array_remove(${e('ints')}, ${e('int')})`,
      (e) => `array_replace(${e('ints')}, ${e('int')}, ${e('int')})`,
      (e) => `(${e('ints')})[${at()}:${at()}]`,
      (e) => `array_positions(${e('ints')}, ${e('int')})`,
      (e) => `trim_array(${e('ints')}, ${random.below(2)})`,
      (e) => `ARRAY(SELECT u FROM unnest(${e('ints')}) u ORDER BY u)`,
      (e) => `array_fill(${e('int')}, ARRAY[${random.below(3)}])`,
    ),
    texts: of(
      'array',
      (e) => `string_to_array(${e('text')}, ' ')`,
      (e) => `string_to_array(${e('text')}, NULL, 'b')`,
      (e) => `regexp_split_to_array(${e('text')}, '${random.of(['b', '\\s+', ''])}')`,
      (e) => `regexp_match(${e('text')}, '${random.of(['(a)(b)?', '^.', '(.).'])}')`,
      (e) => `(${e('texts')} || ${e('texts')})`,
      (e) => `array_replace(${e('texts')}, ${e('text')}, ${e('text')})`,
      (e) => `(${e('ints')})::text[]`,
    ),
    int: of(
      'array',
      (e) => `(${e('ints')})[${at()}]`,
      (e) => `${random.of(['array_length', 'array_upper', 'array_lower'])}(${e(list())}, 1)`,
      (e) => `cardinality(${e(list())})`,
      (e) => `array_position(${e('ints')}, ${e('int')})`,
    ),
    text: of(
      'array',
      (e) => `array_to_string(${e(list())}, ',', '*')`,
      (e) => `(${e('texts')})[${at()}]`,
      (e) => `(${e(list())})::text`,
    ),
    bool: of(
      'array',
      (e) => `(${e('ints')} ${random.of(['@>', '<@', '&&'])} ${e('ints')})`,
      (e) => `(${e('texts')} ${random.of(['@>', '<@', '&&'])} ${e('texts')})`,
      (e) => `(${e('int')} ${random.of(['=', '<', '<>'])} ${some()} (${e('ints')}))`,
      (e) => `(${e('text')} LIKE ANY (${e('texts')}))`,
    ),
  };
}
