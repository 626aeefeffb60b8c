import { signal } from '@preact/signals';

/** Whether the gateway answers: from the last call, whichever it was. */
export type Connection = 'connected' | 'database-unavailable' | 'unreachable';

export const connection = signal<Connection>('connected');

/** To be called with every answer; null when none came. */
export function noteAnswer(status: number | null, code?: string): void {
  if (status === null) {
    connection.value = 'unreachable';
  } else if (code === 'DATABASE_UNAVAILABLE') {
    connection.value = 'database-unavailable';
  } else {
    connection.value = 'connected';
  }
}
