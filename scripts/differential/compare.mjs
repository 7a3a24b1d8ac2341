/** Whether two answers to one query are the same, and if not, whether that has an explanation. */

/** A result that is larger may meet our bound on a statement's memory, which is an error. */
export const ROWS_MANY = 500_000;

/** A statement's memory is bounded, and its result. */
const NO_ROOM = new Set(['53200', '54000']);

/** Codes of errors that depend on which rows and branches an engine happens to evaluate. */
const EVALUATION = new Set([
  '22012',
  '22003',
  '22004',
  '21000',
  '22008',
  '22023',
  '22011',
  '22025',
  '2201E',
  '2202E',
  '22P02',
  // Of jsonpaths.
  '22033',
  '22036',
  '22038',
  '22039',
  '2203A',
  '2203B',
  '2203C',
]);

/**
 * `same`; `evaluation`: one engine met an error in a place that the other never looked at (SQL
 * leaves the order of evaluation open); `representative`: of values that are equal and look
 * different (1.5 and 1.50) another one was shown or came first; `limit`: the result is too large
 * for us; or `different`.
 */
export function compare(ours, theirs) {
  if (NO_ROOM.has(ours.code) && theirs.rows.length > ROWS_MANY) return 'limit';
  if (ours.code !== theirs.code) {
    const either = ours.code === '' ? theirs.code : ours.code;
    const other = ours.code === '' ? ours.code : theirs.code;
    const open = EVALUATION.has(either) && (other === '' || EVALUATION.has(other));
    return open ? 'evaluation' : 'different';
  }
  if (ours.code !== '') return 'same';
  if (text(ours.rows) === text(theirs.rows)) return 'same';
  return text(plain(ours.rows)) === text(plain(theirs.rows)) ? 'representative' : 'different';
}

function text(rows) {
  return rows.map((row) => JSON.stringify(row)).join('\n');
}

/** Numbers without the zeros at their end; intervals as their whole span. */
function plain(rows) {
  return rows.map((row) => row.map((value) => (value === null ? null : plainValue(value))));
}

function plainValue(value) {
  const span = SPAN.exec(value);
  if (span === null || value === '') {
    return value.replace(/(\d)\.(\d*?)0+(?!\d)/g, (_, whole, rest) =>
      rest === '' ? whole : `${whole}.${rest}`,
    );
  }
  const [years, months, days] = [1, 2, 3].map((i) => Number(span[i] ?? 0));
  const time = [5, 6, 7].reduce((sum, i) => sum * 60 + Number(span[i] ?? 0), 0);
  const seconds = span[4] === '-' ? -time : time;
  // As intervals compare: 30 days a month, 24 hours a day.
  return `${((years * 12 + months) * 30 + days) * 86_400 + seconds} s`;
}

const SPAN = new RegExp(
  String.raw`^(?:(-?\d+) years? ?)?(?:([+-]?\d+) mons? ?)?(?:([+-]?\d+) days? ?)?` +
    String.raw`(?:([+-]?)(\d+):(\d+):(\d+(?:\.\d+)?))?$`,
);
