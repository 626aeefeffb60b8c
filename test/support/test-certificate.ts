import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509CertificateGenerator } from '@peculiar/x509';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** When a test certificate is valid; by default from yesterday, for 30 days. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Writes a self-signed certificate and its private key (PEM, P-256) as `<name>.crt` and `<name>.key`. */
export async function writeTestCertificate(
  folder: string,
  name: string,
  { notBefore, notAfter }: Validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 30 * DAY_MS) },
): Promise<CertificateFiles> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: `CN=${name}`, notBefore, notAfter, keys, signingAlgorithm: ALGORITHM },
    webcrypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const files = { certificateFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) };
  writeFileSync(files.certificateFile, `${certificate.toString('pem')}\n`);
  writeFileSync(files.keyFile, `-----BEGIN PRIVATE KEY-----\n${key.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n`);
  return files;
}
