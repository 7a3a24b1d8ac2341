/** Directories that are gone after the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export function makeTempDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'kimberlite-'));
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** A directory for the test that runs now. */
export function tempDirectory(): string {
  const directory = makeTempDirectory();
  onTestFinished(() => removeDirectory(directory));
  return directory;
}
