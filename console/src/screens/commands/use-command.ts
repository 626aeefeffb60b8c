import { useEffect, useState } from 'preact/hooks';
import { type CommandAnswer } from '../../../../client/src/index.js';
import { type Query, useQuery } from '../../api/use-query.js';
import { useRefreshOn } from '../../app/stream.js';

/** The stream does not report that a command was written. */
const PENDING_POLL_MS = 2_000;

/** A command with its attempts, for as long as it is shown: followed until it has ended, and by the stream after that. */
export function useCommand(id: string): Query<CommandAnswer> {
  const [isPending, setPending] = useState(true);
  const query = useQuery<CommandAnswer>(
    `/api/v1/commands/${encodeURIComponent(id)}`,
    isPending ? { everyMs: PENDING_POLL_MS } : {},
  );
  const state = query.state.value;
  const isPendingNow = state.kind !== 'ready' || state.data.command.status === 'PENDING';
  useEffect(() => setPending(isPendingNow), [isPendingNow]);
  useRefreshOn(({ data }) => 'command_log_id' in data && data.command_log_id === id, query.refresh);
  return query;
}
