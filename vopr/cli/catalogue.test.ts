/** The lists of what there is agree with the code, and docs/vopr.md with both. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../scripts/testing/tree.ts';
import { INVARIANTS } from '../../invariants/index.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import { KIMBERLITE_BED } from './bed.ts';
import { cataloguePlain, invariantsJson, scenariosJson } from './catalogue.ts';
import { regenerate } from './testing/guide.ts';

describe('catalogue', () => {
  test('names every scenario and invariant, once, in the order of the code', () => {
    const { scenarios } = JSON.parse(scenariosJson(KIMBERLITE_BED)) as {
      scenarios: { name: string }[];
    };
    expect(scenarios.map(({ name }) => name)).toEqual(SCENARIOS.map(({ name }) => name));
    const { invariants } = JSON.parse(invariantsJson(KIMBERLITE_BED)) as {
      invariants: { name: string }[];
    };
    expect(invariants.map(({ name }) => name)).toEqual(INVARIANTS.map(({ name }) => name));
  });

  test('says the same in words', () => {
    for (const { name, holds } of SCENARIOS) {
      expect(cataloguePlain(KIMBERLITE_BED, 'scenarios')).toContain(name);
      expect(cataloguePlain(KIMBERLITE_BED, 'scenarios')).toContain(holds);
    }
    for (const { name, holds } of INVARIANTS) {
      expect(cataloguePlain(KIMBERLITE_BED, 'invariants')).toContain(name);
      expect(cataloguePlain(KIMBERLITE_BED, 'invariants')).toContain(holds);
    }
  });
});

describe('docs/vopr.md', () => {
  test('its tables are what the code says (renew: npx vitest run vopr/cli/catalogue -u)', async () => {
    const path = join(root, 'docs/vopr.md');
    await expect(regenerate(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path);
  });
});
