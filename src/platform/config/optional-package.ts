import { StartError } from '../errors/errors.js';

/** What needs packages of npm that are not installed with the gateway. */
export interface PackageNeed {
  /** A variable, as in the README. */
  readonly variable: string;
  /** Names with the version that the gateway is tested with: `mqtt@5`. */
  readonly packages: readonly string[];
}

/** A variable needs packages that are not installed. */
export class PackageMissingError extends StartError {
  override readonly name = 'PackageMissingError';

  constructor({ variable, packages }: PackageNeed) {
    super(`${variable} needs packages that are not installed with the gateway. Install them: npm install ${packages.join(' ')}`);
  }
}

/** Runs the dynamic import of a package. Throws PackageMissingError. */
export async function loadOptional<T>(need: PackageNeed, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
      throw new PackageMissingError(need);
    }
    throw error;
  }
}
