/**
 * Reads the published test vectors that lie beside a checkout, in `../shared/conformance`, and
 * turns their formats into plain cases. A checkout without them skips the tests that need them, by
 * name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../../shared/conformance/crypto/', import.meta.url));

/** True when the vectors are there. */
export const haveVectors: boolean = existsSync(folder);

/** For the title of a suite: says why its tests are skipped. */
export function vectorTitle(file: string): string {
  return haveVectors ? file : `${file} (skipped: no ../shared/conformance beside the checkout)`;
}

/** The text of a vector file; empty when the vectors are absent, so that suites can be built. */
export function vectorText(file: string): string {
  return haveVectors ? readFileSync(`${folder}${file}`, 'utf8') : '';
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** One `name = value` record; a line without `=`, such as FAIL, is a name with an empty value. */
export type Fields = ReadonlyMap<string, string>;

/** Records of a NIST or RFC text: blank lines part them, `#` and `[…]` lines are ignored. */
export function textRecords(text: string): readonly Fields[] {
  const records: Fields[] = [];
  let fields = new Map<string, string>();
  for (const line of [...text.split(/\r?\n/), '']) {
    if (line.startsWith('#') || line.startsWith('[')) continue;
    if (line.trim() === '') {
      if (fields.size > 0) records.push(fields);
      fields = new Map();
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 0) fields.set(line.trim(), '');
    else fields.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  return records;
}

/** A field that the format promises, as text. */
export function field(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (value === undefined) throw new Error(`the vector has no field ${name}`);
  return value;
}

/** A case of a Wycheproof file, with the settings of its group folded in. */
export type WycheproofCase = Readonly<Record<string, unknown>> & {
  readonly tcId: number;
  readonly result: string;
};

export function wycheproof(file: string): readonly WycheproofCase[] {
  if (!haveVectors) return [];
  const parsed = JSON.parse(vectorText(file)) as {
    readonly numberOfTests: number;
    readonly testGroups: readonly { readonly tests: readonly WycheproofCase[] }[];
  };
  const cases = parsed.testGroups.flatMap(({ tests, ...group }) =>
    tests.map((test) => ({ ...group, ...test })),
  );
  if (cases.length !== parsed.numberOfTests) throw new Error(`${file}: cases are missing`);
  return cases;
}

/** A hexadecimal field of a Wycheproof case. */
export function hexField(from: Readonly<Record<string, unknown>>, name: string): Uint8Array {
  const value = from[name];
  if (typeof value !== 'string') throw new Error(`the vector has no field ${name}`);
  return fromHex(value);
}
