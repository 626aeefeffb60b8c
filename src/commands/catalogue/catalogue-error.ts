import { StartError } from '../../platform/errors/errors.js';

/** The operator's catalogue file is wrong. Found at the start, with the entry and what is wrong with it; never later. */
export class CatalogueError extends StartError {
  override readonly name = 'CatalogueError';
}
