import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** The files of the TLS port's certificate, in PEM. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Authorities whose client certificates are required. Null: client certificates are not requested. */
  readonly caFile: string | null;
}

export interface TlsOptions extends TlsFiles {
  /** 0 lets the system choose; `TeltonikaServer.tlsPort` has the port. */
  readonly port: number;
  /** How often the files are checked for changes. */
  readonly reloadMs: number;
}

export interface TlsCredentials {
  readonly context: SecureContextOptions;
  readonly expiresAt: Date;
}

/** Reads the files and checks that they are valid now. Throws an Error that names the file and the problem. */
export function readTlsCredentials({ certificateFile, keyFile, caFile }: TlsFiles, nowMs: number): TlsCredentials {
  const cert = read(certificateFile);
  const certificate = parse(certificateFile, 'not a certificate in PEM', () => new X509Certificate(cert));
  const key = read(keyFile);
  const privateKey = parse(keyFile, 'not a private key in PEM', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(`${keyFile}: not the key of the certificate in ${certificateFile}`);
  }
  const expiresAt = new Date(certificate.validTo);
  if (expiresAt.getTime() <= nowMs) {
    throw new Error(`${certificateFile}: the certificate expired on ${expiresAt.toISOString()}`);
  }
  const context: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2', ...(caFile === null ? {} : { ca: readCa(caFile) }) };
  parse(certificateFile, 'cannot be used', () => createSecureContext(context));
  return { context, expiresAt };
}

function readCa(file: string): Buffer {
  const ca = read(file);
  parse(file, 'not a certificate in PEM', () => new X509Certificate(ca));
  return ca;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}

function parse<T>(file: string, problem: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`${file}: ${problem} (${(error as Error).message})`, { cause: error });
  }
}
