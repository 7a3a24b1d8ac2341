/** Answers to one query, compared and shown. */

/** What the rows come to, whatever their order: that is nobody's promise. */
export function sorted({ rows }) {
  return rows
    .map((row) => JSON.stringify(row))
    .toSorted()
    .join('\n');
}

const SHOWN = 4;

/** What is only in one of two answers, as an error for `show`. */
export function differing({ mine, other }, what) {
  if (mine.code !== '' || other.code !== '')
    return { ...mine, message: `${what}: ${mine.message}` };
  const [a, b] = [mine.rows, other.rows].map((rows) => rows.map((row) => JSON.stringify(row)));
  const extra = a.filter((row) => !b.includes(row)).slice(0, SHOWN);
  const missing = b.filter((row) => !a.includes(row)).slice(0, SHOWN);
  return { code: 'shown', message: `${what}\n  ours  ${extra}\n  theirs ${missing}`, rows: [] };
}
