/**
 * Every recorded history of the conformance collection gets the verdict that its recorders give.
 * What is there is read from `VERDICTS.tsv`, so a larger collection is checked without a change.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkLinearizable, describeVerdict } from './check.ts';
import { checkListAppend } from './list-append.ts';
import { kvModel } from './models/kv.ts';
import { multiRegisterModel } from './models/multi-register.ts';
import { registerModel } from './models/register.ts';
import {
  elleListAppend,
  etcdRegister,
  knossosMultiRegister,
  knossosRegister,
  porcupineKv,
} from './testing/jepsen.ts';

const folder = fileURLToPath(
  new URL('../../../shared/conformance/linearizability/', import.meta.url),
);
const have = existsSync(`${folder}VERDICTS.tsv`);

interface Entry {
  readonly file: string;
  readonly model: string;
  readonly expected: string;
}

const entries: readonly Entry[] = (have ? readFileSync(`${folder}VERDICTS.tsv`, 'utf8') : '')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [file = '', model = '', , expected = ''] = line.split('\t');
    return { file, model, expected };
  });

/** Verdicts of each way to read a history: they must all be the expected one. */
function verdictsOf(model: string, text: string): readonly string[] {
  switch (model) {
    case 'cas-register':
      return [
        registerModel({ initial: null, nilReads: 'exact' }),
        registerModel({ initial: 0, nilReads: 'wildcard' }),
      ].map((one) => describeVerdict(checkLinearizable(one, knossosRegister(text))));
    case 'etcd-cas-register': {
      const etcd = registerModel({ initial: null, nilReads: 'exact' });
      return [describeVerdict(checkLinearizable(etcd, etcdRegister(text)))];
    }
    case 'kv-append':
      return [describeVerdict(checkLinearizable(kvModel(), porcupineKv(text)))];
    case 'multi-register': {
      const registers = multiRegisterModel(0);
      return [describeVerdict(checkLinearizable(registers, knossosMultiRegister(text)))];
    }
    default:
      throw new Error(`no model ${model}`);
  }
}

const title = have
  ? `conformance: ${entries.length} recorded histories`
  : 'conformance (skipped: no ../shared/conformance beside the checkout)';

describe.skipIf(!have)(title, () => {
  const families = new Map<string, Entry[]>();
  for (const entry of entries) {
    const family = families.get(entry.model);
    if (family === undefined) families.set(entry.model, [entry]);
    else family.push(entry);
  }

  for (const [model, family] of families) {
    if (model.startsWith('list-append')) continue;
    const good = family.filter(({ expected }) => expected === 'linearizable').length;
    test(`${model}: ${good} linearizable, ${family.length - good} not`, () => {
      for (const { file, expected } of family) {
        expect(['linearizable', 'NOT-linearizable'], file).toContain(expected);
        const right = expected === 'linearizable' ? /^linearizable/ : /^not linearizable/;
        for (const verdict of verdictsOf(model, readFileSync(`${folder}${file}`, 'utf8'))) {
          expect(verdict, file).toMatch(right);
        }
      }
    });
  }

  const lists = entries.filter(({ model }) => model.startsWith('list-append'));
  test(`list-append: ${lists.length} with its anomalies named`, () => {
    for (const { file, expected } of lists) {
      const verdict = checkListAppend(elleListAppend(readFileSync(`${folder}${file}`, 'utf8')));
      const names = /\b(G0|G1a|G1b|G1c|G-single|G-nonadjacent|G2-item)\b/g;
      const named = [...expected.matchAll(names)].map(([name]) => name);
      expect(verdict.anomalies, file).toEqual(expect.arrayContaining(named));
      if (/\bonly\b/.test(expected)) expect(verdict.anomalies, file).toEqual(named);
      // "satisfies X" and "not X", as far as the text says so.
      const says = (level: string): boolean | null =>
        new RegExp(`not ${level}`).test(expected) ? false : expected.includes(level) ? true : null;
      const levels = [
        [says('snapshot isolation'), verdict.snapshotIsolation],
        [says('repeatable read'), verdict.repeatableRead],
        [says('read committed'), verdict.readCommitted],
      ] as const;
      for (const [said, found] of levels) if (said !== null) expect(found, file).toBe(said);
    }
  });
});
