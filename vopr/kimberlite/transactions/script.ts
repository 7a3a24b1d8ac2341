/**
 * What the clients' transactions do: small programs whose next statement may depend on what the
 * ones before it answered, because that is where a database that is not serializable goes wrong.
 * All is drawn when a program begins, so that it is a function of (seed, client, operation) and of
 * the answers.
 *
 * Ids come from a few, so that transactions meet.
 */
import type { StatementAnswer } from '../../../core/sql/session/result.ts';
import { isError } from '../../../core/sql/session/result.ts';
import { familyOf } from '../sql/families/index.ts';
import type { Cell } from '../sql/interpreter.ts';
import type { Shape } from '../sql/shapes.ts';
import {
  CHILDREN,
  DELETE_A,
  DELETE_CHILDREN,
  IDS_BELOW,
  INSERT_A,
  INSERT_B,
  K_MAX,
  PAST_READS,
  PREDICATES,
  READS,
  RELEASE,
  ROLLBACK_TO,
  SAVEPOINT,
  SET_K,
  UPDATE_K,
  UPDATE_U,
} from '../sql/shapes.ts';
import { drawValues } from '../sql/work.ts';
import { drawFamilySteps } from './family-script.ts';
import {
  SITE_AMOUNT,
  SITE_END,
  SITE_FORM,
  SITE_ID,
  SITE_PROGRAM,
  SITE_VALUE,
  VALUES,
} from './sites.ts';
import type { Saying, Step } from './step.ts';
import { cellOf } from './step.ts';

const IDS = 6;
/** Of `u`, which is unique: few, so that inserts break it now and then. */
const UNIQUES = 4;
const ROWS = READS[0]!;
const [JOINS, PAGES] = READS.slice(-2) as [readonly Shape[], readonly Shape[]];
/** Forms of `predicate` in `sql/shapes.ts`. */
const BELOW = 0;
const BETWEEN = 1;
const TEXT = 2;
const HAS_ID = PREDICATES - 1;

type Answers = readonly StatementAnswer[];

export interface Program {
  readonly steps: readonly Step[];
  /** It ends with ROLLBACK, though nothing went wrong. */
  readonly givesUp: boolean;
}

interface Drawn {
  readonly x: number;
  readonly y: number;
  readonly amount: number;
  readonly low: number;
  readonly high: number;
  readonly u: number;
  /** Any statement of a table of them, by its number, with values of its own. */
  readonly any: (shapes: readonly Shape[], at: number) => Step;
}

/** `variant`: which tables it is about. */
export function drawProgram(
  draw: (site: number, n: number) => number,
  token: number,
  variant: number = 0,
): Program {
  const family = familyOf(variant);
  if (family !== null) {
    const steps = drawFamilySteps(family, draw, token);
    return { steps, givesUp: draw(SITE_END, 16) === 0 };
  }
  const x = draw(SITE_ID, IDS);
  const y = (x + 1 + draw(SITE_ID + 1, IDS - 1)) % IDS;
  const low = draw(SITE_ID + 2, K_MAX);
  const drawn: Drawn = {
    x,
    y,
    amount: 1 + draw(SITE_AMOUNT, 5),
    low,
    high: Math.min(K_MAX, low + 1 + draw(SITE_ID + 3, 20)),
    u: draw(SITE_ID + 4, UNIQUES),
    any: (shapes, at) => {
      const shape = shapes[draw(SITE_FORM + at, shapes.length)]!;
      const values = drawValues(shape, draw, token, SITE_VALUE + at * VALUES);
      return () => ({ shape, values });
    },
  };
  const make = PROGRAMS[draw(SITE_PROGRAM, PROGRAMS.length)]!;
  return { steps: make(drawn), givesUp: draw(SITE_END, 16) === 0 };
}

const PROGRAMS: readonly ((drawn: Drawn) => readonly Step[])[] = [
  transfer,
  transfer,
  counter,
  writeSkew,
  writeSkew,
  phantom,
  secondary,
  child,
  childOfNobody,
  parent,
  parent,
  uniques,
  uniques,
  savepoints,
  savepoints,
  widening,
  readOnly,
  pager,
  pager,
];

function say(shape: Shape, ...values: Cell[]): Step {
  return () => ({ shape, values });
}

/** Reads two rows and writes both anew: neither may have changed in between. */
function transfer({ x, y, amount }: Drawn): readonly Step[] {
  return [
    say(ROWS[HAS_ID]!, x),
    say(ROWS[HAS_ID]!, y),
    (answers) => moved(answers, 0, x, -amount),
    (answers) => moved(answers, 1, y, amount),
  ];
}

