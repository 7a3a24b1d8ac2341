/**
 * Test runner settings: tests stand beside the code and never retry, because a flaky test here is a
 * determinism bug.
 *
 * What is pure has nothing that one file could leave behind for the next, so those files share a
 * process and load the core once; what touches files, sockets and processes gets a process a file.
 */
import { defineConfig } from 'vitest/config';
import type { ViteUserConfig } from 'vitest/config';

const PURE = [
  'core/**/*.test.ts',
  'scenarios/**/*.test.ts',
  'invariants/**/*.test.ts',
  'vopr/{explore,kimberlite,shrink,sim}/**/*.test.ts',
];
/** Long past what anything takes on the slowest machine: only what hangs is ended. */
const HANGS_MILLIS = 5 * 60_000;

const config: ViteUserConfig = defineConfig({
  test: {
    exclude: ['node_modules/**', 'dist/**', '.tsc/**'],
    passWithNoTests: false,
    retry: 0,
    testTimeout: HANGS_MILLIS,
    hookTimeout: HANGS_MILLIS,
    // One for each core of the smallest machine: the default leaves one of two idle.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'world',
          include: [
            '*.test.ts',
            'bin/*.test.ts',
            'scripts/**/*.test.ts',
            'shells/**/*.test.ts',
            'vopr/**/*.test.{ts,tsx}',
          ],
          exclude: PURE,
        },
      },
    ],
  },
});

export default config;
