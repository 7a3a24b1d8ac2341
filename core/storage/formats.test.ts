/** `docs/formats-storage.md` against the code: encode marked values, find them where it says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readU16, readU32, readU64 } from '../codec/bytes.ts';
import { PRODUCTION, TINY } from '../limits.ts';
import {
  RECOVERED_CONFLICT,
  RECOVERED_DAMAGED,
  RECOVERED_EMPTY,
  RECOVERED_PRESENT,
  RECOVERED_TORN_HEAD,
} from '../observer.ts';
import { make128, matches128, ZERO128 } from '../types/hash128.ts';
import { DECISION_TABLE } from './journal-decision.ts';
import { HALF_BAD, HALF_BLANK } from './journal-format.ts';
import { encodeSuperblock, superblockCopyBytes } from './superblock-format.ts';
import { FOOTER_FIXED_BYTES, footerBytes, writeFooter, writeFrame } from './tenant-log-format.ts';
import { Bench, formatted } from './testing/journal-bench.ts';
import { chainOf, hasher, prepareOf } from './testing/prepares.ts';
import { stateOf } from './testing/superblocks.ts';

const DOC = readFileSync(new URL('../../docs/formats-storage.md', import.meta.url), 'utf8');

interface Row {
  readonly at: number;
  readonly bytes: number;
  readonly field: string;
}

/** The cells of the table under `<!-- table: name -->`. */
function cellsOf(name: string): readonly (readonly string[])[] {
  const after = DOC.split(`<!-- table: ${name} -->\n`)[1];
  expect(after, `table ${name}`).toBeDefined();
  const lines = after!.trimStart().split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines
    .slice(2, end)
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

function rowsOf(name: string): readonly Row[] {
  return cellsOf(name).map(([at, bytes, field]) => ({
    at: Number(at),
    bytes: Number.parseInt(bytes!, 10),
    field: field!,
  }));
}

function at(rows: readonly Row[], field: string): number {
  const row = rows.find((candidate) => candidate.field.startsWith(field));
  expect(row, `a row for ${field}`).toBeDefined();
  return row!.at;
}

describe('formats: the tables leave no gap', () => {
  it.each(['superblock', 'prepare', 'whole', 'side', 'side record', 'frame', 'footer'])(
    '%s',
    (name) => {
      const rows = rowsOf(name);
      for (let i = 1; i < rows.length; i++)
        expect(rows[i]!.at, rows[i]!.field).toBe(rows[i - 1]!.at + rows[i - 1]!.bytes);
    },
  );
});

describe('formats: fields stand where the document says', () => {
  it('superblock', () => {
    const rows = rowsOf('superblock');
    const state = stateOf(21, {
      logView: 20,
      asked: 29,
      shard: 31,
      replica: 32,
      replicaCount: 33,
      standbyCount: 34,
      epoch: 35,
      release: 36,
      member: 1,
      recoveryNonce: make128(7, 7, 7, 7),
      viewHeaders: [chainOf(5, 5)[0]!.header, null],
      checkpoint: { op: 41, head: ZERO128, timestamp: 42, rootPage: 43, root: ZERO128 },
      syncTarget: { op: 51, head: ZERO128, timestamp: 52, rootPage: 53, root: ZERO128 },
    });
    const out = new Uint8Array(superblockCopyBytes(TINY));
    encodeSuperblock(state, 61, make128(8, 8, 8, 8), out, hasher);
    const words: readonly (readonly [string, number])[] = [
      ['magic', 0x42534d4b],
      ['length', 320 + 2 * 192],
      ['shard', 31],
      ['replica', 32],
      ['replica count', 33],
      ['standby count', 34],
      ['epoch', 35],
      ['release', 36],
      ['view', 21],
      ['log_view', 20],
      ['asked', 29],
      ['member', 1],
      ['flags', 1],
      ['checkpoint', 41],
      ['sync target', 51],
      ['number of view headers', 2],
      ['bit', 1],
    ];
    for (const [field, value] of words) expect(readU32(out, at(rows, field)), field).toBe(value);
    expect(readU16(out, at(rows, 'format'))).toBe(1);
    expect(readU64(out, at(rows, 'sequence'))).toBe(61);
    expect(matches128(make128(8, 8, 8, 8), out, at(rows, 'parent'))).toBe(true);
    expect(matches128(state.cluster, out, at(rows, 'cluster'))).toBe(true);
    expect(matches128(state.recoveryNonce, out, at(rows, 'recovery nonce'))).toBe(true);
    const header = out.subarray(at(rows, 'view headers'));
    expect(matches128(state.viewHeaders[0]!.checksum, header, 0)).toBe(true);
  });

  it('prepare header', () => {
    const rows = rowsOf('prepare');
    const { header, bytes } = prepareOf(77, 9, make128(6, 6, 6, 6), 50);
    expect(matches128(header.checksum, bytes, at(rows, 'checksum: BLAKE3'))).toBe(true);
    expect(readU32(bytes, at(rows, 'magic'))).toBe(0x5052504b);
    expect(readU16(bytes, at(rows, 'operation'))).toBe(header.operation);
    expect(readU32(bytes, at(rows, 'body bytes'))).toBe(50);
    expect(matches128(header.bodyChecksum, bytes, at(rows, 'checksum of the body'))).toBe(true);
    expect(matches128(header.parent, bytes, at(rows, 'parent'))).toBe(true);
    expect(matches128(header.cluster, bytes, at(rows, 'cluster'))).toBe(true);
    expect(readU64(bytes, rows.find((row) => row.field === 'op')!.at)).toBe(77);
    expect(readU64(bytes, at(rows, 'timestamp'))).toBe(1077);
    expect(readU32(bytes, at(rows, 'view'))).toBe(9);
    expect(readU32(bytes, at(rows, 'release'))).toBe(1);
  });

  it('whole prepare in the header ring', () => {
    const rows = rowsOf('whole');
    const prepare = prepareOf(3, 9, ZERO128, 50);
    const bench = new Bench(formatted(TINY), TINY);
    const bytes = bench.rings.wholeBytes(prepare, 71);
    expect(matches128(prepare.header.checksum, bytes, at(rows, 'the header'))).toBe(true);
    const mark = hasher.checksum128(bytes, 208, 32);
    expect(matches128(mark, bytes, at(rows, 'checksum of the mark'))).toBe(true);
    expect(readU32(bytes, at(rows, 'magic'))).toBe(0x4c4f484b);
    expect(readU64(bytes, at(rows, 'proven op'))).toBe(71);
    expect(matches128(prepare.header.checksum, bytes, at(rows, 'checksum of the header'))).toBe(
      true,
    );
    expect(bytes.subarray(at(rows, 'the body'))).toEqual(prepare.bytes.subarray(192));
    expect(DOC).toContain(`${PRODUCTION.wholeBodyBytesMax.toLocaleString('en-US')} bytes of body`);
  });

  it('frame and footer', () => {
    const frame = rowsOf('frame');
    const entry = Uint8Array.of(1, 2, 3);
    const hash = new Uint8Array(32).fill(9);
    const out = new Uint8Array(100);
    writeFrame(out, 0, 5, 6, entry, hash);
    expect(readU32(out, at(frame, 'entry bytes'))).toBe(3);
    expect(readU64(out, at(frame, 'position'))).toBe(6);
    expect(readU32(out, at(frame, 'tenant'))).toBe(5);
    expect(out[at(frame, 'entry hash')]).toBe(9);
    expect(out[at(frame, 'the entry')]).toBe(1);

    const footer = rowsOf('footer');
    const sealed = new Uint8Array(footerBytes(2));
    writeFooter(sealed, 0, 5, 7, Float64Array.of(0, 88), 2, hash);
    const fixed = sealed.subarray(sealed.length - FOOTER_FIXED_BYTES);
    expect(readU64(sealed, 8)).toBe(88);
    expect(readU32(fixed, at(footer, 'magic'))).toBe(0x544f464b);
    expect(readU32(fixed, at(footer, 'tenant'))).toBe(5);
    expect(readU32(fixed, at(footer, 'segment'))).toBe(7);
    expect(readU32(fixed, at(footer, 'number of entries'))).toBe(2);
    expect(fixed[at(footer, 'Merkle root')]).toBe(9);
  });

  it('the recovery table is the one in the code, row by row', () => {
    const half = (value: number | null): string =>
      value === HALF_BLANK ? 'blank' : value === HALF_BAD ? 'bad' : 'valid';
    const words = new Map([
      [RECOVERED_EMPTY, 'empty'],
      [RECOVERED_PRESENT, 'present'],
      [RECOVERED_DAMAGED, 'damaged'],
      [RECOVERED_CONFLICT, 'conflict'],
      [RECOVERED_TORN_HEAD, 'torn'],
    ]);
    const written = cellsOf('recovery').map(([prepare, header, , covered, verdict]) =>
      [prepare, header, covered, verdict!.split(':')[0]].join(' '),
    );
    const coded = DECISION_TABLE.map((row) => {
      const covered = row.covered === null ? 'any' : row.covered ? 'yes' : 'no';
      return [half(row.prepare), half(row.header), covered, words.get(row.verdict)].join(' ');
    });
    expect([...written].sort(byText)).toEqual([...coded].sort(byText));
  });
});

function byText(x: string, y: string): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
