import { setQuery } from '../app/router.js';
import { Button } from './button.js';

interface PagerProps {
  /** In the address: absent on the first page. */
  readonly cursor: string | null;
  readonly nextCursor: string | null;
}

/** From page to page of a list that begins with the newest. The cursor is in the address, so a page can be shared, and the browser goes back. */
export function Pager({ cursor, nextCursor }: PagerProps) {
  if (cursor === null && nextCursor === null) {
    return null;
  }
  const go = (to: string | undefined): void => setQuery({ cursor: to }, { replace: false });
  return (
    <nav class="pager" aria-label="Pages">
      {cursor !== null && <Button onClick={() => go(undefined)}>Newest</Button>}
      {nextCursor !== null && <Button onClick={() => go(nextCursor)}>Older</Button>}
    </nav>
  );
}
