/** Deliveries that a claim looks at, for each that it may claim. */
const LOOKED_AT_PER_CLAIMED = 4;
const EVERYTHING = 2_147_483_647;
/** Claims that look at everything take this share of the time, at most. */
const SHARE = 0.1;

/**
 * How many of the due deliveries the next claim looks at. What few devices have left is one event that can be claimed for each of them, among
 * thousands that wait for it. A claim that looks at all of them finds the same as one that looks at the first few hundred.
 *
 * But the first ones may all wait, for a device whose next attempt is in an hour, and hide those of other devices. So a claim looks at everything
 * in a tenth of the time, and the ones after it look at twice the number at which the last one was found.
 */
export class ClaimDepth {
  private lookedAt = 0;
  private everythingAt = -Infinity;

  /** @param nowMs a clock that only goes forward */
  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Claims up to `limit` deliveries: `claim` gets the number to look at, and its result the place of each claimed one in the line of what is due. */
  async run<Claimed extends { readonly placeInLine: number }>(
    limit: number,
    claim: (lookedAt: number) => Promise<Claimed[]>,
  ): Promise<Claimed[]> {
    const startedAt = this.nowMs();
    const isEverything = startedAt >= this.everythingAt;
    const claimed = await claim(isEverything ? EVERYTHING : Math.max(limit * LOOKED_AT_PER_CLAIMED, this.lookedAt));
    if (isEverything) {
      const endedAt = this.nowMs();
      this.everythingAt = endedAt + (endedAt - startedAt) * (1 / SHARE - 1);
    }
    if (claimed.length > 0) {
      this.lookedAt = 2 * Math.max(...claimed.map(({ placeInLine }) => placeInLine));
    }
    return claimed;
  }
}
