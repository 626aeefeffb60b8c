import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';

/** This gateway process, as the others know it. A process that starts again is another instance. */
@Injectable()
export class Instance {
  readonly id: string = randomUUID();
  /** For people: the pod, or the host and the process. */
  readonly name: string = `${hostname()}:${process.pid}`;

  /** What it listens to in PostgreSQL. `iot_instance_channel` in SQL says the same. */
  get channel(): string {
    return `iot_instance_${this.id.replaceAll('-', '')}`;
  }
}
