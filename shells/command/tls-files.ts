/**
 * Looks at the TLS files before anything uses them: that they can be read, belong together, and are
 * valid today. What is wrong is a `CommandError` that names the file.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TlsFiles } from '../config/config.ts';
import { CommandError } from './usage.ts';

const DAY_MILLIS = 86_400_000;

/** Returns a warning when a certificate ends soon; null: none does. */
export function checkTls(files: TlsFiles, directory: string, now: number): string | null {
  const certificate = readCertificate('certificate', resolve(directory, files.certificate), now);
  const authority = readCertificate('authority', resolve(directory, files.authority), now);
  const keyPath = resolve(directory, files.key);
  const key = readPem('key', keyPath, (pem) => createPrivateKey(pem));
  if (!certificate.checkPrivateKey(key)) {
    throw new CommandError(`tls.key ${keyPath} is not the key of tls.certificate; use its own`);
  }
  const left = Math.min(ends(certificate), ends(authority)) - now;
  if (left > 30 * DAY_MILLIS) return null;
  return `a TLS certificate ends in ${Math.floor(left / DAY_MILLIS)} days: renew it`;
}

function readCertificate(name: string, path: string, now: number): X509Certificate {
  const certificate = readPem(name, path, (pem) => new X509Certificate(pem));
  if (ends(certificate) < now) {
    throw new CommandError(`tls.${name} ${path} expired on ${certificate.validTo}: renew it`);
  }
  if (Date.parse(certificate.validFrom) > now) {
    const { validFrom } = certificate;
    throw new CommandError(`tls.${name} ${path} is valid only from ${validFrom} on`);
  }
  return certificate;
}

function readPem<T>(name: string, path: string, parse: (pem: Buffer) => T): T {
  let pem: Buffer;
  try {
    pem = readFileSync(path);
  } catch (error) {
    throw new CommandError(`tls.${name} cannot be read: ${(error as Error).message}`);
  }
  try {
    return parse(pem);
  } catch (error) {
    throw new CommandError(`tls.${name} ${path} is no PEM file: ${(error as Error).message}`);
  }
}

function ends(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}
