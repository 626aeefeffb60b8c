import { fork, type ChildProcess, type Serializable } from 'node:child_process';

/** One of the programs beside this one, as its own process: an attack must not slow the clock of the measurement. */
export class Child {
  private readonly process: ChildProcess;

  constructor(program: 'attacker' | 'good-fleet') {
    this.process = fork(new URL(`./${program}.js`, import.meta.url));
  }

  send(message: Serializable): void {
    this.process.send(message);
  }

  /** The next message that it sends. */
  receive<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('it ended without a message'));
      this.process.once('exit', ended);
      this.process.once('message', (message) => {
        this.process.off('exit', ended);
        resolve(message as T);
      });
    });
  }

  ask<T>(message: Serializable): Promise<T> {
    const answer = this.receive<T>();
    this.send(message);
    return answer;
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }
}
