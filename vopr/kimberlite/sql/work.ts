/**
 * What clients do with SQL: the k-th operation of client i as a function of (seed, i, k) alone, as
 * in `../workload.ts`. Values come from small domains, so that keys meet, constraints break and
 * predicates match some rows; they do not look at the data.
 */
import { OPERATION_SQL, encodeSqlQuery } from '../../../core/kernel/operation.ts';
import { drawCommit, drawUser } from '../access/work.ts';
import { LATEST, WORK_SQL, WORK_SQL_READ } from '../history.ts';
import { assert } from '../../../core/types/assert.ts';
import type { Draw, Knowledge, Work } from '../workload.ts';
import { drawTenant } from '../workload.ts';
import { encodeShape } from './body.ts';
import type { Family } from './families/index.ts';
import { familyOf } from './families/index.ts';
import type { Cell } from './interpreter.ts';
import type { Shape } from './shapes.ts';
import {
  CREATE_A,
  CREATE_B,
  DEFINE,
  DELETE_A,
  INDEX_B,
  K_MAX,
  PAST_READS,
  PREDICATES,
  READS,
  UPDATE_K,
  WRITES,
} from './shapes.ts';
import { arrayOf, written } from './values.ts';

const SITE_TRANSACTION = 198;
const SITE_MIX = 199;
const SITE_SHAPE = 200;
const SITE_FORM = 201;
/** And the one after it. */
const SITE_PATH = 203;
const SITE_ASTRAY = 205;
const SITE_VALUE = 210;

/** How much of a run's work is SQL, and which (`ClientConfiguration`). */
export interface SqlMix {
  readonly mixOf100: number;
  readonly accessOf100: number;
  readonly transactionsOf100: number;
  readonly variant: number;
}

const INDEXES: readonly Shape[] = DEFINE.slice(0, 3);
/** The first client of each makes its tables. */
const TENANTS = 2;
/** Few, so that rows meet. */
const IDS = 12;
/** Of families. */
const FEW_IDS = 8;
/** Fewer, for what must be unique. */
const FEW = 7;
/** Of arrays, besides null. */
const ELEMENTS = 3;
const TEXTS: readonly string[] = ['', 'a', 'ab', 'b', 'kimberlite'];
/** Of the writes, by hundreds: what stands in `WRITES`, then updates of `k`, then deletes. */
const WRITE_SHARES: readonly number[] = [26, 12, 6, 6, 24, 8];
const UPDATE_SHARE = 10;

/**
 * Fills in operation `k` of `client` when it is one of SQL, of which there are `mixOf100` in 100;
 * false: it is not. The first operation of all makes a tenant, the next ones its tables, and, if
 * it is to be indexed, an index. `variant`: which tables (`families`); the first client makes those
 * of a family, while the others have other work.
 */
export function nextSqlWork(
  client: number,
  k: number,
  draw: Draw,
  knows: Knowledge,
  mix: SqlMix,
  into: Work,
): boolean {
  const { mixOf100, accessOf100, transactionsOf100, variant } = mix;
  if (mixOf100 === 0 || k === 0) return false;
  const family = familyOf(variant);
  if (family !== null && client > 0 && k <= family.setup.length) return false;
  const first = family === null ? k <= 2 : k <= family.setup.length;
  if (!first && draw(SITE_MIX, 100) >= mixOf100) return false;
  into.subject = 0;
  into.tenant = first ? 1 + (client % TENANTS) : drawSqlTenant(draw, variant);
  const token = knows.token(into.tenant);
  const index = transactionsOf100 > 0 && k === 3 ? INDEXES[client % INDEXES.length]! : null;
  const shape =
    family === null
      ? (index ?? drawShape(client, k, draw, token))
      : drawOfFamily(family, k, draw, token);
  const user = accessOf100 === 0 ? undefined : drawUser(k, draw);
  const commit = user === undefined ? null : drawCommit(user, k, draw);
  const values = drawValues(shape, draw, token, SITE_VALUE);
  const body = commit ?? encodeShape(shape, values, user);
  // Half of the queries go to a replica's state, the others through the log.
  if (commit === null && shape.statement.kind === 'query' && draw(SITE_PATH, 2) === 0) {
    queryBeside(body, token, draw, into);
    return true;
  }
  into.kind = WORK_SQL;
  into.operation = OPERATION_SQL;
  into.position = LATEST;
  into.body = body;
  return true;
}

