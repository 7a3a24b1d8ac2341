/** The keys: what each does, in the words of the help. One table for both. */
import type { Session } from './session.ts';

/** A key by name (`left`, `enter`, …) or the character that it types. */
export type Key = string;

interface Binding {
  readonly keys: readonly Key[];
  /** As the help shows them. */
  readonly shown: string;
  readonly words: string;
  act(session: Session): void;
}

const MOVE: readonly Binding[] = [
  { keys: ['right', 'l'], shown: '→ l', words: 'next moment', act: (s) => sideways(s, 1) },
  { keys: ['left', 'h'], shown: '← h', words: 'moment before', act: (s) => sideways(s, -1) },
  { keys: ['down', 'j'], shown: '↓ j', words: 'next line', act: (s) => s.line(1) },
  { keys: ['up', 'k'], shown: '↑ k', words: 'line before', act: (s) => s.line(-1) },
  {
    keys: ['pagedown', ' '],
    shown: 'PgDn space',
    words: 'a screen on',
    act: (s) => s.line(s.page),
  },
  { keys: ['pageup'], shown: 'PgUp', words: 'a screen back', act: (s) => s.line(-s.page) },
  { keys: ['>', '.'], shown: '> .', words: '1 % of the run on', act: (s) => s.scrub(1) },
  { keys: ['<', ','], shown: '< ,', words: '1 % of the run back', act: (s) => s.scrub(-1) },
  { keys: ['home', 'g'], shown: 'Home g', words: 'to the beginning', act: (s) => s.toEnd(-1) },
  { keys: ['end', 'G'], shown: 'End G', words: 'to the end', act: (s) => s.toEnd(1) },
  { keys: ['t'], shown: 't', words: 'to a time, event or place', act: (s) => s.ask('goto') },
];

const JUMP: readonly Binding[] = [
  { keys: ['f'], shown: 'f', words: 'next fault', act: (s) => s.jump('fault', 1) },
  { keys: ['F'], shown: 'F', words: 'fault before', act: (s) => s.jump('fault', -1) },
  { keys: ['c'], shown: 'c', words: 'next commit', act: (s) => s.jump('commit', 1) },
  { keys: ['C'], shown: 'C', words: 'commit before', act: (s) => s.jump('commit', -1) },
  { keys: ['v'], shown: 'v', words: 'next view change', act: (s) => s.jump('view', 1) },
  { keys: ['V'], shown: 'V', words: 'view change before', act: (s) => s.jump('view', -1) },
  { keys: ['x'], shown: 'x', words: 'to the violation', act: (s) => s.jump('violation', 1) },
  { keys: ['X'], shown: 'X', words: 'back to the violation', act: (s) => s.jump('violation', -1) },
  { keys: ['/'], shown: '/', words: 'search', act: (s) => s.ask('search') },
  { keys: ['n'], shown: 'n', words: 'next match', act: (s) => s.search('', 1) },
  { keys: ['N'], shown: 'N', words: 'match before', act: (s) => s.search('', -1) },
];

const LOOK: readonly Binding[] = [
  {
    keys: ['enter'],
    shown: 'Enter',
    words: 'inspect the line, to its bytes',
    act: (s) => (s.pane === 'choices' ? s.branchFlip() : s.show('inspect')),
  },
  { keys: ['i'], shown: 'i', words: 'the invariants', act: (s) => s.show('invariants') },
  { keys: ['o'], shown: 'o', words: 'only some kinds', act: (s) => s.ask('kinds') },
  { keys: ['q', 'ctrl-c'], shown: 'q', words: 'quit', act: () => undefined },
  { keys: ['a'], shown: 'a', words: 'all: clear the filters', act: (s) => s.clearFilter() },
  { keys: ['y'], shown: 'y', words: 'bookkeeping too', act: (s) => s.toggleQuiet() },
  { keys: ['escape'], shown: 'Esc', words: 'back', act: (s) => s.back() },
  { keys: ['?'], shown: '?', words: 'this help', act: (s) => s.show('help') },
];

const BRANCH: readonly Binding[] = [
  { keys: ['b'], shown: 'b', words: 'go on with other luck', act: (s) => s.ask('tail') },
  { keys: ['B'], shown: 'B', words: 'flip a choice of now', act: (s) => s.chooseFlip() },
  { keys: ['tab'], shown: 'Tab', words: 'next branch', act: (s) => s.nextTrack() },
  { keys: ['='], shown: '=', words: 'compare with the original', act: (s) => s.show('compare') },
  { keys: ['d'], shown: 'd', words: 'to the first difference', act: (s) => s.toDifference() },
  { keys: ['w'], shown: 'w', words: 'when was it baked in?', act: (s) => s.bisect() },
  { keys: ['W'], shown: 'W', words: 'go there', act: (s) => s.toBaked() },
  { keys: ['p'], shown: 'p', words: 'how likely, over time', act: (s) => s.show('bisection') },
];

/** The help's columns. */
export const GROUPS: readonly (readonly [title: string, bindings: readonly Binding[]])[] = [
  ['move', MOVE],
  ['jump', JUMP],
  ['look', LOOK],
  ['branch', BRANCH],
];

const ALL: ReadonlyMap<Key, Binding> = new Map(
  [MOVE, JUMP, LOOK, BRANCH].flat().flatMap((binding) => binding.keys.map((key) => [key, binding])),
);

/** Does what a key says; false when it ends the session. */
export function press(session: Session, key: Key): boolean {
  if (key === 'ctrl-c') return false;
  if (session.prompt !== null) {
    typed(session, key);
    return true;
  }
  if (key === 'q') return false;
  session.message = '';
  if (/^[0-7]$/.test(key)) session.toggleNode(Number(key));
  else ALL.get(key)?.act(session);
  return true;
}

function sideways(session: Session, direction: number): void {
  if (session.pane === 'choices') session.turn(direction);
  else session.step(direction);
}

const PROMPT_MAX = 200;

function typed(session: Session, key: Key): void {
  const { prompt } = session;
  if (prompt === null) return;
  if (key === 'enter') session.answer();
  else if (key === 'escape') session.prompt = null;
  else if (key === 'backspace') prompt.text = prompt.text.slice(0, -1);
  else if (key.length === 1 && prompt.text.length < PROMPT_MAX) prompt.text += key;
}
