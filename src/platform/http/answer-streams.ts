import { Readable } from 'node:stream';
import { type BeforeApplicationShutdown, Injectable, Logger, Module } from '@nestjs/common';
import { MINUTE_MS } from '../time-units.js';
import { StoppingError } from './http-adapter.js';

/** What a client must take within MAX_STALL_MS, so that one that has stopped reading ends. A page can have several megabytes. */
const PIECE_BYTES = 65_536;
const MAX_STALL_MS = MINUTE_MS;

/**
 * Long answers that are sent while they are read. Memory does not depend on their length.
 *
 * An error after the first piece, a client that has stopped reading, and a stop of the gateway break the connection in the middle of the answer: without the last
 * chunk of HTTP/1.1 no client takes the file for complete.
 */
@Injectable()
export class AnswerStreams implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AnswerStreams.name);
  private readonly streams = new Set<Readable>();
  private isStopping = false;

  /** `title` names the answer in the log when it is not complete. Throws StoppingError. */
  open(texts: AsyncGenerator<string>, title: string): Readable {
    if (this.isStopping) {
      throw new StoppingError();
    }
    // One text is read ahead of what the socket takes, and no more.
    const stream: Readable = Readable.from(
      watchStalls(piecesOf(texts), () => stream.destroy(new Error('The client has stopped reading'))),
      { objectMode: false, highWaterMark: 1 },
    );
    this.streams.add(stream);
    stream.once('error', (error) => this.logger.warn(`${title} is not complete: ${error.message}`));
    // Not in the generator: one that is closed before its first text runs no `finally`.
    stream.once('close', () => this.streams.delete(stream));
    return stream;
  }

  /** Such an answer can take longer than a stop may. */
  beforeApplicationShutdown(): void {
    this.isStopping = true;
    this.streams.forEach((stream) => stream.destroy(new Error('The gateway is stopping')));
  }
}

async function* piecesOf(texts: AsyncGenerator<string>): AsyncGenerator<Buffer> {
  for await (const text of texts) {
    const bytes = Buffer.from(text);
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      yield bytes.subarray(start, start + PIECE_BYTES);
    }
  }
}

/** Calls `onStall` when a piece is not taken in time. */
async function* watchStalls(pieces: AsyncGenerator<Buffer>, onStall: () => void): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    const timer = setTimeout(onStall, MAX_STALL_MS);
    try {
      yield piece;
    } finally {
      clearTimeout(timer);
    }
  }
}

@Module({ providers: [AnswerStreams], exports: [AnswerStreams] })
export class AnswerStreamsModule {}
