/**
 * Finds and reads a directory's `kimberlite.json`. Whatever is wrong (no such directory, a foreign
 * one, an unknown key) is a `ConfigError`: one line that says what to do. Changes nothing.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_FILE, parseConfig } from './config.ts';
import type { Config } from './config.ts';

const FILE_BYTES_MAX = 1 << 16;

/** What a directory holds is not what was asked for. One line, which says what to do. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** Throws `ConfigError`. */
export function readConfig(directory: string): Config {
  const path = join(directory, CONFIG_FILE);
  const config = parseConfig(readText(directory, path));
  if (isErrors(config)) {
    const more = config.length === 1 ? '' : ` (and ${config.length - 1} more)`;
    throw new ConfigError(`${path}: ${config[0]!}${more}`);
  }
  return config;
}

function isErrors(config: Config | readonly string[]): config is readonly string[] {
  return Array.isArray(config);
}

function readText(directory: string, path: string): string {
  let size: number;
  try {
    size = statSync(path).size;
  } catch (error) {
    throw new ConfigError(whyMissing(directory, error as NodeJS.ErrnoException));
  }
  if (size > FILE_BYTES_MAX) {
    throw new ConfigError(`${path}: it has ${size} bytes; a configuration has few`);
  }
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function whyMissing(directory: string, error: NodeJS.ErrnoException): string {
  const make = `make one with: kimberlite init ${directory}`;
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch (inner) {
    const { code, message } = inner as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `${directory} does not exist; ${make}`;
    if (code === 'ENOTDIR') return `${directory} is a file, not a directory; ${make}-data`;
    return `${directory} cannot be read: ${message}`;
  }
  if (error.code !== 'ENOENT') return `${directory} cannot be read: ${error.message}`;
  if (names.length === 0) return `${directory} is empty; ${make}`;
  if (names.includes('superblock')) {
    return `${directory} has no ${CONFIG_FILE}: it is a node's data, or an embedded database's`;
  }
  return `${directory} is no database: it has no ${CONFIG_FILE}; choose another directory`;
}
