import { noteAnswer } from '../app/connection.js';
import { noteSessionEnded, session } from '../app/session.js';

const CHANGES = ['POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * fetch, as every call of the console makes it: a change carries the CSRF token, and what the answer says of the connection and the session is noted.
 * Rejects only when no answer came.
 */
export async function consoleFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  if (CHANGES.includes(request.method)) {
    request.headers.set('x-csrf-token', session.peek()?.csrfToken ?? '');
  }
  let response: Response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (!request.signal.aborted) {
      noteAnswer(null);
    }
    throw error;
  }
  // Probes and metrics are answered without the database.
  if (new URL(request.url).pathname.startsWith('/api/')) {
    noteAnswer(response.status, response.status === 503 ? await codeOf(response.clone()) : undefined);
  }
  if (response.status === 401) {
    noteSessionEnded();
  }
  return response;
}

async function codeOf(response: Response): Promise<string | undefined> {
  const body = (await response.json().catch(() => null)) as { code?: string } | null;
  return body?.code;
}
