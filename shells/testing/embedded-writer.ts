/**
 * The process that `embedded.crash.test.ts` kills: opens the directory given, and writes until it
 * dies. Each line it prints names a write that was answered.
 */
import { open } from '../embedded.ts';

const WRITERS = 8;

const db = await open({ directory: process.argv[2]! });
const round = Number(process.argv[3]);
await db.script(`
  CREATE TABLE IF NOT EXISTS single (id text PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS pair (id text PRIMARY KEY, other text UNIQUE)`);
const insert = db.prepare('INSERT INTO single VALUES ($1)');

async function writeSingles(writer: number): Promise<void> {
  for (let i = 0; ; i += 1) {
    const id = `${round}-${writer}-${i}`;
    await insert.execute([id]);
    process.stdout.write(`single ${id}\n`);
  }
}

/** Two rows that must come together or not at all. */
async function writePairs(): Promise<void> {
  for (let i = 0; ; i += 1) {
    const [a, b] = [`${round}-a-${i}`, `${round}-b-${i}`];
    await db.transaction(async (tx) => {
      await tx.execute('INSERT INTO pair VALUES ($1, $2)', [a, b]);
      await tx.execute('INSERT INTO pair VALUES ($1, $2)', [b, a]);
    });
    process.stdout.write(`pair ${a}\n`);
  }
}

await Promise.all([...Array.from({ length: WRITERS }, (_, i) => writeSingles(i)), writePairs()]);
