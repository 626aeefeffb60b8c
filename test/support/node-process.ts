import { type ProgramOptions, ChildProgram } from './child-program.js';

export type { ProcessExit } from './child-program.js';

export interface NodeProcessOptions extends Omit<ProgramOptions, 'program'> {
  /** What follows `node` on the command line. */
  args: string[];
}

/** A node program as a child process. One that a test file leaves behind is ended after the file's last test. */
export class NodeProcess extends ChildProgram {
  constructor(options: NodeProcessOptions) {
    super({ ...options, program: process.execPath });
  }
}