/** `k` of a row that was read, and a change. */
function moved(answers: Answers, at: number, id: number, change: number): Saying | null {
  const k = cellOf(answers[at], 1);
  return k === null ? null : { shape: SET_K, values: [Number(k) + change, id] };
}

function counter({ x, y }: Drawn): readonly Step[] {
  return [say(UPDATE_K[HAS_ID]!, 1, x), say(ROWS[HAS_ID]!, x), say(UPDATE_K[HAS_ID]!, 1, y)];
}

/** Counts the rows of a range and, by their number, moves one row into it or out of it. */
function writeSkew({ x, low, high }: Drawn): readonly Step[] {
  return [
    say(ROWS[BETWEEN]!, low, high),
    (answers) => {
      const many = countOf(answers[0]) > 1;
      return { shape: SET_K, values: [many ? (high + 1) % K_MAX : low, x] };
    },
  ];
}

/** Adds a row to the range that it has counted. */
function phantom({ x, low, high }: Drawn): readonly Step[] {
  return [
    say(ROWS[BELOW]!, high),
    (answers) => ({ shape: INSERT_A, values: [x, low, 'a', 8 + countOf(answers[0])] }),
  ];
}

/** Reads by what may be an index, and writes a column that is in none. */
function secondary({ x, low }: Drawn): readonly Step[] {
  return [
    say(ROWS[TEXT]!, 'a'),
    say(ROWS[BELOW]!, low),
    (answers) => ({ shape: UPDATE_U, values: [sum(answers), x] }),
  ];
}

function child({ x, y, amount }: Drawn): readonly Step[] {
  return [say(INSERT_B, y, x, amount), say(CHILDREN, x)];
}

/** A child, only if there is none yet; its parent is looked at by the constraint alone. */
function childOfNobody({ x, y, amount }: Drawn): readonly Step[] {
  return [
    say(CHILDREN, x),
    (answers) => (countOf(answers[0]) > 0 ? null : { shape: INSERT_B, values: [y, x, amount] }),
  ];
}

/** Without its children, or leaving them to what their reference says. */
function parent({ x, y, amount }: Drawn): readonly Step[] {
  const rest = [say(DELETE_A[HAS_ID]!, x), say(UPDATE_K[HAS_ID]!, 1, y)];
  return amount < 3 ? [say(DELETE_CHILDREN, x), ...rest] : rest;
}

/** Takes a value that only one row may have; or a place, which may be free or not. */
function uniques({ x, y, low, u, amount }: Drawn): readonly Step[] {
  if (amount < 3) return [say(UPDATE_U, u, x), say(UPDATE_K[HAS_ID]!, 1, y)];
  return [
    say(DELETE_A[HAS_ID]!, x),
    say(INSERT_A, x, low, 'b', u),
    say(INSERT_A, IDS + y, low, '', null),
  ];
}

/** What was done since the savepoint is undone, by an error or for no reason. */
function savepoints({ x, y, low, u, amount }: Drawn): readonly Step[] {
  return [
    say(UPDATE_K[HAS_ID]!, amount, x),
    say(SAVEPOINT),
    say(INSERT_A, y, low, 'ab', u),
    say(SET_K, low, x),
    amount === 1 ? say(RELEASE) : say(ROLLBACK_TO),
    say(ROWS[HAS_ID]!, x),
    say(UPDATE_U, null, y),
  ];
}

/** The second range has the first one in it, and begins where it begins. */
function widening({ x, y }: Drawn): readonly Step[] {
  return [
    say(IDS_BELOW, 1),
    say(IDS_BELOW, 1 + y),
    (answers) => ({ shape: SET_K, values: [countOf(answers[1]), x] }),
  ];
}

function readOnly({ any }: Drawn): readonly Step[] {
  return [any(READS[0]!, 0), any(JOINS, 1), any(PAST_READS[0]!, 2), any(READS[2]!, 3)];
}

/** Orders that others upset meanwhile. */
function pager({ any }: Drawn): readonly Step[] {
  return [any(PAGES, 0), any(PAGES, 1), any(PAGES, 2), any(PAST_READS.at(-1)!, 3)];
}

function countOf(answer: StatementAnswer | undefined): number {
  return answer === undefined || isError(answer) ? 0 : answer.count;
}

/** Something that depends on every row read. */
function sum(answers: Answers): number {
  let total = 0;
  for (const answer of answers) {
    if (isError(answer)) continue;
    for (const row of answer.rows) total += Number(row[0]) + Number(row[3] ?? 0);
  }
  return total % 40;
}
