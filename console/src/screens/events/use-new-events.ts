import { useEffect, useRef } from 'preact/hooks';
import { useEvents } from '../../app/stream.js';

/** Many events in a row become one read. */
const READ_EVERY_MS = 2_000;

/** Reads again when the stream has told of events: at most every two seconds. */
export function useNewEvents(refresh: () => void, isEnabled: boolean): void {
  const timer = useRef<number | undefined>(undefined);
  const current = useRef(refresh);
  useEffect(() => {
    current.current = refresh;
  });
  useEvents(() => {
    if (isEnabled) {
      timer.current ??= window.setTimeout(() => {
        timer.current = undefined;
        current.current();
      }, READ_EVERY_MS);
    }
  });
  useEffect(() => () => window.clearTimeout(timer.current), []);
}
