/** A bound on the open connections of each address. */
export class AddressLimit {
  private readonly open = new Map<string, number>();

  /** @param most 0: no bound. */
  constructor(private readonly most: number) {}

  /** Returns what is to be called when the connection is gone, or null when the address has as many as it may. */
  enter(address: string): (() => void) | null {
    const count = this.open.get(address) ?? 0;
    if (this.most > 0 && count >= this.most) {
      return null;
    }
    this.open.set(address, count + 1);
    return () => this.leave(address);
  }

  private leave(address: string): void {
    const count = (this.open.get(address) ?? 0) - 1;
    if (count > 0) {
      this.open.set(address, count);
    } else {
      this.open.delete(address);
    }
  }
}
