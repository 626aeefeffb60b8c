import { SECOND_MS } from '../platform/time-units.js';

/** For one reading of the log. */
const READ_WITHIN_MS = 10 * SECOND_MS;
/** Each keeps a connection of the pool until its statement ends: more of them would leave none for the devices. */
const MAX_UNANSWERED = 3;

/**
 * Gives a reading up that takes too long: a statement that waits for a lock, or on a connection whose other end is gone without a word, would wait for
 * many minutes. While some of these statements have not ended, no further reading begins.
 */
export class TimedReadings {
  private unanswered = 0;

  /** Rejects with the error of pg for a statement without an answer, which counts as an outage. */
  run<T>(read: () => Promise<T>): Promise<T> {
    if (this.unanswered >= MAX_UNANSWERED) {
      return Promise.reject(timeUp(`${MAX_UNANSWERED} earlier readings have not ended`));
    }
    return new Promise((resolve, reject) => {
      let isGivenUp = false;
      const timer = setTimeout(() => {
        isGivenUp = true;
        this.unanswered++;
        reject(timeUp(`no answer within ${READ_WITHIN_MS} ms`));
      }, READ_WITHIN_MS);
      read()
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(timer);
          this.unanswered -= Number(isGivenUp);
        });
    });
  }
}

function timeUp(reason: string): Error {
  return new Error(`Query read timeout: ${reason}`);
}
