/** Generated expressions over JSON and bytes, and what other types make of them. */
import { jsonPathOf, variablesOf } from './json-paths.mjs';
import { of } from './kinds.mjs';

const PATHS = ["'{a}'", "'{a,b}'", "'{0}'", "'{b,-1}'", "'{long name,a}'", "'{}'"];
const VALUES = ['int', 'text', 'numeric', 'bool', 'ints', 'date', 'texts'];

function pathKinds(random) {
  const path = () => `'${jsonPathOf(random)}'`;
  const variables = () => `'${variablesOf(random)}', ${random.chance(70)}`;
  return {
    jsonb: of(
      'jsonpath',
      (e) => `jsonb_path_query_array(${e('jsonb')}, ${path()}, ${variables()})`,
      (e) => `jsonb_path_query_first(${e('jsonb')}, ${path()}, ${variables()})`,
    ),
    bool: of(
      'jsonpath',
      (e) => `(${e('jsonb')} ${random.of(['@?', '@@'])} '${jsonPathOf(random, false)}')`,
      (e) => `jsonb_path_exists(${e('jsonb')}, ${path()}, ${variables()})`,
      (e) => `jsonb_path_match(${e('jsonb')}, ${path()}, ${variables()})`,
    ),
  };
}

export function documentKinds(random) {
  const path = () => random.of(PATHS);
  const name = () => random.of(["'a'", "'b'", "'long name'", "''"]);
  const at = () => random.between(-2, 4);
  const paths = pathKinds(random);
  return {
    jsonb: [
      ...of(
        'json',
        (e) => `(${e('jsonb')} -> ${name()})`,
        (e) => `(${e('jsonb')} -> ${at()})`,
        (e) => `(${e('jsonb')} #> ${path()})`,
        (e) => `(${e('jsonb')})[${name()}]`,
        (e) => `(${e('jsonb')} || ${e('jsonb')})`,
        (e) => `(${e('jsonb')} - ${name()})`,
        (e) => `(${e('jsonb')} - ${at()})`,
        (e) => `(${e('jsonb')} #- ${path()})`,
        (e) => `jsonb_set(${e('jsonb')}, ${path()}, ${e('jsonb')}, ${random.chance(50)})`,
        (e) => `jsonb_insert(${e('jsonb')}, ${path()}, ${e('jsonb')}, ${random.chance(50)})`,
        (e) => `jsonb_strip_nulls(${e('jsonb')})`,
      ),
      ...of(
        'json of values',
        (e) => `to_jsonb(${e(random.of(VALUES))})`,
        (e) => `jsonb_build_object('a', ${e('int')}, 'b', ${e('text')})`,
        (e) => `jsonb_build_array(${e('numeric')}, ${e('bool')}, ${e('timestamp')})`,
        (e) => `jsonb_object(ARRAY['a', 'b'], ARRAY[${e('text')}, ${e('text')}])`,
      ),
      ...paths.jsonb,
    ],
    bytea: of(
      'bytes',
      (e) => `(${e('bytea')} || ${e('bytea')})`,
      (e) => `substring(${e('bytea')} FROM ${random.between(1, 3)} FOR ${random.below(3)})`,
      (e) => `decode(md5(${e('text')}), 'hex')`,
      (e) => `convert_to(${e('text')}, 'UTF8')`,
      (e) => `set_byte('\\x0102'::bytea, ${random.below(2)}, abs(${e('int')}))`,
    ),
    int: of(
      'json',
      (e) => `jsonb_array_length(${e('jsonb')})`,
      (e) => `(${e('jsonb')} -> ${name()})::int`,
      (e) => `length(${e('bytea')})`,
    ),
    text: of(
      'json',
      (e) => `(${e('jsonb')} ->> ${name()})`,
      (e) => `(${e('jsonb')} #>> ${path()})`,
      (e) => `jsonb_typeof(${e('jsonb')})`,
      (e) => `(${e('jsonb')})::text`,
      (e) => `jsonb_pretty(${e('jsonb')})`,
      (e) => `encode(${e('bytea')}, '${random.of(['hex', 'base64', 'escape'])}')`,
    ),
    bool: [
      ...of(
        'json',
        (e) => `(${e('jsonb')} ${random.of(['@>', '<@'])} ${e('jsonb')})`,
        (e) => `(${e('jsonb')} ? ${name()})`,
        (e) => `(${e('jsonb')} ${random.of(['?|', '?&'])} ARRAY['a', 'b'])`,
      ),
      ...paths.bool,
    ],
  };
}
