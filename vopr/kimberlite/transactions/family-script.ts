/**
 * What transactions do with a family of tables: some of its statements in a row, with a savepoint
 * or without, or one of its own scripts. Two rows of `d` exchange what only one may have at a time.
 */
import { DEFERRED, ROW_OF_D, SET_Q } from '../sql/families/deferred.ts';
import type { Family } from '../sql/families/index.ts';
import type { Shape } from '../sql/shapes.ts';
import { RELEASE, ROLLBACK_TO, SAVEPOINT } from '../sql/shapes.ts';
import { drawValues } from '../sql/work.ts';
import { SITE_FORM, SITE_ID, SITE_PROGRAM, SITE_VALUE, VALUES } from './sites.ts';
import type { Saying, Step } from './step.ts';
import { cellOf } from './step.ts';

const IDS = 6;

type Draw = (site: number, n: number) => number;

export function drawFamilySteps(family: Family, draw: Draw, token: number): readonly Step[] {
  const { writes, reads, pastReads, scripts } = family;
  const one = (shape: Shape, at: number): Step => {
    const values = drawValues(shape, draw, token, SITE_VALUE + at * VALUES);
    return () => ({ shape, values });
  };
  const any = (shapes: readonly Shape[], at: number): Step => {
    return one(shapes[draw(SITE_FORM + at, shapes.length)]!, at);
  };
  const roll = draw(SITE_PROGRAM, 16);
  if (roll < 3) return [any(writes, 0), any(reads, 1), any(writes, 2), any(reads, 3)];
  if (roll < 7) {
    const end = roll < 5 ? ROLLBACK_TO : RELEASE;
    const within = [one(SAVEPOINT, 1), any(writes, 2), one(end, 3)];
    return [any(writes, 0), ...within, any(writes, 4), any(reads, 5)];
  }
  if (roll === 7) return [any(reads, 0), any(writes, 1)];
  if (roll === 8) return [any(reads, 0), any(pastReads, 1), any(reads, 2)];
  if (family === DEFERRED && roll < 12) return exchange(draw);
  return scripts[draw(SITE_FORM, scripts.length)]!.map(one);
}

/** Between the two statements both rows have the same. */
function exchange(draw: Draw): readonly Step[] {
  const x = draw(SITE_ID, IDS);
  const y = (x + 1 + draw(SITE_ID + 1, IDS - 1)) % IDS;
  const give = (answer: number, id: number): Step => {
    return (answers): Saying | null => {
      const q = cellOf(answers[answer], 1);
      return q === null ? null : { shape: SET_Q, values: [q, id] };
    };
  };
  const row = (id: number): Step => {
    return () => ({ shape: ROW_OF_D, values: [id] });
  };
  return [row(x), row(y), give(0, y), give(1, x), row(y)];
}
