export const SECOND_MS = 1_000;
/** setTimeout takes 32 bits; more would end at once. */
const MAX_DELAY_MS = 2_147_483_647;

/** Rejects with the reason of the signal when it is aborted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a signal is aborted with is thrown as it is
      reject(signal?.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      },
      Math.min(ms, MAX_DELAY_MS),
    );
    if (signal?.aborted === true) {
      abort();
    }
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Between half of the time and all of it, so that many clients do not return at the same moment. */
export function jittered(ms: number): number {
  return (ms * (1 + Math.random())) / 2;
}
