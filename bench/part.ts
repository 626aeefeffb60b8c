import { type Figure } from './figure.js';
import { type Workplace } from './workplace.js';

/** Some of the figures, measured together. */
export interface Part {
  readonly name: string;
  /** False: it takes minutes, and runs only where it is named. */
  readonly byDefault: boolean;
  measure(workplace: Workplace): Promise<Figure[]>;
}