/** Fills in a query of the present for a client that only reads; false: it reads something else. */
export function nextSqlRead(
  k: number,
  draw: Draw,
  knows: Knowledge,
  mix: SqlMix,
  into: Work,
): boolean {
  if (draw(SITE_MIX, 100) >= mix.mixOf100) return false;
  const family = familyOf(mix.variant);
  into.subject = 0;
  into.tenant = drawSqlTenant(draw, mix.variant);
  const token = knows.token(into.tenant);
  const shape = family === null ? drawRead(draw, READS) : drawFrom(family.reads, draw);
  const user = mix.accessOf100 === 0 ? undefined : drawUser(k, draw);
  queryBeside(
    encodeShape(shape, drawValues(shape, draw, token, SITE_VALUE), user),
    token,
    draw,
    into,
  );
  return true;
}

function queryBeside(body: Uint8Array, token: number, draw: Draw, into: Work): void {
  into.kind = WORK_SQL_READ;
  into.operation = 0;
  into.position = draw(SITE_PATH + 1, 2) === 0 ? token : LATEST;
  into.body = encodeSqlQuery(body);
}

/**
 * Whether operation `k` is an interactive transaction, of which there are `transactionsOf100` in
 * 100 operations of SQL; not before there are tables.
 */
export function isTransaction(k: number, draw: Draw, mix: SqlMix): boolean {
  const { mixOf100, transactionsOf100, variant } = mix;
  const tables = familyOf(variant)?.setup.length ?? 3;
  if (transactionsOf100 === 0 || k <= tables || draw(SITE_MIX, 100) >= mixOf100) return false;
  return draw(SITE_TRANSACTION, 100) < transactionsOf100;
}

function drawShape(client: number, k: number, draw: Draw, token: number): Shape {
  const roll = draw(SITE_SHAPE, 100);
  if (k === 1 && client < TENANTS) return CREATE_A;
  if (k === 2 && client < TENANTS) return CREATE_B[draw(SITE_FORM, CREATE_B.length)]!;
  if (k === 3 && roll < 50) return INDEX_B;
  if (roll < 8) return drawDefinition(client, draw);
  if (roll < 64) return drawWrite(draw);
  return drawRead(draw, token > 0 && roll < 84 ? PAST_READS : READS);
}

function drawRead(draw: Draw, shapes: readonly (readonly Shape[])[]): Shape {
  const form = draw(SITE_FORM, READS.length * PREDICATES);
  return shapes[Math.floor(form / PREDICATES)]![form % PREDICATES]!;
}

/** The tables of a family are in one tenant; others are asked for them now and then. */
export function drawSqlTenant(draw: Draw, variant: number): number {
  const tenant = drawTenant(draw);
  return variant > 0 && tenant <= TENANTS && draw(SITE_ASTRAY, 16) > 0 ? 1 : tenant;
}

function drawOfFamily(family: Family, k: number, draw: Draw, token: number): Shape {
  const { setup, define, writes, reads, pastReads } = family;
  if (k <= setup.length) return drawFrom(setup[k - 1]!, draw);
  const roll = draw(SITE_SHAPE, 100);
  const past = token > 0 && roll < 84;
  const some = roll < 12 ? define : roll < 64 ? writes : past ? pastReads : reads;
  return drawFrom(some, draw);
}

function drawFrom(shapes: readonly Shape[], draw: Draw): Shape {
  return shapes[draw(SITE_FORM, shapes.length)]!;
}

