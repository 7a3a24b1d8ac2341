/**
 * Isolation schedules as others wrote them, read into one form:
 * `{ name, setup: sql[], begin: sql[][] by session, steps: { session, sql }[] }`.
 *
 * PostgreSQL's isolation specs name steps and permutations (all interleavings where none is named);
 * Hermitage writes interleaved statements with the session in a comment.
 */
import { statementsOf } from './statements.mjs';

/** More interleavings than this of one spec are thinned out evenly. */
const INTERLEAVINGS_MAX = 400;

export function parseSpec(name, text) {
  const setup = blocks(text, /^setup\s*\{/gm).filter(({ at }) => at < firstSession(text));
  const sessions = text
    .split(/^session\s+/m)
    .slice(1)
    .map((part) => parseSession(part));
  const permutations = [...text.matchAll(/^permutation\s+([^#]*?)(?=^\S|$(?![\s\S]))/gm)].map(
    ([, steps]) =>
      steps
        .replace(/#.*$/gm, '')
        .replace(/\([^)]*\)/g, '')
        .trim()
        .split(/\s+/),
  );
  const lists = permutations.length > 0 ? permutations : interleavings(sessions);
  const owner = new Map();
  sessions.forEach(({ steps }, session) => {
    for (const [step, sql] of steps) owner.set(step, { session, sql });
  });
  return lists.map((list) => ({
    name: `${name}: ${list.join(' ')}`,
    setup: setup.flatMap(({ body }) => statementsOf(body)),
    begin: sessions.map((session) => session.setup),
    steps: list.map((step) => {
      const known = owner.get(step.replaceAll('"', ''));
      if (known === undefined) throw new Error(`${name}: no step ${step}`);
      return known;
    }),
  }));
}

function firstSession(text) {
  const at = text.search(/^session\s/m);
  return at < 0 ? text.length : at;
}

function parseSession(part) {
  const setup = blocks(part, /^setup\s*\{/gm).flatMap(({ body }) => statementsOf(body));
  const steps = new Map();
  for (const { body, match } of blocks(part, /^step\s+"?([\w-]+)"?\s*\{/gm)) {
    steps.set(match[1], body.trim());
  }
  return { setup, steps };
}

/** Bodies in braces behind each match; braces nest nowhere in these files. */
function blocks(text, pattern) {
  return [...text.matchAll(pattern)].map((match) => {
    const from = match.index + match[0].length;
    return { match, at: match.index, body: text.slice(from, text.indexOf('}', from)) };
  });
}

function interleavings(sessions) {
  const lists = sessions.map(({ steps }) => [...steps.keys()]);
  const out = [];
  const grow = (places, list) => {
    if (places.every((place, i) => place === lists[i].length)) out.push(list);
    places.forEach((place, i) => {
      if (place === lists[i].length) return;
      grow(places.with?.(i, place + 1) ?? replaced(places, i, place + 1), [
        ...list,
        lists[i][place],
      ]);
    });
  };
  grow(
    lists.map(() => 0),
    [],
  );
  const stride = Math.ceil(out.length / INTERLEAVINGS_MAX);
  return out.filter((_, i) => i % stride === 0);
}

function replaced(list, index, value) {
  return list.map((each, i) => (i === index ? value : each));
}

export function parseHermitage(text) {
  const setup = [
    'create table test (id int primary key, value int)',
    'insert into test (id, value) values (1, 10), (2, 20)',
  ];
  const out = [];
  let title = '';
  for (const match of text.matchAll(/^Postgres [^\n]*|```sql\n([\s\S]*?)```/gm)) {
    if (match[1] === undefined) {
      title = match[0].replace(/:$/, '');
      continue;
    }
    const steps = match[1].split('\n').flatMap(hermitageLine);
    if (steps.length < 2 || !steps.some(({ session }) => session > 0)) continue;
    const sessions = Math.max(...steps.map(({ session }) => session)) + 1;
    const begin = Array.from({ length: sessions }, () => []);
    out.push({ name: `hermitage: ${title}`, setup, begin, steps });
  }
  return out;
}

/**
 * `sql; -- T1, …`. A line for "either" session is left out: the final tables are compared anyway.
 */
function hermitageLine(line) {
  const found = /^(.*?);?\s*--\s*T(\d)/.exec(line);
  if (found === null) return [];
  return statementsOf(found[1]).map((sql) => ({ session: Number(found[2]) - 1, sql }));
}
