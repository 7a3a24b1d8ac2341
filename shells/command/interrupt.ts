/**
 * Ctrl-C in a command that can say what is done: the first one asks it to end, a second one ends
 * the process at once.
 */
export class Interrupt {
  private asked = false;
  private readonly ask = (): void => {
    this.asked = true;
  };

  constructor() {
    process.once('SIGINT', this.ask);
  }

  get isAsked(): boolean {
    return this.asked;
  }

  close(): void {
    process.removeListener('SIGINT', this.ask);
  }
}
