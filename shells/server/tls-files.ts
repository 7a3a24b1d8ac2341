/**
 * A server's certificate, its key, and the authority of the cluster, from their files. What would
 * only fail later, at the first connection, is said now: a key that is not the certificate's, a
 * certificate that has expired, or is not valid yet.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TlsFiles } from '../config/config.ts';
import type { LinkTls } from '../tls.ts';

export type TlsTexts = LinkTls;

/** The texts, or one sentence that says what is wrong. */
export function readTls(directory: string, files: TlsFiles): TlsTexts | string {
  const texts: Record<string, string> = {};
  for (const [name, file] of Object.entries({ ...files })) {
    try {
      texts[name] = readFileSync(resolve(directory, file), 'utf8');
    } catch (error) {
      return `tls: the ${name} cannot be read: ${(error as Error).message}`;
    }
  }
  const { certificate = '', key = '', authority = '' } = texts;
  return check(certificate, key, authority, files) ?? { certificate, key, authority };
}

function check(
  certificate: string,
  key: string,
  authority: string,
  files: TlsFiles,
): string | null {
  try {
    const read = new X509Certificate(certificate);
    const now = Date.now();
    if (Date.parse(read.validTo) <= now) {
      return `tls: the certificate ${files.certificate} expired on ${read.validTo}; renew it`;
    }
    if (Date.parse(read.validFrom) > now) {
      return `tls: the certificate ${files.certificate} is not valid before ${read.validFrom}`;
    }
    if (!read.checkPrivateKey(createPrivateKey(key))) {
      return `tls: ${files.key} is not the key of the certificate ${files.certificate}`;
    }
    const signer = new X509Certificate(authority);
    if (!read.verify(signer.publicKey)) {
      return `tls: the certificate ${files.certificate} was not signed by ${files.authority}`;
    }
    return null;
  } catch (error) {
    return `tls: ${(error as Error).message}`;
  }
}
