/** Whether a certificate ends soon: said while there is time, and every day at the start. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TlsFiles } from '../config/config.ts';

const DAY_MILLIS = 86_400_000;
const SOON_DAYS = 30;

/** Null: there is none, or it is good for long. The files were read, and found good, before. */
export function tlsWarning(directory: string, tls: TlsFiles | null, now: number): string | null {
  if (tls === null) return null;
  const pem = readFileSync(resolve(directory, tls.certificate));
  const days = Math.floor((Date.parse(new X509Certificate(pem).validTo) - now) / DAY_MILLIS);
  return days > SOON_DAYS ? null : `${tls.certificate} expires in ${days} days: renew it`;
}
