/**
 * Time travel over a history of definitions: what every table and view and `information_schema`
 * showed when a statement had been taken must be what they show as of its position for ever,
 * whatever was altered, renamed or dropped since.
 */
import { differing, sorted } from './answers.mjs';

export class Past {
  #moments = [];

  /** `shown`: queries `{ text, answer }` after the statement `sql`. */
  note(sql, shown) {
    this.#moments.push({ sql, shown });
  }

  /** What reads otherwise now, as `{ mine, other }`, or null. */
  async check(session) {
    for (const { sql, shown } of this.#moments) {
      for (const { text, answer } of shown) {
        await session.run(`SET kimberlite.as_of = '${answer.position}'`);
        const mine = await session.run(text);
        await session.run('RESET kimberlite.as_of');
        if (mine.code === answer.code && sorted(mine) === sorted(answer)) continue;
        const what = `${text}, as of position ${answer.position}, after ${sql}`;
        return { mine: differing({ mine, other: answer }, what), other: answer };
      }
    }
    return null;
  }
}
