/** A place in a line, for bytes or for a login. */
export interface PlaceInLine {
  /** Fulfilled with true when it was one's turn, with false when the place was given up. */
  readonly taken: Promise<boolean>;
  /** Leaves the line. Without effect once it was one's turn. */
  giveUp(): void;
}
