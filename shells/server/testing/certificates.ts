/**
 * An authority, and certificates that it signed, made by the system's openssl.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsFiles } from '../../config/config.ts';

export const hasOpenssl: boolean = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Paths of a certificate for loopback and its key, signed by an authority of this directory. */
export function makeCertificate(directory: string, name: string, days: number = 1): TlsFiles {
  mkdirSync(directory, { recursive: true });
  const at = (file: string): string => join(directory, file);
  const authority = at('authority.pem');
  const make = (...argv: readonly string[]): void => {
    execFileSync('openssl', argv, { stdio: 'ignore' });
  };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const root = ['-x509', ...curve, '-days', '2', '-subj', '/CN=authority'];
  make('req', ...root, '-keyout', at('authority.key'), '-out', authority);
  const key = at(`${name}.key`);
  const request = at(`${name}.csr`);
  make('req', ...curve, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
  const names = at('names.ext');
  writeFileSync(names, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const certificate = at(`${name}.pem`);
  const signing = ['-CA', authority, '-CAkey', at('authority.key'), '-CAcreateserial'];
  const span = ['-days', String(days), '-extfile', names];
  make('x509', '-req', '-in', request, ...signing, ...span, '-out', certificate);
  return { certificate, key, authority };
}
