/**
 * Test runner settings: tests stand beside the code, run isolated per file, and never retry,
 * because a flaky test here is a determinism bug.
 */
import { defineConfig } from 'vitest/config';
import type { ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: [
      '*.test.ts',
      'bin/*.test.ts',
      'scripts/**/*.test.ts',
      'core/**/*.test.ts',
      'shells/**/*.test.ts',
      'vopr/**/*.test.{ts,tsx}',
      'scenarios/**/*.test.ts',
      'invariants/**/*.test.ts',
    ],
    exclude: ['node_modules/**', 'dist/**', '.tsc/**'],
    passWithNoTests: false,
    retry: 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

export default config;
