/** Addresses as people write them: `host:port`, `[::1]:port`, or this machine's port alone. */
import { DatabaseError } from '../embedded/errors.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;

/** Throws 22023 for what is no address. */
export function parseAddress(text: string): HostPort {
  const parts = /^(?:\[([\da-f:.]+)\]:|([^:[\]\s/]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(parts?.[3]);
  if (parts === null || port < 1 || port > PORT_MAX) {
    throw new DatabaseError('22023', `"${text}" is no address: write host:port`);
  }
  return { host: parts[1] ?? parts[2] ?? '127.0.0.1', port };
}
