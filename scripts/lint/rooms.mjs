/**
 * Who may import whom: the table of docs/house.md as data, and the one function that reads it.
 *
 * The compiler (a tsconfig per layer) already keeps the layers apart; this keeps the rooms *inside*
 * a layer apart, and says in words why. A file that belongs to no room is refused, so that a new
 * folder must be entered here first. Tests and `testing/` folders may import anything.
 */
import { posix } from 'node:path';

/** What even the simulator may know of the core. */
const GROUND = ['core/types', 'core/limits', 'core/ports'];
/** Ground and what turns things into bytes. */
const LOW = [...GROUND, 'core/crypto', 'core/codec'];
/** Everything of the core. */
const CORE = [
  ...LOW,
  'core/vsr-contract',
  'core/storage',
  'core/store',
  'core/kernel',
  'core/sql',
  'core/vsr',
  'core/node',
];
/** Everything that must run unchanged in a browser. */
const PURE = [...CORE, 'vopr/sim', 'vopr/pure', 'scenarios', 'invariants'];

/**
 * The rooms, most specific first. `at` are folders (ending in a slash), files, or "…/*" for the
 * files directly in a folder. `may` are rooms, itself always included; `packages` are npm packages
 * by prefix; `node` allows Node.js' own modules. `pure` puts the determinism rules in force.
 */
export const rooms = [
  { name: 'core/types', at: ['core/types/'], pure: true, may: [] },
  { name: 'core/limits', at: ['core/limits.ts'], pure: true, may: ['core/types'] },
  {
    name: 'core/ports',
    at: ['core/ports.ts', 'core/observer.ts', 'core/marks.ts'],
    pure: true,
    may: ['core/types', 'core/limits'],
  },
  {
    name: 'core/crypto',
    at: ['core/crypto/'],
    pure: true,
    may: GROUND,
    packages: ['@noble/hashes/', '@noble/ciphers/', '@noble/curves/'],
  },
  { name: 'core/codec', at: ['core/codec/'], pure: true, may: [...LOW, 'core/vsr-contract'] },
  {
    // What the replica declares and others implement. Below vsr, so that storage never sees vsr.
    name: 'core/vsr-contract',
    at: ['core/vsr/message.ts', 'core/vsr/interfaces.ts'],
    pure: true,
    may: LOW,
  },
  { name: 'core/storage', at: ['core/storage/'], pure: true, may: [...LOW, 'core/vsr-contract'] },
  { name: 'core/store', at: ['core/store/'], pure: true, may: [...LOW, 'core/vsr-contract'] },
  {
    name: 'core/sql',
    at: ['core/sql/'],
    pure: true,
    may: [...LOW, 'core/store'],
    packages: ['re2js'],
  },
  {
    name: 'core/kernel',
    at: ['core/kernel/'],
    pure: true,
    may: [...LOW, 'core/store', 'core/sql'],
  },
  { name: 'core/vsr', at: ['core/vsr/'], pure: true, may: [...LOW, 'core/vsr-contract'] },
  { name: 'core/node', at: ['core/node.ts', 'core/node/'], pure: true, may: CORE },
  {
    name: 'vopr/sim',
    at: ['vopr/sim/'],
    pure: true,
    may: GROUND,
    packages: ['seedrandom/lib/tychei.js'],
  },
  {
    name: 'vopr/host',
    at: ['vopr/cli/', 'vopr/tui/', 'vopr/bench/', 'vopr/mutants/'],
    pure: false,
    may: PURE,
    packages: ['yargs', 'ink', 'react', 'esbuild', 'oxc-parser'],
    node: true,
  },
  { name: 'vopr/pure', at: ['vopr/'], pure: true, may: PURE },
  { name: 'scenarios', at: ['scenarios/'], pure: true, may: PURE },
  { name: 'invariants', at: ['invariants/'], pure: true, may: PURE },
  {
    name: 'docs/examples/embedded',
    at: ['docs/examples/embedded.mjs'],
    pure: false,
    may: [],
    packages: ['kimberlite'],
    node: true,
  },
  {
    // What a user would write: it sees of us only what we publish.
    name: 'docs/examples',
    at: ['docs/examples/'],
    pure: true,
    may: [],
    packages: ['kimberlite/vopr'],
  },
  {
    name: 'shells',
    at: ['shells/'],
    pure: false,
    may: CORE,
    packages: ['yargs', 'prom-client', 'csv-parse', 'string-width', '@noble/', 'libpg-query/'],
    node: true,
  },
];

const layered = /^(core|vopr|scenarios|invariants|shells|docs\/examples)\//;

/** Tests, and helpers that only tests use, stand outside the walls. */
export function isTest(path) {
  return /\.test\.tsx?$/.test(path) || path.includes('/testing/');
}

/** The room of a repository-relative path, or null when it is in none. */
export function roomOf(path) {
  for (const room of rooms) {
    if (room.at.some((at) => (at.endsWith('/') ? path.startsWith(at) : path === at))) return room;
  }
  return null;
}

/** Whether the determinism rules hold for this path. */
export function isPure(path) {
  return layered.test(path) && !isTest(path) && roomOf(path)?.pure !== false;
}

/**
 * Why `path` may not import `specifier`, or null when it may.
 * Both are as written: a repository-relative path, and the text between the quotes.
 */
export function objection(path, specifier) {
  if (!layered.test(path) || isTest(path)) return null;
  const room = roomOf(path);
  if (room === null) return `${path} is in no room; enter its folder in scripts/lint/rooms.mjs`;
  if (!specifier.startsWith('.')) return objectionToPackage(room, specifier);
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  if (target.startsWith('..')) return `${specifier} leaves the repository`;
  if (isTest(target)) return `${specifier} is test code, which ships nowhere`;
  const other = roomOf(target);
  if (other === null) return `${specifier} is in no room that ${room.name} may import`;
  if (other === room || room.may.includes(other.name)) return null;
  return `${room.name} may not import ${other.name}`;
}

function objectionToPackage(room, specifier) {
  const builtin = specifier.startsWith('node:');
  if (builtin) return room.node === true ? null : `${room.name} may not use Node.js`;
  const known = (room.packages ?? []).some(
    (prefix) =>
      specifier === prefix || specifier.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`),
  );
  return known ? null : `${room.name} may not import the package "${specifier}"`;
}

/** Groups that the table names by one word; the largest that fits is taken. */
const GROUPS = [
  ['every deterministic room', PURE],
  ['every room of `core/`', CORE],
  ['the low rooms', LOW],
  ['the ground', GROUND],
];

/** The table as Markdown, which docs/house.md repeats and a test compares. */
export function table() {
  const quote = (names) => names.map((name) => `\`${name}\``).join(', ');
  const rows = rooms.map((room) => {
    const [word, group] = GROUPS.find(([, all]) => all.every((n) => room.may.includes(n))) ?? [
      '',
      [],
    ];
    const rest = room.may.filter((name) => !group.includes(name));
    const parts = [word, quote(rest), quote(room.packages ?? []), room.node ? 'Node.js' : ''];
    const may = parts.filter((part) => part !== '').join(', ') || 'nothing';
    return `| \`${room.name}\` | ${quote(room.at)} | ${may} | ${room.pure ? 'yes' : 'no'} |`;
  });
  const head = ['| room | files | may import | deterministic |', '| --- | --- | --- | --- |'];
  return [...head, ...rows].join('\n');
}
