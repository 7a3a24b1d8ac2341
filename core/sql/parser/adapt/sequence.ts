/** Options of sequences and identity columns. */
import { unsupported } from '../../error.ts';
import type { SequenceOptions } from '../../tree/define.ts';
import type { Context, Raw } from './raw.ts';
import {
  child,
  children,
  flag,
  integer,
  kindOf,
  maybeChild,
  place,
  strings,
  syntaxError,
  text,
} from './raw.ts';
import { typeName } from './type.ts';

type Draft = { -readonly [K in keyof SequenceOptions]: SequenceOptions[K] };

export function sequenceOptions(c: Context, nodes: readonly Raw[]): SequenceOptions {
  const options: Draft = {
    type: null,
    start: null,
    increment: null,
    minimum: null,
    maximum: null,
    cache: null,
    cycle: null,
    restart: null,
    ownedBy: null,
  };
  const seen = new Set<string>();
  for (const each of nodes) {
    const option = child(each, 'DefElem');
    const name = text(option, 'defname');
    if (seen.has(name)) throw syntaxError('conflicting or redundant options', place(c, option));
    seen.add(name);
    setOption(c, options, name, option);
  }
  return options;
}

function setOption(c: Context, options: Draft, name: string, option: Raw): void {
  const value = maybeChild(option, 'arg');
  switch (name) {
    case 'as':
      options.type = typeName(c, child(value!, 'TypeName'));
      break;
    case 'start':
    case 'increment':
    case 'cache':
      options[name] = digits(value!);
      break;
    case 'minvalue':
      options.minimum = value === null ? 'none' : digits(value);
      break;
    case 'maxvalue':
      options.maximum = value === null ? 'none' : digits(value);
      break;
    case 'restart':
      options.restart = value === null ? 'start' : digits(value);
      break;
    case 'cycle':
      options.cycle = flag(child(value!, 'Boolean'), 'boolval');
      break;
    case 'owned_by': {
      const parts = strings(children(child(value!, 'List'), 'items'));
      options.ownedBy = parts.length === 1 && parts[0] === 'none' ? [] : parts;
      break;
    }
    default:
      throw unsupported(`the sequence option ${name}`, place(c, option));
  }
}

function digits(node: Raw): string {
  if (kindOf(node) === 'Float') return text(child(node, 'Float'), 'fval');
  return String(integer(child(node, 'Integer'), 'ival'));
}