function drawDefinition(client: number, draw: Draw): Shape {
  const form = draw(SITE_FORM, DEFINE.length + 2);
  if (form < DEFINE.length) return DEFINE[form]!;
  return form === DEFINE.length ? CREATE_A : CREATE_B[client % CREATE_B.length]!;
}

function drawWrite(draw: Draw): Shape {
  let share = draw(SITE_FORM, 100);
  for (let i = 0; i < WRITE_SHARES.length; i += 1) {
    if (share < WRITE_SHARES[i]!) return WRITES[i]!;
    share -= WRITE_SHARES[i]!;
  }
  const form = draw(SITE_FORM + 1, PREDICATES);
  return share < UPDATE_SHARE ? UPDATE_K[form]! : DELETE_A[form]!;
}

/** `site`: of the first value. */
export function drawValues(shape: Shape, draw: Draw, token: number, site: number): Cell[] {
  const values: Cell[] = [];
  for (let i = 0; i < shape.parameters.length; i += 1) {
    values.push(drawValue(shape.parameters.charAt(i), site + i, draw, token));
  }
  return values;
}

function drawValue(domain: string, site: number, draw: Draw, token: number): Cell {
  switch (domain) {
    case 'd':
      return draw(site, IDS);
    case 'r': {
      const id = draw(site, IDS + 1);
      return id === IDS ? null : id;
    }
    case 'k':
      return draw(site, K_MAX);
    case 'n': {
      // Now and then what a constraint refuses.
      const value = draw(site, K_MAX + 6);
      return value >= K_MAX + 4 ? null : value - 2;
    }
    case '+':
      return draw(site, 12) - 3;
    case 't': {
      const index = draw(site, TEXTS.length + 2);
      return index < TEXTS.length ? TEXTS[index]! : null;
    }
    case 's':
      return TEXTS[draw(site, TEXTS.length)]!;
    case 'u': {
      const value = draw(site, 48);
      return value >= 40 ? null : value;
    }
    case 'v':
      return draw(site, 1000) * 1_000_003;
    case 'p':
      // A position that the client has seen, or a little before it.
      return Math.max(1, token - draw(site, 12));
    default:
      return drawRare(domain, site, draw);
  }
}

/** What only families of tables ask for. One draw each, so that sites may be neighbours. */
function drawRare(domain: string, site: number, draw: Draw): Cell {
  switch (domain) {
    case 'D':
      return draw(site, FEW_IDS);
    case 'R': {
      const id = draw(site, FEW_IDS + 1);
      return id === FEW_IDS ? null : id;
    }
    case 'q':
      return draw(site, FEW);
    case 'm':
      return String(draw(site, FEW));
    case 'e':
      return elementOf(draw(site, ELEMENTS + 1));
    case 'i':
      return draw(site, 4);
    case 'l':
      return drawArray(draw(site, 72));
    case 'L': {
      const ids = draw(site, FEW_IDS * FEW_IDS);
      return arrayOf([ids % FEW_IDS, Math.floor(ids / FEW_IDS)]);
    }
    case 'j': {
      const index = draw(site, (FEW + 2) * (TEXTS.length + 1));
      const n = Math.floor(index / (TEXTS.length + 1));
      const k = index % (TEXTS.length + 1);
      const document: Record<string, number | string> = {};
      if (n < FEW) document['n'] = n;
      if (k < TEXTS.length) document['k'] = TEXTS[k]!;
      return written(document);
    }
    default:
      assert(false, () => `there is no domain ${domain}`);
  }
}

/** 0 to 2, and null. */
function elementOf(index: number): Cell {
  return index < ELEMENTS ? index : null;
}

/** Null once in 18; else none to three elements. */
function drawArray(index: number): Cell {
  if (index < 4) return null;
  const elements: Cell[] = [];
  for (let rest = index - 4; rest > 0; rest = Math.floor(rest / (ELEMENTS + 1))) {
    elements.push(elementOf(rest % (ELEMENTS + 1)));
  }
  return arrayOf(elements);
}
