/** Lets a loop sleep until it is woken or its time is over. A wake-up that comes while it works counts for its next sleep. */
export class WakeUp {
  private woken = false;
  private resume: (() => void) | null = null;

  wake(): void {
    this.woken = true;
    this.resume?.();
  }

  async within(ms: number): Promise<void> {
    if (!this.woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.resume = null;
    this.woken = false;
  }
}
