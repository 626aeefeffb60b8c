import { appendFileSync, closeSync, openSync } from 'node:fs';
import { type StoredRecord } from './device/record-source.js';

const FLUSH_CHARACTERS = 256 * 1024;
const FLUSH_MS = 500;

/**
 * A file with one line of JSON per acknowledged record: {"imei", "timestampMs", "bytes"}, where bytes is the record in hex, timestamp to
 * last IO element. A line is written after the acknowledgement, so the server must have stored every record of the file.
 */
export class LedgerFile {
  private readonly descriptor: number;
  private readonly timer: NodeJS.Timeout;
  private lines = '';

  constructor(path: string) {
    this.descriptor = openSync(path, 'w');
    this.timer = setInterval(() => this.flush(), FLUSH_MS);
  }

  add(imei: string, records: readonly StoredRecord[]): void {
    for (const { timestampMs, bytes } of records) {
      this.lines += `{"imei":"${imei}","timestampMs":${timestampMs},"bytes":"${bytes.toString('hex')}"}\n`;
    }
    if (this.lines.length >= FLUSH_CHARACTERS) {
      this.flush();
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.flush();
    closeSync(this.descriptor);
  }

  private flush(): void {
    if (this.lines !== '') {
      appendFileSync(this.descriptor, this.lines);
      this.lines = '';
    }
  }
}
