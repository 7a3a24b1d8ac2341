/**
 * Long values: rows of up to 16 MiB, and requests longer than one entry of the journal, which go
 * into the log in chunks. Written, read, changed, travelled to, and there after everything.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { EMBEDDED } from '../core/limits.ts';
import { DatabaseError, open } from './embedded.ts';
import type { Database, OpenOptions, Place } from './embedded.ts';
import { tempDirectory } from './testing/temp-directory.ts';

const MIB = 1 << 20;
const opened: Database[] = [];

async function database(
  place: Place = { memory: true },
  options: OpenOptions = {},
): Promise<Database> {
  const db = await open(place, options);
  opened.push(db);
  return db;
}

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

/** No two places of it look alike for long. */
function value(bytes: number, seed: number): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i += 1) out[i] = (i * 31 + (i >> 8) * 7 + seed) & 0xff;
  return out;
}

async function read(db: Database, suffix = ''): Promise<unknown> {
  const [row] = await db.query(`SELECT b FROM f${suffix} WHERE id = 1`);
  return row?.['b'];
}

function same(got: unknown, wanted: Uint8Array): boolean {
  return got instanceof Uint8Array && Buffer.compare(got, wanted) === 0;
}

const CREATE = 'CREATE TABLE f (id int PRIMARY KEY, b bytea, t text)';
const INSERT = 'INSERT INTO f VALUES ($1, $2, $3)';

describe('long values', () => {
  test.for([5, 16])('%i MiB are written, changed, travelled to, and there again', async (mib) => {
    const directory = tempDirectory();
    const first = value(mib * MIB, 1);
    const second = value(mib * MIB, 2);
    let db = await database({ directory });
    await db.execute(CREATE);
    const { position } = await db.execute(INSERT, [1, first, 'first']);
    expect(same(await read(db), first)).toBe(true);
    await db.execute('UPDATE f SET b = $1 WHERE id = 1', [second]);
    expect(same(await read(db), second)).toBe(true);
    expect(same(await read(db, ` AS OF POSITION ${position}`), first)).toBe(true);
    await db.close();
    db = await database({ directory });
    expect(same(await read(db), second)).toBe(true);
    expect(same(await read(db, ` AS OF POSITION ${position}`), first)).toBe(true);
    expect((await db.verify()).problems).toEqual([]);
    await db.close();
    db = await database({ directory }, { rebuild: true });
    expect(same(await read(db), second)).toBe(true);
    expect(same(await read(db, ` AS OF POSITION ${position}`), first)).toBe(true);
  });

  test('text, a transaction, and many rows at once take the same way', async () => {
    const db = await database();
    await db.execute(CREATE);
    const text = 'grüße '.repeat(MIB);
    await db.transaction(async (t) => {
      await t.execute(INSERT, [1, value(3 * MIB, 1), text]);
      await t.execute(INSERT, [2, value(3 * MIB, 2), 'short']);
    });
    const rows = await db.query('SELECT id, length(b) AS b, t FROM f ORDER BY id');
    expect(rows.map(({ id, b }) => [id, b])).toEqual([
      [1, 3 * MIB],
      [2, 3 * MIB],
    ]);
    expect(rows[0]!['t'] === text).toBe(true);
  });

  test('the log says who staged and what was run', async () => {
    const db = await database();
    await db.execute(CREATE);
    await db.execute(INSERT, [1, value(5 * MIB, 1), null]);
    const rows = await db.query(
      'SELECT operation, statement, command FROM kimberlite.log ORDER BY position DESC LIMIT 3',
    );
    expect(rows[0]).toEqual({ operation: 'sql', statement: INSERT, command: 'INSERT 0 1' });
    expect(rows[1]).toEqual({ operation: 'stage', statement: null, command: 'STAGE' });
  });

  test('what is too long is refused, and nothing happened', async () => {
    const db = await database();
    await db.execute(CREATE);
    const tooLong = db.execute(INSERT, [1, new Uint8Array(EMBEDDED.stagedBytesMax), null]);
    await expect(tooLong).rejects.toMatchObject({ code: '54000' });
    await expect(tooLong).rejects.toBeInstanceOf(DatabaseError);
    const tooBig = db.execute(INSERT, [1, new Uint8Array(17 * MIB), null]);
    await expect(tooBig).rejects.toMatchObject({ code: '54000' });
    expect(await db.query('SELECT id FROM f')).toEqual([]);
    await db.execute(INSERT, [1, null, 'works']);
  });
});
